//! The text of a signed token: `header.claims.signature` (RFC 7515, section 3.1), in one exact form.
//!
//! A header is one of the few texts that we write ourselves, so it is compared and not parsed: another order, a blank, a
//! further member (`jwk`, `jku`, `x5u`, `crit`, `b64` …), another algorithm or a foreign key is another text, and no key
//! stands behind it. The claims are decoded after the signature was verified and not before.

use data_encoding::BASE64URL_NOPAD;
use symbolon_core::session::{Session, TokenStyle};
use symbolon_core::signing::{SigningAlg, SigningKeyId};
use symbolon_core::token::SignedToken;
use zeroize::Zeroizing;

use crate::claims::{self, NoObject};
use crate::key::{SigningFailed, SigningKey};
use crate::ring::Ring;

/// The longest text, in bytes: what the limits of a session's fields let us write, with the longest claims and an RSA
/// signature. It leaves 3 of the 16 KiB that a request's headers may have.
pub const SIGNED_LEN_MAX: usize = 13 * 1024;

/// The longest name of an issuer, in bytes: it is in every token.
pub const ISSUER_LEN_MAX: usize = 256;

/// A token cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no key for this way to sign.
    #[error("there is no signing key for {alg}")]
    NoKey {
        /// Which way.
        alg: &'static str,
    },
    /// The cryptographic library failed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The session's claims cannot be written.
    #[error(transparent)]
    Claims(#[from] NoObject),
    /// It would be longer than [`SIGNED_LEN_MAX`].
    #[error("a signed token would have {len} bytes, at most {SIGNED_LEN_MAX} are allowed")]
    TooLong {
        /// How long.
        len: usize,
    },
}

/// The encoded header of the tokens of a style that a key signs; `None`: it signs none of that style.
pub(crate) fn header(key: &SigningKey, style: TokenStyle) -> Option<String> {
    let kind = match style {
        TokenStyle::Jwt => "at+jwt",
        TokenStyle::CompatJwt if key.alg() == SigningAlg::Hs256 => "JWT",
        TokenStyle::CompatJwt | TokenStyle::Opaque => return None,
    };
    // Neither word needs an escape.
    let (alg, id) = (key.alg().as_str(), key.id().as_str());
    let json = format!(r#"{{"alg":"{alg}","kid":"{id}","typ":"{kind}"}}"#);
    Some(BASE64URL_NOPAD.encode(json.as_bytes()))
}

/// How the tokens of a style are signed, where the deployment signs with `alg`; `None`: not at all.
#[must_use]
pub fn alg_of(style: TokenStyle, alg: SigningAlg) -> Option<SigningAlg> {
    match style {
        TokenStyle::Opaque => None,
        TokenStyle::Jwt => Some(alg),
        TokenStyle::CompatJwt => Some(SigningAlg::Hs256),
    }
}

/// Writes the access token of a session's current pair, signed with the key that signs what is made when the pair
/// was; `None`: the session's tokens are references.
///
/// # Errors
/// When it cannot be signed.
pub fn write(
    ring: &Ring,
    alg: SigningAlg,
    issuer: &str,
    session: &Session,
) -> Result<Option<Zeroizing<String>>, WriteError> {
    let (Some(alg), Some(claims)) = (alg_of(session.style, alg), claims::text(session, issuer)?) else {
        return Ok(None);
    };
    let no_key = || WriteError::NoKey { alg: alg.as_str() };
    let key = ring.signer(alg, session.tokens.rotated_at).ok_or_else(no_key)?;
    let mut text = Zeroizing::new(header(key, session.style).ok_or_else(no_key)?);
    text.push('.');
    BASE64URL_NOPAD.encode_append(&claims, &mut text);
    let signature = key.sign(text.as_bytes())?;
    text.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut text);
    if text.len() > SIGNED_LEN_MAX {
        return Err(WriteError::TooLong { len: text.len() });
    }
    Ok(Some(text))
}

/// Whether a text has the form of a token of ours whose key is not in the ring: another node may have made that key a
/// moment ago. Nothing else follows from it.
#[must_use]
pub fn names_unknown_key(ring: &Ring, text: &str) -> bool {
    let Some((header, _)) = text.split_once('.') else {
        return false;
    };
    if text.len() > SIGNED_LEN_MAX || header.len() > HEADER_LEN_MAX || ring.behind(header).is_some() {
        return false;
    }
    let json = BASE64URL_NOPAD.decode(header.as_bytes()).ok();
    let kid = json.as_deref().and_then(kid_of);
    kid.is_some_and(|kid| !ring.records().iter().any(|key| key.id == kid))
}

/// The longest header, encoded: the longest name of a key and the longest words around it.
const HEADER_LEN_MAX: usize = 192;

/// The name of the key in a header of the one form that we write.
fn kid_of(json: &[u8]) -> Option<SigningKeyId> {
    let text = std::str::from_utf8(json).ok()?;
    let (alg, rest) = text.strip_prefix(r#"{"alg":""#)?.split_once(r#"","kid":""#)?;
    let (kid, rest) = rest.split_once(r#"","typ":""#)?;
    let is_ours = SigningAlg::parse(alg).is_some() && [r#"at+jwt"}"#, r#"JWT"}"#].contains(&rest);
    SigningKeyId::new(kid).filter(|_| is_ours)
}

/// Reads a token: what it says of itself, if one of our keys has signed it in exactly this form. Whether its end has
/// come is not asked. `None`: it is not ours, whatever else it may be.
#[must_use]
pub fn read(ring: &Ring, issuer: &str, text: &str) -> Option<SignedToken> {
    if text.len() > SIGNED_LEN_MAX {
        return None;
    }
    let (message, signature) = text.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let (key, style) = ring.behind(header)?;
    // Its length first: nothing is decoded that cannot be a signature.
    if signature.len() != BASE64URL_NOPAD.encode_len(key.signature_len()) {
        return None;
    }
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
    if !key.verifies(message.as_bytes(), &signature) {
        return None;
    }
    let verified = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    claims::read(&verified, style, issuer)
}
