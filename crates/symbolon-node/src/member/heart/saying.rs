//! What the heartbeat says in the log: each change once.

use symbolon_core::store::StoreError;

use crate::clock::{Heard, boottime_nanos};
use crate::lease::Lease;
use crate::member::figures::{Counts, count};
use crate::member::follow::Unbeaten;

/// What was said last.
#[derive(Default)]
pub(super) struct Saying {
    leased: bool,
    failing: bool,
    clock: ClockState,
    evicting_fails: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum ClockState {
    #[default]
    Followed,
    Doubted,
    Refused,
}

impl Saying {
    /// Heartbeats begin to fail, or go well again.
    pub(super) fn heartbeat(&mut self, beaten: &Result<(), Unbeaten>, lease: &Lease, counts: &Counts) {
        match beaten {
            Ok(()) => {
                count(&counts.beats);
                if self.failing {
                    tracing::info!("heartbeats go well again");
                }
            }
            Err(error) => {
                count(&counts.beats_failed);
                if !self.failing {
                    let left = lease.load().remaining(boottime_nanos()).unwrap_or_default();
                    tracing::warn!(%error, lease_left_ms = left.as_millis(), "a heartbeat has failed");
                }
            }
        }
        self.failing = beaten.is_err();
    }

    /// The lease runs out, or holds.
    pub(super) fn lease(&mut self, holds: bool, counts: &Counts) {
        if holds == self.leased {
            return;
        }
        self.leased = holds;
        if holds {
            tracing::info!("the lease holds: this node answers from memory");
        } else {
            count(&counts.leases_lost);
            tracing::error!(
                alarm = "lease_lost",
                "the lease has run out: nothing is answered from memory until the store answers a heartbeat"
            );
        }
    }

    /// What the store's clock says is followed, or is not.
    pub(super) fn clock(&mut self, heard: Heard, counts: &Counts) {
        let state = match heard {
            Heard::Set | Heard::Moved(_) => ClockState::Followed,
            Heard::Doubted(_) => ClockState::Doubted,
            Heard::Refused(_) => ClockState::Refused,
        };
        if state == self.clock {
            return;
        }
        self.clock = state;
        match heard {
            Heard::Set | Heard::Moved(_) => tracing::info!("the store's clock is followed again"),
            Heard::Doubted(ahead) => tracing::warn!(
                ahead_ms = ahead,
                "the store's clock has stepped ahead; it is followed when this machine's clock agrees"
            ),
            Heard::Refused(ahead) => {
                count(&counts.clock_refused);
                tracing::error!(
                    alarm = "clock_jump",
                    ahead_ms = ahead,
                    "the store's clock has jumped and is not followed; set it right, or restart the nodes to adopt it"
                );
            }
        }
    }

    /// The other members cannot be looked at.
    pub(super) fn others(&mut self, looked: &Result<(), StoreError>) {
        if let Err(error) = looked
            && !self.evicting_fails
        {
            tracing::warn!(%error, "the other members could not be looked at");
        }
        self.evicting_fails = looked.is_err();
    }
}
