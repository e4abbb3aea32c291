//! What the tests begin with: fixed keys, fixed bytes, and a session of known instants.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::session::{Lives, Opening, Session, SessionId, TokenStyle};
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, RawToken, RotationNonce, TokenKeys};

/// Chance that is none: the bytes count up from the given one.
pub(crate) struct Counting(pub(crate) u8);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        let mut next = self.0;
        for byte in bytes {
            *byte = next;
            next = next.wrapping_add(1);
        }
        Ok(())
    }
}

/// The array that counts up from `first`.
pub(crate) fn counting<const N: usize>(first: u8) -> [u8; N] {
    let mut bytes = [0; N];
    Counting(first).fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn master() -> MasterKey {
    MasterKey::from_bytes(counting(0))
}

pub(crate) fn keys() -> TokenKeys {
    TokenKeys::derive(&master(), KeyId::FIRST)
}

pub(crate) fn id() -> SessionId {
    SessionId::from_bytes(counting(0x10))
}

pub(crate) fn pair(generation: u32) -> Pair {
    Pair::random(&keys(), id(), Generation(generation), &Counting(0x40)).unwrap()
}

pub(crate) fn nonce(first: u8) -> RotationNonce {
    RotationNonce(counting(first))
}

pub(crate) fn parsed(text: &str) -> RawToken {
    RawToken::parse(text)
        .map_err(|refused| refused.to_string())
        .unwrap()
}

pub(crate) const fn ms(instant: i64) -> Timestamp {
    Timestamp(instant)
}

pub(crate) const fn millis(length: u64) -> Duration {
    Duration::from_millis(length)
}

/// Access 1,000 ms, refresh 5,000 ms, idle 6,000 ms (and 600 ms of slack), absolute 20,000 ms.
pub(crate) fn lives() -> Lives {
    Lives {
        access_ttl: millis(1_000),
        refresh_ttl: Some(millis(5_000)),
        idle_timeout: millis(6_000),
        absolute_timeout: millis(20_000),
    }
}

pub(crate) fn opening() -> Opening {
    Opening {
        subject: SubjectId::new("alice").unwrap(),
        client_id: ClientId::default(),
        lives: lives(),
        style: TokenStyle::Opaque,
        device: Device::default(),
        seen_from: SeenFrom::default(),
        audience: None,
        scope: None,
        claims: Claims::default(),
    }
}

/// When [`session`] begins.
pub(crate) const BEGUN: Timestamp = ms(100_000);

/// A session that began at [`BEGUN`] under cut 7 with the pair of generation 0.
pub(crate) fn session() -> Session {
    Session::begin(
        id(),
        opening(),
        symbolon_core::revocation::RevocationSeq(7),
        &pair(0),
        BEGUN,
    )
}
