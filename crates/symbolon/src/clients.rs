//! OAuth clients (RFC 6749, section 2): applications that hold tokens, and prove themselves by an API key or not at
//! all.

use std::sync::Arc;

use symbolon_core::api_key::ApiKey;
use symbolon_core::audit::Origin;
use symbolon_core::subject::ClientId;
use symbolon_core::token::RawToken;
use symbolon_core::verdict::Inactive;
use symbolon_node::{Entry, Issued, Receipt, Refreshed, Undecided};

use crate::{Symbolon, Token};

/// What a client asks for with a refresh token (RFC 6749, section 6).
#[derive(Clone, Copy, Debug)]
pub struct Grant<'g> {
    /// Who asks: the session's tokens must be this client's.
    pub client: &'g ClientId,
    /// The scope that is asked for: words separated by one space; `None`: that of the session.
    pub scope: Option<&'g str>,
}

/// What became of a refresh by a client.
pub enum Granted {
    /// The next pair, or the same one again.
    Pair(Box<Issued>),
    /// Refused, with proof.
    Refused(Inactive),
    /// The token is another client's. It was not used, and its session goes on.
    OtherClient,
    /// More is asked for than the session allows. The token was not used.
    ScopeExceeded,
}

impl Symbolon {
    /// The live key of a client that `secret` proves; `None`: it proves nothing, or another client.
    ///
    /// No client is looked up by its name: an unknown one is refused after the same work as a wrong key.
    ///
    /// # Errors
    /// When it cannot be decided now.
    pub async fn client(
        &self,
        client: &ClientId,
        secret: &RawToken,
    ) -> Result<Option<Arc<ApiKey>>, Undecided> {
        let key = self.inner.node.api_key(secret).await?;
        Ok(key.filter(|key| key.client_id.as_ref() == Some(client)))
    }

    /// Whether a client is one that must prove itself: it has a key, or had one. A client whose only key was
    /// revoked or has expired does not become one that anybody may name.
    ///
    /// # Errors
    /// When it cannot be decided now.
    pub async fn is_confidential(&self, client: &ClientId) -> Result<bool, Undecided> {
        self.inner.node.client_has_key(client).await
    }

    /// Exchanges a refresh token for the next pair, for a client; see [`Symbolon::refresh`].
    ///
    /// A token that another client presents ends nothing: whoever copied it could otherwise log its owner out, and
    /// a client that mixed up its own tokens would. It is refused there as often as it comes.
    ///
    /// # Errors
    /// When it cannot be decided now; the token stays usable.
    pub async fn refresh_for(
        &self,
        token: &RawToken,
        grant: Grant<'_>,
        origin: &Origin,
    ) -> Result<Granted, Undecided> {
        // Client and scope of a session never change, so they can be looked at before the step that counts.
        if let Some(Entry { session, ended }) = self.inner.node.session_of(token).await? {
            if session.client_id != *grant.client {
                return Ok(Granted::OtherClient);
            }
            let allowed = session.scope.as_deref();
            if ended.is_none() && !grant.scope.is_none_or(|asked| is_within(asked, allowed)) {
                return Ok(Granted::ScopeExceeded);
            }
        }
        Ok(match self.refresh(token, origin).await? {
            Refreshed::Pair(issued) => Granted::Pair(issued),
            Refreshed::Refused(inactive) => Granted::Refused(inactive),
        })
    }

    /// Ends the session of any genuine token of it, if it is this client's (RFC 7009, section 2.1); `None`: it is
    /// another's.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn log_out_for(
        &self,
        token: &Token,
        client: &ClientId,
        origin: &Origin,
    ) -> Result<Option<Receipt>, Undecided> {
        let node = &self.inner.node;
        let entry = match token {
            Token::Raw(token) => node.session_of(token).await?,
            // Its signature is proof enough, as the tag of a reference is.
            Token::Signed(token) => node.session(token.session_id()).await?,
        };
        match entry {
            None => Ok(Some(Receipt::NOTHING)),
            Some(Entry { session, .. }) if session.client_id != *client => Ok(None),
            Some(_) => self.log_out(token, origin).await.map(Some),
        }
    }
}

/// Whether every word that is asked for is allowed.
fn is_within(asked: &str, allowed: Option<&str>) -> bool {
    let mut words = asked.split(' ');
    words.all(|word| allowed.is_some_and(|allowed| allowed.split(' ').any(|one| one == word)))
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn a_scope_is_within_another_word_by_word() {
        assert!(is_within("read", Some("read write")));
        assert!(is_within("write read", Some("read write")));
        assert!(is_within("read read", Some("read")));
        for (asked, allowed) in [
            ("read", None),
            ("rea", Some("read")),
            ("read write", Some("read")),
            ("READ", Some("read")),
            ("", Some("read")),
        ] {
            assert!(!is_within(asked, allowed), "{asked:?} {allowed:?}");
        }
    }
}
