use std::time::Duration;

use symbolon::ExaminedServer;
use symbolon::clock::Timestamp;

use super::Patient;
use super::finding::{About, Finding, Values};
use super::store::Existing;
use crate::messages::doctor as text;

/// Beyond it the server is not in the same building.
const ROUND_TRIP_WARN: Duration = Duration::from_millis(10);
/// A clock that jumps by more is not believed at once by the nodes.
const CLOCK_WARN: Duration = Duration::from_secs(2);
/// What a node opens beside `store.connections`: two for ends of sessions, the heartbeat, and whoever listens.
const OWN_CONNECTIONS: usize = 4;

/// The store on a server: is it there, is it what it must be, how far is it, has it room, and is its clock right.
pub(super) async fn check(patient: &Patient<'_>) -> (Vec<Finding>, Existing) {
    let about = About::new("store", patient.locale);
    let looked = async {
        match patient.composition.server_store()? {
            Some(server) => server.examine().await.map(Some),
            None => Ok(None),
        }
    };
    match looked.await {
        Ok(Some(found)) => {
            let existing = match found.schema_version {
                Some(_) => Existing::Yes,
                None => Existing::No,
            };
            let findings = vec![
                schema(about, &found),
                way(patient, found.round_trip),
                connections(patient, &found),
                clock(patient, found.clock),
            ];
            (findings, existing)
        }
        // One that this version does not have: the configuration's own finding says so.
        Ok(None) => (Vec::new(), Existing::Unknown),
        // Its text says what to do.
        Err(error) => (vec![about.failed_with(error)], Existing::Unknown),
    }
}

fn schema(about: About, found: &ExaminedServer) -> Finding {
    let (engine, place, newest) = (&found.engine, &found.place, found.newest_version);
    let version = found.schema_version.unwrap_or_default();
    let values: Values<'_> = &[
        ("engine", engine),
        ("place", place),
        ("version", &version),
        ("newest", &newest),
    ];
    match found.schema_version {
        None => about.ok(text::SERVER_STORE_EMPTY, values),
        Some(version) if version < newest => {
            about.warn(text::SERVER_STORE_OLD, text::SERVER_STORE_MIGRATE, values)
        }
        Some(_) => about.ok(text::SERVER_STORE_GOOD, values),
    }
}

/// How far a store is.
pub(super) fn way(patient: &Patient<'_>, round_trip: Duration) -> Finding {
    let about = About::new("store latency", patient.locale);
    let ms = format!("{:.1}", round_trip.as_secs_f64() * 1_000.0);
    let values: Values<'_> = &[("ms", &ms)];
    match round_trip > ROUND_TRIP_WARN {
        true => about.warn(text::STORE_WAY_LONG, text::STORE_WAY_NEARER, values),
        false => about.ok(text::STORE_WAY, values),
    }
}

fn connections(patient: &Patient<'_>, found: &ExaminedServer) -> Finding {
    let about = About::new("connections", patient.locale);
    let own = patient
        .composition
        .config()
        .store_connections
        .saturating_add(OWN_CONNECTIONS);
    let (open, most) = (found.connections, found.connections_max);
    let values: Values<'_> = &[("open", &open), ("most", &most), ("own", &own)];
    let left = usize::try_from(most.saturating_sub(open)).unwrap_or(usize::MAX);
    match left < own {
        true => about.warn(text::CONNECTIONS_FEW, text::CONNECTIONS_RAISE, values),
        false => about.ok(text::CONNECTIONS, values),
    }
}

/// Whether a store's clock is right.
pub(super) fn clock(patient: &Patient<'_>, clock: Timestamp) -> Finding {
    let about = About::new("store clock", patient.locale);
    // Read after the look: the few milliseconds between are no matter where seconds are.
    let apart = crate::clock::now().as_millisecond().abs_diff(clock.0);
    let values: Values<'_> = &[("ms", &apart)];
    match Duration::from_millis(apart) > CLOCK_WARN {
        true => about.warn(text::STORE_CLOCK_OFF, text::STORE_CLOCK_SET, values),
        false => about.ok(text::STORE_CLOCK, values),
    }
}
