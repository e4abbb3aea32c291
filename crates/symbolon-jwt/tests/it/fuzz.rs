//! Any text is read without a panic, and what is read is a text that we wrote.

use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use symbolon_core::signing::SigningAlg;

use super::given::{good, read, session, signed, write};

/// A good token, changed in one place.
fn changed(place: usize, letter: u8) -> String {
    let mut bytes = write(SigningAlg::Hs256, &session()).into_bytes();
    let place = place % bytes.len();
    bytes[place] = letter;
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_text_is_refused(text in "\\PC{0,300}") {
        prop_assert_eq!(read(&text), None);
    }

    #[test]
    fn any_three_parts_are_refused(text in "ey[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_=-]{0,90}") {
        prop_assert_eq!(read(&text), None);
    }

    #[test]
    fn a_good_token_that_was_changed_in_one_place_is_refused(place: usize, letter in 0x20u8..0x7f) {
        let text = changed(place, letter);
        let same = text == write(SigningAlg::Hs256, &session());
        prop_assert_eq!(read(&text), same.then(good));
    }

    #[test]
    fn any_claims_behind_a_right_signature_are_read_without_a_panic(claims in prop::collection::vec(any::<u8>(), 0..200)) {
        let good = write(SigningAlg::Hs256, &session());
        let (header, _) = good.split_once('.').unwrap();
        let text = signed(SigningAlg::Hs256, &format!("{header}.{}", BASE64URL_NOPAD.encode(&claims)));
        prop_assert_eq!(read(&text), None);
    }

    #[test]
    fn any_numbers_in_the_claims_are_read_without_a_panic(iat: i64, exp: i64, auth: i64) {
        let text = write(SigningAlg::Hs256, &session());
        let [header, claims, _]: [&str; 3] = text.split('.').collect::<Vec<_>>().try_into().unwrap();
        let claims = String::from_utf8(BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
        let claims = claims
            .replace(r#""auth_time":1800000000"#, &format!(r#""auth_time":{auth}"#))
            .replace("1800000000,", &format!("{iat},"))
            .replace("1800001800", &exp.to_string());
        let text = signed(SigningAlg::Hs256, &format!("{header}.{}", BASE64URL_NOPAD.encode(claims.as_bytes())));
        if let Some(token) = read(&text) {
            prop_assert!(0 <= iat && iat <= exp && exp.saturating_sub(iat) <= 90 * 86_400);
            prop_assert_eq!((token.issued_at.seconds(), token.expires_at.seconds()), (iat, exp));
        }
    }
}
