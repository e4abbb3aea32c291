//! Tokens as they are presented: a reference, or signed claims.

use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::token::{Generation, Malformed, RawToken, SignedToken};
use symbolon_node::{Issued, LeaseState};
use zeroize::Zeroizing;

use crate::{Symbolon, Unavailable};

/// How every signed token begins: the base64url of `{"`. No reference does.
const SIGNED_PREFIX: &str = "ey";

/// A token as it was presented. What it proves is not known yet.
pub enum Token {
    /// A reference: an access token, a refresh token or an API key.
    Raw(RawToken),
    /// A signed access token. The signature is ours; whether it is still good is not known yet.
    Signed(Signed),
}

/// A signed access token whose signature is proven. Only [`Symbolon::read_token`] makes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signed(pub(crate) SignedToken);

impl Token {
    /// The session (or API key) that it says it belongs to.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        match self {
            Self::Raw(token) => token.session_id(),
            Self::Signed(token) => token.session_id(),
        }
    }

    /// How many times the session's tokens were rotated before it was made, as it says.
    #[must_use]
    pub fn generation(&self) -> Generation {
        match self {
            Self::Raw(token) => token.generation(),
            Self::Signed(token) => token.0.generation,
        }
    }

    /// The reference; `None`: it is signed. Refresh tokens and API keys always are references.
    #[must_use]
    pub fn into_raw(self) -> Option<RawToken> {
        match self {
            Self::Raw(token) => Some(token),
            Self::Signed(_) => None,
        }
    }
}

impl From<RawToken> for Token {
    fn from(token: RawToken) -> Self {
        Self::Raw(token)
    }
}

impl Signed {
    /// The session that it belongs to (`sid`).
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.0.session_id
    }

    /// When it was made (`iat`), in whole seconds.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// Its own end (`exp`), in whole seconds.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// Its name (`jti`): the session and the generation.
    #[must_use]
    pub fn jti(&self) -> String {
        format!("{}.{}", self.0.session_id, self.0.generation.0)
    }
}

impl Symbolon {
    /// Reads a token as a client presents it. Nothing is looked up and no wait is needed: of a reference the form
    /// is checked, of a signed token form and signature. Whether its end has come is left to
    /// [`Symbolon::verify`], since a token proves whose session is to be ended also after its own end.
    ///
    /// # Errors
    /// When the text is not a token.
    #[inline]
    pub fn read_token(&self, text: &str) -> Result<Token, Malformed> {
        if text.starts_with(SIGNED_PREFIX) {
            self.read_signed(text)
        } else {
            RawToken::parse(text).map(Token::Raw)
        }
    }

    /// Whether a text may be a signed token whose key another node has made a moment ago, so that
    /// [`Symbolon::read_token`] does not know it yet. Then [`Symbolon::learn_keys`] comes first: a refusal needs a
    /// reading that began after the question. Never on a node that is alone.
    #[inline]
    #[must_use]
    pub fn names_unknown_key(&self, text: &str) -> bool {
        text.starts_with(SIGNED_PREFIX)
            && self.lease_state() != LeaseState::Unlimited
            && self.inner.signing.names_unknown_key(text)
    }

    /// Reads the signing keys again, once for all who ask at the same time.
    ///
    /// # Errors
    /// When the store does not answer: then nothing is known about the token.
    pub async fn learn_keys(&self) -> Result<(), Unavailable> {
        self.inner.signing.learn().await
    }

    #[cold]
    fn read_signed(&self, text: &str) -> Result<Token, Malformed> {
        let signed = self.inner.signing.read(text).ok_or(Malformed::Signature)?;
        Ok(Token::Signed(Signed(signed)))
    }

    /// The text of the access token of a session that was just issued or refreshed, in the session's style. For the
    /// one answer that shows it.
    ///
    /// # Errors
    /// When it cannot be made now.
    pub async fn access_text(&self, issued: &Issued) -> Result<Zeroizing<String>, Unavailable> {
        let signed = self.inner.signing.write(&issued.session).await?;
        Ok(signed.unwrap_or_else(|| issued.pair.access.expose()))
    }
}
