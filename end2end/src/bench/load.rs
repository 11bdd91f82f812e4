use anyhow::Context;
use server::guard::Guard;
use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

/// One busy process per core; they end with it, however that ends.
pub struct Load {
    children: Vec<Child>,
    guard: Guard,
}

impl Load {
    pub fn start(wanted: bool) -> anyhow::Result<Self> {
        let mut load = Self {
            children: Vec::new(),
            guard: Guard::start()?,
        };
        let cores = std::thread::available_parallelism()?.get();
        for _ in 0..if wanted { cores } else { 0 } {
            let child = Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .stdin(Stdio::null())
                .process_group(0)
                .spawn()
                .context("no process that keeps a core busy")?;
            let pid = child.id();
            load.children.push(child);
            load.guard.watch_group(pid)?;
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.children {
            let pid = child.id();
            // it may have been killed by somebody else; either way it is gone then
            let _ = child.kill();
            let _ = child.wait();
            self.guard.forget_group(pid);
        }
    }
}
