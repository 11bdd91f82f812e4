use std::{
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use anyhow::Context as _;
use clap::Args;

use crate::{
    bundle::{self, Size},
    setup,
    work::Work,
};

#[derive(Args)]
pub struct Options {
    /// Forget what an earlier demo left and start anew
    #[arg(long)]
    fresh: bool,
    /// In a private lab: roll this release, print the deployment record, stop
    #[arg(long, value_name = "VERSION")]
    roll: Option<String>,
    /// One JSON object per line on stdout, everything else on stderr
    #[arg(long)]
    json: bool,
    /// The dashboard's port
    #[arg(long)]
    port: Option<u16>,
}

/// Becomes the lab, so that signals and the exit status are its own.
pub fn run(work: Work, options: &Options) -> anyhow::Result<ExitCode> {
    let toolchain = setup::run(&work)?;
    bundle::programs(&work, Size::Dev)?;
    bundle::site(&work, &toolchain, Size::Dev)?;
    let mut lab = Command::new(work.target.join("debug/lab"));
    lab.arg("demo").arg("--site").arg(work.target.join("site"));
    if options.fresh {
        lab.arg("--fresh");
    }
    if let Some(version) = &options.roll {
        lab.args(["--roll", version]);
    }
    if options.json {
        lab.arg("--json");
    }
    if let Some(port) = options.port {
        lab.args(["--port", &port.to_string()]);
    }
    // or it would be a dead child of the lab
    drop(work);
    Err(lab.exec()).context("could not start the lab")
}
