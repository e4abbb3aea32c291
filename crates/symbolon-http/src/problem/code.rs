/// The error for programs: the `code` of a problem. Stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// 400: not understood.
    InvalidRequest,
    /// 401: wrong name or password.
    InvalidCredentials,
    /// 401: no token, or one that is refused.
    InvalidToken,
    /// 401: the password has to be confirmed.
    ReauthRequired,
    /// 403: the caller may not do this.
    InsufficientScope,
    /// 403: the account is banned.
    AccountBanned,
    /// 403: a cookie alone is no proof that its owner asks.
    CrossSite,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 408: the body was too slow.
    RequestTimeout,
    /// 409: the state does not allow it.
    Conflict,
    /// 409: as many as there may be are there.
    LimitReached,
    /// 413.
    PayloadTooLarge,
    /// 414.
    UriTooLong,
    /// 415.
    UnsupportedMediaType,
    /// 429.
    Throttled,
    /// 431.
    HeaderFieldsTooLarge,
    /// 500.
    Internal,
    /// 503: cannot be decided now.
    Unavailable,
}

impl Code {
    /// Every code, in the order of their statuses.
    pub const ALL: [Self; 19] = [
        Self::InvalidRequest,
        Self::InvalidCredentials,
        Self::InvalidToken,
        Self::ReauthRequired,
        Self::InsufficientScope,
        Self::AccountBanned,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Conflict,
        Self::LimitReached,
        Self::PayloadTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::Throttled,
        Self::HeaderFieldsTooLarge,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The code as clients read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// What the code means, in a few words (RFC 9457 `title`).
    #[must_use]
    pub fn title(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidRequest => ("invalid_request", "The request is not valid"),
            Self::InvalidCredentials => ("invalid_credentials", "Name or password are wrong"),
            Self::InvalidToken => ("invalid_token", "The token is not valid"),
            Self::ReauthRequired => ("reauth_required", "The password must be confirmed"),
            Self::InsufficientScope => ("insufficient_scope", "The caller may not do this"),
            Self::AccountBanned => ("account_banned", "The account is banned"),
            Self::CrossSite => ("cross_site", "The request may come from another site"),
            Self::NotFound => ("not_found", "Not found"),
            Self::MethodNotAllowed => ("method_not_allowed", "The method is not allowed"),
            Self::RequestTimeout => ("request_timeout", "The request took too long"),
            Self::Conflict => ("conflict", "The state does not allow this"),
            Self::LimitReached => ("limit_reached", "A limit is reached"),
            Self::PayloadTooLarge => ("payload_too_large", "The body is too large"),
            Self::UriTooLong => ("uri_too_long", "The address is too long"),
            Self::UnsupportedMediaType => ("unsupported_media_type", "The media type is not supported"),
            Self::Throttled => ("throttled", "Too many requests"),
            Self::HeaderFieldsTooLarge => ("header_fields_too_large", "The header fields are too large"),
            Self::Internal => ("internal", "Internal error"),
            Self::Unavailable => ("unavailable", "Not available now"),
        }
    }
}
