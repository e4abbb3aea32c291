//! Which primary the connections of a store go to: all of them to one.
//!
//! After a failover the old primary may go on: one that stood still, or that only its Sentinels did not reach, takes writes
//! until it is made a replica, and loses them then. A connection over which nothing went meanwhile knows nothing of that.
//! So the connection that was made last says where the primary is, those that go elsewhere are over, and what they have
//! still answered is no answer: a change is done at the primary whose log the node follows, or the node says that it does
//! not know.

use std::sync::Arc;

use tokio::sync::watch;

use crate::address::Host;

/// One run of one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stand {
    /// What it calls this run of itself.
    pub(super) run: String,
    /// Where the Sentinels said it is; `None`: nobody was asked.
    pub(super) host: Option<Host>,
}

/// Where the connections of a store go to. Clones are the same.
#[derive(Clone)]
pub(super) struct Ground(Arc<watch::Sender<Option<Stand>>>);

impl Ground {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::channel(None).0))
    }

    /// A connection was made to there.
    pub(super) fn enter(&self, stand: &Stand) {
        self.0.send_if_modified(|now| {
            let moves = now.as_ref() != Some(stand);
            if moves {
                *now = Some(stand.clone());
            }
            moves
        });
    }

    /// Whether the newest connection goes there.
    pub(super) fn is(&self, stand: &Stand) -> bool {
        self.0.borrow().as_ref() == Some(stand)
    }

    /// Waits until one goes elsewhere.
    pub(super) async fn left(&self, stand: &Stand) {
        let mut now = self.0.subscribe();
        // This holds the sender, so it cannot end.
        drop(now.wait_for(|now| now.as_ref() != Some(stand)).await);
    }

    /// Where the Sentinels said that this is; `None`: nobody was asked, or there is no connection yet.
    pub(super) fn host(&self) -> Option<Host> {
        self.0.borrow().as_ref().and_then(|stand| stand.host.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{Ground, Stand};

    fn stand(run: &str) -> Stand {
        Stand {
            run: run.to_owned(),
            host: None,
        }
    }

    #[tokio::test]
    async fn the_newest_connection_says_where_the_primary_is_and_the_others_are_over() {
        let ground = Ground::new();
        ground.enter(&stand("first"));
        assert!(ground.is(&stand("first")));
        let first = stand("first");
        let left = ground.left(&first);
        tokio::pin!(left);
        for (entered, is_over) in [("first", false), ("next", true)] {
            ground.enter(&stand(entered));
            let over = tokio::select! {
                biased;
                () = &mut left => true,
                () = std::future::ready(()) => false,
            };
            assert_eq!(over, is_over, "{entered}");
        }
        assert!(!ground.is(&first) && ground.is(&stand("next")));
    }
}
