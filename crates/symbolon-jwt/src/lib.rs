//! Signed access tokens (RFC 7519, RFC 9068): one exact form, written and read by this crate alone.
//!
//! Reading order:
//!
//! 1. [`key`]: a key in the clear, which signs in one way only.
//! 2. [`seal`]: the same key as a store keeps it.
//! 3. [`ring`]: which key signs when, and which are known.
//! 4. [`claims`]: what a token says.
//! 5. [`compact`]: the text: written from a session, read after its signature was verified.
//! 6. [`jwks`]: the public halves, for who verifies by themselves (RFC 7517).
//!
//! A signature is no permission: it says whose session a token belongs to, and the session's state says whether
//! it is good. That is decided elsewhere.

pub mod claims;
pub mod compact;
pub mod jwks;
pub mod key;
pub mod ring;
pub mod seal;

mod der;
mod scalar;
mod strict;
