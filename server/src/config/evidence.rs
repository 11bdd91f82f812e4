//! How long evidence is kept.

use super::{ConfigError, Sources};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Of a deployment that ended within the days, or is one of the last of its pool, everything is kept.
#[derive(Debug, Clone)]
pub struct EvidenceConfig {
    pub keep_days: u32,
    /// Of each pool.
    pub keep_deployments: u32,
    /// A blob younger than this may be about to be named, and one set aside for less long is not removed yet.
    pub grace: Duration,
    /// How often it is looked for what is no longer needed.
    pub period: Duration,
}

impl EvidenceConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let number = |text: &str| {
            text.parse::<u32>()
                .ok()
                .filter(|number| (1..=36_500).contains(number))
                .ok_or_else(|| format!("`{text}` is no number from 1 to 36500"))
        };
        Ok(Self {
            keep_days: sources.parsed("evidence.keep_days", number)?.unwrap_or(90),
            keep_deployments: sources
                .parsed("evidence.keep_deployments", number)?
                .unwrap_or(50),
            grace: DAY,
            period: DAY / 4,
        })
    }

    pub fn for_testing() -> Self {
        Self {
            keep_days: 90,
            keep_deployments: 50,
            grace: DAY,
            period: DAY / 4,
        }
    }
}
