use std::{
    io::{self, IsTerminal as _},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::{need::Machine, postgres::is_root};

/// Who may install packages here.
pub enum Apt {
    Root,
    Sudo,
}

impl Apt {
    /// The reason in words when packages cannot be installed here.
    pub fn find(machine: &Machine) -> Result<Self, &'static str> {
        if machine.program("apt-get").is_none() {
            return Err("this system has no apt");
        }
        if is_root() {
            return Ok(Self::Root);
        }
        match machine.program("sudo") {
            Some(_) => Ok(Self::Sudo),
            None => Err("installing packages needs root, and there is no sudo"),
        }
    }

    /// Stays in our process group and keeps the terminal, so that sudo can ask for a password.
    pub fn install(&self, packages: &[&str]) -> anyhow::Result<()> {
        let mut command = match self {
            Self::Root => Command::new("sh"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                if !io::stdin().is_terminal() {
                    sudo.arg("-n");
                }
                sudo.arg("sh");
                sudo
            }
        };
        let status = command
            .args(["-c", include_str!("apt.sh"), "pitlane-setup"])
            .args(packages)
            .stdin(if io::stdin().is_terminal() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(io::stderr())
            .status()
            .context("could not start the installation")?;
        if !status.success() {
            bail!("apt-get could not install {}", packages.join(", "));
        }
        Ok(())
    }
}
