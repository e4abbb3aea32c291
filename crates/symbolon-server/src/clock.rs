//! The wall clock of the program's edges: when a key that is made for ninety days ends. The server's own time is the
//! library's.

/// The present.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place of the program that reads the wall clock"
)]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
