use symbolon_core::account::{ACCOUNT_NAME_MAX, AccountName};
use symbolon_core::subject::{
    CLAIMS_LEN_MAX, CLIENT_LEN_MAX, Claims, ClientId, NameError, SUBJECT_LEN_MAX, SubjectId,
};

const CONTROLS: [&str; 6] = ["a\nb", "a\rb", "\0", "\x1b[31m", "a\u{7f}", "a\u{85}b"];

#[test]
fn a_subject_has_one_to_255_bytes() {
    assert_eq!(SUBJECT_LEN_MAX, 255);
    assert_eq!(SubjectId::new(""), Err(NameError::Empty));
    for length in [1, 255] {
        let text = "s".repeat(length);
        assert_eq!(SubjectId::new(text.clone()).unwrap().as_str(), text);
    }
    assert_eq!(
        SubjectId::new("s".repeat(256)),
        Err(NameError::TooLong { max: 255 })
    );
    // Bytes, not characters.
    assert!(SubjectId::new("é".repeat(127)).is_ok());
    assert_eq!(
        SubjectId::new("é".repeat(128)),
        Err(NameError::TooLong { max: 255 })
    );
}

#[test]
fn a_client_has_one_to_128_bytes_and_a_name_by_default() {
    assert_eq!(CLIENT_LEN_MAX, 128);
    assert_eq!(ClientId::new(""), Err(NameError::Empty));
    assert_eq!(ClientId::new("c".repeat(128)).unwrap().as_str().len(), 128);
    assert_eq!(
        ClientId::new("c".repeat(129)),
        Err(NameError::TooLong { max: 128 })
    );
    assert_eq!(ClientId::default().as_str(), "default");
}

#[test]
fn names_hold_no_control_characters() {
    for text in CONTROLS {
        assert_eq!(SubjectId::new(text), Err(NameError::Control), "{text:?}");
        assert_eq!(ClientId::new(text), Err(NameError::Control), "{text:?}");
        assert_eq!(
            AccountName::new(&format!("a{text}a")),
            Err(NameError::Control),
            "{text:?}"
        );
    }
}

#[test]
fn a_subject_is_kept_as_it_was_given() {
    for text in ["Alice", " alice ", "用户1024", "a|b:c/d"] {
        assert_eq!(SubjectId::new(text).unwrap().to_string(), text);
    }
}

#[test]
fn an_account_name_has_one_to_128_bytes_after_folding() {
    assert_eq!(ACCOUNT_NAME_MAX, 128);
    for empty in ["", " ", "\t\n "] {
        assert_eq!(AccountName::new(empty), Err(NameError::Empty), "{empty:?}");
    }
    assert_eq!(AccountName::new(&"a".repeat(128)).unwrap().as_str().len(), 128);
    assert_eq!(
        AccountName::new(&"a".repeat(129)),
        Err(NameError::TooLong { max: 128 })
    );
    assert!(AccountName::new(&format!(" {} ", "a".repeat(128))).is_ok());
    // Folding may make a name longer: this letter has two bytes, its small form three.
    assert!(AccountName::new(&"İ".repeat(42)).is_ok());
    assert_eq!(
        AccountName::new(&"İ".repeat(43)),
        Err(NameError::TooLong { max: 128 })
    );
}

#[test]
fn the_spellings_of_an_account_name_are_one() {
    let alice = AccountName::new("alice").unwrap();
    for spelling in ["Alice", " ALICE", "alice\n", "aLiCe\t "] {
        assert_eq!(AccountName::new(spelling).as_ref(), Ok(&alice), "{spelling:?}");
    }
    assert_eq!(AccountName::new("ÄRGER").unwrap().as_str(), "ärger");
    assert_ne!(AccountName::new("al ice").as_ref(), Ok(&alice));
}

#[test]
fn claims_have_at_most_4096_bytes_and_are_kept_as_they_were_given() {
    assert_eq!(CLAIMS_LEN_MAX, 4096);
    let json = format!("{{ \"a\": \"{}\"}}", "x".repeat(4096 - 10));
    assert_eq!(json.len(), 4096);
    assert_eq!(Claims::new(json.clone()).unwrap().as_json(), json);
    assert_eq!(Claims::new(json + " "), Err(NameError::TooLong { max: 4096 }));
}

#[test]
fn no_claims_are_an_empty_object() {
    assert_eq!(Claims::default().as_json(), "{}");
    assert!(Claims::default().is_none());
    assert!(Claims::new("{}").unwrap().is_none());
    assert!(!Claims::new("{\"role\":\"x\"}").unwrap().is_none());
}

#[test]
fn the_refusals_of_a_name_say_the_rule() {
    assert_eq!(NameError::Empty.to_string(), "it must not be empty");
    assert_eq!(
        NameError::TooLong { max: 255 }.to_string(),
        "it must have at most 255 bytes"
    );
    assert_eq!(
        NameError::Control.to_string(),
        "it must not contain control characters"
    );
}
