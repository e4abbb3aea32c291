//! What the handle and its tasks share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use symbolon_core::session::SessionId;
use tokio::sync::watch;

use super::figures::Counters;
use super::fleet::Fleet;
use super::keeper::Standing;
use super::marker::Marker;
use crate::options::RedisKeys;

pub(crate) struct Shared {
    pub(crate) fleet: Fleet,
    pub(crate) place: String,
    pub(crate) keys: RedisKeys,
    pub(crate) names: Names,
    pub(crate) marker: Marker,
    pub(crate) counters: Arc<Counters>,
    pub(crate) standing: watch::Sender<Standing>,
    pub(crate) listening: AtomicBool,
}

/// The names of keys and channels.
pub(crate) struct Names {
    facts: String,
    pub(crate) channels: Channels,
}

/// The channels that nodes tell each other on.
#[derive(Clone)]
pub(crate) struct Channels {
    /// Rows, and the log's growth.
    pub(crate) rev: String,
    /// Acknowledgements.
    pub(crate) ack: String,
}

impl Names {
    pub(crate) fn of(prefix: &str) -> Self {
        Self {
            facts: format!("{prefix}:f:"),
            channels: Channels {
                rev: format!("{prefix}:rev"),
                ack: format!("{prefix}:ack"),
            },
        }
    }

    /// The key of a session's fact.
    pub(crate) fn fact(&self, id: SessionId) -> String {
        format!("{}{id}", self.facts)
    }
}
