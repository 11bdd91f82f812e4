//! Where the service is, and who asks.

use clap::Args;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The same for every command.
#[derive(Clone, Args)]
pub struct Reach {
    /// The service's socket on this machine [default: /run/pitlane/pitlane.sock as root, else below XDG_RUNTIME_DIR]
    #[arg(
        long,
        env = "PITLANE_SOCKET",
        value_name = "FILE",
        help_heading = "Service"
    )]
    pub socket: Option<PathBuf>,
    /// A service elsewhere, `https://pitlane.example.org`; needs a token
    #[arg(
        long,
        env = "PITLANE_URL",
        value_name = "URL",
        help_heading = "Service"
    )]
    pub server: Option<String>,
    /// Who asks, if not the socket's owner; better in the environment than on the command line
    #[arg(
        long,
        env = "PITLANE_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Service"
    )]
    pub token: Option<String>,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach")
            .field("socket", &self.socket)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Where the service listens when nobody said otherwise; the error is a sentence.
pub fn default_socket(is_root: bool, runtime_dir: Option<&Path>) -> Result<PathBuf, String> {
    if is_root {
        return Ok(PathBuf::from("/run/pitlane/pitlane.sock"));
    }
    let dir = runtime_dir.ok_or("XDG_RUNTIME_DIR is not set; name the socket with --socket.")?;
    Ok(dir.join("pitlane/pitlane.sock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_where_the_service_puts_it() {
        let run = Path::new("/run/user/7");
        assert_eq!(
            default_socket(true, Some(run)).unwrap(),
            Path::new("/run/pitlane/pitlane.sock")
        );
        assert_eq!(
            default_socket(false, Some(run)).unwrap(),
            Path::new("/run/user/7/pitlane/pitlane.sock")
        );
        assert!(default_socket(false, None).is_err());
    }
}
