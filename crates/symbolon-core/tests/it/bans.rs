use symbolon_core::ban::{BAN_NOTE_MAX, Ban, BanNote, Lifted};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::subject::{NameError, SubjectId};

use super::given::ms;

fn ban(until: Option<i64>, lifted: Option<i64>) -> Ban {
    Ban {
        seq: RevocationSeq(7),
        subject: SubjectId::new("alice").unwrap(),
        banned_at: ms(10),
        until: until.map(ms),
        note: BanNote::new("why").unwrap(),
        banned_by: "operator".to_owned(),
        lifted: lifted.map(|at| Lifted {
            at: ms(at),
            by: "operator".to_owned(),
        }),
    }
}

#[test]
fn a_ban_is_in_force_until_its_end_or_until_it_is_lifted() {
    for (ban, end) in [
        (ban(Some(20), None), 20),
        (ban(Some(20), Some(15)), 15),
        (ban(None, Some(15)), 15),
        (ban(None, None), i64::MAX),
    ] {
        assert_eq!(ban.ends_at(), ms(end));
        assert!(ban.is_in_force(ms(end - 1)));
        assert!(!ban.is_in_force(ms(end)));
    }
}

#[test]
fn a_note_has_from_one_byte_to_a_thousand_in_one_line() {
    assert_eq!(
        BanNote::new("é".repeat(500)).unwrap().as_str().len(),
        BAN_NOTE_MAX
    );
    let too_long = NameError::TooLong { max: BAN_NOTE_MAX };
    assert_eq!(BanNote::new("x".repeat(1_001)), Err(too_long));
    assert_eq!(BanNote::new(""), Err(NameError::Empty));
    assert_eq!(BanNote::new("a\nb"), Err(NameError::Control));
}
