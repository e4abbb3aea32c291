//! A signal as a notification: `grown SEQ`, or `applied INCARNATION SEQ ID SUM`.
//!
//! Whoever may connect to the database may notify and listen, whatever else it may do. That the log has grown makes
//! others read it and nothing else, so anyone may say that; what a member has applied is believed by its sum only.

use symbolon_core::member::Incarnation;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::signal::{Acknowledgement, Signal};
use symbolon_core::token::{SUM_LEN, SumKey};

use crate::hex::{hex, unhex};

const _: () = assert!(SUM_LEN == 16);

/// Writes that the log has grown.
pub(super) fn grown(seq: RevocationSeq) -> String {
    format!("grown {}", seq.0)
}

/// Writes how far a member is.
pub(super) fn applied(key: &SumKey, said: &Acknowledgement) -> String {
    let Acknowledgement { incarnation, seq, id } = said;
    let sum = sum(key, said);
    format!("applied {incarnation} {} {} {}", seq.0, hex(id), hex(&sum))
}

/// Reads what was notified; `None`: nobody who has the key has sent it, or another version has.
pub(super) fn read(key: &SumKey, payload: &str) -> Option<Signal> {
    let words: Vec<&str> = payload.split(' ').collect();
    match words[..] {
        ["grown", seq] => Some(Signal::Grown(RevocationSeq(seq.parse().ok()?))),
        ["applied", incarnation, seq, id, sum] => {
            let said = Acknowledgement {
                incarnation: Incarnation::parse(incarnation)?,
                seq: RevocationSeq(seq.parse().ok()?),
                id: unhex(id)?,
            };
            let known = key.matches(&parts(&said, &said.seq.0.to_be_bytes()), &unhex(sum)?);
            known.then_some(Signal::Applied(said))
        }
        _ => None,
    }
}

fn sum(key: &SumKey, said: &Acknowledgement) -> [u8; SUM_LEN] {
    key.sum(&parts(said, &said.seq.0.to_be_bytes()))
}

/// Redis has sums of the same key: the first part keeps the two apart.
fn parts<'p>(said: &'p Acknowledgement, seq: &'p [u8; 8]) -> [&'p [u8]; 4] {
    [b"postgres applied", said.incarnation.as_bytes(), seq, &said.id]
}

#[cfg(test)]
mod tests {
    use symbolon_core::member::Incarnation;
    use symbolon_core::revocation::RevocationSeq;
    use symbolon_core::signal::{Acknowledgement, Signal};
    use symbolon_core::token::{MasterKey, Purpose, SumKey};

    use super::{applied, grown, read};

    fn key(master: u8) -> SumKey {
        MasterKey::from_bytes([master; 32]).sum_key(Purpose::Ack, &[2; 16], "")
    }

    const SAID: Acknowledgement = Acknowledgement {
        incarnation: Incarnation::from_bytes([0xab; 16]),
        seq: RevocationSeq(1_767_225_600_000_001),
        id: [0xcd; 16],
    };

    #[test]
    fn what_is_written_is_read() {
        let key = key(1);
        let far = RevocationSeq(u64::MAX);
        assert_eq!(read(&key, &grown(far)), Some(Signal::Grown(far)));
        assert_eq!(read(&key, &applied(&key, &SAID)), Some(Signal::Applied(SAID)));
    }

    #[test]
    fn an_acknowledgement_that_was_changed_or_is_another_deployments_is_not_heard() {
        let text = applied(&key(1), &SAID);
        assert_eq!(read(&key(2), &text), None);
        for (theirs, other) in [("ab", "ac"), ("cd", "ce"), ("001 ", "002 ")] {
            let changed = text.replacen(theirs, other, 1);
            assert_ne!(changed, text);
            assert_eq!(read(&key(1), &changed), None, "{changed}");
        }
    }

    #[test]
    fn what_is_neither_is_not_heard() {
        let text = applied(&key(1), &SAID);
        let (short, _) = text.rsplit_once(' ').unwrap();
        let longer = format!("{text} x");
        for payload in [
            "",
            "grown",
            "grown -1",
            "grown 1 2",
            "applied",
            "x 1",
            short,
            &longer,
        ] {
            assert_eq!(read(&key(1), payload), None, "{payload:?}");
        }
    }
}
