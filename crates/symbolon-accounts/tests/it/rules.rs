//! Which new passwords are taken (NIST SP 800-63B-4, section 3.1.1.2).

use proptest::prelude::*;
use symbolon_accounts::name::account_name;
use symbolon_accounts::password::Password;
use symbolon_accounts::password::rules::{OutOfRange, Refused, Rules};
use unicode_normalization::UnicodeNormalization as _;

fn check_for(rules: Rules, name: &str, text: &str) -> Result<(), Refused> {
    rules.check(&Password::new(text).unwrap(), &account_name(name).unwrap())
}

fn check(text: &str) -> Result<(), Refused> {
    check_for(Rules::default(), "alice", text)
}

fn check_short(text: &str) -> Result<(), Refused> {
    check_for(Rules::new(8).unwrap(), "alice", text)
}

#[test]
fn fifteen_characters_are_asked_for() {
    assert_eq!(Rules::default().min_chars(), 15);
    assert_eq!(check("kelp anvil moth"), Ok(()));
    assert_eq!(
        check("kelp anvil mot"),
        Err(Refused::TooShort { has: 14, least: 15 })
    );
    assert_eq!(
        check("short").unwrap_err().to_string(),
        "the password has 5 characters and needs at least 15: add words, spaces are welcome"
    );
}

#[test]
fn characters_are_counted_as_code_points_of_the_composed_form() {
    assert_eq!(check("дюжина пингвинов"), Ok(()));
    assert_eq!(
        check("十五个汉字组成的密码应当是可以"),
        Ok(()),
        "15 characters, 45 bytes"
    );
    assert_eq!(
        check("e\u{301}te\u{301} a\u{300} la mer"),
        Err(Refused::TooShort { has: 12, least: 15 })
    );
}

#[test]
fn a_deployment_may_ask_for_8_to_64_characters() {
    assert_eq!(Rules::new(7), Err(OutOfRange));
    assert_eq!(Rules::new(8).unwrap().min_chars(), 8);
    assert_eq!(Rules::new(64).unwrap().min_chars(), 64);
    assert_eq!(Rules::new(65), Err(OutOfRange));
    assert_eq!(check_short("kelpmoth"), Ok(()));
    assert_eq!(
        check_short("kelpmot"),
        Err(Refused::TooShort { has: 7, least: 8 })
    );
}

#[test]
fn the_passwords_that_everyone_knows_are_refused() {
    let known = [
        "password1234567",
        "passwordpassword",
        "123456789012345",
        "qwertyuiopasdfghjkl",
        "iloveyouforever",
        "correcthorsebatterystaple",
        "thequickbrownfoxjumpsoverthelazydog",
        "administrator123",
        "1q2w3e4r5t6y7u8i",
        "abcdefghijklmnopqrstuvwxyz",
        "letmeinletmeinletmein",
        "woaini1314woaini1314",
        "woaizhongguoren",
    ];
    let refused: Vec<_> = known
        .iter()
        .filter(|text| check(text) == Err(Refused::Common))
        .collect();
    assert_eq!(refused.len(), known.len() - 1, "{refused:?}");
    assert_eq!(
        check("woaizhongguoren"),
        Ok(()),
        "the list has its limits: only whole entries count"
    );
    let shorter = [
        "password",
        "12345678",
        "11111111",
        "qwerty123",
        "iloveyou",
        "sunshine",
        "princess1",
        "woaini1314",
        "summer2025",
        "p@ssw0rd",
        "michael1",
    ];
    for text in shorter {
        assert_eq!(check_short(text), Err(Refused::Common), "{text}");
    }
    assert_eq!(
        Refused::Common.to_string(),
        "the password is among the first that attackers try: take several words that do not belong together"
    );
}

#[test]
fn neither_case_nor_spaces_hide_a_common_password() {
    for text in [
        "Correct Horse Battery Staple",
        "PASSWORDPASSWORD",
        "I Love You Forever",
        "this is my password",
    ] {
        assert_eq!(check(text), Err(Refused::Common), "{text}");
    }
}

#[test]
fn a_short_text_repeated_is_as_weak_as_itself() {
    for text in [
        "aaaaaaaaaaaaaaa",
        "               ",
        "abcabcabcabcabc",
        "12341234123412341234",
        "éèéèéèéèéèéèéèéè",
        "ilovemomilovemomilovemom",
    ] {
        assert_eq!(check(text), Err(Refused::Common), "{text}");
    }
    assert_eq!(
        check("kelpmothkelpmoth"),
        Ok(()),
        "a unit that is neither short nor common"
    );
    assert_eq!(check("aaaaaaaaaaaaaab"), Ok(()), "no rule about composition");
}

#[test]
fn the_account_and_the_product_are_no_passwords() {
    let name = "margarethe von trotta";
    for text in [
        name,
        "Margarethe Von Trotta",
        "margarethe von trottamargarethe von trotta",
    ] {
        assert_eq!(
            check_for(Rules::default(), name, text),
            Err(Refused::AccountName),
            "{text}"
        );
    }
    for text in ["SymbolonSymbolon", "symbolonsymbolonsymbolon"] {
        assert_eq!(check(text), Err(Refused::ProductName), "{text}");
    }
    assert_eq!(check_short("symbolon"), Err(Refused::ProductName));
    assert_eq!(
        check_for(Rules::default(), "alice", "alice in moth anvils"),
        Ok(()),
        "only the whole counts"
    );
}

#[test]
fn the_list_is_as_it_is_read() {
    let list = include_str!("../../src/password/rules/blocked.txt");
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines.len() >= 3_000, "ASVS 6.2.4: {} entries", lines.len());
    assert!(lines.iter().filter(|line| line.chars().count() >= 15).count() >= 500);
    assert!(lines.is_sorted_by(|a, b| a < b), "sorted, each once");
    for line in &lines {
        assert!(line.chars().count() >= 8, "{line}");
        assert_eq!(*line, line.to_lowercase());
        assert!(!line.contains(char::is_whitespace), "{line}");
    }
    for line in lines.iter().step_by(50).chain(lines.last()) {
        assert_eq!(check_short(line), Err(Refused::Common), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_kind_of_characters_will_do(text in prop_oneof!["[a-z]{15,64}", "[0-9]{40,64}", "[A-Z ]{20,64}", "[!-/]{20,64}", "[а-я]{15,64}"]) {
        prop_assert_eq!(check(&text), Ok(()));
    }

    #[test]
    fn no_text_shorter_than_asked_is_taken(text in "\\PC{0,14}") {
        // A few letters of their own have no composed form and count as two.
        prop_assume!(text.nfc().count() < 15);
        prop_assert!(check(&text).is_err());
    }

    #[test]
    fn no_refusal_repeats_the_password(text in "[b-z]{6,14}") {
        let refused = check(&text).unwrap_err().to_string();
        prop_assert!(!refused.contains(&text));
    }
}
