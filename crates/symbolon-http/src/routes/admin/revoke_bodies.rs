//! What an operator sends to end sessions.

use serde::Deserialize;
use symbolon::device::DEVICE_TEXT_MAX;
use symbolon::revocation::{KEEP_MAX, RevocationReason};
use symbolon::session::SessionId;

use crate::problem::Problem;

/// Which of a subject's sessions end, and why.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RevokeSubject)]
pub(super) struct RevokeSubjectBody {
    /// What their owner reads as the reason.
    #[serde(default)]
    #[schema(default = "kicked")]
    pub(super) reason: Option<Reason>,
    /// Only sessions whose `device.kind` is this.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256, example = "ios")]
    device_kind: Option<String>,
    /// The ids of sessions that go on.
    #[serde(default)]
    #[schema(max_items = 8, format = Uuid, example = json!(["019a6b2e-4d80-7c3a-9f51-2b7e60d1c8aa"]))]
    keep: Vec<String>,
}

/// Why everyone's sessions end.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RevokeEveryone)]
pub(super) struct RevokeEveryoneBody {
    /// What their owners read as the reason.
    #[serde(default)]
    #[schema(default = "revoked")]
    pub(super) reason: Option<Reason>,
}

/// The reasons that an operator may give. The others are found by the server alone.
#[derive(Deserialize, Clone, Copy, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RevocationReason)]
pub(super) enum Reason {
    /// An operator ended it.
    Kicked,
    /// Its owner asked for it.
    LoggedOut,
    /// Its owner may not be here.
    Banned,
    /// Its owner's password changed, in a system of the operator's.
    PasswordChanged,
    /// For none of the other reasons.
    Revoked,
}

impl From<Reason> for RevocationReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Kicked => Self::Kicked,
            Reason::LoggedOut => Self::Logout,
            Reason::Banned => Self::Banned,
            Reason::PasswordChanged => Self::PasswordChanged,
            Reason::Revoked => Self::Revoked,
        }
    }
}

impl RevokeSubjectBody {
    /// The sessions that go on.
    ///
    /// # Errors
    /// 400 when there are more than [`KEEP_MAX`], or one is no id: what is misspelt must not end.
    pub(super) fn keep(&self) -> Result<Vec<SessionId>, Problem> {
        if self.keep.len() > KEEP_MAX {
            return Err(Problem::invalid_request(format!(
                "keep must have at most {KEEP_MAX} ids"
            )));
        }
        let ids = self.keep.iter().map(|id| SessionId::parse(id));
        ids.collect::<Option<_>>()
            .ok_or_else(|| Problem::invalid_request("keep must be ids of sessions"))
    }

    /// The kind of device whose sessions end; `None`: every kind.
    ///
    /// # Errors
    /// 400 when no session can have it.
    pub(super) fn device_kind(&self) -> Result<Option<String>, Problem> {
        let kind = self.device_kind.as_deref();
        if kind.is_some_and(|kind| kind.is_empty() || kind.len() > DEVICE_TEXT_MAX) {
            let text = format!("device_kind must have from 1 to {DEVICE_TEXT_MAX} bytes");
            return Err(Problem::invalid_request(text));
        }
        Ok(self.device_kind.clone())
    }
}
