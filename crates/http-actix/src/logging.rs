//! Logs: for people on a terminal, for programs elsewhere. Never a path, a query, a header, a body or an address.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Starts writing logs to the standard error stream. Other crates' lines stay at warnings: below, drivers write what they send.
///
/// # Errors
///
/// When logs are written already.
pub fn start(config: &LogConfig) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let registry = tracing_subscriber::registry().with(filter(config.level));
    let is_text = match config.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    if is_text {
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
        tracing::subscriber::set_global_default(registry.with(layer))?;
    } else {
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(std::io::stderr);
        tracing::subscriber::set_global_default(registry.with(layer))?;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a worker panicked");
    }));
    Ok(())
}

/// What is written at a level.
#[must_use]
pub fn filter(level: LogLevel) -> EnvFilter {
    let own = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    EnvFilter::new(format!("warn,muster={own}"))
}
