//! The lab and the dashboard for people: started, introduced to each other, and kept until Ctrl-C.

use super::{
    Lab, LabOptions, Place, command, dashboard::Dashboard, folder, leftover, program,
    release::VERSIONS,
};
use anyhow::{Context, bail, ensure};
use std::{
    fs,
    future::Future,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

/// Where the dashboard listens unless told otherwise or the port is taken.
const PORT: u16 = 7700;
/// The dashboard's own first user.
const ADMIN: &str = "ann";

#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// Forget what an earlier demo left.
    pub fresh: bool,
    /// The browser's half of the dashboard; `None`: as built beside our programs.
    pub site: Option<PathBuf>,
    /// `None`: the usual one, or the next that is free.
    pub port: Option<u16>,
    /// `None`: one below `target`.
    pub folder: Option<PathBuf>,
}

/// Runs until a signal asks it to end.
pub async fn run(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let place = match &options.folder {
        Some(folder) => folder.clone(),
        None => default_folder()?,
    };
    if options.fresh {
        forget(&place)?;
    }
    let listen = listen(options.port)?;
    let lab_options = LabOptions {
        place: Place::Kept(place),
        ..LabOptions::default()
    };
    let lab = said(
        "starting Apache, three nodes, PostgreSQL and visitors",
        Lab::start(lab_options),
    )
    .await?;
    let mut dashboard = said(
        "starting the dashboard",
        Dashboard::start(&lab, listen, options.site.as_deref()),
    )
    .await?;
    said(
        "registering the lab and its releases",
        dashboard.introduce(&lab, &VERSIONS),
    )
    .await?;
    let password = admin(&lab, &dashboard).await?;
    print_welcome(&lab, &dashboard, &password);

    let ended = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let ended = dashboard.has_ended();
        if ended.is_some() || command::stop_asked() {
            break ended;
        }
    };
    block_in_place(|| dashboard.stop());
    lab.stop().await?;
    if let Some(status) = ended {
        bail!("the dashboard ended by itself ({status}); see pitlane.log in the demo's folder");
    }
    Ok(ExitCode::SUCCESS)
}

fn print_welcome(lab: &Lab, dashboard: &Dashboard, password: &str) {
    println!(
        "
Pitlane  {url}
sign in  {ADMIN} / {password}
shop     {shop}  (ann / {shop_password})

Three things to try
  1. Open production/shop, pick release 1.1 and press Deploy; watch red, blue and green take their turn.
  2. Then deploy 1.2: healthy, but nobody can sign in. It is caught on the first node and undone there.
  3. From another terminal:
     {pitlane} deploy production/shop 1.3 --follow --socket {socket}

Ctrl-C stops everything; the next start goes on from here, --fresh begins anew.",
        url = dashboard.url,
        shop = lab.apache.url,
        shop_password = lab.shop_password,
        pitlane = program::find("pitlane").unwrap_or_default().display(),
        socket = dashboard.socket.display(),
    );
}

/// Runs `work` and says on standard error what it was and how long it took. When somebody asks us to stop it is dropped.
pub async fn said<T>(
    what: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    let done = tokio::select! {
        done = work => done,
        () = command::stopped() => Err(anyhow::anyhow!("stopped before the end")),
    };
    let took = begun.elapsed().as_secs_f64();
    match &done {
        Ok(_) => eprintln!("{what}: {took:.1} s"),
        Err(_) => eprintln!("{what}: failed after {took:.1} s"),
    }
    done
}

/// An address that is free now.
pub fn free_listen() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A port that was asked for must be free; the usual one gives way.
fn listen(asked: Option<u16>) -> anyhow::Result<SocketAddr> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let port = match asked {
        Some(port) => {
            ensure!(
                is_free(port),
                "port {port} is taken; name another with --port"
            );
            port
        }
        None => {
            let port = (PORT..PORT + 100).find(|port| is_free(*port));
            let port = port.context("ports 7700 to 7799 are all taken; name one with --port")?;
            if port != PORT {
                eprintln!("port {PORT} is taken; using {port}");
            }
            port
        }
    };
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Below `target`, unless root's PostgreSQL and Apache could not get there.
fn default_folder() -> anyhow::Result<PathBuf> {
    let folder = program::target()?.join("demo");
    match folder::closed_ancestor(&folder) {
        None => Ok(folder),
        Some(_) => Ok(PathBuf::from("/var/lib/pitlane-demo")),
    }
}

/// Removes an earlier demo; never anything else.
fn forget(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let empty = fs::read_dir(folder)?.next().is_none();
    // the second is all there is when the very first start was cut off
    let ours = ["ports.toml", "processes"];
    ensure!(
        empty || ours.iter().any(|file| folder.join(file).exists()),
        "{} holds no demo; it is not removed",
        folder.display()
    );
    if let Err(owner) = leftover::sweep(folder) {
        bail!("the demo runs already, as process {owner}");
    }
    fs::remove_dir_all(folder).with_context(|| format!("could not remove {}", folder.display()))
}

/// The admin's password: made at the first start, kept in a file only we read.
async fn admin(lab: &Lab, dashboard: &Dashboard) -> anyhow::Result<String> {
    let file = lab.folder.join("sign-in");
    if let Ok(text) = fs::read_to_string(&file) {
        return Ok(text.trim().to_owned());
    }
    let password = hex::encode(rand::random::<[u8; 8]>());
    dashboard
        .call(
            &["user", "add", ADMIN, "--role", "admin", "--password-stdin"],
            &format!("{password}\n"),
        )
        .await?;
    folder::write_private(&file, &format!("{password}\n"))?;
    Ok(password)
}
