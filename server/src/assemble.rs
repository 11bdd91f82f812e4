//! The real parts behind the web's seams. Tests put others in their place.

use crate::{
    apply::{self, ApplyError, ApplyRequest},
    balancer,
    clock::SystemClock,
    config::Config,
    gateway::{Connect, refusal::wrong},
    guard::Guard,
    objects::Objects,
    seam::{Engine, Planner},
};
use app::{
    error::AppError,
    gateway::DeployOrder,
    model::{access::Actor, deployment::Plan},
};
use async_trait::async_trait;

    probe::HttpProbe,
    remote::{
        artefact::archive,
        openssh::{OpensshShell, SshSettings},
    },
    rolling::{engine, lease::LeaseTimes, planner, ports::Ports},
    seam::{Apply, Engine, Inspect, Planner},
    smoke::{
        chrome::{BrowserSettings, Chrome},
        secrets::Secrets,
    },
};
use anyhow::Context;
use app::{error::AppError, model::trouble::Trouble};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

/// What the parts are made of.
#[derive(Clone)]
pub struct Core {
    pub config: Arc<Config>,
    pub pool: PgPool,
    /// The same database without a pooler.
    pub direct_url: String,
    pub objects: Objects,
    /// Which installation this is; part of folder names on the nodes.
    pub installation: Uuid,
    pub guard: Arc<Guard>,
}

/// What stands behind the seams.
pub struct Parts {
    pub planner: Arc<dyn Planner>,
    pub engine: Arc<dyn Engine>,
    pub connect: Connect,
}

/// Everything real.
pub fn parts(core: &Core) -> anyhow::Result<Parts> {
    let ports = ports(core)?;
    let rolling = &core.config.rolling;
    let times = LeaseTimes {
        ttl: rolling.lease,
        heartbeat: rolling.heartbeat,
        margin: rolling.margin,
    };
    let owner = format!("{} pid {} {}", host(), std::process::id(), Uuid::now_v7());
    Ok(Parts {
        planner: Arc::new(planner::Planner {
            pool: core.pool.clone(),
            ports: ports.clone(),
        }),
        engine: Arc::new(engine::Engine {
            pool: core.pool.clone(),
            ports,
            times,
            poll: rolling.poll,
            owner,
        }),
        connect: Arc::new(balancer::connect),
    }
}

/// A build without an engine: it shows, and starts nothing.
struct Missing;

#[async_trait]
impl Planner for Missing {
    async fn plan(&self, _: &DeployOrder, _: &Actor) -> Result<Plan, AppError> {
        Err(wrong("This build has no engine.", "Use a complete build."))
    }

        inspect: Arc::new(|path| match archive::inspect_file(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(Trouble::new(format!("The artefact is refused: {error}."))
                .stands("Nothing was registered.")),
        }),
        apply: apply_to(core.pool.clone()),
    })
}

fn ports(core: &Core) -> anyhow::Result<Ports> {
    let config = &core.config;
    let installation = format!("i{}", &core.installation.simple().to_string()[..16])
        .parse()
        .context("the installation's id makes a name")?;
    let mut ssh = SshSettings::new(
        installation,
        config.ssh.identity.clone(),
        config.data.dir.join("ssh"),
    );
    ssh.agent.clone_from(&config.ssh.agent);
    let secrets = if config.data.secrets.exists() {
        Secrets::load(&config.data.secrets)?
    } else {
        Secrets::default()
    };
    let browser = BrowserSettings {
        chromedriver: config
            .browser
            .chromedriver
            .clone()
            .unwrap_or_else(|| "chromedriver".into()),
        chromium: config
            .browser
            .chromium
            .clone()
            .unwrap_or_else(|| "chromium".into()),
        no_sandbox: config.browser.no_sandbox,
        user: None,
        temp_dir: std::env::temp_dir(),
    };
    Ok(Ports {
        connect: Ports::connect(),
        shell: Arc::new(OpensshShell::new(ssh).context("ssh cannot be used")?),
        probe: Arc::new(HttpProbe::new().context("no HTTP client")?),
        browser: Arc::new(Chrome::new(browser, core.guard.clone())),
        clock: Arc::new(SystemClock),
        objects: core.objects.clone(),
        secrets: Arc::new(secrets),
    })
}

fn host() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "host".into())
}

/// The problems of a refused configuration travel as JSON in the trouble's detail: the client knows their lines.
fn apply_to(pool: PgPool) -> Apply {
    Arc::new(move |actor, body| {
        let pool = pool.clone();
        Box::pin(async move {
            let request: ApplyRequest = serde_json::from_value(body)
                .map_err(|error| wrong(format!("This is no configuration: {error}."), ""))?;
            match apply::carry_out(&pool, &request, &actor).await {
                Ok(applied) => Ok(serde_json::to_value(applied).expect("what was applied is JSON")),
                Err(ApplyError::Forbidden(why)) => Err(AppError::Forbidden(Trouble::new(format!(
                    "This is not yours to do: {why}."
                )))),
                Err(ApplyError::Refused(problems)) => Err(AppError::Refused(
                    Trouble::new("The configuration was refused.")
                        .stands("Nothing was changed.")
                        .detail(serde_json::to_string(&problems).expect("problems are JSON")),
                )),
                Err(ApplyError::Store(error)) => {
                    tracing::error!(%error, "a configuration could not be written");
                    Err(AppError::Internal(
                        Trouble::new("The configuration could not be written.")
                            .stands("Nothing was changed."),
                    ))
                }
            }
        })
    })
}
