//! One node: a deploy root as Capistrano lays it out, and the supervisor that runs what is in it.

use super::{order, program, release::Artefact};
use anyhow::{Context, bail, ensure};
use std::{
    fs,
    net::{IpAddr, SocketAddr},
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What a lab's node is called and where it lives.
pub const NODES: [(&str, [u8; 4]); 3] = [
    ("red", [127, 0, 0, 11]),
    ("blue", [127, 0, 0, 12]),
    ("green", [127, 0, 0, 13]),
];

#[derive(Debug)]
pub struct LabNode {
    pub name: String,
    pub address: IpAddr,
    /// Where the application listens.
    pub app: SocketAddr,
    pub deploy_root: PathBuf,
    supervisor: Child,
}

impl LabNode {
    /// Lays the node out with `first` if it is new, and starts its supervisor.
    pub fn start(
        deploy_root: &Path,
        name: &str,
        app: SocketAddr,
        database_url: &str,
        first: &Artefact,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(deploy_root.join("shared/log"))?;
        fs::create_dir_all(deploy_root.join("releases"))?;
        fs::create_dir_all(deploy_root.join("bin"))?;
        write_environment(deploy_root, name, app, database_url)?;
        write_script(&deploy_root.join("bin/svc"))?;
        if !deploy_root.join("current").exists() {
            install(deploy_root, first)?;
        }
        let output = fs::File::create(deploy_root.join("shared/log/supervisor.log"))?;
        let supervisor = Command::new(program::find("lab")?)
            .arg("supervise")
            .arg(deploy_root)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start the supervisor of {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            address: app.ip(),
            app,
            deploy_root: deploy_root.to_owned(),
            supervisor,
        })
    }

    /// `http://127.0.0.11:9000`.
    pub fn app_url(&self) -> String {
        format!("http://{}", self.app)
    }

    /// The supervisor's process, which leads the group of all that runs on the node.
    pub fn pid(&self) -> u32 {
        self.supervisor.id()
    }

    /// `bin/svc` as a remote command would call it: its output, or its words as the error.
    pub fn svc(&self, order: &str) -> anyhow::Result<String> {
        let done = Command::new("bin/svc")
            .arg(order)
            .current_dir(&self.deploy_root)
            .stdin(Stdio::null())
            .output()?;
        let words = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "svc {order}: {}", words.trim());
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// The application's process, if it runs.
    pub fn app_pid(&self) -> anyhow::Result<u32> {
        let answer = self.svc("status")?;
        match answer.trim().strip_prefix("running ") {
            Some(pid) => Ok(pid.parse()?),
            None => bail!("{} is {}", self.name, answer.trim()),
        }
    }

    /// Puts `artefact` on the node and restarts it, without asking any balancer: a plain `cap deploy`.
    pub fn switch_to(&self, artefact: &Artefact) -> anyhow::Result<()> {
        install(&self.deploy_root, artefact)?;
        self.svc("restart").map(drop)
    }

    /// Ends the application and its supervisor in good order.
    pub fn stop(&mut self) {
        let id = i32::try_from(self.supervisor.id()).ok();
        if let Some(pid) = id.and_then(rustix::process::Pid::from_raw) {
            // gone already is as good
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let until = Instant::now() + Duration::from_secs(8);
        while Instant::now() < until && matches!(self.supervisor.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        if matches!(self.supervisor.try_wait(), Ok(None)) {
            server::guard::process::kill_group(self.supervisor.id());
            let _ = self.supervisor.wait();
        }
    }
}

impl Drop for LabNode {
    fn drop(&mut self) {
        if matches!(self.supervisor.try_wait(), Ok(None)) {
            server::guard::process::kill_group(self.supervisor.id());
            let _ = self.supervisor.wait();
        }
    }
}

/// A new release folder with its revision, its links to `shared`, and `current` moved in one step.
fn install(root: &Path, artefact: &Artefact) -> anyhow::Result<()> {
    let mut at = chrono::Utc::now();
    let folder = loop {
        let folder = root
            .join("releases")
            .join(at.format("%Y%m%d%H%M%S").to_string());
        if !folder.exists() {
            break folder;
        }
        at += chrono::Duration::seconds(1);
    };
    artefact.unpack(&folder)?;
    fs::write(folder.join("REVISION"), format!("{}\n", artefact.sha256))?;
    symlink(root.join("shared/.env"), folder.join(".env"))?;
    symlink(root.join("shared/log"), folder.join("log"))?;
    let next = root.join("current.next");
    // left by one that was killed
    let _ = fs::remove_file(&next);
    symlink(&folder, &next)?;
    fs::rename(&next, root.join("current"))?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let line = format!(
        "Release {} (at {}) deployed as release {name} by lab\n",
        artefact.version, artefact.sha256
    );
    let log = root.join("revisions.log");
    let before = fs::read_to_string(&log).unwrap_or_default();
    fs::write(&log, before + &line)?;
    Ok(())
}

/// What differs from node to node.
fn write_environment(
    root: &Path,
    name: &str,
    app: SocketAddr,
    database_url: &str,
) -> anyhow::Result<()> {
    super::folder::write_private(
        &root.join("shared/.env"),
        &format!("SHOP_NODE={name}\nSHOP_ADDRESS={app}\nDATABASE_URL={database_url}\n"),
    )
}

fn write_script(path: &Path) -> anyhow::Result<()> {
    let lab = program::find("lab")?;
    let lab = lab.to_string_lossy().replace('\'', "'\\''");
    let text = include_str!("svc.sh").replace("@LAB@", &format!("'{lab}'"));
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Waits until `url` answers 200 and returns the release it names.
pub async fn wait_until_well(url: &str, limit: Duration) -> anyhow::Result<String> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(2))
        .no_proxy()
        .build()?;
    let until = Instant::now() + limit;
    let mut last = "nothing was tried".to_owned();
    while Instant::now() < until {
        match client.get(url).send().await {
            Ok(answer) if answer.status() == 200 => {
                let release = answer.headers().get("x-release");
                let release = release.and_then(|value| value.to_str().ok());
                return Ok(release.unwrap_or_default().to_owned());
            }
            Ok(answer) => last = answer.status().to_string(),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{url} is not well: {last}")
}

/// What `svc` does for the working folder's node.
pub fn run_order(order_name: &str) -> anyhow::Result<()> {
    println!("{}", order::give(order_name)?);
    Ok(())
}
