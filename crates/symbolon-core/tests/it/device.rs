use proptest::prelude::*;
use symbolon_core::device::{DEVICE_TEXT_MAX, kept_text};

#[test]
fn a_text_of_256_bytes_is_kept_whole_and_a_longer_one_is_cut() {
    assert_eq!(DEVICE_TEXT_MAX, 256);
    for (length, kept) in [(0, 0), (1, 1), (255, 255), (256, 256), (257, 256), (10_000, 256)] {
        assert_eq!(kept_text(&"x".repeat(length)), "x".repeat(kept));
    }
}

#[test]
fn a_text_is_cut_between_characters() {
    assert_eq!(
        kept_text(&format!("{}é", "x".repeat(254))),
        format!("{}é", "x".repeat(254))
    );
    assert_eq!(kept_text(&format!("{}é", "x".repeat(255))), "x".repeat(255));
    assert_eq!(kept_text(&format!("{}🦀", "x".repeat(253))), "x".repeat(253));
}

#[test]
fn control_characters_are_left_out_and_do_not_count() {
    assert_eq!(kept_text("Moz\r\nilla\t\0/5.0\u{85}"), "Mozilla/5.0");
    assert_eq!(kept_text(&"\n".repeat(300)), "");
    assert_eq!(kept_text(&format!("\n{}", "x".repeat(256))), "x".repeat(256));
}

proptest! {
    #[test]
    fn a_kept_text_is_kept_again_as_it_is(text in "\\PC{0,400}|.{0,400}") {
        let kept = kept_text(&text);
        prop_assert!(kept.len() <= DEVICE_TEXT_MAX);
        prop_assert!(!kept.chars().any(char::is_control));
        prop_assert_eq!(kept_text(&kept), kept);
    }
}
