use symbolon::ExaminedRedisStore;

use super::Patient;
use super::finding::{About, Finding, Values};
use super::server_store::{clock, way};
use super::store::Existing;
use crate::messages::doctor as text;

/// The store in a Redis: is it there, is it one, how far is it, and is its clock right.
pub(super) async fn check(patient: &Patient<'_>) -> (Vec<Finding>, Existing) {
    let about = About::new("store", patient.locale);
    let looked = async {
        match patient.composition.redis_store()? {
            Some(redis) => redis.examine().await.map(Some),
            None => Ok(None),
        }
    };
    match looked.await {
        Ok(Some(found)) => {
            let existing = match found.format {
                Some(_) => Existing::Yes,
                None => Existing::No,
            };
            let findings = vec![
                format_of(about, &found),
                way(patient, found.round_trip),
                clock(patient, found.clock),
            ];
            (findings, existing)
        }
        Ok(None) => (Vec::new(), Existing::Unknown),
        // Its text says what to do.
        Err(error) => (vec![about.failed_with(error)], Existing::Unknown),
    }
}

fn format_of(about: About, found: &ExaminedRedisStore) -> Finding {
    let version = found.format.unwrap_or_default();
    let values: Values<'_> = &[
        ("engine", &found.engine),
        ("place", &found.place),
        ("version", &version),
        ("newest", &found.newest_format),
    ];
    match found.format {
        None => about.ok(text::REDIS_STORE_EMPTY, values),
        Some(version) if version < found.newest_format => {
            about.warn(text::SERVER_STORE_OLD, text::SERVER_STORE_MIGRATE, values)
        }
        Some(_) => about.ok(text::REDIS_STORE_GOOD, values),
    }
}
