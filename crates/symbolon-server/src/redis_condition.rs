//! The condition of a Redis that is the store: whether it keeps what it acknowledges, has room, is closed to others and
//! takes writes.
//!
//! [`remarks`] judges; nothing else does. At the start what is doubtful is logged and what the profile does not take is
//! refused, before anything is made; `doctor` says all of it. A Redis that is away, or cannot be a store at all, is no
//! matter here: that is said by whoever opens the store.

mod judgement;

use std::fmt::Display;

use symbolon::RedisCondition;

use crate::compose::Composition;
use crate::config::tree::{Locale, Profile};
use crate::config::url::StoreUrl;
use crate::exit::Failure;
use crate::messages::{Text, redis as text};

pub(crate) use judgement::remarks;

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Nothing to do.
    Good,
    /// It could not be looked at.
    Unknown,
    /// It works, and may not tomorrow.
    Doubtful,
    /// The profile production refuses it; the others do not even doubt it.
    Production,
    /// The profile production refuses it; the others doubt it.
    Demanded,
    /// It does not work now.
    Broken,
}

impl Weight {
    /// Whether a start under a profile is refused.
    pub(crate) fn refuses(self, profile: Profile) -> bool {
        match self {
            Self::Demanded | Self::Production => profile == Profile::Production,
            Self::Good | Self::Unknown | Self::Doubtful | Self::Broken => false,
        }
    }

    /// Whether a start under a profile that goes on says it.
    pub(crate) fn is_said(self, profile: Profile) -> bool {
        match self {
            Self::Good | Self::Unknown => false,
            Self::Production => profile == Profile::Production,
            Self::Doubtful | Self::Demanded | Self::Broken => true,
        }
    }
}

/// One thing that is so, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    /// What it is about, for programs and for people; stable.
    pub(crate) about: &'static str,
    pub(crate) weight: Weight,
    pub(crate) text: Text,
    pub(crate) advice: Option<Text>,
    /// For both texts.
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Remark {
    /// The remark in a language.
    pub(crate) fn say(&self, locale: Locale) -> String {
        self.fill(self.text, locale)
    }

    /// What to do.
    pub(crate) fn advise(&self, locale: Locale) -> Option<String> {
        self.advice.map(|advice| self.fill(advice, locale))
    }

    fn fill(&self, text: Text, locale: Locale) -> String {
        let values = self
            .values
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display));
        text.fill(locale, &values.collect::<Vec<_>>())
    }

    fn with_advice(&self, text: Text, locale: Locale) -> String {
        let (remark, advice) = (self.say(locale), self.advise(locale).unwrap_or_default());
        text.fill(locale, &[("remark", &remark), ("advice", &advice)])
    }
}

/// Looks at the Redis of the store, if that is where it is; `None`: it is elsewhere, or could not be asked.
pub(crate) async fn look(composition: &Composition<'_>) -> Option<RedisCondition> {
    let StoreUrl::Redis(url) = &composition.config().store_url else {
        return None;
    };
    let prefix = composition.config().cache.prefix.as_str();
    let looked = symbolon::examine_condition(&url.with_password(), prefix).await;
    looked.ok()?.ok()
}

/// Looks at it before the store is opened: logs what is doubtful.
///
/// # Errors
/// What the profile does not take, all of it at once.
pub(crate) async fn at_start(composition: &Composition<'_>, locale: Locale) -> Result<(), Failure> {
    let Some(condition) = look(composition).await else {
        return Ok(());
    };
    let config = composition.config();
    let (profile, language) = (config.profile, config.log.locale);
    let remarks = remarks(&condition, &config.cache.prefix);
    let (refused, others): (Vec<_>, Vec<_>) =
        remarks.iter().partition(|remark| remark.weight.refuses(profile));
    for doubt in others.iter().filter(|remark| remark.weight.is_said(profile)) {
        tracing::warn!(
            about = doubt.about,
            "{}",
            doubt.with_advice(text::AT_START, language)
        );
    }
    if refused.is_empty() {
        return Ok(());
    }
    let message = text::REFUSED.fill(locale, &[("place", &condition.place)]);
    let details = refused
        .iter()
        .map(|remark| remark.with_advice(text::REMARK, locale));
    Err(Failure::config(message).with_details(details))
}

#[cfg(test)]
mod tests;
