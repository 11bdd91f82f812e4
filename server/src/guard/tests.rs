use super::*;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    time::{Duration, Instant},
};

/// Ignores a polite end, and so does its child.
const STUBBORN: &str = "trap '' TERM; sleep 600 & sleep 600; sleep 600";

/// Killed with all its children when the test ends, well or badly.
struct Group(Child);

impl Group {
    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        process::kill_group(self.id());
        let _ = self.0.wait();
    }
}

fn start_group(script: &str) -> Group {
    let child = Command::new("/bin/sh")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    Group(child)
}

fn new_dir() -> PathBuf {
    let dir = tempfile::Builder::new()
        .prefix("guard it's ")
        .tempdir()
        .unwrap()
        .keep();
    std::fs::create_dir(dir.join("sub")).unwrap();
    std::fs::write(dir.join("sub/file"), "x").unwrap();
    dir
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn when_dropped_it_ends_groups_and_removes_folders_but_not_forgotten_ones() {
    let guard = Guard::start().unwrap();
    let (ended, spared) = (start_group(STUBBORN), start_group("exec sleep 600"));
    let (removed, kept) = (new_dir(), new_dir());
    guard.watch_group(ended.id()).unwrap();
    guard.watch_group(spared.id()).unwrap();
    guard.remove_dir(&removed).unwrap();
    guard.remove_dir(&kept).unwrap();
    guard.forget_group(spared.id());
    guard.forget_dir(&kept);
    drop(guard);
    assert!(process::members(ended.id()).is_empty());
    assert_eq!(process::members(spared.id()), [spared.id()]);
    assert!(!removed.exists());
    assert!(kept.join("sub/file").exists());
    std::fs::remove_dir_all(kept).unwrap();
}

#[test]
fn a_group_whose_leader_is_gone_is_ended_too() {
    let guard = Guard::start().unwrap();
    // the leader ends when its stdin does, its child stays
    let mut leader = Command::new("/bin/sh")
        .args(["-c", "sleep 600 & read line"])
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let group = leader.id();
    guard.watch_group(group).unwrap();
    eventually("both live", || process::members(group).len() == 2);
    drop(leader.stdin.take());
    leader.wait().unwrap();
    assert_eq!(process::members(group).len(), 1);
    drop(guard);
    assert!(process::members(group).is_empty());
}

#[test]
fn a_later_group_of_the_same_number_is_left_alone() {
    let guard = Guard::start().unwrap();
    let other = start_group("exec sleep 600");
    let facts = process::facts(other.id()).unwrap();
    // as if the number had belonged to an older process of ours
    let older = facts.start_ticks - 1;
    guard
        .order(&format!("group {} {older} {}", other.id(), facts.session))
        .unwrap();
    drop(guard);
    assert_eq!(process::members(other.id()), [other.id()]);
}

#[test]
fn who_left_the_group_goes_with_its_temporary_folder() {
    let guard = Guard::start().unwrap();
    let (dir, kept) = (new_dir(), new_dir());
    let start = |dir: &Path| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec sleep 600"]).process_group(0);
        let child = command.env("TMPDIR", dir.join("tmp")).spawn().unwrap();
        Group(child)
    };
    let [mut one, mut two, other] = [start(&dir), start(&dir), start(&kept)];
    // a fork has its parent's environment until it runs its own program
    for child in [&one, &two, &other] {
        eventually("it runs", || {
            let line = std::fs::read_to_string(format!("/proc/{}/cmdline", child.id()));
            line.is_ok_and(|line| line.starts_with("sleep"))
        });
    }
    guard.remove_dir(&dir).unwrap();
    drop(guard);
    assert!(!one.0.wait().unwrap().success());
    assert!(!two.0.wait().unwrap().success());
    assert_eq!(process::members(other.id()), [other.id()]);
    assert_eq!(process::kill_those_with_temporary(&kept.join("tmp")), 1);
    eventually("it ends", || process::members(other.id()).is_empty());
    assert_eq!(process::kill_those_with_temporary(&kept.join("tmp")), 0);
    assert!(!dir.exists());
    std::fs::remove_dir_all(kept).unwrap();
}

#[test]
fn it_refuses_folders_that_could_not_be_meant() {
    let guard = Guard::start().unwrap();
    for bad in ["/", "/home", "a/b", "", "/a/../b", "/tmp/a\nb", "/tmp/x "] {
        assert!(guard.remove_dir(Path::new(bad)).is_err(), "{bad:?}");
    }
}

#[test]
fn a_killed_parent_leaves_nothing() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "guard::tests::parent_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("PITLANE_TEST_PARENT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut answer = |prefix: &str| loop {
        let line = lines.next().unwrap().unwrap();
        if let Some((_, rest)) = line.split_once(prefix) {
            break rest.to_owned();
        }
    };
    let group: u32 = answer("group: ").parse().unwrap();
    let dir = PathBuf::from(answer("folder: "));
    assert!(!process::members(group).is_empty());
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("the group ends", || process::members(group).is_empty());
    eventually("the folder goes", || !dir.exists());
}

#[test]
#[ignore = "the other half of `a_killed_parent_leaves_nothing`"]
fn parent_to_be_killed() {
    if std::env::var_os("PITLANE_TEST_PARENT").is_none() {
        return;
    }
    let guard = Guard::start().unwrap();
    let child = start_group(STUBBORN);
    let dir = new_dir();
    guard.watch_group(child.id()).unwrap();
    guard.remove_dir(&dir).unwrap();
    println!("group: {}\nfolder: {}", child.id(), dir.display());
    loop {
        std::thread::park();
    }
}
