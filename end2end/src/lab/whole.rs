//! The whole of it: started in the order in which the parts need each other, ended the other way round.

use super::{
    apache::{Apache, ApacheOptions, LabWorker},
    config::{self, NodeFacts},
    database::Database,
    folder, leftover,
    leftover::Register,
    node::{LabNode, NODES, wait_until_well},
    port::Ports,
    prober::{Prober, ProberOptions},
    release::{self, Artefact},
    sshd::Sshd,
};
use anyhow::{Context, bail};
use server::guard::Guard;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::task::block_in_place;

/// Where a lab lives.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder that goes with the lab.
    Temporary,
    /// A folder that keeps releases, orders and ports for the next start.
    Kept(PathBuf),
}

#[derive(Debug, Clone)]
pub struct LabOptions {
    pub place: Place,
    /// Visitors per second; `None`: no prober.
    pub visitors: Option<u32>,
    /// `BalancerPersist On`.
    pub persist: bool,
}

impl Default for LabOptions {
    /// A temporary one with fifty visitors per second.
    fn default() -> Self {
        Self {
            place: Place::Temporary,
            visitors: Some(50),
            persist: true,
        }
    }
}

/// A running lab. Dropping it ends everything; [`Lab::stop`] does it in good order.
pub struct Lab {
    pub folder: PathBuf,
    pub nodes: Vec<LabNode>,
    pub sshds: Vec<Sshd>,
    pub apache: Apache,
    pub database: Database,
    pub prober: Option<Prober>,
    /// What all nodes ran at the very first start.
    pub first: Artefact,
    /// Of `ann`, who may sign in to the shop; also in `secrets.toml`.
    pub shop_password: String,
    register: Register,
    is_temporary: bool,
    _ports: Ports,
    /// Last, so that it watches until all others are dropped.
    guard: Guard,
}

impl Lab {
    /// Starts all parts and waits until visitors get answers. Needs a multi-threaded runtime.
    pub async fn start(options: LabOptions) -> anyhow::Result<Self> {
        block_in_place(leftover::sweep_temporary);
        let guard = Guard::start().context("could not start the guard")?;
        let (dir, is_temporary) = match &options.place {
            Place::Temporary => (folder::temporary()?, true),
            Place::Kept(path) => (folder::kept(path)?, false),
        };
        if is_temporary {
            guard.remove_dir(&dir)?;
        } else if let Err(owner) = leftover::sweep(&dir) {
            bail!(
                "the lab in {} runs already, as process {owner}",
                dir.display()
            );
        }
        let register = Register::begin(&dir)?;
        let mut ports = Ports::open(&dir);
        let first = block_in_place(|| artefact(&dir, is_temporary, "1.0"))?;

        let database = Database::start(&dir.join("database"), &guard, &register).await?;
        let shop_password = password(&dir)?;
        database.add_person("ann", &shop_password).await?;

        let mut nodes = Vec::new();
        let mut sshds = Vec::new();
        for (name, address) in NODES {
            let address = IpAddr::from(address);
            let app = SocketAddr::new(address, ports.claim(&format!("{name}_app"), address)?);
            let root = dir.join("nodes").join(name);
            let node = block_in_place(|| LabNode::start(&root, name, app, &database.url, &first))?;
            guard.watch_group(node.pid())?;
            register.add(name, node.pid())?;
            nodes.push(node);

            let port = ports.claim(&format!("{name}_sshd"), address)?;
            let sshd = block_in_place(|| start_sshd(&dir, name, address, port))?;
            guard.watch_group(sshd.pid)?;
            register.add(&format!("{name}_sshd"), sshd.pid)?;
            sshds.push(sshd);
        }
        for node in &nodes {
            let url = format!("{}/health", node.app_url());
            if let Err(error) = wait_until_well(&url, Duration::from_secs(30)).await {
                let said = node.svc("output").unwrap_or_default();
                bail!("{} does not boot: {error}\n{said}", node.name);
            }
        }

        let workers = nodes
            .iter()
            .map(|node| LabWorker::new(&node.name, node.app_url()));
        let mut apache_options = ApacheOptions::new(workers);
        apache_options.persist = options.persist;
        apache_options.port = Some(ports.claim("apache", Ipv4Addr::LOCALHOST.into())?);
        let apache = block_in_place(|| Apache::start(&dir.join("apache"), apache_options))?;
        guard.watch_group(apache.pid)?;
        register.add("apache", apache.pid)?;
        wait_until_well(&format!("{}/health", apache.url), Duration::from_secs(20)).await?;

        let prober = match options.visitors {
            Some(rate) => {
                let target = SocketAddr::from((Ipv4Addr::LOCALHOST, apache.port));
                let port = Some(ports.claim("prober", Ipv4Addr::LOCALHOST.into())?);
                Some(Prober::start(ProberOptions { target, rate, port }).await?)
            }
            None => None,
        };
        let lab = Self {
            folder: dir,
            nodes,
            sshds,
            apache,
            database,
            prober,
            first,
            shop_password,
            register,
            is_temporary,
            _ports: ports,
            guard,
        };
        lab.write_config()?;
        Ok(lab)
    }

    pub fn lab_toml(&self) -> PathBuf {
        self.folder.join("lab.toml")
    }

    pub fn suite_toml(&self) -> PathBuf {
        self.folder.join("suite.toml")
    }

    pub fn secrets_toml(&self) -> PathBuf {
        self.folder.join("secrets.toml")
    }

    /// Signs in to every node.
    pub fn ssh_identity(&self) -> PathBuf {
        self.sshds[0].client_key.clone()
    }

    /// The artefact of a version; a kept lab keeps the ones it had.
    pub fn artefact(&self, version: &str) -> anyhow::Result<Artefact> {
        block_in_place(|| artefact(&self.folder, self.is_temporary, version))
    }

    /// A process group that ends with the lab: a dashboard, for instance.
    pub fn adopt(&self, name: &str, pid: u32) -> anyhow::Result<()> {
        self.guard.watch_group(pid)?;
        self.register.add(name, pid)?;
        Ok(())
    }

    /// Ends all parts in good order and removes the folder of a temporary lab. What visitors felt is returned.
    pub async fn stop(mut self) -> anyhow::Result<Option<super::prober::tally::Report>> {
        let report = match self.prober.take() {
            Some(prober) => Some(prober.stop().await),
            None => None,
        };
        block_in_place(|| {
            let Self {
                folder,
                mut nodes,
                mut sshds,
                apache,
                database,
                register,
                is_temporary,
                guard,
                ..
            } = self;
            apache.stop()?;
            for (node, sshd) in nodes.iter_mut().zip(&mut sshds) {
                sshd.stop();
                node.stop();
            }
            tokio::runtime::Handle::current().block_on(database.stop());
            drop((nodes, sshds));
            register.close();
            if is_temporary {
                // what just ended may still write its last line
                let until = std::time::Instant::now() + Duration::from_secs(10);
                while let Err(error) = fs::remove_dir_all(&folder) {
                    if std::time::Instant::now() > until {
                        let words = format!("could not remove {}", folder.display());
                        return Err(error).context(words);
                    }
                }
            }
            drop(guard);
            anyhow::Ok(())
        })?;
        Ok(report)
    }

    fn write_config(&self) -> anyhow::Result<()> {
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .zip(&self.sshds)
            .map(|(node, sshd)| NodeFacts {
                name: &node.name,
                ssh: format!("{}@{}:{}", sshd.user, sshd.address, sshd.port),
                host_key: &sshd.host_key,
                app: node.app,
                deploy_root: &node.deploy_root,
            })
            .collect();
        config::write(
            &self.folder,
            &self.apache.manager_url,
            self.prober
                .as_ref()
                .map(|prober| prober.report_url.as_str()),
            &nodes,
            &self.shop_password,
        )
    }
}

/// One key opens all three.
fn start_sshd(dir: &Path, name: &str, address: IpAddr, port: u16) -> anyhow::Result<Sshd> {
    let own = dir.join("sshd").join(name);
    let first = dir.join("sshd").join(NODES[0].0);
    if own != first && !own.join("client_key").exists() {
        fs::create_dir_all(&own)?;
        for file in ["client_key", "client_key.pub"] {
            fs::copy(first.join(file), own.join(file))?;
        }
    }
    Sshd::start_at(&own, address, Some(port)).with_context(|| format!("sshd of {name}"))
}

/// A kept lab goes on with the artefacts it registered, also after the shop was built anew.
fn artefact(dir: &Path, is_temporary: bool, version: &str) -> anyhow::Result<Artefact> {
    let built = || release::build(version);
    if is_temporary {
        return built();
    }
    let kept = dir.join("releases").join(format!("shop-{version}.tar.gz"));
    if !kept.exists() {
        let new = built()?;
        fs::create_dir_all(dir.join("releases"))?;
        let part = kept.with_extension("part");
        fs::copy(&new.path, &part)?;
        fs::rename(&part, &kept)?;
    }
    Artefact::of(version, kept)
}

/// Made at the first start, and kept in the file the server reads it from.
fn password(dir: &Path) -> anyhow::Result<String> {
    let kept: Option<toml::Table> = fs::read_to_string(dir.join("secrets.toml"))
        .ok()
        .and_then(|text| toml::from_str(&text).ok());
    let kept = kept.and_then(|table| Some(table.get("shop_password")?.as_str()?.to_owned()));
    Ok(kept.unwrap_or_else(|| hex::encode(rand::random::<[u8; 9]>())))
}
