//! One connection inside one transaction, and nothing of any engine.

mod fields;
mod many;
mod value;

pub(crate) use fields::{Columns, Fields};
pub(crate) use many::{Form, batches};
pub(crate) use value::Value;

use symbolon_core::store::StoreError;

use crate::dialect::IDS_PER_QUERY;

/// One SQL statement. The text is the same for all engines but for the marks that a dialect
/// replaces; each link prepares it once.
///
/// Statements are statics: a link finds what it has prepared by the statement's address.
pub(crate) struct Statement(&'static str);

impl Statement {
    /// A statement of this text.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text with its marks.
    pub(crate) fn text(&self) -> &'static str {
        self.0
    }
}

/// Why a statement, or the operation that it belongs to, failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SqlError {
    /// The engine is busy, full, read-only or away.
    #[error("{0}")]
    Unavailable(String),
    /// What is stored cannot be read as what it should be.
    #[error("{0}")]
    Damaged(String),
    /// The user that the store is opened as may not do it.
    #[error("{0}")]
    Forbidden(String),
    /// The engine has undone it because it met another, or lost its connection before it was to commit:
    /// the same may be done again at once.
    #[error("{0}")]
    Undone(String),
    /// The head of the log is not there, or belongs to the time before the engine was restarted.
    #[error("the head of the log is missing")]
    NoHead,
    /// A statement changed another number of rows than it must.
    #[error("{changed} rows were changed where {expected} was expected: {statement}")]
    RowCount {
        /// How many it changed.
        changed: u64,
        /// How many it must change.
        expected: u64,
        /// Its text.
        statement: &'static str,
    },
}

impl SqlError {
    /// The store's error for the step `operation`.
    pub(crate) fn in_operation(self, operation: &'static str) -> StoreError {
        match self {
            Self::Unavailable(detail) | Self::Forbidden(detail) | Self::Undone(detail) => {
                StoreError::Unavailable { operation, detail }
            }
            Self::Damaged(detail) => StoreError::Damaged { operation, detail },
            Self::NoHead | Self::RowCount { .. } => StoreError::Damaged {
                operation,
                detail: self.to_string(),
            },
        }
    }
}

/// Reads one row into a value.
pub(crate) type Read<T> = fn(&mut Fields<'_>) -> Result<T, SqlError>;

/// A statement with its parameters.
pub(crate) type Change<'c> = (&'static Statement, &'c [Value<'c>]);

/// One connection inside one transaction.
pub(crate) trait Link {
    /// How many statements the engine is given before its first answer.
    const AHEAD_MAX: usize;

    /// Runs a statement that returns no rows; answers how many it changed.
    async fn execute(&mut self, statement: &'static Statement, params: &[Value<'_>])
    -> Result<u64, SqlError>;

    /// Runs a statement that returns rows.
    async fn query<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError>;

    /// Runs a statement that returns one row at the most.
    async fn find<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Option<T>, SqlError> {
        Ok(self.query(statement, params, read).await?.pop())
    }

    /// Runs a statement that returns exactly one row.
    async fn get<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<T, SqlError> {
        self.find(statement, params, read)
            .await?
            .ok_or_else(|| SqlError::Damaged(format!("a row is missing: {}", statement.text())))
    }

    /// Runs a statement that must change exactly one row.
    async fn change_one(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
    ) -> Result<(), SqlError> {
        match self.execute(statement, params).await? {
            1 => Ok(()),
            changed => Err(SqlError::RowCount {
                changed,
                expected: 1,
                statement: statement.text(),
            }),
        }
    }

    /// Runs at most [`AHEAD_MAX`](Self::AHEAD_MAX) statements that do not depend on each other; answers how many rows
    /// each has changed. An engine that is asked over a network is asked for all before the first answers.
    async fn execute_ahead(&mut self, changes: &[Change<'_>]) -> Result<Vec<u64>, SqlError>;

    /// Runs statements that do not depend on each other, each of which must change exactly one row.
    async fn change_all(&mut self, changes: &[Change<'_>]) -> Result<(), SqlError> {
        for some in changes.chunks(Self::AHEAD_MAX) {
            let done = self.execute_ahead(some).await?;
            must_change_one_each(some, &done)?;
        }
        Ok(())
    }

    /// Runs one statement with each of these parameters; answers how many rows each has changed.
    async fn execute_each<const N: usize>(
        &mut self,
        statement: &'static Statement,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>, SqlError> {
        let mut done = Vec::with_capacity(params.len());
        for some in params.chunks(Self::AHEAD_MAX) {
            let changes: Vec<Change<'_>> = some.iter().map(|params| (statement, params.as_slice())).collect();
            done.extend(self.execute_ahead(&changes).await?);
        }
        Ok(done)
    }

    /// Adds rows, each by the INSERT of one; answers how many were added. An engine that is asked over a network is given
    /// many at a time.
    async fn insert<const N: usize>(
        &mut self,
        insert: &'static Statement,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, SqlError> {
        let mut added = 0;
        for row in rows {
            added += self.execute(insert, row).await?;
        }
        Ok(added)
    }

    /// The same, where all of them must be added.
    async fn insert_all<const N: usize>(
        &mut self,
        insert: &'static Statement,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), SqlError> {
        let added = self.insert(insert, rows).await?;
        must_be_all(insert, added, rows.len())
    }

    /// Runs a statement about [`IDS_PER_QUERY`] keys for all of these, some at a time. `rest` is what follows the keys.
    async fn query_in<T>(
        &mut self,
        statement: &'static Statement,
        keys: &[Value<'_>],
        rest: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        let mut rows = Vec::with_capacity(keys.len());
        for params in params_in(keys, rest) {
            rows.extend(self.query(statement, &params, read).await?);
        }
        Ok(rows)
    }

    /// Runs one statement with each of these parameters, as [`change_all`](Self::change_all).
    async fn change_each<const N: usize>(
        &mut self,
        statement: &'static Statement,
        params: &[[Value<'_>; N]],
    ) -> Result<(), SqlError> {
        let changes: Vec<Change<'_>> = params
            .iter()
            .map(|params| (statement, params.as_slice()))
            .collect();
        self.change_all(&changes).await
    }
}

/// The parameters of a statement about [`IDS_PER_QUERY`] keys, as often as it has to be run.
pub(crate) fn params_in<'v>(keys: &[Value<'v>], rest: &[Value<'v>]) -> Vec<Vec<Value<'v>>> {
    let params = keys.chunks(IDS_PER_QUERY).map(|some| {
        // The statement always asks for as many: what is missing is filled up with the first.
        let padding = some.first().into_iter().cycle();
        let keys = some.iter().chain(padding).take(IDS_PER_QUERY);
        keys.chain(rest).copied().collect()
    });
    params.collect()
}

/// An error where one of the statements has changed another number of rows than one.
fn must_change_one_each(changes: &[Change<'_>], done: &[u64]) -> Result<(), SqlError> {
    match changes.iter().zip(done).find(|(_, changed)| **changed != 1) {
        None => Ok(()),
        Some(((statement, _), changed)) => Err(SqlError::RowCount {
            changed: *changed,
            expected: 1,
            statement: statement.text(),
        }),
    }
}

/// An error where not all rows were added.
pub(crate) fn must_be_all(insert: &'static Statement, added: u64, rows: usize) -> Result<(), SqlError> {
    let expected = rows as u64;
    if added == expected {
        return Ok(());
    }
    Err(SqlError::RowCount {
        changed: added,
        expected,
        statement: insert.text(),
    })
}
