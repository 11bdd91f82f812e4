//! How often nodes and balancers are compared with what we left.

use super::{ConfigError, Sources, source::span};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct DriftConfig {
    /// How often each pool is looked at between deployments.
    pub period: Duration,
    /// Nodes of a pool looked at together.
    pub at_once: usize,
}

impl DriftConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let at_once = sources.parsed("drift.at_once", |text| {
            text.parse::<usize>()
                .ok()
                .filter(|count| (1..=256).contains(count))
                .ok_or_else(|| format!("`{text}` is no number from 1 to 256"))
        })?;
        Ok(Self {
            period: sources
                .parsed("drift.period", span)?
                .unwrap_or(Duration::from_secs(60)),
            at_once: at_once.unwrap_or(16),
        })
    }

    pub fn for_testing() -> Self {
        Self {
            period: Duration::from_secs(60),
            at_once: 4,
        }
    }

    /// How often a server asks what is due.
    pub fn poll(&self) -> Duration {
        (self.period / 10).clamp(Duration::from_millis(100), Duration::from_secs(5))
    }

    /// A look at one pool takes no longer.
    pub fn limit(&self) -> Duration {
        self.period.max(Duration::from_secs(60))
    }
}
