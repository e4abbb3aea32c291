use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// How far the end of a listener has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Serving,
    /// No new requests; those in flight are answered.
    Draining,
    /// The time is over: close now.
    Closing,
}

/// Tells all connections of a listener that it ends. Looking costs one load of a line that hardly ever changes.
#[derive(Debug, Default)]
pub(super) struct Drain {
    stage: AtomicU8,
    changed: Arc<Notify>,
}

impl Drain {
    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Serving,
            1 => Stage::Draining,
            _ => Stage::Closing,
        }
    }

    pub(super) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// A future that is ready once the stage changes after this call.
    pub(super) fn watch(&self) -> OwnedNotified {
        Arc::clone(&self.changed).notified_owned()
    }

    /// Waits until the listener no longer serves. Cancel-safe.
    pub(super) async fn begun(&self) {
        loop {
            let changed = self.watch();
            if self.stage() > Stage::Serving {
                return;
            }
            changed.await;
        }
    }
}

/// Polls until the notice is registered for the stage that `drain` is in, and returns that stage.
pub(super) fn poll_stage(drain: &Drain, mut notice: Pin<&mut OwnedNotified>, cx: &mut Context<'_>) -> Stage {
    while let Poll::Ready(()) = notice.as_mut().poll(cx) {
        notice.set(drain.watch());
    }
    // Read after registering: a change in between is seen here, a later one wakes.
    drain.stage()
}
