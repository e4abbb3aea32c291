//! What a token is, for whom may ask (RFC 7662).

use symbolon_core::clock::Timestamp;
use symbolon_core::session::{Session, SessionId};
use symbolon_core::token::{Generation, RawToken, TokenKind};
use symbolon_node::{Live, Undecided, Verdict};

use crate::{Symbolon, Tier, Token};

/// What a token turned out to be.
#[derive(Clone, Debug)]
pub enum Introspected {
    /// It is good.
    Active(Box<ActiveToken>),
    /// It is not; this is proof, not doubt. RFC 7662, section 2.2, says no more than that.
    Inactive {
        /// Where the answer came from.
        tier: Tier,
    },
}

/// A token that is good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActiveToken {
    /// What it is for.
    pub kind: TokenKind,
    /// Its session.
    pub session_id: SessionId,
    /// How many times the session's tokens were rotated before it was made.
    pub generation: Generation,
    /// Whose session it is.
    pub subject: String,
    /// Which application holds it.
    pub client_id: String,
    /// For whom it is: names separated by one space.
    pub audience: Option<String>,
    /// What it allows.
    pub scope: Option<String>,
    /// When it was made, where that is known.
    pub issued_at: Option<Timestamp>,
    /// Its end.
    pub expires_at: Timestamp,
    /// When the subject last proved who they are.
    pub authenticated_at: Timestamp,
    /// Where the answer came from.
    pub tier: Tier,
}

impl ActiveToken {
    /// Its name (RFC 7519 `jti`): no two tokens have the same.
    #[must_use]
    pub fn jti(&self) -> String {
        let kind = if self.kind == TokenKind::Refresh { "r" } else { "" };
        format!("{}.{kind}{}", self.session_id, self.generation.0)
    }
}

impl Symbolon {
    /// Says what an access or a refresh token is, without using it.
    ///
    /// # Errors
    /// When it cannot be decided now; nothing about the token follows from it.
    pub async fn introspect(&self, token: &Token) -> Result<Introspected, Undecided> {
        match token {
            Token::Signed(_) => self.introspect_access(token).await,
            Token::Raw(raw) => match raw.kind() {
                TokenKind::Access => self.introspect_access(token).await,
                TokenKind::Refresh => self.introspect_refresh(raw).await,
                TokenKind::ApiKey => Ok(Introspected::Inactive { tier: Tier::Near }),
            },
        }
    }

    async fn introspect_access(&self, token: &Token) -> Result<Introspected, Undecided> {
        let (verdict, tier) = self.decide(token).await?;
        let live = match verdict {
            Verdict::Inactive(_) => return Ok(Introspected::Inactive { tier }),
            Verdict::Active(live) => live,
        };
        let (generation, issued_at) = match token {
            // It says so itself.
            Token::Signed(signed) => (signed.0.generation, Some(signed.issued_at())),
            Token::Raw(raw) => {
                // Memory does not know when a token was made. The answer is decided: it does not wait for a store
                // that is away, and then leaves this out.
                let entry = self.inner.node.session(live.session_id).await.ok().flatten();
                let made_at =
                    entry.and_then(|entry| made_at(&entry.session, raw.generation(), live.expires_at));
                (raw.generation(), made_at)
            }
        };
        Ok(Introspected::Active(Box::new(active(
            live, generation, issued_at,
        ))))
    }

    async fn introspect_refresh(&self, token: &RawToken) -> Result<Introspected, Undecided> {
        let tier = Tier::Store;
        let Some(entry) = self.inner.node.inspect_refresh(token).await? else {
            return Ok(Introspected::Inactive { tier });
        };
        let session = entry.session;
        let Some(refresh) = session.tokens.refresh else {
            return Ok(Introspected::Inactive { tier });
        };
        let is_current = token.generation() == session.tokens.generation;
        Ok(Introspected::Active(Box::new(ActiveToken {
            kind: TokenKind::Refresh,
            session_id: session.id,
            generation: token.generation(),
            subject: session.subject.as_str().to_owned(),
            client_id: session.client_id.as_str().to_owned(),
            audience: session.audience,
            scope: session.scope,
            issued_at: is_current.then_some(session.tokens.rotated_at),
            // That of a token which may still be repeated is that of the pair it would give.
            expires_at: refresh.expires_at,
            authenticated_at: session.authenticated_at,
            tier,
        })))
    }
}

fn active(live: Live, generation: Generation, issued_at: Option<Timestamp>) -> ActiveToken {
    let identity = &live.identity;
    ActiveToken {
        kind: TokenKind::Access,
        session_id: live.session_id,
        generation,
        subject: identity.subject().to_owned(),
        client_id: identity.client_id().to_owned(),
        audience: identity.audience().map(str::to_owned),
        scope: identity.scope().map(str::to_owned),
        issued_at,
        expires_at: live.expires_at,
        authenticated_at: live.authenticated_at,
        tier: live.tier,
    }
}

/// When the access token of a generation was made. Of the one before the current only its end is kept, from which
/// its beginning follows, unless the session's end cut it short.
fn made_at(session: &Session, generation: Generation, expires_at: Timestamp) -> Option<Timestamp> {
    if generation == session.tokens.generation {
        return Some(session.tokens.rotated_at);
    }
    let life = i64::try_from(session.lives.access_ttl.as_millis()).ok()?;
    (expires_at < session.expires_at).then(|| Timestamp(expires_at.0.saturating_sub(life)))
}
