use http::HeaderValue;

/// What `WWW-Authenticate` asks for (RFC 6750 §3, RFC 9470 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Nothing was presented, so there is no error to name.
    Plain,
    InvalidRequest,
    InvalidToken,
    /// More is needed than the token allows.
    InsufficientScope,
    /// The scope that is needed.
    Scope(&'static str),
    /// A newer authentication is needed: one not longer ago than so many seconds.
    Reauthenticate {
        max_age_s: u64,
    },
}

impl Challenge {
    pub(super) fn header(self) -> HeaderValue {
        let fixed = match self {
            Self::Plain => r#"Bearer realm="symbolon""#,
            Self::InvalidRequest => r#"Bearer realm="symbolon", error="invalid_request""#,
            Self::InvalidToken => r#"Bearer realm="symbolon", error="invalid_token""#,
            Self::InsufficientScope => SCOPE_ALONE,
            Self::Scope(scope) => return with_scope(scope),
            Self::Reauthenticate { max_age_s } => return with_max_age(max_age_s),
        };
        HeaderValue::from_static(fixed)
    }
}

const SCOPE_ALONE: &str = r#"Bearer realm="symbolon", error="insufficient_scope""#;

/// A scope that is no header text is left out: the error alone is a valid challenge.
fn with_scope(scope: &str) -> HeaderValue {
    HeaderValue::try_from(format!(r#"{SCOPE_ALONE}, scope="{scope}""#))
        .unwrap_or_else(|_| HeaderValue::from_static(SCOPE_ALONE))
}

const OLDER_PROOF: &str = r#"Bearer realm="symbolon", error="insufficient_user_authentication""#;

/// A number is always header text; the error alone is a valid challenge.
fn with_max_age(seconds: u64) -> HeaderValue {
    HeaderValue::try_from(format!(r#"{OLDER_PROOF}, max_age="{seconds}""#))
        .unwrap_or_else(|_| HeaderValue::from_static(OLDER_PROOF))
}
