//! What a node counts as one of many. On a node that is alone all of it is zero, and its lease has no end.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use symbolon::{LeaseState, MemberFigures, Symbolon};

use super::{gauge, one, plain, set};

const BEATS: [&str; 2] = ["renewed", "failed"];

/// The gauges and counters.
#[derive(Debug)]
pub(super) struct Cluster {
    lease: Gauge<f64, AtomicU64>,
    position: Gauge,
    members: Gauge,
    beats: [Counter; BEATS.len()],
    joined: Counter,
    evictions: Counter,
    repairs: Counter,
    rows_lost: Counter,
    leases_lost: Counter,
    clock_refused: Counter,
    clock_freezes: Counter,
}

impl Cluster {
    pub(super) fn new(all: &mut Registry) -> Self {
        let lease = Gauge::default();
        all.register_with_unit(
            "lease_remaining",
            "How long this node may still answer from memory; infinite where it is alone",
            Unit::Seconds,
            lease.clone(),
        );
        Self {
            lease,
            position: gauge(
                all,
                "log_position",
                "Position up to which the revocation log is applied here",
            ),
            members: gauge(
                all,
                "members",
                "Nodes of the store, without those that were evicted, as last seen",
            ),
            beats: one(all, "heartbeats", "Heartbeats of this node", ("result", BEATS)),
            joined: plain(all, "joined", "How often this node has joined the others"),
            evictions: plain(all, "evictions", "Members that this node has evicted"),
            repairs: plain(
                all,
                "log_repairs",
                "How often the log was not the one that was followed",
            ),
            rows_lost: plain(
                all,
                "log_rows_lost",
                "Rows that the store had lost and this node wrote again",
            ),
            leases_lost: plain(all, "leases_lost", "How often the lease of this node has run out"),
            clock_refused: plain(
                all,
                "store_clock_refused",
                "Jumps of the store's clock that were not followed",
            ),
            clock_freezes: plain(
                all,
                "clock_freezes",
                "How often more time had passed in the store than on this machine, so that the lease was given up",
            ),
        }
    }

    pub(super) fn scrape(&self, symbolon: &Symbolon) {
        self.lease.set(match symbolon.lease_state() {
            LeaseState::Unlimited => f64::INFINITY,
            LeaseState::Limited { remaining, .. } => remaining.as_secs_f64(),
        });
        set(
            &self.position,
            usize::try_from(symbolon.log_position().0).unwrap_or(usize::MAX),
        );
        let figures = symbolon.member_figures().unwrap_or_default();
        let MemberFigures {
            beats,
            beats_failed,
            incarnations,
            evictions,
            repairs,
            rows_lost,
            leases_lost,
            clock_refused,
            clock_freezes,
            members,
        } = figures;
        set(&self.members, usize::try_from(members).unwrap_or(usize::MAX));
        let counted = [
            (&self.beats[0], beats),
            (&self.beats[1], beats_failed),
            (&self.joined, incarnations),
            (&self.evictions, evictions),
            (&self.repairs, repairs),
            (&self.rows_lost, rows_lost),
            (&self.leases_lost, leases_lost),
            (&self.clock_refused, clock_refused),
            (&self.clock_freezes, clock_freezes),
        ];
        for (counter, value) in counted {
            counter.inner().store(value, Ordering::Relaxed);
        }
    }
}
