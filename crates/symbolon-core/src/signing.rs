//! Keys that sign access tokens, as a store keeps them, and which of them signs when.

use std::time::Duration;

use crate::clock::Timestamp;

/// The longest life of a signed access token. What it says cannot be taken back from who verifies it alone, and a key
/// has to be kept as long as something that it signed can live.
pub const SIGNED_TTL_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The most signing keys that a deployment may have: they are all published in one document. With a new one each day
/// there are 91, since each is kept for [`SIGNED_TTL_MAX`] after it was replaced.
pub const SIGNING_KEYS_MAX: usize = 256;

/// How a token is signed, by the names of RFC 7518, section 3.1, and RFC 8037, section 3.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub enum SigningAlg {
    /// Ed25519: small, fast, and the same claims are the same text.
    #[default]
    EdDsa,
    /// ECDSA with P-256 and SHA-256. The same claims are another text each time.
    Es256,
    /// RSA with PKCS #1 v1.5 and SHA-256, 2048 bits: for clients that know nothing else.
    Rs256,
    /// HMAC with SHA-256: whoever can verify can also sign.
    Hs256,
}

impl SigningAlg {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Hs256];

    /// The word that stands in tokens, stores and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// The one of that word; the case counts.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == word)
    }

    /// Whether it has a public half, which others may verify with.
    #[must_use]
    pub fn has_public_half(self) -> bool {
        self != Self::Hs256
    }
}

/// The name of a signing key (RFC 7515 `kid`): public.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SigningKeyId(String);

impl SigningKeyId {
    /// A name of 1 to 64 letters, digits, `-` and `_`, which need no escape in a token's header.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        const LEN_MAX: usize = 64;
        let text = text.into();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=LEN_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then_some(Self(text))
    }

    /// The name of these bytes: their base64url.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 12]) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&bytes))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A signing key, as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKeyRecord {
    /// Its name.
    pub id: SigningKeyId,
    /// How it signs. A key signs in one way only.
    pub alg: SigningAlg,
    /// The key, sealed with a key that is not in the store.
    pub sealed: Vec<u8>,
    /// When it was made. Of two keys the later one counts.
    pub created_at: Timestamp,
    /// It signs from then on; before it is published, so that others have it in time.
    pub active_from: Timestamp,
    /// What it signed is refused since.
    pub revoked_at: Option<Timestamp>,
}

/// The newest key of a way to sign: the one that the next one follows.
#[must_use]
pub fn newest(keys: &[SigningKeyRecord], alg: SigningAlg) -> Option<&SigningKeyRecord> {
    let of_alg = keys.iter().filter(|key| key.alg == alg);
    of_alg.max_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)))
}

/// The key that signs what is made at `at`: the newest that is active by then. It depends on nothing else, so the same
/// claims have the same signature, whatever key came since.
///
/// What was made before any of them was active is signed by the oldest: a session may be older than its key.
#[must_use]
pub fn signer(keys: &[SigningKeyRecord], alg: SigningAlg, at: Timestamp) -> Option<&SigningKeyRecord> {
    let usable = || {
        keys.iter()
            .filter(move |key| key.alg == alg && key.revoked_at.is_none())
    };
    let newness = |key: &&SigningKeyRecord| (key.created_at, key.id.clone());
    usable()
        .filter(|key| key.active_from <= at)
        .max_by_key(newness)
        .or_else(|| usable().min_by_key(newness))
}

/// When a key was, or will be, replaced: the first instant at which a newer one signs.
#[must_use]
pub fn replaced_at(keys: &[SigningKeyRecord], key: &SigningKeyRecord) -> Option<Timestamp> {
    let newer = keys
        .iter()
        .filter(|other| other.alg == key.alg && (other.created_at, &other.id) > (key.created_at, &key.id));
    newer.map(|other| other.active_from).min()
}

/// Whether nothing that a key signed can be alive at `now`: it was replaced so long ago.
#[must_use]
pub fn is_spent(keys: &[SigningKeyRecord], key: &SigningKeyRecord, now: Timestamp) -> bool {
    replaced_at(keys, key).is_some_and(|at| now >= at.after(SIGNED_TTL_MAX))
}
