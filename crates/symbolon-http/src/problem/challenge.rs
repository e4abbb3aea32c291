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
    /// A newer authentication is needed.
    Reauthenticate,
}

impl Challenge {
    pub(super) fn header(self) -> HeaderValue {
        let fixed = match self {
            Self::Plain => r#"Bearer realm="symbolon""#,
            Self::InvalidRequest => r#"Bearer realm="symbolon", error="invalid_request""#,
            Self::InvalidToken => r#"Bearer realm="symbolon", error="invalid_token""#,
            Self::Reauthenticate => r#"Bearer realm="symbolon", error="insufficient_user_authentication""#,
            Self::InsufficientScope => SCOPE_ALONE,
            Self::Scope(scope) => return with_scope(scope),
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
