use std::fmt::Display;

use serde_json::{Value as Json, json};

use crate::config::tree::{Locale, Profile};
use crate::messages::{Text, below};
use crate::redis_condition::{Remark, Weight};

/// How it is with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// Nothing to do.
    Ok,
    /// It works, and may not tomorrow.
    Warn,
    /// It must be mended.
    Fail,
    /// It could not be looked at, which is nobody's fault.
    Unknown,
}

impl Health {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "skip",
        }
    }
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// The thing, for programs and for people; stable.
    pub(super) about: &'static str,
    pub(super) health: Health,
    /// What is so.
    pub(super) message: String,
    /// What to do.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn is_failure(&self) -> bool {
        self.health == Health::Fail
    }

    /// What is remarked of a Redis, as it weighs under a profile.
    pub(super) fn of_remark(remark: &Remark, profile: Profile, locale: Locale) -> Self {
        let health = match remark.weight {
            Weight::Good => Health::Ok,
            Weight::Unknown => Health::Unknown,
            Weight::Broken => Health::Fail,
            _ if remark.weight.refuses(profile) => Health::Fail,
            _ if remark.weight.is_said(profile) => Health::Warn,
            _ => Health::Ok,
        };
        let advice = remark.advise(locale).filter(|_| health != Health::Ok);
        Self {
            about: remark.about,
            health,
            message: remark.say(locale),
            advice,
        }
    }

    pub(super) fn json(&self) -> Json {
        json!({
            "check": self.about,
            "health": self.health.as_str(),
            "message": self.message,
            "advice": self.advice,
        })
    }
}

/// One thing that is looked at, in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    about: &'static str,
    locale: Locale,
}

/// Names and what stands for them in a message.
pub(super) type Values<'a> = &'a [(&'a str, &'a dyn Display)];

impl About {
    pub(super) fn new(about: &'static str, locale: Locale) -> Self {
        Self { about, locale }
    }

    pub(super) fn ok(self, text: Text, values: Values<'_>) -> Finding {
        self.finding(Health::Ok, text.fill(self.locale, values), None)
    }

    pub(super) fn unknown(self, text: Text, values: Values<'_>) -> Finding {
        self.finding(Health::Unknown, text.fill(self.locale, values), None)
    }

    /// A warning: what is so, and what to do; both are filled with the same values.
    pub(super) fn warn(self, text: Text, advice: Text, values: Values<'_>) -> Finding {
        let advice = advice.fill(self.locale, values);
        self.finding(Health::Warn, text.fill(self.locale, values), Some(advice))
    }

    /// A failure: what is so, and what to do; both are filled with the same values.
    pub(super) fn fail(self, text: Text, advice: Text, values: Values<'_>) -> Finding {
        let advice = advice.fill(self.locale, values);
        self.finding(Health::Fail, text.fill(self.locale, values), Some(advice))
    }

    /// A failure in the words of whoever found it, who also says what to do.
    pub(super) fn failed_with(self, message: impl Display) -> Finding {
        self.finding(Health::Fail, below::say(&message, self.locale), None)
    }

    /// A warning in the words of whoever found it, who also says what to do.
    pub(super) fn warned_with(self, message: impl Display) -> Finding {
        self.finding(Health::Warn, below::say(&message, self.locale), None)
    }

    fn finding(self, health: Health, message: String, advice: Option<String>) -> Finding {
        Finding {
            about: self.about,
            health,
            message,
            advice,
        }
    }
}
