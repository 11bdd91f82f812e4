//! What is logged, and how.

use super::{ConfigError, Sources};
use tracing_subscriber::EnvFilter;

#[derive(Debug, Clone)]
pub struct LogConfig {
    /// As `EnvFilter` reads it.
    pub filter: String,
    pub json: bool,
}

impl LogConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let filter = sources.parsed("log.filter", |text| {
            EnvFilter::try_new(text)
                .map(|_| text.to_owned())
                .map_err(|_| format!("`{text}` is no filter, such as info or server=debug,info"))
        })?;
        let json = sources.parsed("log.format", |text| match text {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => Err(format!("`{text}` is neither text nor json")),
        })?;
        Ok(Self {
            filter: filter.unwrap_or_else(|| "info".to_owned()),
            json: json.unwrap_or(false),
        })
    }

    pub fn for_testing() -> Self {
        Self {
            filter: "warn".to_owned(),
            json: false,
        }
    }
}
