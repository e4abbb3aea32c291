//! A key that is in Redis while what we keep there is: a flush, or a start without its data, takes it along.

use redis::{Cmd, Value};
use symbolon_core::token::SumKey;
use tokio::sync::watch;

/// The key, and whether it was found missing.
pub(crate) struct Marker {
    name: String,
    missing: watch::Sender<bool>,
}

impl Marker {
    pub(crate) fn of(prefix: &str) -> Self {
        Self {
            name: format!("{prefix}:m"),
            missing: watch::Sender::new(false),
        }
    }

    /// Its key.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks for it.
    pub(crate) fn question(&self) -> Cmd {
        let mut get = redis::cmd("GET");
        get.arg(&self.name);
        get
    }

    /// Takes the answer.
    pub(crate) fn found(&self, key: &SumKey, answer: &Value) {
        let ours = matches!(answer, Value::BulkString(sum) if key.matches(&[self.name.as_bytes()], sum));
        self.missing
            .send_if_modified(|missing| std::mem::replace(missing, !ours) == ours);
    }

    /// Sets it. It has no end: whoever fills Redis does so for all nodes.
    pub(crate) fn order(&self, key: &SumKey) -> Cmd {
        let mut set = redis::cmd("SET");
        set.arg(&self.name).arg(&key.sum(&[self.name.as_bytes()])[..]);
        set
    }

    /// Removes it, so that another try is made.
    pub(crate) fn withdrawal(&self) -> Cmd {
        let mut del = redis::cmd("DEL");
        del.arg(&self.name);
        del
    }

    /// It was set.
    pub(crate) fn is_set(&self) {
        self.missing.send_replace(false);
    }

    /// Waits until it is found missing.
    pub(crate) async fn missing(&self) {
        let mut missing = self.missing.subscribe();
        // The sender is this same value: it outlives the wait.
        drop(missing.wait_for(|missing| *missing).await);
    }
}
