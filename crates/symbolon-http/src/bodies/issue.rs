//! What a service sends to begin or change a session.

use std::net::IpAddr;

use serde::Deserialize;
use symbolon::device::SeenFrom;
use symbolon::session::TokenStyle;
use symbolon::subject::ClientId;
use symbolon::{ChangeLives, NewSession};

use super::claims::{self, ClaimsObject};
use super::device::{self, DeviceGiven};
use super::names::{self, Audience};
use super::ttl::Ttl;
use crate::problem::Problem;

/// A session to begin. What is left out comes from the server's policy.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Issue)]
pub(crate) struct IssueBody {
    /// Whose it is.
    subject: String,
    /// Which application holds its tokens. Left out: the client of the API key, else `default`.
    #[serde(default)]
    client_id: Option<String>,
    /// What its owner shall recognise it by.
    #[serde(default, deserialize_with = "super::object")]
    device: DeviceGiven,
    /// The address of its owner.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "192.0.2.7")]
    ip: Option<IpAddr>,
    /// The `User-Agent` of its owner.
    #[serde(default)]
    user_agent: Option<String>,
    /// What is said about the subject: a JSON object of 4 KiB at the most.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    claims: Option<ClaimsObject>,
    /// For whom its tokens are.
    #[serde(default)]
    audience: Option<Audience>,
    /// What they allow (RFC 6749, section 3.3).
    #[serde(default)]
    scope: Option<String>,
    /// Whether it has the lives of a remembered session.
    #[serde(default)]
    remember: bool,
    /// The life of an access token.
    #[serde(default)]
    access_ttl: Option<Ttl>,
    /// The life of a refresh token; 0: it has none.
    #[serde(default)]
    refresh_ttl: Option<Ttl>,
    /// How long it lives without being used.
    #[serde(default)]
    idle_timeout: Option<Ttl>,
    /// How long it lives at the most.
    #[serde(default)]
    absolute_timeout: Option<Ttl>,
    /// The form of its access tokens.
    #[serde(default)]
    token_style: Option<Style>,
}

/// The form of access tokens.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TokenStyle)]
pub(crate) enum Style {
    /// A reference, read by asking.
    Opaque,
    /// Signed claims (RFC 9068), which services may verify by themselves.
    Jwt,
}

impl From<Style> for TokenStyle {
    fn from(style: Style) -> Self {
        match style {
            Style::Opaque => Self::Opaque,
            Style::Jwt => Self::Jwt,
        }
    }
}

impl IssueBody {
    /// The session that is asked for, by a key of `own`, if it is one of a client.
    ///
    /// # Errors
    /// 400 that names the field.
    pub(crate) fn session(self, own: Option<&ClientId>) -> Result<NewSession, Problem> {
        let user_agent = device::kept(self.user_agent);
        let refresh_ttl = match self.refresh_ttl {
            Some(ttl) if ttl.get().is_zero() => Some(ttl.get()),
            ttl => life("refresh_ttl", ttl)?,
        };
        Ok(NewSession {
            subject: names::subject(self.subject)?,
            client_id: match (self.client_id, own) {
                (None, Some(own)) => own.clone(),
                (given, _) => names::client_id(given)?,
            },
            device: self.device.seen_with(user_agent.as_deref()),
            seen_from: SeenFrom {
                ip: self.ip.map(|ip| ip.to_canonical()),
                user_agent,
            },
            audience: self.audience.map(|audience| audience.kept()).transpose()?,
            scope: self.scope.map(names::scope).transpose()?,
            claims: self.claims.map(claims::kept).transpose()?.unwrap_or_default(),
            remember: self.remember,
            access_ttl: life("access_ttl", self.access_ttl)?,
            refresh_ttl,
            idle_timeout: life("idle_timeout", self.idle_timeout)?,
            absolute_timeout: life("absolute_timeout", self.absolute_timeout)?,
            style: self.token_style.map(TokenStyle::from),
        })
    }
}

fn life(field: &'static str, ttl: Option<Ttl>) -> Result<Option<std::time::Duration>, Problem> {
    ttl.map(|ttl| ttl.life(field)).transpose()
}

/// New lives or claims of a session. What is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeSession)]
pub(crate) struct ChangeBody {
    /// How long it lives without being used, counted from its last use.
    #[serde(default)]
    idle_timeout: Option<Ttl>,
    /// How long it lives at the most, counted from its beginning.
    #[serde(default)]
    absolute_timeout: Option<Ttl>,
    /// What is said about the subject, in place of what was said before.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    claims: Option<ClaimsObject>,
}

impl ChangeBody {
    /// The change that is asked for.
    ///
    /// # Errors
    /// 400 that names the field, or when there is nothing to change.
    pub(crate) fn change(self) -> Result<ChangeLives, Problem> {
        let change = ChangeLives {
            idle_timeout: life("idle_timeout", self.idle_timeout)?,
            absolute_timeout: life("absolute_timeout", self.absolute_timeout)?,
            claims: self.claims.map(claims::kept).transpose()?,
        };
        if change == ChangeLives::default() {
            return Err(Problem::invalid_request(
                "nothing to change: give idle_timeout, absolute_timeout or claims",
            ));
        }
        Ok(change)
    }
}
