//! Verify: parse, lease, near cache, shared cache, store, pure verdict. No write, no lock across a wait.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::Cut;
use symbolon_core::session::SessionId;
use symbolon_core::shared::SharedFact;
use symbolon_core::store::{Store, StoreError};
use symbolon_core::token::{Generation, RawToken, SignedToken, TokenDigest, TokenKind};
use symbolon_core::verdict::{AccessCheck, AccessFacts, Inactive};

use super::{Due, Node, Undecided};
use crate::bug::{self, Bug};
use crate::flights::Read;
use crate::near::{Fact, Hit, Identity};
use crate::overlay::{Objection, Stamp};
use crate::recorder::Use;

/// Where an answer came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tier {
    /// This process' memory.
    Near,
    /// The cache that nodes share.
    Shared,
    /// The store.
    Store,
}

/// The holder of a live access token.
#[derive(Clone, Debug)]
pub struct Live {
    /// Which session.
    pub session_id: SessionId,
    /// Whose, and what is said about them.
    pub identity: Identity,
    /// The token's own end.
    pub expires_at: Timestamp,
    /// When the subject last proved who they are.
    pub authenticated_at: Timestamp,
    /// What its holder is to do about its end.
    pub due: Due,
    /// Where the answer came from.
    pub tier: Tier,
}

/// How often a verify looks further when its lease runs out meanwhile.
const LOOKS_MAX: usize = 2;
/// How often the store is read again because the session was changed meanwhile.
const READS_MAX: usize = 3;

/// The answer of verify.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The token is good.
    Active(Live),
    /// It is not; this is proof, not doubt.
    Inactive(Inactive),
}

/// An access token, reduced to what is compared.
#[derive(Clone, Copy)]
struct Presented {
    session_id: SessionId,
    generation: Generation,
    proof: Proof,
}

/// What shows that it is the session's.
#[derive(Clone, Copy)]
enum Proof {
    /// The image of its secret.
    Digest(TokenDigest),
    /// A signature that was verified before.
    Signature(SignedToken),
}

/// What memory says.
enum Near {
    Decided(Verdict),
    AskStore,
}

impl<S: Store + Clone> Node<S> {
    /// Judges an access token.
    ///
    /// # Errors
    /// When neither memory nor the store can decide.
    pub async fn verify(&self, token: &RawToken) -> Result<Verdict, Undecided> {
        self.decide(token).await.map(|(verdict, _)| verdict)
    }

    /// The same, and where the answer came from.
    ///
    /// # Errors
    /// See [`Node::verify`].
    pub async fn decide(&self, token: &RawToken) -> Result<(Verdict, Tier), Undecided> {
        if let Some(verdict) = self.verify_from_memory(token) {
            return Ok((verdict, Tier::Near));
        }
        if !token.is_genuine(&self.keys) {
            return Ok((Verdict::Inactive(Inactive::Malformed), Tier::Near));
        }
        match self.ask(Presented::of(token)).await {
            Err(_) if bug::is(Bug::ErrorsAreNo) => Ok((Verdict::Inactive(Inactive::Unknown), Tier::Store)),
            decided => decided,
        }
    }

    /// Judges a signed access token, whose signature must have been verified: by the state of its session, as
    /// any other. It also says where the answer came from.
    ///
    /// # Errors
    /// When neither memory nor the store can decide.
    pub async fn decide_signed(&self, token: SignedToken) -> Result<(Verdict, Tier), Undecided> {
        if let Some(verdict) = self.verify_signed_from_memory(token) {
            return Ok((verdict, Tier::Near));
        }
        self.ask(Presented::signed(token)).await
    }

    /// What memory could not decide. A *yes* needs a lease that holds from before the look to the end; a *no* of the store
    /// is proof by itself.
    async fn ask(&self, presented: Presented) -> Result<(Verdict, Tier), Undecided> {
        for _ in 0..LOOKS_MAX {
            let held = self.lease.load().holds();
            let lease = self.leased().await?;
            // A lease that was renewed just now may be all that memory needed.
            if !held && let Some(verdict) = self.decide_near(presented.session_id, || presented) {
                return Ok((verdict, Tier::Near));
            }
            match self.look_further(presented).await? {
                Verdict::Active(_) if !lease.holds() => {}
                Verdict::Active(live) => {
                    let tier = live.tier;
                    return Ok((Verdict::Active(live), tier));
                }
                refused => return Ok((refused, Tier::Store)),
            }
        }
        Err(Undecided::LeaseLost)
    }

    /// A read of others that is under way, the cache that nodes share, the store. The first two can prove only a *yes*.
    async fn look_further(&self, presented: Presented) -> Result<Verdict, Undecided> {
        let now = self.now();
        if let Some(read) = self.flights.join(presented.session_id).await
            && let Some(verdict @ Verdict::Active(_)) = self.judge(&read, presented, now)
        {
            return Ok(verdict);
        }
        if let Some(verdict) = self.ask_shared(presented, now).await {
            return Ok(verdict);
        }
        for _ in 0..READS_MAX {
            let before = self.tail.before();
            let read = self
                .flights
                .lead(&self.store, presented.session_id, before)
                .await?;
            if let Some(verdict) = self.judge(&read, presented, now) {
                if let (Verdict::Active(_), Some(found)) = (&verdict, &read.found) {
                    self.share(found, before.asof, now);
                }
                return Ok(verdict);
            }
        }
        Err(Undecided::Store(StoreError::Unavailable {
            operation: "read a session",
            detail: format!("it was changed by others {READS_MAX} times in a row"),
        }))
    }

    /// Judges an access token if memory alone can: no wait, no I/O. `None`: ask [`Node::verify`].
    #[inline]
    #[must_use]
    pub fn verify_from_memory(&self, token: &RawToken) -> Option<Verdict> {
        if token.kind() != TokenKind::Access || token.key_id() != self.keys.id() {
            return Some(Verdict::Inactive(Inactive::Malformed));
        }
        // The look-up waits for main memory and the digest does not: the one goes on during the other.
        self.decide_near(token.session_id(), || Presented::of(token))
    }

    /// Judges a signed access token, whose signature must have been verified, if memory alone can. `None`: ask
    /// [`Node::decide_signed`].
    #[must_use]
    pub fn verify_signed_from_memory(&self, token: SignedToken) -> Option<Verdict> {
        self.decide_near(token.session_id, || Presented::signed(token))
    }

    #[inline]
    fn decide_near(&self, id: SessionId, token: impl FnOnce() -> Presented) -> Option<Verdict> {
        // The lease is read before the look-up and its end is compared after it: what was looked up
        // was complete at some moment at which the lease held.
        let lease = self.lease.load();
        let now = self.clock.now();
        let near = self.look(id, token, now);
        bug::hold_up(&self.lease);
        let lease = if bug::is(Bug::LeaseAfterLookUp) {
            self.lease.load()
        } else {
            lease
        };
        match near {
            Near::Decided(verdict) if lease.holds() => Some(verdict),
            Near::Decided(_) | Near::AskStore => None,
        }
    }

    #[inline]
    fn look(&self, id: SessionId, token: impl FnOnce() -> Presented, now: Timestamp) -> Near {
        let hit = self.tail.near().find(id);
        let token = token();
        let Some(hit) = hit else { return Near::AskStore };
        let facts = hit.facts();
        let check = token.check(&facts, now);
        if matches!(check, AccessCheck::Ahead | AccessCheck::WrongDigest) {
            return Near::AskStore;
        }
        let Some(identity) = hit.identity() else {
            return Near::AskStore;
        };
        let stamp = Stamp {
            id: token.session_id,
            subject_cell: hit.subject_cell(),
            asof: hit.asof(),
            epoch: hit.epoch(),
        };
        match self.tail.overlay().objection(stamp, || identity.subject()) {
            Some(Objection::Ended(cut)) => return Near::Decided(Verdict::Inactive(revoked(cut))),
            Some(Objection::Stale) => return Near::AskStore,
            None => {}
        }
        match check {
            AccessCheck::Good { expires_at } => {
                self.note_use(&hit, token, &facts, now);
                Near::Decided(Verdict::Active(Live {
                    session_id: token.session_id,
                    identity,
                    expires_at,
                    authenticated_at: hit.authenticated_at(),
                    due: self.due(&facts, expires_at, now),
                    tier: Tier::Near,
                }))
            }
            AccessCheck::Superseded => Near::Decided(Verdict::Inactive(Inactive::Superseded)),
            // The end of a token is proof only where a late repetition of the refresh can no longer
            // move it.
            AccessCheck::TokenExpired { at } if facts.settled || token.is_over(now) => {
                Near::Decided(Verdict::Inactive(Inactive::Expired { at }))
            }
            AccessCheck::SessionExpired { at } => Near::Decided(Verdict::Inactive(Inactive::Expired { at })),
            AccessCheck::TokenExpired { .. }
            | AccessCheck::SessionIdle { .. }
            | AccessCheck::Ahead
            | AccessCheck::WrongDigest => Near::AskStore,
        }
    }

    #[inline]
    fn note_use(&self, hit: &Hit<'_>, token: Presented, facts: &AccessFacts, now: Timestamp) {
        hit.reference();
        let due = hit.due(now, token.generation == facts.generation);
        if !due.activity && !due.first_use {
            return;
        }
        let noted = self.recorder.note(Use {
            session_id: token.session_id,
            at: now,
            slides: due.activity.then(|| hit.idle_timeout()),
            first_use_of: due.first_use.then_some(token.generation),
        });
        if noted {
            hit.note(now, due);
        }
    }

    /// The store's word; `None`: something was heard since that may have changed it.
    fn judge(&self, read: &Read, token: Presented, now: Timestamp) -> Option<Verdict> {
        let Some(found) = &read.found else {
            return Some(Verdict::Inactive(Inactive::Unknown));
        };
        if let Some(ended) = found.session.ended(found.cut, now) {
            return Some(Verdict::Inactive(ended.into()));
        }
        let fact = self.fact(&found.session, read.before.asof, now);
        let refused = match token.check(&fact.facts, now) {
            // A store that has lost what it acknowledged says yes where this node knows better.
            AccessCheck::Good { expires_at } => {
                match self.tail.objection_to_read(&found.session, read.before) {
                    Some(Objection::Ended(cut)) => revoked(cut),
                    Some(Objection::Stale) => return None,
                    None => {
                        let seen_at = found.session.last_seen_at;
                        return Some(self.live(fact, seen_at, token, (expires_at, now), Tier::Store));
                    }
                }
            }
            AccessCheck::Superseded => Inactive::Superseded,
            AccessCheck::Ahead | AccessCheck::WrongDigest => Inactive::Unknown,
            AccessCheck::TokenExpired { at } | AccessCheck::SessionExpired { at } => Inactive::Expired { at },
            AccessCheck::SessionIdle { at } => Inactive::Idle { at },
        };
        Some(Verdict::Inactive(refused))
    }

    /// The answer of a fact that nothing speaks against, which is kept.
    fn live(
        &self,
        fact: Fact,
        seen_at: Timestamp,
        token: Presented,
        (expires_at, now): (Timestamp, Timestamp),
        tier: Tier,
    ) -> Verdict {
        self.tail.remember(&fact, seen_at);
        if let Some(hit) = self.tail.near().find(token.session_id) {
            self.note_use(&hit, token, &fact.facts, now);
        }
        Verdict::Active(Live {
            session_id: token.session_id,
            identity: fact.identity,
            expires_at,
            authenticated_at: fact.authenticated_at,
            due: self.due(&fact.facts, expires_at, now),
            tier,
        })
    }

    /// The word of the cache that nodes share: a *yes*, or what this node knows against it.
    async fn ask_shared(&self, token: Presented, now: Timestamp) -> Option<Verdict> {
        let shared = self.membership.as_ref()?.parts.shared.as_ref()?;
        let SharedFact { found, asof } = shared.find(token.session_id).await?;
        let is_over = found.session.id != token.session_id || found.session.ended(found.cut, now).is_some();
        let fact = self.fact(&found.session, asof, now);
        let AccessCheck::Good { expires_at } = token.check(&fact.facts, now) else {
            return None;
        };
        match self.tail.objection_to_shared(&fact) {
            _ if is_over => None,
            Some(Objection::Ended(cut)) => Some(Verdict::Inactive(revoked(cut))),
            Some(Objection::Stale) => None,
            None => {
                let seen_at = found.session.last_seen_at;
                Some(self.live(fact, seen_at, token, (expires_at, now), Tier::Shared))
            }
        }
    }
}

impl Presented {
    #[inline]
    fn of(token: &RawToken) -> Self {
        Self {
            session_id: token.session_id(),
            generation: token.generation(),
            proof: Proof::Digest(token.digest()),
        }
    }

    fn signed(token: SignedToken) -> Self {
        Self {
            session_id: token.session_id,
            generation: token.generation,
            proof: Proof::Signature(token),
        }
    }

    #[inline]
    fn check(&self, facts: &AccessFacts, now: Timestamp) -> AccessCheck {
        match self.proof {
            Proof::Digest(digest) => facts.check(self.generation, digest, now),
            Proof::Signature(token) => facts.check_signed(token, now),
        }
    }

    /// Whether it says of itself that it is over: then nothing can move its end.
    fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.proof, Proof::Signature(token) if now >= token.expires_at)
    }
}

fn revoked(cut: Cut) -> Inactive {
    Inactive::Revoked {
        at: cut.at,
        reason: cut.reason,
    }
}
