//! Bodies of the older systems, exactly as their clients read them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use symbolon::Issued;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{Object, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::app::App;
use crate::problem::Problem;

/// A log-in as S3's clients send it. They send more, which is not read.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CompatLogIn)]
pub(crate) struct CompatLogIn {
    /// The name.
    pub(crate) username: String,
    /// The password.
    #[schema(format = Password)]
    pub(crate) password: String,
}

/// The one shape of S3's answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CompatAnswer)]
pub(crate) struct Envelope<T> {
    /// 0, or the number of the error.
    pub(crate) code: u32,
    /// What is wrong, for a person; empty where nothing is.
    pub(crate) msg: &'static str,
    /// The answer; `null` with an error.
    #[schema(schema_with = or_null::<T>)]
    pub(crate) data: Option<T>,
}

/// The answer or nothing. An option of a type parameter is described as if it were always there.
fn or_null<T: PartialSchema>() -> RefOr<Schema> {
    let null = Object::with_type(Type::Null);
    OneOfBuilder::new().item(T::schema()).item(null).into()
}

impl<T> Envelope<T> {
    /// The answer `data`.
    pub(crate) fn of(data: T) -> Self {
        Self {
            code: 0,
            msg: "",
            data: Some(data),
        }
    }
}

/// Whose session it is. S3's subjects are numbers; its clients compare them as such.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum UserId {
    /// A subject that is a number which every client can hold.
    Number(i64),
    /// Any other.
    Text(String),
}

/// The largest integer that a double holds exactly. S3's own serializer writes larger ones as text.
const EXACT_MAX: i64 = (1 << 53) - 1;

impl UserId {
    fn of(subject: &str) -> Self {
        let number = subject
            .parse::<i64>()
            .ok()
            .filter(|number| (-EXACT_MAX..=EXACT_MAX).contains(number) && number.to_string() == subject);
        number.map_or_else(|| Self::Text(subject.to_owned()), Self::Number)
    }
}

/// A pair as S3's clients read it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CompatPair)]
pub(crate) struct CompatPair<'t> {
    /// Whose session it is.
    user_id: UserId,
    /// For each request.
    access_token: &'t str,
    /// For the next pair.
    refresh_token: Option<&'t str>,
    /// The end of the access token, in milliseconds since the epoch.
    expires_time: i64,
}

/// The answer to S3's log-in and refresh.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn pair(app: &App, issued: &Issued) -> Result<Response, Problem> {
    let Issued { session, pair } = issued;
    let access_token = app.symbolon().access_text(issued).await;
    let access_token = access_token.map_err(|error| app.undecided(error))?;
    let refresh_token = session.tokens.refresh.map(|_| pair.refresh.expose());
    let data = CompatPair {
        user_id: UserId::of(session.subject.as_str()),
        access_token: &access_token,
        refresh_token: refresh_token.as_ref().map(|token| token.as_str()),
        expires_time: session.tokens.access.expires_at.0,
    };
    Ok(Json(Envelope::of(data)).into_response())
}

/// The one shape of S1's answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CompatData)]
pub(crate) struct CompatData<T> {
    /// Always true: what is wrong is said within.
    success: bool,
    /// The answer.
    data: T,
}

impl<T> CompatData<T> {
    /// The answer `data`.
    pub(crate) fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// S1's numbers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CompatStats)]
pub(crate) struct CompatStats {
    /// Live sessions, of everyone.
    #[schema(example = 15)]
    pub(crate) total_sessions: u64,
    /// Whether there is a Redis and it answers.
    pub(crate) redis_available: bool,
}

/// S1's word for how Redis is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CompatHealth)]
pub(crate) struct CompatHealth {
    /// `healthy`, `degraded` or `disabled`.
    #[schema(value_type = String, example = "healthy")]
    pub(crate) status: &'static str,
    /// The same in Chinese, as S1 says it.
    #[schema(value_type = String, example = "Redis连接正常")]
    pub(crate) message: &'static str,
    /// Live sessions, of everyone.
    #[schema(example = 15)]
    pub(crate) session_count: u64,
}

/// S2's answer to a log-in.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CompatToken)]
pub(crate) struct CompatToken<'t> {
    /// The one token, for each request.
    #[schema(example = "eyJ…")]
    pub(crate) token: &'t str,
}

/// S2's answer where something is refused.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CompatMessage)]
pub(crate) struct CompatMessage<'m> {
    /// What is wrong.
    #[schema(example = "Token is invalid or expired")]
    pub(crate) message: &'m str,
}

/// S2's answer to a live token.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CompatWelcome)]
pub(crate) struct CompatWelcome<'m> {
    /// `Welcome, ` and whose it is.
    #[schema(example = "Welcome, admin")]
    message: &'m str,
    /// The next token: only near the end of this one (`session.renew_before`).
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'m str>,
    /// Whether there is a next token; left out where there is none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    refresh: bool,
}

impl<'m> CompatWelcome<'m> {
    /// The greeting, with the next token where there is one.
    pub(crate) fn new(message: &'m str, token: Option<&'m str>) -> Self {
        Self {
            message,
            token,
            refresh: token.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UserId;

    #[test]
    fn a_subject_that_is_a_number_goes_out_as_one() {
        let number = |text| matches!(UserId::of(text), UserId::Number(_));
        for text in ["0", "1", "-5", "108473", "9007199254740991"] {
            assert!(number(text), "{text}");
        }
        for text in ["", "01", "+1", "-0", "1.0", "9007199254740992", "admin", "１"] {
            assert_eq!(UserId::of(text), UserId::Text(text.to_owned()));
        }
    }
}
