use proptest::prelude::*;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{KEEP_MAX, LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::signal::{Acknowledgement, Signal};
use symbolon_core::subject::{SUBJECT_LEN_MAX, SubjectId};
use symbolon_core::token::{MasterKey, Purpose, SUM_LEN, SumKey};
use symbolon_testkit::contract::sample::{at, subject};

use super::{NOTICE_MAX, ROWS_MAX, read, seal, unseal};
use crate::cache::shared::{Channels, Names};
use crate::octets::Reader;

fn key(cluster: u8) -> SumKey {
    MasterKey::from_bytes([7; 32]).sum_key(Purpose::Ack, &[cluster; 16], "")
}

fn channels() -> Channels {
    Names::of("sy").channels
}

fn id(byte: u8) -> SessionId {
    SessionId::from_bytes([byte; 16])
}

fn row(seq: u64, kind: LogKind) -> LogRow {
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(seq - 1),
        id: [u8::try_from(seq % 251).unwrap(); 16],
        kind,
        at: at(5),
        reason: RevocationReason::Kicked,
    }
}

fn every_kind() -> Vec<LogRow> {
    let kinds = [
        LogKind::Session(id(1)),
        LogKind::Subject {
            subject: subject("用户"),
            keep: vec![id(2), id(3)],
        },
        LogKind::Everyone,
        LogKind::StaleSession(id(4)),
        LogKind::StaleSubject(subject("bob")),
        LogKind::ApiKey(id(5)),
        LogKind::SigningKeys,
    ];
    (1..).zip(kinds).map(|(seq, kind)| row(seq, kind)).collect()
}

fn acknowledgement() -> Signal {
    Signal::Applied(Acknowledgement {
        incarnation: Incarnation::from_bytes([9; 16]),
        seq: RevocationSeq(u64::MAX),
        id: [8; 16],
    })
}

fn round(signal: &Signal) -> Option<Signal> {
    let channels = channels();
    let (channel, message) = seal(&key(1), &channels, signal)?;
    assert!(message.len() <= NOTICE_MAX);
    unseal(&key(1), &channels, channel, &message)
}

#[test]
fn a_signal_is_heard_as_it_was_sent() {
    for signal in [
        Signal::Rows(every_kind()),
        Signal::Grown(RevocationSeq(77)),
        acknowledgement(),
    ] {
        assert_eq!(round(&signal), Some(signal));
    }
    assert_eq!(round(&Signal::Missed), None);
    assert_eq!(round(&Signal::Rows(Vec::new())), None);
}

#[test]
fn rows_belong_on_one_channel_and_acknowledgements_on_the_other() {
    let channels = channels();
    let (channel, rows) = seal(&key(1), &channels, &Signal::Rows(every_kind())).unwrap();
    assert_eq!(channel, "sy:rev");
    let (channel, said) = seal(&key(1), &channels, &acknowledgement()).unwrap();
    assert_eq!(channel, "sy:ack");
    assert_eq!(unseal(&key(1), &channels, "sy:ack", &rows), None);
    assert_eq!(unseal(&key(1), &channels, "sy:rev", &said), None);
    assert_eq!(unseal(&key(2), &channels, "sy:ack", &said), None);
    assert_eq!(
        unseal(&key(1), &Names::of("other").channels, "other:ack", &said),
        None
    );
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let channels = channels();
    for signal in [Signal::Rows(every_kind()), acknowledgement()] {
        let (channel, message) = seal(&key(1), &channels, &signal).unwrap();
        for bit in 0..message.len() * 8 {
            let mut forged = message.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(&key(1), &channels, channel, &forged), None, "bit {bit}");
        }
        for length in 0..message.len() {
            assert_eq!(unseal(&key(1), &channels, channel, &message[..length]), None);
        }
    }
}

#[test]
fn a_batch_is_sent_whole_and_of_more_only_the_growth() {
    let rows = |count: u64| (1..=count).map(|seq| row(seq, LogKind::Session(id(1)))).collect();
    let whole = Signal::Rows(rows(ROWS_MAX as u64));
    assert_eq!(round(&whole), Some(whole));
    let more = Signal::Rows(rows(ROWS_MAX as u64 + 1));
    assert_eq!(
        round(&more),
        Some(Signal::Grown(RevocationSeq(ROWS_MAX as u64 + 1)))
    );
}

#[test]
fn a_batch_of_the_longest_rows_fits() {
    let kind = LogKind::Subject {
        subject: SubjectId::new("s".repeat(SUBJECT_LEN_MAX)).unwrap(),
        keep: vec![id(1); KEEP_MAX],
    };
    let rows: Vec<LogRow> = (1..=ROWS_MAX as u64).map(|seq| row(seq, kind.clone())).collect();
    assert_eq!(round(&Signal::Rows(rows.clone())), Some(Signal::Rows(rows)));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), channel in "\\PC{0,8}") {
        prop_assert_eq!(unseal(&key(1), &channels(), &channel, &bytes), None);
        // What a reader would meet if the sum were no guard.
        drop(read(&mut Reader::new(&bytes)));
    }

    #[test]
    fn no_change_of_a_message_makes_the_reader_panic(at in 0_usize..600, byte in any::<u8>(), cut in 0_usize..600) {
        let channels = channels();
        let (_, message) = seal(&key(1), &channels, &Signal::Rows(every_kind())).unwrap();
        let mut signed = message[..message.len() - SUM_LEN].to_vec();
        let index = at % signed.len();
        signed[index] = byte;
        signed.truncate(signed.len() - cut % signed.len());
        drop(read(&mut Reader::new(&signed)));
    }
}
