//! The artefact recipe on a real node: what a deployment leaves there, and what each failure leaves.

/// The way there.
mod hosts;

use crate::node::{TestNode, stamp, until};
use app::model::{
    deployment::Plan,
    journal::Proof,
    name::Name,
    trouble::{Failure, FailureClass},
};
use flate2::{Compression, write::GzEncoder};
use server::{
    objects::Objects,
    remote::{
        RemoteError, RemoteShell, Script,
        artefact::{self, archive, sample},
        no_sink,
    },
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio_util::bytes::Bytes;

/// The tiny service of these tests: restarting writes down which release it runs, unless that release says no.
const RESTART: &str = r#"echo restarting; if [ -e current/broken ]; then echo "no such port" >&2; exit 7; fi
cat current/version >running"#;

struct World {
    at: TestNode,
    objects: Objects,
}

impl World {
    async fn start() -> Self {
        let at = TestNode::start();
        let objects = Objects::local(&at.dir.path().join("objects")).unwrap();
        Self { at, objects }
    }

    /// A plan that brings this archive, registered.
    async fn plan(&self, version: &str, dir: &str, archive: Vec<u8>) -> Plan {
        let mut plan = sample::plan(&self.at.node);
        plan.release.version = name(version);
        plan.release_dir = name(dir);
        plan.release.size = archive.len() as u64;
        plan.release.sha256 = self.objects.put(Bytes::from(archive)).await.unwrap();
        plan.recipe.restart = RESTART.to_owned();
        plan.recipe.output = Some("echo out; cat running".to_owned());
        plan
    }

    async fn prepare(&self, plan: &Plan) -> Result<Proof, Failure> {
        let (shell, node) = (&*self.at.shell, &self.at.node);
        artefact::prepare(shell, plan, node, &self.objects, stamp(1), no_sink()).await
    }

    async fn switch(&self, plan: &Plan, dir: &Name) -> Result<Proof, Failure> {
        artefact::switch(
            &*self.at.shell,
            plan,
            &self.at.node,
            dir,
            stamp(1),
            no_sink(),
        )
        .await
    }

    async fn deploy(&self, version: &str, dir: &str) -> Plan {
        let plan = self.plan(version, dir, release(version, &[])).await;
        self.prepare(&plan).await.unwrap();
        self.switch(&plan, &plan.release_dir).await.unwrap();
        plan
    }

    fn current(&self) -> String {
        let target = fs::read_link(self.at.root.join("current")).unwrap();
        target.to_str().unwrap().to_owned()
    }

    /// What must not be there after a failure.
    fn litter(&self) -> Vec<String> {
        let list = |dir: &str| -> Vec<String> {
            let entries = fs::read_dir(self.at.root.join(dir)).into_iter().flatten();
            entries
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        let half = list("releases")
            .into_iter()
            .filter(|n| n.contains(".part") || n.contains(".gone"));
        let fresh = list("").into_iter().filter(|n| n.starts_with(".current"));
        half.chain(list("incoming")).chain(fresh).collect()
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// An archive with a version file, a script, a `log` folder and `more` empty files.
fn release(version: &str, more: &[&str]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |path: &str, mode: u32, body: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(mode);
        header.set_uid(4711);
        header.set_gid(4711);
        tar.append_data(&mut header, path, body).unwrap();
    };
    add("version", 0o644, format!("{version}\n").as_bytes());
    add("bin/app", 0o777, b"#!/bin/sh\n");
    add("log/placeholder", 0o644, b"");
    more.iter().for_each(|path| add(path, 0o644, b""));
    tar.into_inner().unwrap().finish().unwrap()
}

/// Something that does not compress, so that it needs its room.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let body: Vec<u8> = (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(body.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "noise", &body[..]).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

#[tokio::test]
async fn a_release_is_prepared_beside_and_prepared_again_changes_nothing() {
    let world = World::start().await;
    let archive = release("1.1", &[]);
    assert!(archive::inspect(&archive[..], archive::Limits::default()).is_ok());
    let mut plan = world.plan("1.1", "20261123140211", archive).await;
    plan.recipe.shared = vec!["log".into(), ".env".into(), "public/uploads".into()];
    fs::create_dir(world.at.root.join("shared")).unwrap();
    fs::write(world.at.root.join("shared/.env"), "KEY=1\n").unwrap();

    let proof = world.prepare(&plan).await.unwrap();
    assert!(matches!(proof, Proof::Prepared { ref sha256, .. } if *sha256 == plan.release.sha256));
    let there = world.at.root.join("releases/20261123140211");
    assert_eq!(
        world.at.read("releases/20261123140211/REVISION").trim(),
        plan.release.sha256
    );
    assert_eq!(world.at.read("releases/20261123140211/.env"), "KEY=1\n");
    assert_eq!(
        fs::read_link(there.join("log")).unwrap(),
        Path::new("../../shared/log")
    );
    assert!(
        there
            .join("public/uploads")
            .canonicalize()
            .unwrap()
            .ends_with("shared/public/uploads")
    );
    assert!(
        fs::symlink_metadata(world.at.root.join("current")).is_err(),
        "preparing is not switching"
    );
    let mode = fs::metadata(there.join("bin/app"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(
        mode & 0o7777,
        0o755,
        "the archive's modes pass through the umask"
    );
    let owner = |path: &Path| std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap());
    assert_eq!(
        owner(&there.join("bin/app")),
        owner(&world.at.root),
        "owners stay behind"
    );
    assert_eq!(world.litter(), [""; 0]);

    fs::write(there.join("mark"), "").unwrap();
    world.prepare(&plan).await.unwrap();
    assert!(there.join("mark").exists(), "it was unpacked a second time");
}

#[tokio::test]
async fn current_is_switched_logged_restarted_and_observed() {
    let world = World::start().await;
    let (shell, node) = (&*world.at.shell, &world.at.node);
    let nothing = artefact::observe(shell, node).await.unwrap();
    assert_eq!(nothing, artefact::OnNode::default());

    world.deploy("1.0", "20261001000000").await;
    let plan = world.deploy("1.1", "20261123140211").await;
    assert_eq!(world.current(), "releases/20261123140211");
    assert_eq!(world.at.read("running"), "1.1\n");
    let log = world.at.read("revisions.log");
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(
        log.ends_with("production/shop #42 release 20261123140211 1.1 for anna\n"),
        "{log}"
    );

    let on = artefact::observe(shell, node).await.unwrap();
    assert_eq!(on.current, Some(name("20261123140211")));
    assert_eq!(on.revision.as_deref(), Some(plan.release.sha256.as_str()));
    assert_eq!(
        on.releases,
        [name("20261001000000"), name("20261123140211")]
    );
    assert_eq!(
        artefact::last_output(shell, &plan, node).await.as_deref(),
        Some("out\n1.1")
    );

    // again: nothing to switch, yet the restart is ordered
    fs::remove_file(world.at.root.join("running")).unwrap();
    let started = Instant::now();
    world.switch(&plan, &plan.release_dir).await.unwrap();
    println!("switch and restart took {:?}", started.elapsed());
    assert_eq!(world.at.read("running"), "1.1\n");
    assert_eq!(world.at.read("revisions.log"), log);
}

#[tokio::test]
async fn a_link_as_capistrano_writes_it_is_understood() {
    let world = World::start().await;
    let plan = world.deploy("1.0", "20261001000000").await;
    let current = world.at.root.join("current");
    fs::remove_file(&current).unwrap();
    symlink(world.at.root.join("releases/20261001000000"), &current).unwrap();
    let on = artefact::observe(&*world.at.shell, &world.at.node)
        .await
        .unwrap();
    assert_eq!(on.current, Some(name("20261001000000")));
    world.switch(&plan, &plan.release_dir).await.unwrap();
    assert_eq!(
        world.at.read("revisions.log").lines().count(),
        1,
        "it was there already"
    );
}

#[tokio::test]
async fn a_restart_that_fails_is_the_releases_fault_and_switching_back_leaves_the_node_as_it_was() {
    let world = World::start().await;
    let old = world.deploy("1.0", "20261001000000").await;
    let plan = world
        .plan("1.3", "20261123140211", release("1.3", &["broken"]))
        .await;
    world.prepare(&plan).await.unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = heard.clone();
    let sink = Arc::new(move |line: &str| ears.lock().unwrap().push(line.to_owned()));
    let failure = artefact::switch(
        &*world.at.shell,
        &plan,
        &world.at.node,
        &plan.release_dir,
        stamp(1),
        sink,
    )
    .await
    .unwrap_err();
    assert_eq!(failure.class, FailureClass::Release);
    assert_eq!(
        failure.trouble.to_string(),
        "The restart command on node red ended with status 7. \
         Its `current` points to releases/20261123140211. See its last lines below."
    );
    assert!(
        failure
            .trouble
            .detail
            .unwrap()
            .ends_with("restarting\nno such port")
    );
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "current -> releases/20261123140211",
            "restarting",
            "no such port"
        ]
    );

    world.switch(&plan, &old.release_dir).await.unwrap();
    assert_eq!(world.current(), "releases/20261001000000");
    assert_eq!(world.at.read("running"), "1.0\n");
    assert_eq!(world.litter(), [""; 0]);
}

#[tokio::test]
async fn a_restart_that_hangs_is_ended_at_its_limit() {
    let world = World::start().await;
    let mut plan = world.deploy("1.0", "20261001000000").await;
    plan.recipe.restart = "echo waiting; sleep 600".into();
    plan.recipe.command_limit_ms = 1_000;
    let failure = world.switch(&plan, &plan.release_dir).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Release);
    assert_eq!(
        failure.trouble.what,
        "The restart command on node red did not end within 1.0 s and was stopped."
    );
}

#[tokio::test]
async fn a_switch_never_replaces_what_is_no_link_nor_points_to_what_is_not_there() {
    let world = World::start().await;
    let plan = world
        .plan("1.0", "20261001000000", release("1.0", &[]))
        .await;
    let failure = world.switch(&plan, &plan.release_dir).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Unsure);
    assert_eq!(
        failure.trouble.what,
        "Node red has no releases/20261001000000 any more."
    );

    world.prepare(&plan).await.unwrap();
    fs::create_dir(world.at.root.join("current")).unwrap();
    let failure = world.switch(&plan, &plan.release_dir).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Unsure);
    assert_eq!(
        failure.trouble.what,
        "On node red `current` is a file or folder, not a link."
    );
    let failure = artefact::observe(&*world.at.shell, &world.at.node)
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Unsure);
    assert!(
        !world.at.root.join("running").exists(),
        "nothing was restarted"
    );
}

#[tokio::test]
async fn bytes_with_another_checksum_are_thrown_away() {
    let world = World::start().await;
    let mut plan = world
        .plan("1.1", "20261123140211", release("1.1", &[]))
        .await;
    let said = plan.release.sha256.clone();
    // the store holds other bytes under this name, as after damage
    let path = world
        .at
        .dir
        .path()
        .join("objects")
        .join(&said[..2])
        .join(&said[2..4])
        .join(&said);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert_eq!(
        failure.trouble.to_string(),
        "What arrived on node red is not what was sent: the checksum differs. \
         Nothing that runs on it was touched. Retry; if it happens again, register the release anew."
    );
    assert_eq!(world.litter(), [""; 0]);
    assert!(!world.at.root.join("releases").exists());

    plan.release.sha256 = "0".repeat(64);
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(
        failure.trouble.what,
        "The release for node red could not be read from our object store."
    );
}

#[tokio::test]
async fn what_tar_refuses_leaves_nothing_half_done() {
    let world = World::start().await;
    let whole = release("1.1", &[]);
    let plan = world
        .plan("1.1", "20261123140211", whole[..whole.len() / 2].to_vec())
        .await;
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert_eq!(world.litter(), [""; 0]);
    assert_eq!(
        fs::read_dir(world.at.root.join("releases"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_name_somebody_else_took_is_left_alone() {
    let world = World::start().await;
    let plan = world
        .plan("1.1", "20261123140211", release("1.1", &[]))
        .await;
    let theirs = world.at.root.join("releases/20261123140211");
    fs::create_dir_all(&theirs).unwrap();
    fs::write(theirs.join("precious"), "").unwrap();
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Unsure);
    assert!(theirs.join("precious").exists());
}

#[tokio::test]
async fn a_shared_file_that_is_not_there_is_named() {
    let world = World::start().await;
    let mut plan = world
        .plan("1.1", "20261123140211", release("1.1", &[]))
        .await;
    plan.recipe.shared = vec!["config/app.toml".into()];
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(
        failure.trouble.to_string(),
        "Node red has no shared/config/app.toml, which the recipe shares. \
         Nothing that runs on it was touched. Put it there, or take it out of the recipe, then retry."
    );
    assert_eq!(world.litter(), [""; 0]);
}

/// Needs a file system of its own, so root; otherwise a release larger than any disk stands for it.
#[tokio::test]
async fn a_full_disk_is_told_with_figures_and_nothing_is_left() {
    let mut world = World::start().await;
    let disk = world.at.dir.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "pitlane-test"])
        .arg(&disk)
        .status()
        .is_ok_and(|status| status.success());
    let _unmount = mounted.then(|| Unmount(disk.clone()));
    if mounted {
        world.at.root = disk.clone();
        world.at.node.deploy_root = disk.to_str().unwrap().to_owned();
    } else {
        println!(
            "no tmpfs can be mounted here; a release larger than any disk stands for the full one"
        );
        return too_large_for_any_disk(&world).await;
    }

    // too large from the start: nothing is sent
    let plan = world.plan("1.1", "20261123140211", noise(6 << 20)).await;
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    let what = failure.trouble.what;
    assert!(
        what.starts_with("The disk of node red has no room for the release: 14 MB are needed and "),
        "{what}"
    );
    assert_eq!(world.litter(), [""; 0]);

    // small when packed, too large when unpacked: only the node can see that
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(20 << 20);
    header.set_mode(0o644);
    tar.append_data(
        &mut header,
        "zeros",
        std::io::Read::take(std::io::repeat(0), 20 << 20),
    )
    .unwrap();
    let plan = world
        .plan(
            "1.1",
            "20261123140211",
            tar.into_inner().unwrap().finish().unwrap(),
        )
        .await;
    let failure = world.prepare(&plan).await.unwrap_err();
    let what = failure.trouble.what;
    assert!(
        what.starts_with("The disk of node red has no room for the release: 22 MB are needed and "),
        "{what}"
    );
    assert_eq!(world.litter(), [""; 0]);

    // somebody else fills it while we send: the room seen first was not there any more
    let plan = world.plan("1.2", "20261123140212", noise(3 << 20)).await;
    let upload = artefact::script::upload(&plan, &world.at.node);
    let room = 8 << 20;
    let _ = fs::write(disk.join("filler"), vec![0; room - (1 << 20)]);
    let body = world.objects.stream(&plan.release.sha256).await.unwrap();
    let body = futures::StreamExt::map(body, |piece| piece.map_err(std::io::Error::other));
    let error = world
        .at
        .shell
        .put(&world.at.node, &upload, Box::pin(body), stamp(1))
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::DiskFull), "{error}");
    assert_eq!(world.litter(), [""; 0]);

    // and a command that fills the disk itself still has its result told
    fs::remove_file(disk.join("filler")).unwrap();
    let ran = world
        .at
        .run(stamp(1), "cat /dev/zero >filler; exit 3")
        .await
        .unwrap();
    assert_eq!(ran.code, 3);
    let refused = world.at.run(stamp(1), "true").await.unwrap_err();
    assert!(matches!(refused, RemoteError::Folder { .. }), "{refused}");
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

async fn too_large_for_any_disk(world: &World) {
    let mut plan = world
        .plan("1.1", "20261123140211", release("1.1", &[]))
        .await;
    plan.release.size = 1 << 60;
    let failure = world.prepare(&plan).await.unwrap_err();
    let what = failure.trouble.what;
    assert!(
        what.starts_with("The disk of node red has no room for the release: "),
        "{what}"
    );
    assert_eq!(world.litter(), [""; 0]);
}

#[tokio::test]
async fn old_releases_go_but_never_the_current_one_nor_the_one_before() {
    let world = World::start().await;
    for n in 1..=6 {
        world
            .deploy(&format!("1.{n}"), &format!("2026110{n}000000"))
            .await;
    }
    let mut plan = world
        .plan("1.2", "20261106000000", release("1.6", &[]))
        .await;
    plan.recipe.keep = 2;
    // the one before is old, as after a rollback, and so is the current one
    plan.nodes[0].before.as_mut().unwrap().release_dir = name("20261101000000");
    world.switch(&plan, &name("20261102000000")).await.unwrap();
    fs::create_dir(world.at.root.join("releases/0-not-ours")).unwrap();
    let gone = artefact::prune(&*world.at.shell, &plan, &world.at.node, stamp(1))
        .await
        .unwrap();
    assert_eq!(
        gone,
        [
            "removed releases/20261104000000",
            "removed releases/20261103000000"
        ]
    );
    let on = artefact::observe(&*world.at.shell, &world.at.node)
        .await
        .unwrap();
    let left: Vec<_> = on.releases.iter().map(Name::as_str).collect();
    assert_eq!(
        left,
        [
            "0-not-ours",
            "20261101000000",
            "20261102000000",
            "20261105000000",
            "20261106000000"
        ]
    );
    assert_eq!(world.litter(), [""; 0]);
}
