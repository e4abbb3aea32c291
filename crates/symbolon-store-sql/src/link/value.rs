//! What a statement is given.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::SessionId;

/// One parameter, or one column of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'v> {
    /// Nothing.
    Null,
    /// A number, an instant in milliseconds, or a position.
    Int(i64),
    /// UTF-8.
    Text(&'v str),
    /// Bytes.
    Bytes(&'v [u8]),
}

impl Value<'static> {
    /// A duration, in whole milliseconds. One that is longer than the end of time ends there.
    pub(crate) fn millis(duration: Duration) -> Self {
        Self::Int(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(instant: Timestamp) -> Self {
        Self::Int(instant.0)
    }
}

impl From<RevocationSeq> for Value<'_> {
    /// Positions are microseconds since 1970 plus a count: they reach 2^63 in the year 294,247.
    fn from(seq: RevocationSeq) -> Self {
        Self::Int(i64::try_from(seq.0).unwrap_or(i64::MAX))
    }
}

impl<'v> From<&'v SessionId> for Value<'v> {
    fn from(id: &'v SessionId) -> Self {
        Self::Bytes(id.as_bytes())
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'v, const N: usize> From<&'v [u8; N]> for Value<'v> {
    fn from(bytes: &'v [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
