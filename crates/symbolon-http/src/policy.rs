//! What a caller asks of a live token besides being live. Decided for each request and never cached: a token that was
//! good for one audience a moment ago is not good for another (CVE-2021-32701).

use std::time::Duration;

use symbolon::Live;
use symbolon::clock::Timestamp;

use crate::bodies::names::{Audience, scope, words};
use crate::bodies::ttl::{self, Ttl};
use crate::problem::Problem;
use crate::query;

/// What must hold. The default asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Policy {
    /// The session must be for one of these. One that names no audience is for none.
    audience: Vec<String>,
    /// The session must allow each of these.
    scope: Option<String>,
    /// The subject must have proved who they are within this time (RFC 9470).
    max_age: Option<Duration>,
}

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The session is for others.
    Audience,
    /// It does not allow what is needed.
    Scope,
    /// The subject proved who they are longer ago than this.
    Age(Duration),
}

impl Unmet {
    /// The word of the answer.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Audience => "wrong_audience",
            Self::Scope => "insufficient_scope",
            Self::Age(_) => "reauth_required",
        }
    }
}

impl Policy {
    /// The policy of a body.
    ///
    /// # Errors
    /// 400: an audience or a scope that cannot be one.
    pub(crate) fn new(
        audience: Option<&Audience>,
        scope_text: Option<String>,
        max_age: Option<Ttl>,
    ) -> Result<Self, Problem> {
        let audience = audience
            .map(|audience| audience.kept().map(|_| audience.names().to_vec()))
            .transpose()?;
        Ok(Self {
            audience: audience.unwrap_or_default(),
            scope: scope_text.map(scope).transpose()?,
            max_age: max_age.map(Ttl::get),
        })
    }

    /// The policy of a gateway's query: `audience`, `scope`, `max_age` (seconds, or a text such as `5m`).
    ///
    /// # Errors
    /// 400: as above, or a parameter that is none of these.
    pub(crate) fn of_query(text: Option<&str>) -> Result<Self, Problem> {
        let [audience, scope, max_age] = query::known(text, ["audience", "scope", "max_age"])?;
        let audience = audience.map(|names| Audience::Several(words(&names).map(str::to_owned).collect()));
        let span = |text: &str| {
            let seconds = text
                .parse()
                .ok()
                .map(Duration::from_secs)
                .filter(|span| *span <= ttl::SPAN_MAX);
            seconds.or_else(|| ttl::parse(text))
        };
        let max_age = match max_age {
            Some(text) => {
                Some(span(&text).ok_or_else(|| Problem::invalid_request("max_age must be seconds"))?)
            }
            None => None,
        };
        let policy = Self::new(audience.as_ref(), scope.map(|scope| scope.into_owned()), None)?;
        Ok(Self { max_age, ..policy })
    }

    /// Whether a live token is what is asked for.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub(crate) fn check(&self, live: &Live, now: Timestamp) -> Result<(), Unmet> {
        let identity = &live.identity;
        self.check_facts(identity.audience(), identity.scope(), live.authenticated_at, now)
    }

    fn check_facts(
        &self,
        audience: Option<&str>,
        scope: Option<&str>,
        authenticated_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Unmet> {
        let has =
            |kept: Option<&str>, word: &str| kept.is_some_and(|kept| words(kept).any(|one| one == word));
        if !self.audience.is_empty() && !self.audience.iter().any(|name| has(audience, name)) {
            return Err(Unmet::Audience);
        }
        if !self
            .scope
            .as_deref()
            .is_none_or(|needed| words(needed).all(|word| has(scope, word)))
        {
            return Err(Unmet::Scope);
        }
        match self.max_age {
            Some(max) if now.since(authenticated_at) > max => Err(Unmet::Age(max)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use symbolon::clock::Timestamp;

    use super::{Policy, Unmet};

    fn check(query: &str, audience: Option<&str>, scope: Option<&str>, age_ms: i64) -> Result<(), Unmet> {
        let policy = Policy::of_query(Some(query)).unwrap();
        policy.check_facts(audience, scope, Timestamp(1_000), Timestamp(1_000 + age_ms))
    }

    #[test]
    fn nothing_asked_is_always_met() {
        assert_eq!(check("", None, None, i64::MAX / 2), Ok(()));
        assert_eq!(Policy::of_query(None).unwrap(), Policy::default());
    }

    #[test]
    fn one_of_the_audiences_must_be_the_session_s() {
        assert_eq!(check("audience=b", Some("a b"), None, 0), Ok(()));
        assert_eq!(check("audience=x+b", Some("a b"), None, 0), Ok(()));
        assert_eq!(check("audience=c", Some("a b"), None, 0), Err(Unmet::Audience));
        assert_eq!(check("audience=a", Some("ab"), None, 0), Err(Unmet::Audience));
        assert_eq!(check("audience=a", None, None, 0), Err(Unmet::Audience));
    }

    #[test]
    fn every_word_of_the_scope_must_be_allowed() {
        assert_eq!(check("scope=write+read", None, Some("read write"), 0), Ok(()));
        assert_eq!(
            check("scope=read+admin", None, Some("read write"), 0),
            Err(Unmet::Scope)
        );
        assert_eq!(check("scope=read", None, None, 0), Err(Unmet::Scope));
    }

    #[test]
    fn the_proof_may_be_as_old_as_asked_and_not_a_millisecond_older() {
        assert_eq!(check("max_age=5", None, None, 5_000), Ok(()));
        assert_eq!(
            check("max_age=5", None, None, 5_001),
            Err(Unmet::Age(Duration::from_secs(5)))
        );
        assert_eq!(check("max_age=5m", None, None, 300_000), Ok(()));
        assert_eq!(check("max_age=0", None, None, 0), Ok(()));
        assert_eq!(check("max_age=0", None, None, 1), Err(Unmet::Age(Duration::ZERO)));
    }

    #[test]
    fn a_misspelt_demand_is_refused_and_not_forgotten() {
        for query in [
            "scpoe=admin",
            "scope=a&scope=b",
            "scope=",
            "audience=",
            "max_age=",
            "max_age=-1",
            "max_age=x",
        ] {
            assert!(Policy::of_query(Some(query)).is_err(), "{query}");
        }
    }
}
