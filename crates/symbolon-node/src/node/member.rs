//! A node that shares its store with others.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::Store;
use tokio::time::timeout;

use super::{Node, NodeParts, Undecided};
use crate::clock::{SteadyClock, boottime_nanos};
use crate::lease::{Lease, LeaseEnd};
use crate::member::{Heart, HeartParts, MemberFigures, MemberParts, Membership};

/// How long a request waits until its node knows what it asks for: longer than between two readings of the log.
const KNOWN_DEADLINE: Duration = Duration::from_millis(300);
/// How often it looks meanwhile. It looks at memory alone: the log is asked for once.
const KNOWN_LOOK: Duration = Duration::from_millis(2);

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

impl<S: Store + Clone> Node<S> {
    /// A node over a store that other nodes share. It answers nothing from memory until it was
    /// [started](Node::start) and has made its first heartbeat.
    #[must_use]
    pub fn member(parts: NodeParts<S>, member: MemberParts) -> Self {
        parts.tail.follow_log();
        Self {
            lease: Arc::new(Lease::over()),
            membership: Some(Arc::new(Membership::new(member))),
            ..Self::alone(parts)
        }
    }

    /// Starts the heartbeat, where this is a member.
    pub(super) fn start_heart(&self, clock: &Arc<SteadyClock>) {
        let Some(membership) = &self.membership else {
            return;
        };
        let heart = Heart::new(HeartParts {
            store: self.store.clone(),
            tail: Arc::clone(&self.tail),
            lease: Arc::clone(&self.lease),
            clock: Arc::clone(clock),
            randomness: Arc::clone(&self.randomness),
            membership: Arc::clone(membership),
        });
        self.tasks
            .required_on_thread("heartbeat", |cancel| heart.run(cancel));
    }

    /// Waits until this node may answer from memory: at once on a node that is alone, on a member after its first
    /// heartbeat.
    ///
    /// # Errors
    /// When that takes longer than `within`.
    pub async fn until_leased(&self, within: Duration) -> Result<(), Undecided> {
        let leased = match &self.membership {
            Some(membership) => membership.until_leased(&self.lease, within, false).await,
            None => self.lease.load().holds(),
        };
        if leased { Ok(()) } else { Err(Undecided::LeaseLost) }
    }

    /// A lease that holds: the one that is there, or one that is renewed for this request and those beside it.
    pub(super) async fn leased(&self) -> Result<LeaseEnd, Undecided> {
        let lease = self.lease.load();
        if lease.holds() {
            return Ok(lease);
        }
        let renewed = match &self.membership {
            Some(membership) => membership.renew(&self.lease).await,
            None => false,
        };
        let lease = self.lease.load();
        if renewed && lease.holds() {
            Ok(lease)
        } else {
            Err(Undecided::LeaseLost)
        }
    }

    /// Waits until this node knows everything in the log up to `seq`; what is decided from then on knows it too.
    ///
    /// # Errors
    /// When it does not come so far in a moment: the store is away, or has no such position. A node that is alone knows
    /// everything that there is.
    pub async fn until_known(&self, seq: RevocationSeq) -> Result<(), Undecided> {
        let is_known = || self.tail.applied() >= seq;
        if !is_known() && self.membership.is_some() {
            self.tail.ring();
            let known = async {
                while !is_known() {
                    tokio::time::sleep(KNOWN_LOOK).await;
                }
            };
            // Time may pass; then what is known now counts.
            let _waited = timeout(KNOWN_DEADLINE, known).await;
        }
        is_known().then_some(()).ok_or(Undecided::Behind(seq))
    }

    /// How much of its lease this node has.
    #[must_use]
    pub fn lease_state(&self) -> LeaseState {
        let remaining = self.lease.load().remaining(boottime_nanos());
        match (&self.membership, remaining) {
            (Some(membership), remaining) => LeaseState::Limited {
                remaining: remaining.unwrap_or_default(),
                length: membership.parts.lease,
            },
            (None, None) => LeaseState::Unlimited,
            // It was stopped.
            (None, Some(remaining)) => LeaseState::Limited {
                remaining,
                length: Duration::ZERO,
            },
        }
    }

    /// Its own incarnation; `None`: it is alone, or has not joined yet.
    #[must_use]
    pub fn incarnation(&self) -> Option<Incarnation> {
        self.membership.as_ref()?.own()
    }

    /// What this member has counted; `None`: it is alone.
    #[must_use]
    pub fn member_figures(&self) -> Option<MemberFigures> {
        Some(self.membership.as_ref()?.counts.figures())
    }

    /// The nodes that share the store, with those that were evicted; none where this node is alone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn members(&self) -> Result<Vec<SeenMember>, Undecided> {
        let Some(membership) = &self.membership else {
            return Ok(Vec::new());
        };
        let listing = membership.roll.list(&self.store, boottime_nanos()).await?;
        let own = membership.own();
        let seen = listing.members.iter().map(|member| SeenMember {
            member: member.clone(),
            is_self: Some(member.incarnation) == own,
            silent: membership.roll.silence(member),
        });
        Ok(seen.collect())
    }

    /// Evicts a member of which an operator knows that it answers nothing any more: nobody waits for it from then on.
    /// `false`: there is none of that incarnation, or it has made a heartbeat meanwhile.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn evict_member(&self, incarnation: Incarnation) -> Result<bool, Undecided> {
        let members = self.store.list_members().await?;
        let Some(member) = members
            .into_iter()
            .find(|member| member.incarnation == incarnation)
        else {
            return Ok(false);
        };
        let evicted = self.store.evict(incarnation, member.beat, true).await?;
        if evicted {
            tracing::warn!(node = member.node.as_str(), %incarnation, "an operator has evicted a member");
        }
        Ok(evicted)
    }
}
