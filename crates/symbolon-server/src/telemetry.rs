//! The log: one event a line on standard error, for people or for machines.
//!
//! Names of events and fields are English and stable (`session.id`, `subject.id`, `duration_ms`). No token, password
//! or key is ever a field: tokens have no text form to begin with, and a panic is told without its formatted message.

mod chinese;
mod panics;

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::config::tree::{Locale, LogFormat};

/// What our own crates begin with.
const OURS: &str = "symbolon";
/// The least weight of what libraries say, unless less is asked for: below it they speak of every frame and query.
const OTHERS: LevelFilter = LevelFilter::WARN;

/// Begins to log, and tells panics from now on. What people read is in their language; machines read English.
///
/// # Errors
/// Where something else already logs in this process.
pub(crate) fn begin(format: LogFormat, level: Level, locale: Locale) -> Result<(), TryInitError> {
    let begun = tracing_subscriber::registry()
        .with(layer(format, level, locale))
        .try_init();
    panics::tell();
    begun
}

fn layer<S>(format: LogFormat, level: Level, locale: Locale) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = fmt::layer().with_writer(io::stderr);
    match (format, locale) {
        (LogFormat::Json, _) => layer
            .json()
            .flatten_event(true)
            .with_filter(filter(level))
            .boxed(),
        (LogFormat::Pretty, Locale::En) => layer
            .with_ansi(has_colour())
            .with_target(false)
            .with_filter(filter(level))
            .boxed(),
        (LogFormat::Pretty, Locale::ZhCn) => layer
            .with_ansi(has_colour())
            .with_target(false)
            .fmt_fields(format::debug_fn(chinese::write).delimited(" "))
            .with_filter(filter(level))
            .boxed(),
    }
}

fn filter(level: Level) -> Targets {
    let ours = LevelFilter::from_level(level);
    Targets::new()
        .with_target(OURS, ours)
        .with_default(ours.min(OTHERS))
}

/// Colour is for terminals, and not for those who do not want it (no-color.org).
fn has_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::filter;

    #[test]
    fn our_own_crates_are_heard_as_asked_and_others_only_when_it_matters() {
        let filter = filter(Level::DEBUG);
        assert!(filter.would_enable("symbolon", &Level::DEBUG));
        assert!(filter.would_enable("symbolon_http::listen", &Level::DEBUG));
        assert!(!filter.would_enable("symbolon_http::listen", &Level::TRACE));
        assert!(filter.would_enable("hyper::proto", &Level::WARN));
        assert!(!filter.would_enable("hyper::proto", &Level::INFO));
        assert!(!super::filter(Level::ERROR).would_enable("hyper::proto", &Level::WARN));
    }
}
