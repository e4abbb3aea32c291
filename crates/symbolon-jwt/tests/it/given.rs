//! What the tests begin with: one key of each kind, and a session of known instants.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Lives, Opening, Session, SessionId, TokenStyle};
use symbolon_core::signing::{SigningAlg, SigningKeyRecord};
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, SignedToken, TokenKeys};
use symbolon_jwt::compact;
use symbolon_jwt::key::SigningKey;
use symbolon_jwt::ring::Ring;
use symbolon_jwt::seal::Sealer;

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const BEGUN: Timestamp = Timestamp(1_800_000_000_123);
pub(crate) const SID: &str = "10111213-1415-1617-1819-1a1b1c1d1e1f";

/// Bytes that never repeat, the same in each run.
pub(crate) struct Counting(AtomicU64);

impl Counting {
    pub(crate) fn from(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(crate) fn master() -> MasterKey {
    MasterKey::from_bytes(std::array::from_fn(|i| u8::try_from(i).unwrap()))
}

pub(crate) fn sealer() -> Sealer {
    Sealer::new(&master()).unwrap()
}

/// A new key as the store keeps it, active from when it was made.
pub(crate) fn record(alg: SigningAlg, made: Timestamp, chance: &Counting) -> SigningKeyRecord {
    let (key, material) = SigningKey::generate(alg, chance).unwrap();
    SigningKeyRecord {
        id: key.id().clone(),
        alg,
        sealed: sealer().seal(&key, &material, chance).unwrap(),
        created_at: made,
        active_from: made,
        revoked_at: None,
    }
}

/// One key of each kind, made before the session. A key for RSA takes a moment, so they are made once.
pub(crate) fn records() -> &'static [SigningKeyRecord] {
    static RECORDS: OnceLock<Vec<SigningKeyRecord>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let chance = Counting::from(1);
        let made = Timestamp(BEGUN.0 - 1_000);
        SigningAlg::ALL.map(|alg| record(alg, made, &chance)).to_vec()
    })
}

pub(crate) fn ring_of(records: Vec<SigningKeyRecord>) -> Ring {
    Ring::open(records, &sealer(), None).unwrap()
}

pub(crate) fn ring() -> &'static Ring {
    static RING: OnceLock<Ring> = OnceLock::new();
    RING.get_or_init(|| ring_of(records().to_vec()))
}

pub(crate) fn opening() -> Opening {
    Opening {
        subject: SubjectId::new("alice").unwrap(),
        client_id: ClientId::default(),
        lives: Lives {
            access_ttl: Duration::from_secs(1_800),
            refresh_ttl: Some(Duration::from_secs(86_400)),
            idle_timeout: Duration::from_secs(3_600),
            absolute_timeout: Duration::from_secs(86_400),
        },
        style: TokenStyle::Jwt,
        device: Device::default(),
        seen_from: SeenFrom::default(),
        audience: None,
        scope: None,
        claims: Claims::default(),
    }
}

pub(crate) fn session_of(opening: Opening) -> Session {
    let keys = TokenKeys::derive(&master(), KeyId::FIRST);
    let id = SessionId::parse(SID).unwrap();
    let pair = Pair::random(&keys, id, Generation(0), &Counting::from(9)).unwrap();
    Session::begin(id, opening, RevocationSeq(7), &pair, BEGUN)
}

pub(crate) fn session() -> Session {
    session_of(opening())
}

pub(crate) fn compat_session() -> Session {
    Session {
        style: TokenStyle::CompatJwt,
        ..session()
    }
}

pub(crate) fn write(alg: SigningAlg, session: &Session) -> String {
    let text = compact::write(ring(), alg, ISSUER, session).unwrap();
    text.unwrap().to_string()
}

pub(crate) fn read(text: &str) -> Option<SignedToken> {
    compact::read(ring(), ISSUER, text)
}

/// What a good token of [`session`] says.
pub(crate) fn good() -> SignedToken {
    SignedToken {
        style: TokenStyle::Jwt,
        session_id: SessionId::parse(SID).unwrap(),
        generation: Generation(0),
        issued_at: Timestamp(1_800_000_000_000),
        expires_at: Timestamp(1_800_001_800_000),
    }
}

/// The three parts of a text, decoded.
pub(crate) fn parts(text: &str) -> [Vec<u8>; 3] {
    let parts: Vec<_> = text
        .split('.')
        .map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap())
        .collect();
    parts.try_into().unwrap()
}

/// A token of this header and these claims, signed by the ring's own key.
pub(crate) fn forged(alg: SigningAlg, header: &str, claims: &str) -> String {
    let [header, claims] = [header, claims].map(|text| BASE64URL_NOPAD.encode(text.as_bytes()));
    signed(alg, &format!("{header}.{claims}"))
}

pub(crate) fn signed(alg: SigningAlg, message: &str) -> String {
    let key = ring().signer(alg, BEGUN).unwrap();
    let signature = key.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}
