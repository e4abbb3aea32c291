//! What is said to operators, in each language: one table.
//!
//! A message is a text with names in braces for what differs. Names of events and fields in the log stay English, and
//! so do the details of errors. A language that lacks a text does not compile; a test holds the names in braces the same.

/// Declares messages: a constant for each, and all of them for the test.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident { en: $en:literal, zh_cn: $zh_cn:literal $(,)? })*) => {
        $($(#[$doc])* pub(crate) const $name: $crate::messages::Text =
            $crate::messages::Text { en: $en, zh_cn: $zh_cn };)*

        /// Every message of this table, by its name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, $crate::messages::Text)] = &[$((stringify!($name), $name)),*];
    };
}

// Below the macro, which they use.
pub(crate) mod doctor;
pub(crate) mod start;
pub(crate) mod terminal;

use std::fmt::Display;

use crate::config::tree::Locale;

/// One message in each language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    en: &'static str,
    zh_cn: &'static str,
}

impl Text {
    /// The text in a language.
    pub(crate) fn get(self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.en,
            Locale::ZhCn => self.zh_cn,
        }
    }

    /// The text in a language, with values in place of the names in braces.
    pub(crate) fn fill(self, locale: Locale, values: &[(&str, &dyn Display)]) -> String {
        let mut rest = self.get(locale);
        let mut filled = String::with_capacity(rest.len() + 32);
        // Values are never searched for names: what a person or another process wrote stays as it is.
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => filled.push_str(&value.to_string()),
                None => filled.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The text before the next name in braces, the name, and the text after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> impl Iterator<Item = (&'static str, Text)> {
        [doctor::ALL, start::ALL, terminal::ALL]
            .into_iter()
            .flatten()
            .copied()
    }

    fn names(mut text: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        while let Some((_, name, after)) = next_name(text) {
            names.insert(name);
            text = after;
        }
        names
    }

    #[test]
    fn every_message_has_a_text_in_each_language_with_the_same_names() {
        assert!(all().count() > 40);
        for (key, text) in all() {
            let (en, zh_cn) = (text.get(Locale::En), text.get(Locale::ZhCn));
            assert!(!en.trim().is_empty() && !zh_cn.trim().is_empty(), "{key}");
            assert_eq!(names(en), names(zh_cn), "{key}");
            assert!(en.is_ascii(), "{key} is not English: {en}");
            assert!(!zh_cn.is_ascii(), "{key} is not Chinese: {zh_cn}");
        }
    }

    #[test]
    fn no_two_messages_of_a_table_have_one_name() {
        for table in [doctor::ALL, start::ALL, terminal::ALL] {
            let keys: BTreeSet<_> = table.iter().map(|(key, _)| key).collect();
            assert_eq!(keys.len(), table.len());
        }
    }

    #[test]
    fn a_value_takes_the_place_of_its_name_and_is_not_read_again() {
        let text = Text {
            en: "{who} ends {what}, {who} says",
            zh_cn: "",
        };
        let filled = text.fill(Locale::En, &[("who", &"{what}"), ("what", &7)]);
        assert_eq!(filled, "{what} ends 7, {what} says");
        assert_eq!(text.fill(Locale::En, &[("what", &7)]), "{who} ends 7, {who} says");
    }
}
