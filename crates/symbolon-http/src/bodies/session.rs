//! A session as answers show it. Never a token, never a digest.

use serde::Serialize;
use serde_json::value::RawValue;
use symbolon::Entry;
use symbolon::session::Ended;

use super::claims;
use super::device::DeviceBody;
use super::instant::Rfc3339;
use super::names::words;

/// One session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// Its id: public, not a credential.
    #[schema(format = Uuid)]
    session_id: String,
    /// Whose it is.
    subject: String,
    /// Which application holds its tokens.
    client_id: String,
    /// `active`, `expired` or `revoked`.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// Why it ended, where it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "kicked")]
    reason: Option<&'static str>,
    /// When it ended, where it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Rfc3339>,
    /// When it began.
    created_at: Rfc3339,
    /// When the subject last proved who they are.
    authenticated_at: Rfc3339,
    /// When it was last used, as far as recorded.
    last_seen_at: Rfc3339,
    /// Its end, however much it is used.
    expires_at: Rfc3339,
    /// Its end if it is not used again.
    idle_expires_at: Rfc3339,
    /// What its owner recognises it by.
    device: DeviceBody,
    /// Where it was last seen.
    ip: Option<String>,
    /// What it was last seen with.
    user_agent: Option<String>,
    /// For whom its tokens are.
    audience: Option<Vec<String>>,
    /// What its tokens allow (RFC 6749, section 3.3).
    scope: Option<String>,
    /// What its issuer says about the subject.
    #[schema(value_type = Object)]
    claims: Box<RawValue>,
    /// Whether it is the one that asks; left out where it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    current: bool,
}

impl SessionBody {
    /// The session of `entry`.
    pub(crate) fn of(entry: Entry) -> Self {
        let Entry { session, ended } = entry;
        let (state, reason, ended_at) = state(ended);
        Self {
            session_id: session.id.to_string(),
            subject: session.subject.as_str().to_owned(),
            client_id: session.client_id.as_str().to_owned(),
            state,
            reason,
            ended_at,
            created_at: Rfc3339(session.created_at),
            authenticated_at: Rfc3339(session.authenticated_at),
            last_seen_at: Rfc3339(session.last_seen_at),
            expires_at: Rfc3339(session.expires_at),
            idle_expires_at: Rfc3339(session.idle_expires_at),
            device: session.device.into(),
            ip: session.seen_from.ip.map(|ip| ip.to_string()),
            user_agent: session.seen_from.user_agent,
            audience: session
                .audience
                .map(|names| words(&names).map(str::to_owned).collect()),
            scope: session.scope,
            claims: claims::shown(session.claims.as_json()),
            current: false,
        }
    }

    /// Marks the one that asks.
    pub(crate) fn marked(self, current: bool) -> Self {
        Self { current, ..self }
    }
}

/// One's own session, and near the end of its access token what comes after it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnSession)]
pub(crate) struct OwnSessionBody<'t> {
    /// The session.
    #[serde(flatten)]
    session: SessionBody,
    /// The next access token: only near the end of one whose session has no refresh token (`session.renew_before`).
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'t str>,
    /// Whether there is a next access token; left out where there is none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    refresh: bool,
}

impl<'t> OwnSessionBody<'t> {
    /// The session of `entry`, and the next access token where there is one.
    pub(crate) fn of(entry: Entry, token: Option<&'t str>) -> Self {
        Self {
            session: SessionBody::of(entry),
            token,
            refresh: token.is_some(),
        }
    }
}

fn state(ended: Option<Ended>) -> (&'static str, Option<&'static str>, Option<Rfc3339>) {
    match ended {
        None => ("active", None, None),
        Some(Ended::Expired { at }) => ("expired", Some("expired"), Some(Rfc3339(at))),
        Some(Ended::Idle { at }) => ("expired", Some("idle"), Some(Rfc3339(at))),
        Some(Ended::Revoked { at, reason, .. }) => ("revoked", Some(reason.as_str()), Some(Rfc3339(at))),
    }
}

/// Some sessions of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SessionPage)]
pub(crate) struct SessionPage {
    /// The sessions, the newest first.
    pub(crate) items: Vec<SessionBody>,
    /// The `cursor` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
