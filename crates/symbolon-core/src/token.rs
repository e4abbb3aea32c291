//! The token: a secret half for the client, a one-way image for the store.
//!
//! A token is a prefix and the strict base64url, without padding, of
//! `key id 1 ‖ session id 16 ‖ generation 4 ‖ verifier 32 ‖ tag 8`. The session id is the public
//! *selector*; the *verifier* is the secret; the *tag* is a keyed sum that lets a server refuse a
//! forged or mistyped token before it asks any store.
//!
//! An access token may be signed claims instead ([`SignedToken`]); its text is another crate's matter.

mod digest;
mod format;
mod keys;
mod ratchet;
mod raw;
mod signed;
mod sum;

pub use digest::TokenDigest;
pub use format::{Malformed, TOKEN_LEN};
pub use keys::{KeyCheck, KeyId, MasterKey, MasterKeyError, Purpose, TokenKeys};
pub use ratchet::{Pair, RotationNonce};
pub use raw::{Generation, RawToken, TokenKind};
pub use signed::SignedToken;
pub use sum::{SUM_LEN, SumKey};
