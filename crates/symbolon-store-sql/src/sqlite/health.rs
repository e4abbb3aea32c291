//! The store's life: it serves, it lost its file, it died, or it was closed.

use std::sync::Arc;

use tokio::sync::watch;

use super::queue::Queue;

/// What the store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Health {
    /// It takes operations.
    Serving,
    /// Its file is not at its path any more. It serves again when the file is back.
    Lost(Arc<str>),
    /// A commit failed in a way after which nothing it says can be trusted: only a new process can.
    Dead(Arc<str>),
    /// It was closed, and its file is free.
    Closed,
}

/// The store's life, as all its parts see it.
pub(super) struct Life {
    health: watch::Sender<Health>,
}

impl Life {
    /// A store that serves.
    pub(super) fn new() -> Self {
        Self {
            health: watch::Sender::new(Health::Serving),
        }
    }

    /// Why no operation may begin now.
    pub(super) fn refusal(&self) -> Option<Arc<str>> {
        match &*self.health.borrow() {
            Health::Serving => None,
            Health::Lost(detail) | Health::Dead(detail) => Some(Arc::clone(detail)),
            Health::Closed => Some("the store is closed".into()),
        }
    }

    /// The store's file is not its own any more, or is again.
    pub(super) fn set_lost(&self, lost: Option<&str>) {
        self.health.send_if_modified(|health| {
            let next = match (&*health, lost) {
                (Health::Serving, Some(detail)) => Health::Lost(detail.into()),
                (Health::Lost(_), None) => Health::Serving,
                _ => return false,
            };
            *health = next;
            true
        });
    }

    /// The store died.
    pub(super) fn die(&self, detail: &str) {
        self.health.send_if_modified(|health| {
            let dies = !matches!(health, Health::Dead(_) | Health::Closed);
            if dies {
                *health = Health::Dead(detail.into());
            }
            dies
        });
    }

    /// The store is closed; one that died stays dead.
    pub(super) fn set_closed(&self) {
        self.health.send_if_modified(|health| {
            let closes = matches!(health, Health::Serving | Health::Lost(_));
            if closes {
                *health = Health::Closed;
            }
            closes
        });
    }

    /// Waits for the death; says why. Never ends where the store was closed.
    pub(super) async fn died(&self) -> Arc<str> {
        let mut health = self.health.subscribe();
        let died = health.wait_for(|health| matches!(health, Health::Dead(_))).await;
        if let Ok(state) = died
            && let Health::Dead(detail) = &*state
        {
            return Arc::clone(detail);
        }
        std::future::pending().await
    }

    /// Waits until the file is free.
    pub(super) async fn ended(&self) {
        let mut health = self.health.subscribe();
        let ended = health.wait_for(|health| matches!(health, Health::Dead(_) | Health::Closed));
        // The sender is this same value: it outlives the wait.
        drop(ended.await);
    }
}

/// Watches a thread: if it ends in a way that nobody foresaw, the store dies and what waits for the
/// thread is refused.
pub(super) struct Watch {
    queue: Arc<Queue>,
    life: Arc<Life>,
    ended: bool,
}

impl Watch {
    /// Watches the thread that calls this, which drains `queue`.
    pub(super) fn over(queue: &Arc<Queue>, life: &Arc<Life>) -> Self {
        Self {
            queue: Arc::clone(queue),
            life: Arc::clone(life),
            ended: false,
        }
    }

    /// The thread ends as it should.
    pub(super) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.life.die("one of the store's threads has panicked");
            self.queue.refuse_all();
        }
    }
}
