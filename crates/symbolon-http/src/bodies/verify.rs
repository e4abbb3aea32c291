//! Questions about tokens, and their answers.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use symbolon::Live;

use super::claims;
use super::instant::Rfc3339;
use super::names::{Audience, words};
use super::ttl::Ttl;
use crate::policy::Policy;
use crate::problem::Problem;

/// The tokens of one batch. A gateway collects what a page needs, not what a day needs.
pub(crate) const BATCH_MAX: usize = 1000;

/// A question about one token (`token`) or about several (`tokens`).
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Verify)]
pub(crate) struct VerifyBody {
    /// The access token.
    #[serde(default)]
    token: Option<String>,
    /// Access tokens, at most 1000; the answers come in the same order.
    #[serde(default)]
    tokens: Option<Vec<String>>,
    /// Who asks: the session must be for one of these.
    #[serde(default)]
    audience: Option<Audience>,
    /// What is needed: the session must allow every word of it.
    #[serde(default)]
    scope: Option<String>,
    /// How long ago the subject may have proved who they are, at the most.
    #[serde(default)]
    max_age: Option<Ttl>,
}

/// What is asked about.
pub(crate) enum Asked {
    /// One token.
    One(String),
    /// Several.
    Batch(Vec<String>),
}

impl VerifyBody {
    /// What is asked about, and what else must hold.
    ///
    /// # Errors
    /// 400: neither or both, too many, or a scope or an audience that cannot be one.
    pub(crate) fn question(self) -> Result<(Asked, Policy), Problem> {
        let policy = Policy::new(self.audience.as_ref(), self.scope, self.max_age)?;
        let asked = match (self.token, self.tokens) {
            (Some(token), None) => Asked::One(token),
            (None, Some(tokens)) if tokens.len() > BATCH_MAX => {
                return Err(Problem::invalid_request(format!(
                    "tokens must have at most {BATCH_MAX} entries"
                )));
            }
            (None, Some(tokens)) => Asked::Batch(tokens),
            _ => return Err(Problem::invalid_request("give either token or tokens")),
        };
        Ok((asked, policy))
    }
}

/// The answer to a question: about one token, or about each of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = VerifyReply)]
pub(crate) enum VerifyReply {
    /// About one.
    One(VerifyAnswer),
    /// About several.
    Batch(VerifyAnswers),
}

/// The answer about one token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = VerifyAnswer)]
pub(crate) enum VerifyAnswer {
    /// It is live, and what was asked for holds.
    Active(Box<ActiveBody>),
    /// It is not, or what was asked for does not hold.
    Inactive(InactiveBody),
}

/// The answer about a live token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Active)]
pub(crate) struct ActiveBody {
    /// Always `true`.
    active: bool,
    /// Whose session it is.
    subject: String,
    /// The session's public id.
    #[schema(format = Uuid)]
    session_id: String,
    /// Which application holds the token.
    client_id: String,
    /// The token's end.
    expires_at: Rfc3339,
    /// When the subject last proved who they are.
    authenticated_at: Rfc3339,
    /// For whom the token is; left out where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<Vec<String>>,
    /// What it allows; left out where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// What the issuer says about the subject.
    #[schema(value_type = Object)]
    claims: Box<RawValue>,
}

/// The answer about a token that proves nothing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Inactive)]
pub(crate) struct InactiveBody {
    /// Always `false`.
    active: bool,
    /// Why: a reason of a refused token, or `wrong_audience`, `insufficient_scope`, `reauth_required` where a live
    /// token is not what was asked for.
    #[schema(value_type = String, example = "expired")]
    reason: &'static str,
}

impl VerifyAnswer {
    /// The answer about a live token.
    pub(crate) fn active(live: &Live) -> Self {
        let identity = &live.identity;
        Self::Active(Box::new(ActiveBody {
            active: true,
            subject: identity.subject().to_owned(),
            session_id: live.session_id.to_string(),
            client_id: identity.client_id().to_owned(),
            expires_at: Rfc3339(live.expires_at),
            authenticated_at: Rfc3339(live.authenticated_at),
            audience: identity
                .audience()
                .map(|names| words(names).map(str::to_owned).collect()),
            scope: identity.scope().map(str::to_owned),
            claims: claims::shown(identity.claims()),
        }))
    }

    /// The answer about a token that proves nothing, or not enough.
    pub(crate) fn inactive(reason: &'static str) -> Self {
        Self::Inactive(InactiveBody {
            active: false,
            reason,
        })
    }
}

/// The answers of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = VerifyAnswers)]
pub(crate) struct VerifyAnswers {
    /// One for each token, in order.
    pub(crate) results: Vec<VerifyAnswer>,
}
