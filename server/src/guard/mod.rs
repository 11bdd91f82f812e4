//! Nothing outlives us: a small process on a pipe that ends what we started when we are gone, however we died.
//!
//! Destructors do not run at `kill -9`, and the kernel's "signal on parent's death" is lost at the first fork. A pipe
//! is not: the kernel closes it with its last writer. So a shell waits at its other end with a list of process groups
//! to end (asked first, forced after 3 s) and folders to remove. A group is known by its number *and* its leader's
//! start time, so a number that was given to somebody else is never signalled.

/// What `/proc` tells about processes.
pub mod process;

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::{Component, Path},
    process::{Child, ChildStdin, Command, Stdio},
    sync::Mutex,
};

/// Ends what is on its list when it is dropped or this process dies, and waits for that when dropped.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    /// `None` only while it is dropped.
    pipe: Option<Mutex<ChildStdin>>,
}

impl Guard {
    pub fn start() -> io::Result<Self> {
        let mut child = Command::new("/bin/sh")
            .args(["-c", include_str!("watch.sh"), "pitlane-guard"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // a Ctrl-C meant for us must not end it first
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take().expect("its stdin was asked for");
        Ok(Self {
            child,
            pipe: Some(Mutex::new(pipe)),
        })
    }

    /// From now on the group led by `pid` ends with us. The leader must live.
    pub fn watch_group(&self, pid: u32) -> io::Result<()> {
        let leader = process::facts(pid)?;
        self.order(&format!(
            "group {pid} {} {}",
            leader.start_ticks, leader.session
        ))
    }

    /// The group was ended; to be called before its leader is reaped or at once afterwards.
    pub fn forget_group(&self, pid: u32) {
        // a broken pipe means that the guard is gone, and its list with it
        let _ = self.order(&format!("forget-group {pid}"));
    }

    /// From now on the folder is removed, with all that is in it, when we are gone; whoever has its `tmp` as `TMPDIR`
    /// ends before. It must be given as an absolute path of at least two parts.
    pub fn remove_dir(&self, path: &Path) -> io::Result<()> {
        let path = line(path)?;
        self.order(&format!("dir {path}"))
    }

    /// The folder was removed, or shall stay.
    pub fn forget_dir(&self, path: &Path) {
        if let Ok(path) = line(path) {
            let _ = self.order(&format!("forget-dir {path}"));
        }
    }

    fn order(&self, line: &str) -> io::Result<()> {
        let pipe = self.pipe.as_ref().expect("it is not being dropped");
        let mut pipe = pipe.lock().expect("no holder of this lock panics");
        // one write: so short a line arrives whole or not at all
        pipe.write_all(format!("{line}\n").as_bytes())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
    }
}

/// `path` as one line of an order.
fn line(path: &Path) -> io::Result<&str> {
    let parts = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .count();
    let climbs = path.components().any(|part| part == Component::ParentDir);
    match path.to_str() {
        Some(text)
            if path.is_absolute()
                && parts >= 2
                && !climbs
                && text.len() < 2000
                && text.trim() == text
                && !text.contains('\n') =>
        {
            Ok(text)
        }
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{}` is no folder the guard can remove", path.display()),
        )),
    }
}

#[cfg(test)]
mod tests;
