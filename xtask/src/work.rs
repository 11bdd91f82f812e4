use std::{
    env,
    ffi::OsStr,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use anyhow::{Context as _, bail};

use crate::guard::{Guard, Signal};

/// The workspace, and the one way to run a program in it: below the guard, without stdin.
pub struct Work {
    pub root: PathBuf,
    /// Cargo's target folder; everything we make lies in it.
    pub target: PathBuf,
    pub guard: Guard,
}

impl Work {
    pub fn open() -> anyhow::Result<Self> {
        let crate_folder = env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsStr::new(env!("CARGO_MANIFEST_DIR")).to_owned());
        let root = Path::new(&crate_folder)
            .parent()
            .context("xtask does not lie in a workspace")?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self {
            root,
            target,
            guard: Guard::start()?,
        })
    }

    /// The compiler that builds the server.
    pub fn cargo(&self) -> Command {
        self.with_cargo(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    pub fn with_cargo(&self, program: impl AsRef<OsStr>) -> Command {
        let mut cargo = Command::new(program);
        cargo.current_dir(&self.root);
        // leptos asks for another file name when this is set, and rebuilds when it changes
        cargo.env_remove("LEPTOS_OUTPUT_NAME");
        // `cargo xtask` has these of itself; build scripts that watch them would run anew each time
        let ours = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in ours
            .filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
        cargo
    }

    /// Starts a program in a process group of its own, watched by the guard.
    pub fn spawn(&self, command: &mut Command, signal: Signal) -> anyhow::Result<Child> {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {}", name(command)))?;
        self.guard.watch(child.id(), signal);
        Ok(child)
    }

    /// Runs a program to its end; what it prints goes to stderr.
    pub fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        let mut child = self.spawn(command.stdout(std::io::stderr()), Signal::Terminate)?;
        let status = child.wait();
        self.guard.forget(child.id());
        let status = status?;
        if !status.success() {
            bail!("{} ended with {status}", name(command));
        }
        Ok(())
    }

    /// Runs a program to its end and returns all it printed, whatever its status.
    pub fn ask(&self, command: &mut Command) -> anyhow::Result<Output> {
        let child = self.spawn(
            command.stdout(Stdio::piped()).stderr(Stdio::piped()),
            Signal::Terminate,
        )?;
        let group = child.id();
        let output = child.wait_with_output();
        self.guard.forget(group);
        Ok(output?)
    }

    /// What a program prints when all is well, trimmed; `None` if there is no such program.
    pub fn answer(&self, command: &mut Command) -> Option<String> {
        let output = self.ask(command).ok().filter(|out| out.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// The program and its first words: enough to know which, short enough to read.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = command
        .get_args()
        .take(3)
        .map(OsStr::to_string_lossy)
        .filter(|word| word.len() < 60 && !word.contains('\n'));
    let mut said = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for word in words {
        said.push(' ');
        said.push_str(&word);
    }
    format!("`{said}`")
}
