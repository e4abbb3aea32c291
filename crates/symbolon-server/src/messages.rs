//! What is said to operators, in each language: one table.
//!
//! A message is a text with names in braces for what differs. Names of events and fields in the log stay English. A
//! language that lacks a text does not compile; a test holds the names in braces the same. What the layers below say of
//! their own faults, and write into the log, is English alone; `below` and `lines` have it in the other languages.

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
pub(crate) mod below;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod heads;
pub(crate) mod lines;
pub(crate) mod redis;
pub(crate) mod sessions;
pub(crate) mod start;
pub(crate) mod terminal;

use std::fmt::Display;

use crate::config::tree::Locale;

/// The name that always stands for what a layer below says.
const ERROR: &str = "error";

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
                Some((_, error)) if name == ERROR => filled.push_str(&below::say(error, locale)),
                Some((_, value)) => filled.push_str(&value.to_string()),
                None => filled.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// The message of this text and these values, which can be said in each language later.
    pub(crate) fn with(self, values: &[(&'static str, &dyn Sayable)]) -> Message {
        let values = values.iter().map(|(name, value)| (*name, value.to_value()));
        Message(Box::new(Unsaid {
            text: self,
            values: values.collect(),
        }))
    }
}

/// A text with its values, before it is known in which language it will be said. Aside, since it stands in results
/// whose other side is small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message(Box<Unsaid>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unsaid {
    text: Text,
    values: Vec<(&'static str, Value)>,
}

/// What stands for a name in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The same in each language: a number, a path, what a person or another program wrote.
    Plain(String),
    /// A message of its own.
    Said(Message),
}

/// What can stand for a name in braces.
pub(crate) trait Sayable {
    /// Its value.
    fn to_value(&self) -> Value;
}

impl<T: Display> Sayable for T {
    fn to_value(&self) -> Value {
        Value::Plain(self.to_string())
    }
}

impl Sayable for Message {
    fn to_value(&self) -> Value {
        Value::Said(self.clone())
    }
}

impl Sayable for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        text.with(&[])
    }
}

impl Message {
    /// The message in a language.
    pub(crate) fn say(&self, locale: Locale) -> String {
        let Unsaid { text, values } = self.0.as_ref();
        let said: Vec<(&str, String)> = values
            .iter()
            .map(|(name, value)| (*name, value.say(locale)))
            .collect();
        let values: Vec<(&str, &dyn Display)> = said
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        text.fill(locale, &values)
    }
}

impl Value {
    /// The value in a language.
    pub(crate) fn say(&self, locale: Locale) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Said(message) => message.say(locale),
        }
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

    const TABLES: [&[(&str, Text)]; 7] = [
        below::ALL,
        config::ALL,
        doctor::ALL,
        redis::ALL,
        sessions::ALL,
        start::ALL,
        terminal::ALL,
    ];

    fn all() -> impl Iterator<Item = (&'static str, Text)> {
        TABLES.into_iter().flatten().copied()
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
        for table in TABLES {
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

    #[test]
    fn a_message_within_a_message_is_said_in_the_same_language() {
        let inner = Text {
            en: "a number below {most}",
            zh_cn: "小于 {most} 的数字",
        };
        let outer = Text {
            en: "{what} is refused; expected {expected}",
            zh_cn: "不接受 {what}；应为{expected}",
        };
        let message = outer.with(&[("what", &"x"), ("expected", &inner.with(&[("most", &7)]))]);
        assert_eq!(message.say(Locale::En), "x is refused; expected a number below 7");
        assert_eq!(message.say(Locale::ZhCn), "不接受 x；应为小于 7 的数字");
    }
}
