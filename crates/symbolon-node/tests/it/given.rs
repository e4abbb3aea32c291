//! What tests begin with.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::{Epoch, Lives, Opening, Session, SessionId, TokenStyle};
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, TokenKeys};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Bytes that count up from a seed: enough to tell tokens apart.
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

impl Counting {
    pub(crate) fn from(seed: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(seed))
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(8) {
            let next = self
                .0
                .fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(crate) fn keys() -> TokenKeys {
    TokenKeys::derive(&MasterKey::from_bytes([7; 32]), KeyId::FIRST)
}

pub(crate) fn lives() -> Lives {
    Lives {
        access_ttl: Duration::from_secs(1800),
        refresh_ttl: Some(Duration::from_secs(86_400)),
        idle_timeout: Duration::from_secs(3600),
        absolute_timeout: Duration::from_secs(86_400),
    }
}

pub(crate) fn opening(subject: &str) -> Opening {
    Opening {
        subject: SubjectId::new(subject).unwrap(),
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

/// The `n`-th session, of subject `user-<n>`.
pub(crate) fn session(n: u64) -> Session {
    let chance = Counting::from(n.wrapping_mul(0xD134_2543_DE82_EF95));
    let id = SessionId::random(NOW, &chance).unwrap();
    let pair = Pair::random(&keys(), id, Generation(0), &chance).unwrap();
    Session::begin(id, opening(&format!("user-{n}")), Epoch::ZERO, &pair, NOW)
}

pub(crate) fn row(seq: u64, kind: LogKind) -> LogRow {
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(seq - 1),
        id: [seq.to_le_bytes()[0]; 16],
        kind,
        at: NOW,
        reason: RevocationReason::Kicked,
    }
}
