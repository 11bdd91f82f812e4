//! How we sign in to the nodes: by a key's path or an agent's socket, never by the key itself.

use super::{
    ConfigError, Sources,
    data::{absolute, existing_file},
};
use std::path::PathBuf;

#[derive(Debug, Clone, Default)]
pub struct SshConfig {
    pub identity: Option<PathBuf>,
    pub agent: Option<PathBuf>,
}

impl SshConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let agent = sources.parsed("ssh.agent", |text| {
            let path = absolute(text)?;
            if path.exists() {
                Ok(path)
            } else {
                Err(format!("there is no socket {}", path.display()))
            }
        })?;
        Ok(Self {
            identity: sources.parsed("ssh.identity", existing_file)?,
            agent: agent.or_else(|| sources.surrounding("SSH_AUTH_SOCK").map(PathBuf::from)),
        })
    }

    pub fn for_testing() -> Self {
        Self::default()
    }
}
