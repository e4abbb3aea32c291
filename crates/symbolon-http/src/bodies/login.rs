//! What a person sends to begin, go on, and change their password.

use serde::Deserialize;
use symbolon::Password;

use super::device::DeviceGiven;
use crate::problem::Problem;

/// A log-in by name and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LogIn)]
pub(crate) struct LogInBody {
    /// The name of the account; case and spaces around it do not matter.
    pub(crate) username: String,
    /// Its password.
    #[schema(format = Password)]
    pub(crate) password: String,
    /// What its owner shall recognise the session by.
    #[serde(default, deserialize_with = "super::object")]
    pub(crate) device: DeviceGiven,
    /// Whether the session lives longer; left out, as the server is configured (`login.remember`).
    #[serde(default)]
    pub(crate) remember: Option<bool>,
    /// Which application will hold the tokens.
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    /// Whether the tokens go into cookies and not into the body.
    #[serde(default)]
    pub(crate) cookie: bool,
    /// The `known_device` of this account's last log-in on this device. With it, the wrong passwords of others do
    /// not keep this log-in waiting. One that is no longer good is ignored.
    #[serde(default)]
    #[schema(example = "syd_…")]
    pub(crate) known_device: Option<String>,
}

/// The next pair, please.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub(crate) struct RefreshBody {
    /// The refresh token, unless it is in a cookie.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

/// A log-out by the refresh token, for a client without an access token at hand.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LogOut)]
pub(crate) struct LogOutBody {
    /// A token of the session, of either kind and any age.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

/// A new password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangePassword)]
pub(crate) struct PasswordBody {
    /// The password until now.
    #[schema(format = Password)]
    pub(crate) current: String,
    /// The password from now on.
    #[schema(format = Password)]
    pub(crate) new: String,
    /// Whether the session that asks goes on, with a new pair. All others end.
    #[serde(default = "yes")]
    pub(crate) keep_current: bool,
}

/// One's own password once more.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Confirm)]
pub(crate) struct ConfirmBody {
    /// The password of the account that the session belongs to.
    #[schema(format = Password)]
    pub(crate) password: String,
}

fn yes() -> bool {
    true
}

/// A password of a body.
///
/// # Errors
/// 400 that names the field: it is longer than any password may be.
pub(crate) fn password(field: &'static str, text: &str) -> Result<Password, Problem> {
    Password::new(text).map_err(|error| Problem::invalid_request(format!("{field}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::LogInBody;
    use crate::limits::parse_strict;

    fn read(device: &str) -> Result<(), String> {
        let body = format!(r#"{{"username":"ada","password":"x","device":{device}}}"#);
        let body = parse_strict::<LogInBody>(body.as_bytes());
        body.map(drop).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_device_is_an_object_and_no_list_of_its_fields() {
        assert_eq!(read(r#"{"kind":"web"}"#), Ok(()));
        for other in [r#"["phone-1",null,null]"#, "[]", "\"web\"", "null", "1"] {
            let fault = read(other).unwrap_err();
            assert!(
                fault.starts_with("device must be an object: line 1"),
                "{other}: {fault}"
            );
        }
        let fault = read(r#"{"knd":"web"}"#).unwrap_err();
        assert!(fault.starts_with("unknown field knd, expected one of"), "{fault}");
    }
}
