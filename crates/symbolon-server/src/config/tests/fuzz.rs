//! Whatever the file holds, the answer is a configuration or faults: no panic, no endless loop, no flood of words.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_oneof, proptest};

use super::super::fuzz;
use super::super::settings::SETTINGS;
use super::super::tree::Locale;

/// Pieces of which settings and slips are made, so that the deeper rooms are reached as well.
fn piece() -> impl Strategy<Value = String> {
    let names = SETTINGS
        .iter()
        .flat_map(|setting| setting.path.split('.').chain([setting.default]));
    let names: Vec<&str> = names.collect();
    let signs = vec![
        ": ",
        ":\n  ",
        "\n",
        "\n  ",
        "\n    ",
        "{ ",
        " }",
        "[",
        "]",
        ", ",
        "- ",
        "&a ",
        "*a",
        "\"",
        "'",
        "|\n",
        ">-\n",
        "#",
        "!!str ",
        "---\n",
        "...\n",
        "\t",
        "? ",
        "%YAML 1.2\n",
        "\\",
        "\u{feff}",
        "\u{85}",
        "\0",
        "é",
        "_file",
        "://a:b@c",
    ];
    prop_oneof![
        3 => prop::sample::select(names).prop_map(str::to_owned),
        4 => prop::sample::select(signs).prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| c.to_string()),
    ]
}

fn is_answered(bytes: &[u8]) -> bool {
    match fuzz(bytes) {
        Ok(loaded) => {
            loaded.show(Locale::En).len() == SETTINGS.len() && loaded.not_yet().len() <= SETTINGS.len()
        }
        Err(refused) => {
            let said_in = |locale| refused.faults.iter().map(move |fault| fault.say(locale));
            !refused.faults.is_empty()
                && said_in(Locale::En)
                    .chain(said_in(Locale::ZhCn))
                    .all(|words| words.len() < 1_000 && !words.contains(char::is_control))
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(is_answered(&bytes));
    }

    #[test]
    fn arbitrary_text_is_answered(text in ".{0,256}") {
        prop_assert!(is_answered(text.as_bytes()));
    }

    #[test]
    fn pieces_of_settings_in_any_order_are_answered(pieces in prop::collection::vec(piece(), 0..48)) {
        prop_assert!(is_answered(pieces.concat().as_bytes()));
    }

    #[test]
    fn any_text_as_the_value_of_any_setting_is_answered(setting in 0..SETTINGS.len(), text in any::<String>()) {
        let setting = &SETTINGS[setting];
        if let Ok(value) = setting.kind.parse(&text) {
            prop_assert!(setting.kind.is_secret() || setting.kind.parse(&value.to_string()) == Ok(value));
        }
    }
}
