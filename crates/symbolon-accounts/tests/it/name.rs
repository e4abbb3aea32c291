//! L21 (Authelia CVE-2025-24806): every spelling of a name is one name.

use proptest::prelude::*;
use symbolon_accounts::name::{NAME_TEXT_MAX, account_name, fold};
use symbolon_core::account::ACCOUNT_NAME_MAX;
use symbolon_core::subject::NameError;

fn named(text: &str) -> String {
    account_name(text).unwrap().as_str().to_owned()
}

#[test]
fn cve_2025_24806_spellings_that_look_alike_are_one_name() {
    let spellings = [
        "admin",
        "Admin",
        "ADMIN",
        " admin",
        "admin \t\n",
        "\u{a0}admin\u{3000}",
        "ａｄｍｉｎ",
        "ⓐⓓⓜⓘⓝ",
        "𝐚𝐝𝐦𝐢𝐧",
        "ad\u{200b}min",
        "ad\u{ad}min",
        "\u{feff}admin",
        "\u{202e}admin",
        "admin\u{fe0f}",
    ];
    for spelling in spellings {
        assert_eq!(named(spelling), "admin", "{spelling:?}");
    }
}

#[test]
fn composed_and_decomposed_letters_are_one_name() {
    assert_eq!(named("josé"), named("jose\u{301}"));
    assert_eq!(named("JOSE\u{301}"), "josé");
    assert_eq!(
        named("한글"),
        named("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}")
    );
}

#[test]
fn letters_with_several_forms_are_one_name() {
    assert_eq!(named("straße"), named("STRASSE"));
    assert_eq!(named("STRAẞE"), named("STRASSE"));
    assert_eq!(named("ΟΔΥΣΣΕΥΣ"), named("οδυσσευς"));
    assert_eq!(named("οδυσσευσ"), named("οδυσσευς"));
    assert_eq!(named("ſymbol"), "symbol");
    assert_eq!(named("\u{212a}elvin"), "kelvin");
}

#[test]
fn every_character_folds_to_what_folds_to_itself() {
    for c in '\0'..'\u{20000}' {
        let once = fold(c.encode_utf8(&mut [0; 4]));
        assert_eq!(fold(&once), once, "{c:?}");
    }
}

#[test]
fn letters_of_other_scripts_stay_other_names() {
    assert_ne!(named("аdmin"), "admin", "the first letter is cyrillic");
    assert_eq!(named("用户"), "用户");
    assert_ne!(named("jose"), named("josé"));
}

#[test]
fn a_name_without_a_visible_character_is_none() {
    for text in ["", " ", "\u{200b}\u{200c}", "\u{3164}", "\n\t"] {
        assert_eq!(account_name(text), Err(NameError::Empty), "{text:?}");
    }
}

#[test]
fn a_control_character_inside_is_refused() {
    assert_eq!(account_name("ad\nmin"), Err(NameError::Control));
    assert_eq!(account_name("ad\u{1b}[31mmin"), Err(NameError::Control));
}

#[test]
fn the_limits_of_length_hold_to_the_byte() {
    assert!(account_name(&"a".repeat(ACCOUNT_NAME_MAX)).is_ok());
    let max = ACCOUNT_NAME_MAX;
    assert_eq!(
        account_name(&"a".repeat(max + 1)),
        Err(NameError::TooLong { max })
    );
    let padded = |len: usize| format!("{}admin", " ".repeat(len - 5));
    assert_eq!(named(&padded(NAME_TEXT_MAX)), "admin");
    let max = NAME_TEXT_MAX;
    assert_eq!(account_name(&padded(max + 1)), Err(NameError::TooLong { max }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn a_folded_name_is_stored_as_it_is(text in "\\PC{1,20}") {
        if let Ok(name) = account_name(&text) {
            prop_assert_eq!(name.as_str(), fold(&text));
        }
    }

    #[test]
    fn case_opens_no_second_name(text in "\\PC{0,40}") {
        prop_assert_eq!(fold(&text.to_lowercase()), fold(&text));
        prop_assert_eq!(fold(&text.to_uppercase()), fold(&text));
    }

    #[test]
    fn spaces_at_the_ends_and_invisible_characters_open_no_second_name(
        text in "[a-zA-Z0-9äöüßéλσς漢字]{1,20}", at in 0_usize..20, invisible in "[\u{200b}\u{ad}\u{2060}\u{feff}\u{fe0f}]",
    ) {
        let at = text.char_indices().map(|(i, _)| i).nth(at).unwrap_or(text.len());
        let mut hidden = format!("  {text}\u{a0}");
        hidden.insert_str(at + 2, &invisible);
        prop_assert_eq!(fold(&hidden), fold(&text));
    }

    #[test]
    fn every_normal_form_is_one_name(text in "\\PC{0,30}") {
        use unicode_normalization::UnicodeNormalization as _;
        for form in [text.nfc().collect::<String>(), text.nfd().collect(), text.nfkc().collect(), text.nfkd().collect()] {
            prop_assert_eq!(fold(&form), fold(&text));
        }
    }
}
