//! A small shell on a pipe. It outlives us by a moment, and so cleans up after Ctrl-C, after
//! SIGTERM, and after a kill that no handler of ours could have caught.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Mutex,
};

use anyhow::Context as _;

pub struct Guard {
    shell: Child,
    orders: Mutex<Option<ChildStdin>>,
}

/// How a process group likes to be asked to end.
#[derive(Clone, Copy)]
pub enum Signal {
    /// A fast shutdown to PostgreSQL.
    Interrupt,
    Terminate,
}

impl Guard {
    pub fn start() -> anyhow::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "pitlane-guard"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .context("could not start `sh`")?;
        let orders = shell.stdin.take();
        Ok(Self {
            shell,
            orders: Mutex::new(orders),
        })
    }

    pub fn watch(&self, group: u32, signal: Signal) {
        let signal = match signal {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
        };
        self.order(&format!("group {signal} {group}"));
    }

    pub fn forget(&self, group: u32) {
        self.order(&format!("gone {group}"));
    }

    /// The path must have no blank in it; ours come from `tempfile`.
    pub fn remove_at_the_end(&self, folder: &Path) {
        self.order(&format!("folder {}", folder.display()));
    }

    fn order(&self, line: &str) {
        let mut orders = self.orders.lock().unwrap_or_else(|bad| bad.into_inner());
        if let Some(pipe) = orders.as_mut() {
            // a guard somebody killed cannot be helped from here
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(
            self.orders
                .lock()
                .unwrap_or_else(|bad| bad.into_inner())
                .take(),
        );
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_a_group_and_removes_a_folder_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap().keep();
        let guard = Guard::start().unwrap();
        let mut sleeper = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        guard.watch(sleeper.id(), Signal::Terminate);
        guard.remove_at_the_end(&folder);
        let waiter = std::thread::spawn(move || sleeper.wait().unwrap());
        drop(guard);
        assert!(!waiter.join().unwrap().success());
        assert!(!folder.exists());
    }

    #[test]
    fn leaves_alone_what_ended_by_itself() {
        let guard = Guard::start().unwrap();
        let mut kept = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        guard.watch(kept.id(), Signal::Terminate);
        guard.forget(kept.id());
        drop(guard);
        assert!(kept.try_wait().unwrap().is_none());
        kept.kill().unwrap();
        kept.wait().unwrap();
    }
}
