//! The nodes that share a store, and what a revocation means to all of them.

use std::time::Duration;

use symbolon_core::member::{Incarnation, NodeName};
use symbolon_core::revocation::RevocationSeq;
use symbolon_node::{LeaseState, MemberFigures, Receipt, SeenMember, Undecided, Wait};

use crate::Symbolon;

/// How a node behaves among the others that share its store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeSettings {
    pub(crate) name: NodeName,
    pub(crate) lease: Duration,
    pub(crate) revoke_wait: Duration,
    pub(crate) addr: Option<String>,
}

impl NodeSettings {
    /// Those of a node that operators call by this name, with the defaults.
    #[must_use]
    pub fn named(name: NodeName) -> Self {
        Self {
            name,
            lease: Duration::from_secs(10),
            revoke_wait: Duration::from_secs(1),
            addr: None,
        }
    }

    /// How long it may answer from memory while the store is away. A revocation waits for a node that hangs for a
    /// quarter longer.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long a revocation waits for the other nodes ([`Wait::Short`]).
    #[must_use]
    pub fn revoke_wait(mut self, wait: Duration) -> Self {
        self.revoke_wait = wait;
        self
    }

    /// Where it listens, for operators.
    #[must_use]
    pub fn listening_at(mut self, addr: impl Into<String>) -> Self {
        self.addr = Some(addr.into());
        self
    }
}

impl Symbolon {
    /// Waits until a revocation that was just made here is effective on every node, and says so in its receipt. On a
    /// node that is alone it is when it is made. Repeating it is safe.
    pub async fn settle(&self, receipt: Receipt, wait: Wait) -> Receipt {
        self.inner.node.settle(receipt, wait).await
    }

    /// The nodes that share the store, with those that were evicted; none where this node is alone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn members(&self) -> Result<Vec<SeenMember>, Undecided> {
        self.inner.node.members().await
    }

    /// Evicts a member of which an operator knows that it answers nothing any more: nobody waits for it from then on.
    /// `false`: there is none of that incarnation, or it has made a heartbeat meanwhile.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn evict_member(&self, incarnation: Incarnation) -> Result<bool, Undecided> {
        self.inner.node.evict_member(incarnation).await
    }

    /// What this node has counted as one of many; `None`: it is alone.
    #[must_use]
    pub fn member_figures(&self) -> Option<MemberFigures> {
        self.inner.node.member_figures()
    }

    /// The position up to which this process has applied the revocation log.
    #[must_use]
    pub fn log_position(&self) -> RevocationSeq {
        self.inner.node.tail().applied()
    }

    /// Waits until this process has applied the revocation log up to `seq`, for a moment at the most.
    ///
    /// # Errors
    /// When it has not come so far.
    pub async fn until_known(&self, seq: RevocationSeq) -> Result<(), Undecided> {
        self.inner.node.until_known(seq).await
    }

    /// For how long this node may still answer from memory.
    #[must_use]
    pub fn lease_state(&self) -> LeaseState {
        self.inner.node.lease_state()
    }
}
