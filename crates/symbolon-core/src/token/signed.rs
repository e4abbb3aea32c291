//! A signed access token, as far as a session is compared with it.

use super::raw::Generation;
use crate::clock::Timestamp;
use crate::session::{SessionId, TokenStyle};

/// What a signed access token says of itself, once its signature is proven. It holds no secret, and its text
/// is kept nowhere: nothing is ever looked up by the digest of a signed token, since one signature can have several
/// texts.
///
/// Instants are whole seconds (RFC 7519, section 2, `NumericDate`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedToken {
    /// The form that it was written in.
    pub style: TokenStyle,
    /// Its session (`sid`).
    pub session_id: SessionId,
    /// Its generation: the second half of its `jti`.
    pub generation: Generation,
    /// When it was made (`iat`); it proves nothing before.
    pub issued_at: Timestamp,
    /// It is good while `now < expires_at` (`exp`).
    pub expires_at: Timestamp,
}
