use std::time::Duration;

use proptest::prelude::*;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionId, SessionState};
use symbolon_core::shared::SharedFact;
use symbolon_core::store::FoundSession;
use symbolon_core::subject::{CLAIMS_LEN_MAX, Claims};
use symbolon_core::token::{MasterKey, Purpose, SUM_LEN, SumKey};
use symbolon_testkit::contract::sample::{at, full_session, session};

use super::{FACT_MAX, NoFact, read_fact, seal, unseal};
use crate::octets::Reader;

const NAME: &str = "sy:f:one";

fn key(cluster: u8) -> SumKey {
    MasterKey::from_bytes([7; 32]).sum_key(Purpose::Fact, &[cluster; 16], "")
}

fn fact_of(session: Session) -> SharedFact {
    SharedFact {
        found: FoundSession {
            session,
            cut: Cut::NONE,
        },
        asof: RevocationSeq(41),
    }
}

/// Every field says something.
fn full() -> SharedFact {
    let mut fact = fact_of(full_session());
    fact.found.session.epoch = RevocationSeq(8);
    fact.found.cut = Cut {
        seq: RevocationSeq(7),
        at: at(3),
        reason: RevocationReason::PasswordChanged,
    };
    fact
}

fn without_nonce(mut fact: SharedFact) -> SharedFact {
    fact.found.session.tokens.nonce = None;
    fact
}

fn round(fact: &SharedFact) -> Result<SharedFact, NoFact> {
    let value = seal(&key(1), NAME, fact).unwrap();
    unseal(&key(1), NAME, fact.found.session.id, &value)
}

#[test]
fn a_fact_is_read_as_it_was_written_but_for_the_nonce() {
    let fact = full();
    assert!(fact.found.session.tokens.nonce.is_some());
    let value = seal(&key(1), NAME, &fact).unwrap();
    assert!(!value.windows(32).any(|window| window == [0xf5; 32]));
    assert_eq!(round(&fact), Ok(without_nonce(fact)));
    let bare = fact_of(session("alice", 1));
    assert_eq!(round(&bare), Ok(bare));
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let fact = full();
    let id = fact.found.session.id;
    let value = seal(&key(1), NAME, &fact).unwrap();
    for bit in 0..value.len() * 8 {
        let mut forged = value.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let expected = if bit < 8 { NoFact::Foreign } else { NoFact::Forged };
        assert_eq!(unseal(&key(1), NAME, id, &forged), Err(expected), "bit {bit}");
    }
    for length in 0..value.len() {
        assert!(
            unseal(&key(1), NAME, id, &value[..length]).is_err(),
            "{length} bytes"
        );
    }
    let longer = [&value[..], b"\0"].concat();
    assert_eq!(unseal(&key(1), NAME, id, &longer), Err(NoFact::Forged));
}

#[test]
fn a_fact_holds_under_its_own_name_and_for_its_own_cluster() {
    let fact = full();
    let id = fact.found.session.id;
    let value = seal(&key(1), NAME, &fact).unwrap();
    assert_eq!(unseal(&key(1), "sy:f:two", id, &value), Err(NoFact::Forged));
    assert_eq!(unseal(&key(2), NAME, id, &value), Err(NoFact::Forged));
    let ack = MasterKey::from_bytes([7; 32]).sum_key(Purpose::Ack, &[1; 16], "");
    assert_eq!(unseal(&ack, NAME, id, &value), Err(NoFact::Forged));
}

#[test]
fn a_session_that_has_ended_has_no_form() {
    let mut by_itself = full();
    by_itself.found.session.state = SessionState::Revoked {
        at: at(1),
        reason: RevocationReason::Logout,
        seq: RevocationSeq(3),
    };
    assert_eq!(seal(&key(1), NAME, &by_itself), None);
    let mut by_a_cut = full();
    by_a_cut.found.cut.seq = RevocationSeq(9);
    assert_eq!(seal(&key(1), NAME, &by_a_cut), None);
}

#[test]
fn the_longest_claims_fit_and_an_endless_scope_does_not() {
    let mut fact = full();
    fact.found.session.claims = Claims::new("x".repeat(CLAIMS_LEN_MAX)).unwrap();
    assert_eq!(round(&fact), Ok(without_nonce(fact.clone())));
    for length in [FACT_MAX, 70_000] {
        fact.found.session.scope = Some("s".repeat(length));
        assert_eq!(seal(&key(1), NAME, &fact), None);
    }
}

prop_compose! {
    fn any_fact()(
        numbers in prop::array::uniform16(any::<i64>()),
        texts in prop::array::uniform8(prop::option::of("\\PC{0,300}")),
        bytes in prop::array::uniform32(any::<u8>()),
        bits in any::<u16>(),
        lives in prop::array::uniform4(any::<u64>()),
    ) -> SharedFact {
        let mut session = full_session();
        let [created, authenticated, seen, expires, idle, rotated, used, access, old, refresh, ..] =
            numbers.map(Timestamp);
        let unsigned = |index: usize| RevocationSeq(numbers[index].unsigned_abs());
        let has = |bit: u16| bits & (1 << bit) != 0;
        session.id = SessionId::from_bytes(*bytes.first_chunk().unwrap());
        session.epoch = RevocationSeq(u64::MAX);
        (session.created_at, session.authenticated_at, session.last_seen_at) = (created, authenticated, seen);
        (session.expires_at, session.idle_expires_at) = (expires, idle);
        let [a, b, c, d] = lives.map(Duration::from_millis);
        session.lives.access_ttl = a;
        session.lives.refresh_ttl = has(0).then_some(b);
        (session.lives.idle_timeout, session.lives.absolute_timeout) = (c, d);
        let [id, kind, name, os, browser, agent, audience, scope] = texts;
        session.device = symbolon_core::device::Device { id, kind, name, os, browser };
        session.seen_from.user_agent = agent;
        session.seen_from.ip = has(1).then(|| if has(2) {
            std::net::IpAddr::from(*bytes.first_chunk::<4>().unwrap())
        } else {
            std::net::IpAddr::from(*bytes.first_chunk::<16>().unwrap())
        });
        (session.audience, session.scope) = (audience, scope);
        let tokens = &mut session.tokens;
        let digest = symbolon_core::token::TokenDigest::from_bytes(bytes);
        let credential = |expires_at| symbolon_core::session::Credential { digest, expires_at };
        tokens.access = credential(access);
        tokens.previous_access = has(3).then(|| credential(old));
        tokens.refresh = has(4).then(|| credential(refresh));
        tokens.previous_refresh = has(5).then_some(digest);
        tokens.rotated_at = rotated;
        tokens.successor_used_at = has(6).then_some(used);
        tokens.nonce = None;
        let reason = RevocationReason::ALL[usize::from(bits >> 8) % RevocationReason::ALL.len()];
        let cut = Cut { seq: unsigned(10), at: Timestamp(numbers[11]), reason };
        SharedFact { found: FoundSession { session, cut }, asof: unsigned(12) }
    }
}

proptest! {
    #[test]
    fn any_fact_is_read_as_it_was_written(fact in any_fact()) {
        prop_assert_eq!(round(&fact), Ok(fact));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..1_200)) {
        let id = SessionId::from_bytes([0; 16]);
        prop_assert!(unseal(&key(1), NAME, id, &bytes).is_err());
        // What a reader would meet if the sum were no guard.
        drop(read_fact(&mut Reader::new(&bytes), id));
    }

    #[test]
    fn no_change_of_a_record_makes_the_reader_panic(at in 0_usize..600, byte in any::<u8>(), cut in 0_usize..600) {
        let value = seal(&key(1), NAME, &full()).unwrap();
        let mut record = value[1..value.len() - SUM_LEN].to_vec();
        let index = at % record.len();
        record[index] = byte;
        record.truncate(record.len() - cut % record.len());
        drop(read_fact(&mut Reader::new(&record), SessionId::from_bytes([0; 16])));
    }
}
