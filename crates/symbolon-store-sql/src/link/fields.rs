//! A row, read column by column in the order of the statement.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::SessionId;
use symbolon_core::token::TokenDigest;

use super::{SqlError, Value};

/// The columns of one row, as an engine gives them.
pub(crate) trait Columns {
    /// The column at `index`, counted from zero.
    fn value(&self, index: usize) -> Result<Value<'_>, SqlError>;
}

/// A row and the place of the next column. Each reading names the column, so that a value which
/// cannot be is reported by its name.
pub(crate) struct Fields<'r> {
    columns: &'r dyn Columns,
    next: usize,
}

impl<'r> Fields<'r> {
    /// The fields of a row, from its first column.
    pub(crate) fn of(columns: &'r dyn Columns) -> Self {
        Self { columns, next: 0 }
    }

    /// A text, or nothing.
    pub(crate) fn maybe_text(&mut self, name: &str) -> Result<Option<&'r str>, SqlError> {
        match self.take()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(unexpected(name, "a text", other)),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<&'r str, SqlError> {
        self.maybe_text(name)?.ok_or_else(|| missing(name))
    }

    /// A text to keep, or nothing.
    pub(crate) fn maybe_string(&mut self, name: &str) -> Result<Option<String>, SqlError> {
        Ok(self.maybe_text(name)?.map(str::to_owned))
    }

    /// Bytes, or nothing.
    pub(crate) fn maybe_bytes(&mut self, name: &str) -> Result<Option<&'r [u8]>, SqlError> {
        match self.take()? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            other => Err(unexpected(name, "bytes", other)),
        }
    }

    /// Bytes.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<&'r [u8], SqlError> {
        self.maybe_bytes(name)?.ok_or_else(|| missing(name))
    }

    /// Exactly `N` bytes, or nothing.
    pub(crate) fn maybe_array<const N: usize>(&mut self, name: &str) -> Result<Option<[u8; N]>, SqlError> {
        let Some(bytes) = self.maybe_bytes(name)? else {
            return Ok(None);
        };
        let array = bytes
            .try_into()
            .map_err(|_| SqlError::Damaged(format!("{name} has {} bytes in place of {N}", bytes.len())))?;
        Ok(Some(array))
    }

    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self, name: &str) -> Result<[u8; N], SqlError> {
        self.maybe_array(name)?.ok_or_else(|| missing(name))
    }

    /// A number, or nothing.
    pub(crate) fn maybe_int(&mut self, name: &str) -> Result<Option<i64>, SqlError> {
        match self.take()? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            other => Err(unexpected(name, "a number", other)),
        }
    }

    /// A number.
    pub(crate) fn int(&mut self, name: &str) -> Result<i64, SqlError> {
        self.maybe_int(name)?.ok_or_else(|| missing(name))
    }

    /// A number that is not negative.
    pub(crate) fn count(&mut self, name: &str) -> Result<u64, SqlError> {
        let number = self.int(name)?;
        u64::try_from(number).map_err(|_| out_of_range(name, number))
    }

    /// A number of a smaller type.
    pub(crate) fn small<T: TryFrom<i64>>(&mut self, name: &str) -> Result<T, SqlError> {
        let number = self.int(name)?;
        T::try_from(number).map_err(|_| out_of_range(name, number))
    }

    /// An instant.
    pub(crate) fn instant(&mut self, name: &str) -> Result<Timestamp, SqlError> {
        self.int(name).map(Timestamp)
    }

    /// An instant, or nothing.
    pub(crate) fn maybe_instant(&mut self, name: &str) -> Result<Option<Timestamp>, SqlError> {
        Ok(self.maybe_int(name)?.map(Timestamp))
    }

    /// A life, stored in milliseconds, or nothing.
    pub(crate) fn maybe_life(&mut self, name: &str) -> Result<Option<Duration>, SqlError> {
        let Some(millis) = self.maybe_int(name)? else {
            return Ok(None);
        };
        let millis = u64::try_from(millis).map_err(|_| out_of_range(name, millis))?;
        Ok(Some(Duration::from_millis(millis)))
    }

    /// A life, stored in milliseconds.
    pub(crate) fn life(&mut self, name: &str) -> Result<Duration, SqlError> {
        self.maybe_life(name)?.ok_or_else(|| missing(name))
    }

    /// A position in the log.
    pub(crate) fn seq(&mut self, name: &str) -> Result<RevocationSeq, SqlError> {
        self.count(name).map(RevocationSeq)
    }

    /// The id of a session or a key.
    pub(crate) fn session_id(&mut self, name: &str) -> Result<SessionId, SqlError> {
        self.array(name).map(SessionId::from_bytes)
    }

    /// The image of a secret.
    pub(crate) fn digest(&mut self, name: &str) -> Result<TokenDigest, SqlError> {
        self.array(name).map(TokenDigest::from_bytes)
    }

    /// A word of a closed set.
    pub(crate) fn word<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Result<T, SqlError> {
        let word = self.text(name)?;
        parse(word).ok_or_else(|| SqlError::Damaged(format!("{name} has the unknown word {word:?}")))
    }

    fn take(&mut self) -> Result<Value<'r>, SqlError> {
        let value = self.columns.value(self.next)?;
        self.next += 1;
        Ok(value)
    }
}

fn missing(name: &str) -> SqlError {
    SqlError::Damaged(format!("{name} is null"))
}

fn out_of_range(name: &str, number: i64) -> SqlError {
    SqlError::Damaged(format!("{name} is out of range: {number}"))
}

/// Says what kind of value stands there; the value itself could be anything and stays out of logs.
fn unexpected(name: &str, wanted: &str, found: Value<'_>) -> SqlError {
    let found = match found {
        Value::Null => "nothing",
        Value::Int(_) => "a number",
        Value::Text(_) => "a text",
        Value::Bytes(_) => "bytes",
    };
    SqlError::Damaged(format!("{name} holds {found} in place of {wanted}"))
}
