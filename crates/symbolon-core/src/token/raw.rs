//! A token in the clear, for as short a time as possible.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::digest::TokenDigest;
use super::format;
use super::keys::{KeyId, TokenKeys};
use crate::random::{Randomness, RandomnessUnavailable};
use crate::session::SessionId;

/// What a token is for. The kind is part of what the tag covers: an access token is never taken
/// for a refresh token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum TokenKind {
    /// Presented on each request (`sya_`).
    Access,
    /// Presented to get the next pair (`syr_`).
    Refresh,
    /// A service's own credential (`syk_`).
    ApiKey,
}

/// How many times the session's tokens were rotated before this one was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct Generation(pub u32);

impl Generation {
    /// The generation after this one. It stays at the end of the numbers, which a session reaches
    /// by rotating each second for 136 years.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The secret half of a token.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Verifier([u8; 32]);

impl Verifier {
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn random(source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let mut verifier = Self([0; 32]);
        source.fill(&mut verifier.0)?;
        Ok(verifier)
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A token as presented or issued. It can be read only where it is turned into its digest or
/// written into an answer; it is wiped when dropped.
///
/// It cannot be printed, copied or compared:
/// ```compile_fail
/// fn show(token: symbolon_core::token::RawToken) -> String { format!("{token:?}") }
/// ```
/// ```compile_fail
/// fn show(token: symbolon_core::token::RawToken) -> String { format!("{token}") }
/// ```
/// ```compile_fail
/// fn copy(token: &symbolon_core::token::RawToken) -> symbolon_core::token::RawToken { token.clone() }
/// ```
/// ```compile_fail
/// fn same(a: symbolon_core::token::RawToken, b: symbolon_core::token::RawToken) -> bool { a == b }
/// ```
pub struct RawToken {
    pub(super) kind: TokenKind,
    pub(super) key_id: KeyId,
    pub(super) session_id: SessionId,
    pub(super) generation: Generation,
    pub(super) verifier: Verifier,
    pub(super) tag: [u8; 8],
}

impl RawToken {
    /// Reads a token as a client presents it. Nothing is looked up.
    ///
    /// # Errors
    /// When the prefix, the length or the encoding is not that of a token.
    pub fn parse(text: &str) -> Result<Self, format::Malformed> {
        format::parse(text)
    }

    /// Makes a token of `kind` and signs it with the key's tag.
    pub(crate) fn assemble(
        keys: &TokenKeys,
        kind: TokenKind,
        session_id: SessionId,
        generation: Generation,
        verifier: Verifier,
    ) -> Self {
        let tag = keys.tag(kind, session_id, generation, verifier.expose());
        Self {
            kind,
            key_id: keys.id(),
            session_id,
            generation,
            verifier,
            tag,
        }
    }

    /// Makes a new API key: a random verifier under `id`.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn api_key(
        keys: &TokenKeys,
        id: SessionId,
        source: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self::assemble(
            keys,
            TokenKind::ApiKey,
            id,
            Generation(0),
            Verifier::random(source)?,
        ))
    }

    /// What it claims to be for.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The key that its tag was made with.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The session (or API key) that it belongs to: public, not a credential.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// Its generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The image to compare with what is stored.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.verifier, self.tag)
    }

    /// Whether the tag proves that a holder of `keys` made this token. Constant time.
    #[must_use]
    pub fn is_genuine(&self, keys: &TokenKeys) -> bool {
        self.key_id == keys.id()
            && keys.tag_matches(
                self.kind,
                self.session_id,
                self.generation,
                self.verifier.expose(),
                self.tag,
            )
    }

    /// The text for the one answer that issues it.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        format::render(self)
    }
}
