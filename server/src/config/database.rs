//! PostgreSQL: given, or a private one.

use super::{ConfigError, Sources};
use std::fmt;

#[derive(Clone)]
pub struct DatabaseConfig {
    /// `None`: a private PostgreSQL in the data folder.
    pub given: Option<GivenDatabase>,
}

/// Addresses of a database somebody else runs; they may hold passwords, so they are never shown.
#[derive(Clone)]
pub struct GivenDatabase {
    /// For everyday statements; a transaction pooler may stand before it.
    pub url: String,
    /// For migrations, notifications and heartbeats.
    pub direct_url: String,
}

impl DatabaseConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let url = sources.parsed("database.url", postgres_url)?;
        let direct = sources.parsed("database.direct_url", postgres_url)?;
        let given = match (url, direct) {
            (Some(url), direct) => Some(GivenDatabase {
                direct_url: direct.unwrap_or_else(|| url.clone()),
                url,
            }),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(sources.wrong(
                    "database.direct_url",
                    "names a database, but `database.url` is missing",
                ));
            }
        };
        Ok(Self { given })
    }

    pub fn for_testing() -> Self {
        Self { given: None }
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("given", &self.given.is_some())
            .finish()
    }
}

fn postgres_url(text: &str) -> Result<String, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        Ok(text.to_owned())
    } else {
        Err("is no PostgreSQL address, such as postgres://user@host/database".to_owned())
    }
}
