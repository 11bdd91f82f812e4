//! The command line of `lab`.

use super::{
    Lab, LabOptions, Place, control, demo,
    demo::DemoOptions,
    node,
    prober::{Prober, ProberOptions},
    release, roll, supervisor,
};
use clap::{Parser, Subcommand};
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::signal::unix::{SignalKind, signal};

/// A real Apache, three nodes with sshd and shop, PostgreSQL and visitors, private and on loopback
#[derive(Parser)]
#[command(name = "lab", version)]
pub struct Arguments {
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// The lab and the dashboard, until Ctrl-C
    Demo {
        /// Forget what an earlier demo left
        #[arg(long)]
        fresh: bool,
        /// Roll this release over a fresh private lab, print the record, stop; exit status as `pitlane deploy`
        #[arg(long, value_name = "RELEASE")]
        roll: Option<String>,
        /// With --roll: one JSON object per line, the record last
        #[arg(long, requires = "roll")]
        json: bool,
        /// The browser's half of the dashboard [default: `site` beside the programs' folder]
        #[arg(long, value_name = "FOLDER")]
        site: Option<PathBuf>,
        /// Where the dashboard listens [default: 7700 or the next free one]
        #[arg(long, conflicts_with = "roll")]
        port: Option<u16>,
        /// Where the demo keeps its data [default: below the build's folder]
        #[arg(long, value_name = "FOLDER", conflicts_with = "roll")]
        folder: Option<PathBuf>,
    },
    /// Only the lab, until Ctrl-C; prints where everything is as one line of JSON
    Up {
        /// Keep its data here [default: a temporary folder]
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Take a node away with and without a drain, and count what visitors lose
    Control,
    /// Send visitors to a balancer, until Ctrl-C
    Probe {
        /// Address of the balancer, such as 127.0.0.1:8080
        target: SocketAddr,
        /// Requests per second
        #[arg(long, default_value_t = 50)]
        rate: u32,
        /// Where the report is served [default: a free port]
        #[arg(long)]
        port: Option<u16>,
    },
    /// Make the artefact of one release, or of all, and print where it is
    Release { versions: Vec<String> },
    /// Keep the application of one node running
    #[command(hide = true)]
    Supervise { root: PathBuf },
    /// Tell the supervisor of the working folder's node something
    #[command(hide = true)]
    Svc { order: String },
}

static STOP: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C or SIGTERM came.
pub fn stop_asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Carries out what the command line asks for.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.order {
        // has a signal watch of its own
        Order::Supervise { root } => {
            supervisor::run(&root).await?;
            Ok(ExitCode::SUCCESS)
        }
        Order::Svc { order } => {
            node::run_order(&order)?;
            Ok(ExitCode::SUCCESS)
        }
        order => until_stopped(carry_out(order)).await,
    }
}

async fn carry_out(order: Order) -> anyhow::Result<ExitCode> {
    match order {
        Order::Demo {
            roll: Some(version),
            json,
            site,
            ..
        } => return roll::run(&version, json, site.as_deref()).await,
        Order::Demo {
            fresh,
            site,
            port,
            folder,
            ..
        } => {
            return demo::run(DemoOptions {
                fresh,
                site,
                port,
                folder,
            })
            .await;
        }
        Order::Up { folder } => up(folder).await?,
        Order::Control => {
            let lab = demo::said("starting the lab", Lab::start(LabOptions::default())).await?;
            for felt in control::run(&lab).await? {
                println!("{}", serde_json::to_string(&felt)?);
            }
            lab.stop().await?;
        }
        Order::Probe { target, rate, port } => {
            let prober = Prober::start(ProberOptions { target, rate, port }).await?;
            eprintln!("report at {}", prober.report_url);
            stopped().await;
            println!("{}", serde_json::to_string(&prober.stop().await)?);
        }
        Order::Release { versions } => {
            let all = release::VERSIONS.map(str::to_owned).to_vec();
            let versions = if versions.is_empty() { all } else { versions };
            for version in versions {
                let artefact = release::build(&version)?;
                println!("{version} {} {}", artefact.sha256, artefact.path.display());
            }
        }
        Order::Supervise { .. } | Order::Svc { .. } => {
            unreachable!("these two are carried out without us")
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn up(folder: Option<PathBuf>) -> anyhow::Result<()> {
    let options = LabOptions {
        place: folder.map_or(Place::Temporary, Place::Kept),
        ..LabOptions::default()
    };
    let lab = demo::said("starting the lab", Lab::start(options)).await?;
    let nodes: Vec<_> = lab
        .nodes
        .iter()
        .zip(&lab.sshds)
        .map(|(node, sshd)| {
            serde_json::json!({
                "name": node.name,
                "app": node.app_url(),
                "ssh": format!("{}@{}:{}", sshd.user, sshd.address, sshd.port),
                "deploy_root": node.deploy_root,
            })
        })
        .collect();
    let prober = lab.prober.as_ref();
    println!(
        "{}",
        serde_json::json!({
            "folder": lab.folder,
            "url": lab.apache.url,
            "manager_url": lab.apache.manager_url,
            "visitors_url": prober.map(|prober| prober.report_url.as_str()),
            "lab_toml": lab.lab_toml(),
            "nodes": nodes,
        })
    );
    stopped().await;
    lab.stop().await?;
    Ok(())
}

/// Returns when Ctrl-C or SIGTERM came.
pub async fn stopped() {
    while !stop_asked() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The first signal asks for a stop in good order. Who has not come so far in twenty seconds, or is asked twice, is cut
/// off: everything ends by being dropped.
async fn until_stopped(
    work: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut asked = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = asked() => STOP.store(true, Ordering::Relaxed),
    }
    eprintln!("stopping");
    tokio::select! {
        done = &mut work => done,
        () = asked() => Ok(ExitCode::from(130)),
        () = tokio::time::sleep(std::time::Duration::from_secs(20)) => Ok(ExitCode::from(130)),
    }
}
