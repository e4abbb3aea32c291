//! An operation's view of a connection to SQLite.

use std::collections::HashMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql};

use super::connection::sql_error;
use crate::dialect::SQLITE;
use crate::link::{Change, Columns, Fields, Link, Read, SqlError, Statement, Value};

/// A connection with the statements that it has prepared so far. There are some dozens of them, so
/// all stay.
pub(super) struct SqliteLink<'c> {
    connection: &'c Connection,
    prepared: HashMap<usize, rusqlite::Statement<'c>>,
}

impl<'c> SqliteLink<'c> {
    /// A link over a connection.
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            prepared: HashMap::new(),
        }
    }

    /// Whether no transaction is open: SQLite ends one by itself on some failures.
    pub(super) fn is_idle(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Runs a statement of the engine itself, such as COMMIT, and keeps SQLite's own error.
    pub(super) fn control(&mut self, statement: &'static Statement) -> rusqlite::Result<()> {
        self.prepared(statement)?.raw_execute().map(drop)
    }

    /// The prepared form of a statement, found by its address: no two statics share one.
    fn prepared(&mut self, statement: &'static Statement) -> rusqlite::Result<&mut rusqlite::Statement<'c>> {
        let key = std::ptr::from_ref(statement).addr();
        match self.prepared.entry(key) {
            std::collections::hash_map::Entry::Occupied(found) => Ok(found.into_mut()),
            std::collections::hash_map::Entry::Vacant(empty) => {
                let text = SQLITE.render(statement.text());
                Ok(empty.insert(self.connection.prepare(&text)?))
            }
        }
    }

    fn run(&mut self, statement: &'static Statement, params: &[Value<'_>]) -> rusqlite::Result<u64> {
        let prepared = self.prepared(statement)?;
        let changed = prepared.execute(rusqlite::params_from_iter(params))?;
        Ok(changed as u64)
    }

    fn read<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        let prepared = self.prepared(statement).map_err(|error| sql_error(&error))?;
        let mut rows = prepared
            .query(rusqlite::params_from_iter(params))
            .map_err(|error| sql_error(&error))?;
        let mut values = Vec::new();
        while let Some(row) = rows.next().map_err(|error| sql_error(&error))? {
            values.push(read(&mut Fields::of(&SqliteRow(row)))?);
        }
        Ok(values)
    }
}

impl Link for SqliteLink<'_> {
    /// Each answers before the next is asked: there is nothing to wait for.
    const AHEAD_MAX: usize = usize::MAX;

    async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
    ) -> Result<u64, SqlError> {
        self.run(statement, params).map_err(|error| sql_error(&error))
    }

    async fn query<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        self.read(statement, params, read)
    }

    async fn execute_ahead(&mut self, changes: &[Change<'_>]) -> Result<Vec<u64>, SqlError> {
        let done = changes
            .iter()
            .map(|(statement, params)| self.run(statement, params));
        done.map(|changed| changed.map_err(|error| sql_error(&error)))
            .collect()
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

struct SqliteRow<'r, 's>(&'r Row<'s>);

impl Columns for SqliteRow<'_, '_> {
    fn value(&self, index: usize) -> Result<Value<'_>, SqlError> {
        match self.0.get_ref(index).map_err(|error| sql_error(&error))? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Int(number)),
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::Text(text)),
                Err(_) => Err(SqlError::Damaged(format!("column {index} is not UTF-8"))),
            },
            ValueRef::Real(_) => Err(SqlError::Damaged(format!("column {index} holds a fraction"))),
        }
    }
}

/// Runs an operation over a link whose futures are always ready, with a single poll.
///
/// Operations are written as `async` for engines that are asked over a network. Here every statement
/// is a call, so there is nothing to wait for: one that does wait is a mistake in the operation.
pub(super) fn drive<T>(operation: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
    match pin!(operation).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(SqlError::Unavailable(
            "the operation waits for something".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::drive;

    #[test]
    fn an_operation_that_waits_is_an_error() {
        let waits = drive::<()>(std::future::pending());
        assert_eq!(
            waits.unwrap_err().to_string(),
            "the operation waits for something"
        );
    }
}
