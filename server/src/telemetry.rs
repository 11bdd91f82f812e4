//! Logs: lines on standard error, one span per request and per stage.

use crate::config::LogConfig;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Sets the process's one subscriber; a second call changes nothing.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let result = if config.json {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.try_init()
    };
    if let Err(error) = result {
        tracing::debug!(%error, "logging was set up before");
    }
}
