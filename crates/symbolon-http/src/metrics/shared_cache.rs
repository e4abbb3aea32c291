//! What a node does with the Redis that nodes share. Without one all of it is zero.

use std::sync::atomic::Ordering;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use symbolon::{RedisFigures, Symbolon};

use super::{gauge, one, plain, set};

const LOOK_UPS: [&str; 4] = ["hit", "miss", "away", "forged"];
const TROUBLES: [&str; 2] = ["late", "error"];

/// The gauges and counters.
#[derive(Debug)]
pub(super) struct SharedCache {
    here: Gauge,
    listening: Gauge,
    look_ups: [Counter; LOOK_UPS.len()],
    troubles: [Counter; TROUBLES.len()],
    opened: Counter,
    written: Counter,
    dropped: Counter,
    sent: Counter,
    heard: Counter,
    refused: Counter,
}

impl SharedCache {
    pub(super) fn new(all: &mut Registry) -> Self {
        Self {
            here: gauge(
                all,
                "shared_cache_up",
                "Whether Redis is asked: 1, or 0 while it is away",
            ),
            listening: gauge(
                all,
                "shared_cache_listening",
                "Whether the other nodes are heard over Redis",
            ),
            look_ups: one(
                all,
                "shared_cache_lookups",
                "Sessions looked up in Redis",
                ("result", LOOK_UPS),
            ),
            troubles: one(
                all,
                "shared_cache_troubles",
                "Commands without a good answer",
                ("kind", TROUBLES),
            ),
            opened: plain(
                all,
                "shared_cache_breaker_opened",
                "How often Redis was given up for a while",
            ),
            written: plain(
                all,
                "shared_cache_written",
                "Sessions written to Redis or removed there",
            ),
            dropped: plain(
                all,
                "shared_cache_dropped",
                "Writes and signals that were dropped",
            ),
            sent: plain(all, "signals_sent", "Signals sent to the other nodes"),
            heard: plain(all, "signals_heard", "Signals heard, the own ones among them"),
            refused: plain(all, "signals_refused", "Signals that nobody with the key sent"),
        }
    }

    pub(super) fn scrape(&self, symbolon: &Symbolon) {
        let RedisFigures {
            here,
            listening,
            hits,
            misses,
            away,
            forged,
            late,
            errors,
            opened,
            written,
            dropped,
            sent,
            heard,
            refused,
        } = symbolon.cache_figures().unwrap_or_default();
        set(&self.here, usize::from(here));
        set(&self.listening, usize::from(listening));
        let [hit, miss, not_asked, no_fact] = &self.look_ups;
        let [is_late, failed] = &self.troubles;
        let counted = [
            (hit, hits),
            (miss, misses),
            (not_asked, away),
            (no_fact, forged),
            (is_late, late),
            (failed, errors),
            (&self.opened, opened),
            (&self.written, written),
            (&self.dropped, dropped),
            (&self.sent, sent),
            (&self.heard, heard),
            (&self.refused, refused),
        ];
        for (counter, value) in counted {
            counter.inner().store(value, Ordering::Relaxed);
        }
    }
}
