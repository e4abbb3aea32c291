//! The keys that are never in the store.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::raw::{Generation, TokenKind};
use crate::session::SessionId;

/// Which generation of keys made a token: its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct KeyId(pub u8);

impl KeyId {
    /// The first key of a deployment.
    pub const FIRST: Self = Self(1);
}

/// A text is not a master key.
#[derive(Debug, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits (32 bytes), with a line end at the most")]
pub struct MasterKeyError;

/// The one secret outside the store. Everything keyed is derived from it (HKDF-SHA-256, RFC 5869).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// The image of a master key that a store keeps, to refuse a node that brings another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyCheck(pub [u8; 32]);

/// What a derived key is for. Each purpose has a key of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The tag of a token.
    Tag,
    /// The sum of a cached fact.
    Fact,
    /// The sum of an acknowledgement.
    Ack,
    /// The sum of a page's cursor.
    Cursor,
    /// Our half of the ratchet.
    Ratchet,
    /// The seal of the signing keys in the store.
    Seal,
    /// The names of the counters of log-in attempts.
    Throttle,
    /// The proof of a device that its account has logged in on before.
    KnownDevice,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Tag => b"symbolon/v1/tag",
            Self::Fact => b"symbolon/v1/fact",
            Self::Ack => b"symbolon/v1/ack",
            Self::Cursor => b"symbolon/v1/cursor",
            Self::Ratchet => b"symbolon/v1/ratchet",
            Self::Seal => b"symbolon/v1/seal",
            Self::Throttle => b"symbolon/v1/throttle",
            Self::KnownDevice => b"symbolon/v1/known-device",
        }
    }
}

impl MasterKey {
    /// A key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the text of a key file: 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the text is anything else. The error does not repeat it.
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return Err(MasterKeyError);
        }
        let lower = zeroize::Zeroizing::new(text.to_ascii_lowercase());
        data_encoding::HEXLOWER
            .decode_mut(lower.as_bytes(), &mut bytes)
            .map_err(|_| MasterKeyError)?;
        Ok(Self(bytes))
    }

    /// The text for a key file.
    #[must_use]
    pub fn to_hex(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(data_encoding::HEXLOWER.encode(&self.0))
    }

    /// What a store keeps of it: HMAC-SHA-256(key, "check").
    #[must_use]
    pub fn check(&self) -> KeyCheck {
        KeyCheck(sum(&keyed(&self.0), &[b"check"]))
    }

    /// The key for one purpose.
    #[must_use]
    pub fn derive(&self, purpose: Purpose) -> zeroize::Zeroizing<[u8; 32]> {
        expand(&[], &[&self.0], &[purpose.info()])
    }
}

/// The keys that make and prove tokens.
pub struct TokenKeys {
    id: KeyId,
    tag: Hmac<Sha256>,
    cursor: Hmac<Sha256>,
    pub(super) ratchet: zeroize::Zeroizing<[u8; 32]>,
}

impl TokenKeys {
    /// The token keys of `master`, under the id that its tokens carry.
    #[must_use]
    pub fn derive(master: &MasterKey, id: KeyId) -> Self {
        Self {
            id,
            tag: keyed(&master.derive(Purpose::Tag)),
            cursor: keyed(&master.derive(Purpose::Cursor)),
            ratchet: master.derive(Purpose::Ratchet),
        }
    }

    /// The id that tokens of these keys carry.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The sum of a page's cursor: a position that only we give out. `list` says which list it is a
    /// position in, so that none is taken for one of another list.
    #[must_use]
    pub fn cursor_sum(&self, list: &str, position: &[u8]) -> [u8; 16] {
        // The length keeps the two apart.
        let length = u64::try_from(list.len()).unwrap_or(u64::MAX).to_be_bytes();
        let whole = sum(&self.cursor, &[&length, list.as_bytes(), position]);
        let mut short = [0; 16];
        short.copy_from_slice(&whole[..16]);
        short
    }

    /// Whether `presented` is the sum of that position. Constant time.
    #[must_use]
    pub fn cursor_matches(&self, list: &str, position: &[u8], presented: &[u8]) -> bool {
        self.cursor_sum(list, position).ct_eq(presented).into()
    }

    pub(super) fn tag(
        &self,
        kind: TokenKind,
        session_id: SessionId,
        generation: Generation,
        verifier: &[u8; 32],
    ) -> [u8; 8] {
        let kind = match kind {
            TokenKind::Access => b'a',
            TokenKind::Refresh => b'r',
            TokenKind::ApiKey => b'k',
        };
        let parts: [&[u8]; 4] = [
            &[kind, self.id.0],
            session_id.as_bytes(),
            &generation.0.to_be_bytes(),
            verifier,
        ];
        let whole = sum(&self.tag, &parts);
        let mut tag = [0; 8];
        tag.copy_from_slice(&whole[..8]);
        tag
    }

    pub(super) fn tag_matches(
        &self,
        kind: TokenKind,
        session_id: SessionId,
        generation: Generation,
        verifier: &[u8; 32],
        presented: [u8; 8],
    ) -> bool {
        self.tag(kind, session_id, generation, verifier)
            .ct_eq(&presented)
            .into()
    }
}

/// HMAC-SHA-256 ready to take a message. A key shorter than a block is filled up with zeros
/// (RFC 2104, section 2), so it is given here as the whole block, which cannot fail.
pub(super) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = zeroize::Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

fn sum(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA-256 to 32 bytes: one block, which is always allowed (the limit is 255 blocks).
pub(super) fn expand(salt: &[u8], ikm: &[&[u8]], info: &[&[u8]]) -> zeroize::Zeroizing<[u8; 32]> {
    let material = zeroize::Zeroizing::new(ikm.concat());
    let hkdf = Hkdf::<Sha256>::new(Some(salt), &material);
    let mut out = zeroize::Zeroizing::new([0; 32]);
    let made = hkdf.expand_multi_info(info, &mut *out);
    debug_assert!(made.is_ok(), "one block is within HKDF's limit");
    out
}
