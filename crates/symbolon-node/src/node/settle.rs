//! When a revocation is effective: at once on a node that is alone; on a member when no other can answer from an
//! older memory.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::member::Member;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::Store;
use tokio::time::sleep;

use super::{Node, Receipt};
use crate::bug::{self, Bug};
use crate::clock::boottime_nanos;
use crate::fallback::Reach;
use crate::member::{LEASE_MAX, Membership, Standing, standing, wait_for};
use crate::tail::Vouch;

/// Between two looks at what the members have written of themselves into the store.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a full wait takes beyond what the longest lease needs.
const FULL_BEYOND: Duration = Duration::from_millis(500);
/// The longest full wait: clients and proxies give up about then.
const FULL_MAX: Duration = Duration::from_secs(30);

/// Where and from when a revocation is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effective {
    /// Everywhere: no request that begins from now on is answered from a memory without it.
    Now,
    /// On this node now, and everywhere at the latest by an instant.
    Within {
        /// The instant.
        by: Timestamp,
        /// How many milliseconds that is from now.
        ms: u64,
    },
    /// On this node. From when on it is so on the others is not known.
    ThisNode,
}

/// How long a revocation is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// As long as a person waits (`node.revoke_wait`).
    Short,
    /// Until it is effective everywhere, however long a hung node keeps it.
    Full,
}

impl<S: Store + Clone> Node<S> {
    /// Waits until a revocation that this node has just made is effective everywhere, and says so in its receipt.
    /// Repeating it is safe.
    pub async fn settle(&self, receipt: Receipt, wait: Wait) -> Receipt {
        let nobody = bug::is(Bug::NoWait) || (receipt.already && bug::is(Bug::RetryIsNow));
        let effective = match (&self.membership, receipt.seq) {
            (Some(membership), Some(seq)) if !nobody => match membership.reach(seq) {
                Reach::Everywhere => Effective::Now,
                Reach::ThisNode => Effective::ThisNode,
                Reach::Members => self.wait_for_others(membership, seq, wait).await,
            },
            _ => Effective::Now,
        };
        Receipt { effective, ..receipt }
    }

    async fn wait_for_others(&self, membership: &Membership, seq: RevocationSeq, wait: Wait) -> Effective {
        let begun = boottime_nanos();
        let full = match wait {
            Wait::Full => membership.full_waits.try_acquire().ok(),
            Wait::Short => None,
        };
        let mut waiting = Waiting::new(self, membership, seq, begun);
        let mut news = self.tail.acknowledged().listen();
        loop {
            news.borrow_and_update();
            let most = match full {
                Some(_) => waiting.longest().saturating_add(FULL_BEYOND).min(FULL_MAX),
                None => membership.parts.revoke_wait,
            };
            let patience = most.saturating_sub(since(begun));
            let left = match waiting.standing(boottime_nanos()) {
                Standing::Over => return Effective::Now,
                Standing::Left(left) if patience.is_zero() => return self.within(left),
                Standing::Unbounded if patience.is_zero() => return Effective::ThisNode,
                Standing::Left(left) => left,
                Standing::Unbounded => patience,
            };
            let rest = if waiting.is_listing_due() {
                Duration::ZERO
            } else {
                LOOK_EVERY.min(left)
            };
            // Cancel-safe: a listing that is given up is asked for again.
            tokio::select! {
                biased;
                _ = news.changed() => {}
                () = sleep(patience) => {}
                () = async { sleep(rest).await; waiting.list().await } => {}
            }
        }
    }

    fn within(&self, left: Duration) -> Effective {
        // Rounded up: it is not to be counted on a moment too early.
        let ms = u64::try_from(left.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        Effective::Within {
            by: self.now().after(Duration::from_millis(ms)),
            ms,
        }
    }
}

/// A revocation that is waited for.
struct Waiting<'n, S> {
    node: &'n Node<S>,
    membership: &'n Membership,
    seq: RevocationSeq,
    /// It was committed at this moment or before, in nanoseconds of the steady clock.
    committed: i64,
    /// Who the members are must be asked after this moment: one that joins before the commit may not know of it.
    after: i64,
    /// The members that have not said that they know it; `None`: nobody could say yet who the members are.
    silent: Option<Vec<Member>>,
    longest: Duration,
    /// The store has lost it, and it was not written again yet.
    is_lost: bool,
}

impl<'n, S: Store + Clone> Waiting<'n, S> {
    fn new(node: &'n Node<S>, membership: &'n Membership, seq: RevocationSeq, now: i64) -> Self {
        Self {
            node,
            membership,
            seq,
            // Whoever has made it: it was committed before it was heard of.
            committed: node.tail.heard_at(seq).unwrap_or(now),
            after: now,
            silent: None,
            longest: LEASE_MAX,
            is_lost: false,
        }
    }

    /// For how long the longest lease is waited for.
    fn longest(&self) -> Duration {
        wait_for(self.longest)
    }

    fn is_listing_due(&self) -> bool {
        self.silent.is_none()
    }

    /// Asks who the members are and how far they are.
    async fn list(&mut self) {
        let after = match &self.silent {
            None => self.after,
            Some(_) => boottime_nanos().saturating_sub(i64::try_from(LOOK_EVERY.as_nanos()).unwrap_or(0)),
        };
        match self.membership.roll.list(&self.node.store, after).await {
            Ok(listing) => self.take(&listing.members),
            Err(error) => {
                tracing::debug!(%error, "a revocation waits and cannot learn who the members are");
                sleep(LOOK_EVERY).await;
            }
        }
    }

    fn take(&mut self, members: &[Member]) {
        let there = members.iter().filter(|member| !member.evicted);
        let Some(silent) = &mut self.silent else {
            let own = self.membership.own();
            let others: Vec<_> = there
                .filter(|member| Some(member.incarnation) != own)
                .cloned()
                .collect();
            self.longest = others.iter().map(|member| member.lease).max().unwrap_or_default();
            self.silent = Some(others);
            return;
        };
        // Who has joined since has read the log after the commit; who has left or was evicted answers nothing.
        let there: Vec<_> = there.collect();
        silent.retain_mut(|member| {
            let row = there.iter().find(|row| row.incarnation == member.incarnation);
            row.map(|row| member.applied = row.applied).is_some()
        });
    }

    /// How it stands, after what is known by now.
    fn standing(&mut self, now: i64) -> Standing {
        let Some(silent) = self.silent.take() else {
            let longest = std::iter::once((LEASE_MAX, false));
            return match standing(self.committed, now, longest) {
                Standing::Over => Standing::Left(Duration::ZERO),
                other => other,
            };
        };
        let mut still = Vec::new();
        for member in silent {
            match self.vouch(&member) {
                Vouch::Yes => continue,
                Vouch::No => {}
                Vouch::ReadOn => self.node.tail.ring(),
                Vouch::Lost => self.is_lost = true,
                Vouch::Replaced(by) => {
                    *self = Self::new(self.node, self.membership, by, now);
                    return Standing::Left(self.longest());
                }
            }
            still.push(member);
        }
        let standing = match self.is_lost {
            true if !still.is_empty() => Standing::Unbounded,
            _ => standing(
                self.committed,
                now,
                still.iter().map(|one| (one.lease, one.may_fall_back)),
            ),
        };
        self.silent = Some(still);
        standing
    }

    /// Whether a member knows it, by its own word or by what it has written of itself.
    fn vouch(&self, member: &Member) -> Vouch {
        // It may have joined anew since the others were listed.
        if self.membership.own() == Some(member.incarnation) {
            return Vouch::Yes;
        }
        let tail = &self.node.tail;
        let said = tail.acknowledged().of(member.incarnation);
        let said = said.map(|word| tail.vouch(self.seq, word.seq, Some(word.id)));
        let written = tail.vouch(self.seq, member.applied, None);
        match (said, written) {
            (Some(Vouch::Yes), _) => Vouch::Yes,
            (Some(Vouch::ReadOn), Vouch::No) => Vouch::ReadOn,
            (_, written) => written,
        }
    }
}

fn since(earlier: i64) -> Duration {
    Duration::from_nanos(u64::try_from(boottime_nanos().saturating_sub(earlier)).unwrap_or(0))
}
