//! Writes log lines as text or JSON, with the request's id, never with patients' data.

use tracing_subscriber::{EnvFilter, fmt};

use crate::server::config::{Config, LogFormat};

/// Starts logging to standard error. Does nothing when logging has already started.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let _ = match config.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
