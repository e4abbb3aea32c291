//! Sessions as they begin, for whoever writes them down.

use symbolon_core::session::SessionId;
use symbolon_node::{Issue, IssueRefused, Issued, Undecided};
use tokio::sync::broadcast;

use crate::Symbolon;

/// So many beginnings wait for a listener that is slow; older ones it does not hear of.
const WAITING_MAX: usize = 4_096;

/// Who tells.
pub(crate) struct Begun(broadcast::Sender<SessionId>);

impl Default for Begun {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING_MAX))
    }
}

impl Symbolon {
    /// Hears of each session that is begun by this process from now on, after it is durable.
    #[must_use]
    pub fn listen_begun(&self) -> broadcast::Receiver<SessionId> {
        self.inner.begun.0.subscribe()
    }

    /// Begins a session and tells of it.
    pub(crate) async fn begin(&self, issue: Issue) -> Result<Result<Issued, IssueRefused>, Undecided> {
        let begun = self.inner.node.issue(issue).await?;
        if let Ok(issued) = &begun {
            // Mostly nobody listens.
            drop(self.inner.begun.0.send(issued.session.id));
        }
        Ok(begun)
    }
}
