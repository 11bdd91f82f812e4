//! The real parts behind the web's seams. Tests put others in their place.

use crate::{
    balancer,
    clock::SystemClock,
    config::Config,
    drift::Eyes,
    gateway::Connect,
    guard::Guard,
    objects::Objects,
    probe::HttpProbe,
    rehearsal::Stage,
    remote::openssh::{OpensshShell, SshSettings},
    rolling::{engine, lease::LeaseTimes, planner, ports::Ports},
    seam::{Engine, Planner},
    smoke::{
        queue::Queue,
        webdriver::{BrowserSettings, WebDriver},
    },
    vault::Vault,
};
use anyhow::Context;
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
    /// What environments give to suites.
    pub vault: Arc<Vault>,
}

/// What stands behind the seams.
pub struct Parts {
    pub planner: Arc<dyn Planner>,
    pub engine: Arc<dyn Engine>,
    pub connect: Connect,
    /// What compares the world with what we left.
    pub eyes: Eyes,
    /// What tries suites between deployments.
    pub stage: Stage,
    /// Who we are; unique per start.
    pub owner: String,
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
    let connect: Connect = Arc::new(balancer::connect);
    let eyes = Eyes {
        connect: Arc::clone(&connect),
        shell: Arc::clone(&ports.shell),
        probe: Arc::clone(&ports.probe),
        at_once: core.config.drift.at_once,
    };
    Ok(Parts {
        stage: Stage {
            browser: Arc::clone(&ports.browser),
            browsers: ports.browsers.clone(),
            objects: ports.objects.clone(),
            vault: Arc::clone(&ports.vault),
            eyes: eyes.clone(),
            clock: Arc::clone(&ports.clock),
        },
        eyes,
        owner: owner.clone(),
        connect,
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
    let browser = BrowserSettings {
        kind: config.browser.kind,
        driver: config.browser.driver.clone(),
        browser: config.browser.browser.clone(),
        no_sandbox: config.browser.no_sandbox,
        user: None,
        temp_dir: std::env::temp_dir(),
        grid: config.browser.grid.clone(),
        proxy: config.browser.proxy.clone(),
    };
    Ok(Ports {
        connect: Ports::connect(),
        shell: Arc::new(OpensshShell::new(ssh).context("ssh cannot be used")?),
        probe: Arc::new(HttpProbe::new().context("no HTTP client")?),
        browser: Arc::new(WebDriver::new(browser, core.guard.clone())),
        browsers: Queue::new(config.browser.at_once),
        clock: Arc::new(SystemClock),
        objects: core.objects.clone(),
        vault: Arc::clone(&core.vault),
    })
}

fn host() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "host".into())
}
