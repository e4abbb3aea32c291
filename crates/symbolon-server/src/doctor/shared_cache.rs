use std::time::Duration;

use symbolon::FoundRedis;

use super::Patient;
use super::finding::{About, Finding, Values};
use crate::config::tree::Profile;
use crate::messages::doctor as text;

/// Beyond it asking Redis is hardly faster than asking the store.
const LATENCY_WARN: Duration = Duration::from_millis(5);

/// The Redis that nodes share: is it there, does it take what it is given, how far is it, and what may its user do.
/// Whatever is found, only speed depends on it.
pub(super) async fn check(patient: &Patient<'_>) -> Option<Finding> {
    let composition = &patient.composition;
    let cache = composition.cache().filter(|_| composition.shares_store())?;
    let about = About::new("redis", patient.locale);
    let examined = match cache.examine().await {
        Ok(examined) => examined,
        // Its text says what to do.
        Err(error) => return Some(about.failed_with(error)),
    };
    let place = &examined.place;
    Some(match &examined.found {
        Err(error) => about.warn(
            text::CACHE_AWAY,
            text::CACHE_START,
            &[("place", place), ("error", error)],
        ),
        Ok(found) => judge(patient, about, place, found),
    })
}

fn judge(patient: &Patient<'_>, about: About, place: &str, found: &FoundRedis) -> Finding {
    let ms = format!("{:.1}", found.latency.as_secs_f64() * 1_000.0);
    let lacks = found.lacks.join("; ");
    let values: Values<'_> = &[
        ("place", &place),
        ("server", &found.server),
        ("version", &found.version),
        ("ms", &ms),
        ("lacks", &lacks),
    ];
    let is_production = patient.composition.config().profile == Profile::Production;
    if found.is_replica {
        about.warn(text::CACHE_REPLICA, text::CACHE_PRIMARY, values)
    } else if !found.lacks.is_empty() {
        about.warn(text::CACHE_LACKS, text::CACHE_GRANT, values)
    } else if found.latency > LATENCY_WARN {
        about.warn(text::CACHE_FAR, text::CACHE_NEARER, values)
    } else if found.may_more && is_production {
        about.warn(text::CACHE_MORE, text::CACHE_RESTRICT, values)
    } else {
        about.ok(text::CACHE_GOOD, values)
    }
}
