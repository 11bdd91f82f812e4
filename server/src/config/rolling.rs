//! Lease and pace of the rolling jobs.

use super::{ConfigError, Sources, source::span};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct RollingConfig {
    /// How long a job stays with a server that went silent.
    pub lease: Duration,
    pub heartbeat: Duration,
    /// A lease counts as lost this long before its end.
    pub margin: Duration,
    /// Waiting jobs are looked for this often, notified or not.
    pub poll: Duration,
}

impl RollingConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let get = |key, seconds| -> Result<Duration, ConfigError> {
            Ok(sources
                .parsed(key, span)?
                .unwrap_or(Duration::from_secs(seconds)))
        };
        let config = Self {
            lease: get("rolling.lease", 15)?,
            heartbeat: get("rolling.heartbeat", 4)?,
            margin: get("rolling.margin", 5)?,
            poll: get("rolling.poll", 2)?,
        };
        if config.lease < config.margin + config.heartbeat * 2 {
            return Err(sources.wrong(
                "rolling.lease",
                "must be at least `rolling.margin` and two times `rolling.heartbeat` together",
            ));
        }
        Ok(config)
    }

    pub fn for_testing() -> Self {
        Self {
            lease: Duration::from_secs(4),
            heartbeat: Duration::from_millis(500),
            margin: Duration::from_secs(1),
            poll: Duration::from_millis(200),
        }
    }
}
