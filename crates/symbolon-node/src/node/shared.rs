//! Facts: how this node sees a session that it read, and what it leaves for the others.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionId};
use symbolon_core::shared::SharedFact;
use symbolon_core::store::{FoundSession, Store};

use super::Node;
use crate::near::Fact;

impl<S: Store + Clone> Node<S> {
    /// The fact of a session as it was when the log stood at `asof`.
    ///
    /// A use of the successor settles the end of a token: a repetition of the refresh can move it no more. Where other
    /// nodes repeat, that is so when the grace after the use is over.
    pub(super) fn fact(&self, session: &Session, asof: RevocationSeq, now: Timestamp) -> Fact {
        let mut fact = Fact::of(session, asof);
        let tokens = &session.tokens;
        if self.membership.is_some() && tokens.generation != tokens.generation_floor {
            let grace = self.policy.rotation_grace;
            fact.facts.settled = tokens
                .successor_used_at
                .is_some_and(|used| now >= used.after(grace));
        }
        fact
    }

    /// Leaves a session for the other nodes, as it was read or written when the log stood at `asof`.
    pub(super) fn share(&self, found: &FoundSession, asof: RevocationSeq, now: Timestamp) {
        let Some(shared) = self
            .membership
            .as_ref()
            .and_then(|member| member.parts.shared.as_ref())
        else {
            return;
        };
        let mut found = found.clone();
        found.session.tokens.nonce = None;
        shared.keep(SharedFact { found, asof }, now);
    }

    /// Takes a session that has ended out of what nodes share.
    pub(super) fn unshare(&self, id: SessionId) {
        if let Some(shared) = self
            .membership
            .as_ref()
            .and_then(|member| member.parts.shared.as_ref())
        {
            shared.forget(id);
        }
    }

    /// Keeps a session that was just written, here and for the others.
    pub(super) fn keep_written(&self, session: &Session, asof: RevocationSeq, now: Timestamp) {
        self.tail.remember(&self.fact(session, asof, now), now);
        if self.membership.is_some() {
            let found = FoundSession {
                session: session.clone(),
                cut: symbolon_core::revocation::Cut::NONE,
            };
            self.share(&found, asof, now);
        }
    }
}
