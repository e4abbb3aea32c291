//! Rotation as a ratchet of three parts: the client's token, a nonce in the store, a key outside it.
//!
//! `R(n+1) = HKDF(salt = nonce, ikm = key ‖ R(n), info = "symbolon/v1/refresh" ‖ session ‖ n+1)` and
//! `A(n)   = HKDF(salt = "",    ikm = key ‖ R(n), info = "symbolon/v1/access"  ‖ session ‖ n)`.
//!
//! Where a session has no refresh token, its access token takes the place of `R(n)` in the first line, under the info
//! `symbolon/v1/renew`.
//!
//! So a refresh repeated with the same token derives the *same* pair again and no secret need be
//! kept for it; and a stolen copy of the store, even together with an old token, derives nothing.

use super::digest::TokenDigest;
use super::keys::{TokenKeys, expand};
use super::raw::{Generation, RawToken, TokenKind, Verifier};
use crate::random::{Randomness, RandomnessUnavailable, draw};
use crate::session::SessionId;

const REFRESH: &[u8] = b"symbolon/v1/refresh";
const ACCESS: &[u8] = b"symbolon/v1/access";
const RENEW: &[u8] = b"symbolon/v1/renew";

/// The store's part of one rotation: 32 random bytes, fresh for each, useless alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RotationNonce(pub [u8; 32]);

impl RotationNonce {
    /// Draws a fresh one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random(source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        draw(source).map(Self)
    }
}

/// The two tokens of one generation.
pub struct Pair {
    /// For each request.
    pub access: RawToken,
    /// For the next pair.
    pub refresh: RawToken,
}

impl Pair {
    /// A pair that derives from nothing before it: at log-in, and where an old pair must die.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random(
        keys: &TokenKeys,
        session_id: SessionId,
        generation: Generation,
        source: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self::around(
            keys,
            session_id,
            generation,
            Verifier::random(source)?,
        ))
    }

    /// The pair that follows `refresh` under `nonce`. The same three parts give the same pair.
    #[must_use]
    pub fn following(keys: &TokenKeys, refresh: &RawToken, nonce: RotationNonce) -> Self {
        Self::next(keys, refresh, nonce, REFRESH)
    }

    /// The pair that follows `access` under `nonce`, where a session has no refresh token: its own is given to
    /// nobody. The same three parts give the same pair.
    #[must_use]
    pub fn renewing(keys: &TokenKeys, access: &RawToken, nonce: RotationNonce) -> Self {
        Self::next(keys, access, nonce, RENEW)
    }

    fn next(keys: &TokenKeys, from: &RawToken, nonce: RotationNonce, purpose: &[u8]) -> Self {
        let generation = from.generation.next();
        let verifier = expand(
            &nonce.0,
            &[&*keys.ratchet, from.verifier.expose()],
            &[purpose, from.session_id.as_bytes(), &generation.0.to_be_bytes()],
        );
        Self::around(keys, from.session_id, generation, Verifier::from_bytes(*verifier))
    }

    fn around(keys: &TokenKeys, session_id: SessionId, generation: Generation, refresh: Verifier) -> Self {
        let access = expand(
            &[],
            &[&*keys.ratchet, refresh.expose()],
            &[ACCESS, session_id.as_bytes(), &generation.0.to_be_bytes()],
        );
        let access = Verifier::from_bytes(*access);
        Self {
            access: RawToken::assemble(keys, TokenKind::Access, session_id, generation, access),
            refresh: RawToken::assemble(keys, TokenKind::Refresh, session_id, generation, refresh),
        }
    }

    /// What the store keeps of the two.
    #[must_use]
    pub fn digests(&self) -> (TokenDigest, TokenDigest) {
        (self.access.digest(), self.refresh.digest())
    }
}
