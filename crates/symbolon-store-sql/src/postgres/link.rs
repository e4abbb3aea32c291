//! An operation's view of a connection to PostgreSQL.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::pin::pin;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::{join_all, try_join_all};
use futures_util::{SinkExt as _, TryStreamExt as _};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use super::connection::Connection;
use super::copy::encode;
use super::fault::{is_lost, said, sql_error};
use crate::dialect::POSTGRES;
use crate::link::{
    Change, Columns, Fields, Form, Link, Read, SqlError, Statement, Value, batches, must_be_all, params_in,
};
use crate::server::{STATEMENT_MAX, State, Uncommitted, Wire};

/// A connection with the statements that it has prepared so far. There are some dozens of them, so
/// all stay.
pub(crate) struct PostgresLink {
    connection: Connection,
    prepared: HashMap<(usize, Form), tokio_postgres::Statement>,
    state: State,
}

impl PostgresLink {
    /// A link over a connection.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            prepared: HashMap::new(),
            state: State::Sound,
        }
    }

    /// What the driver offers beside operations.
    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// What follows from an error.
    pub(super) fn failed(&mut self, error: &Error) -> SqlError {
        self.state = if is_lost(error) {
            State::Lost
        } else {
            State::Failed
        };
        sql_error(error)
    }

    /// The prepared form of a statement, found by its address: no two statics share one.
    async fn prepared(
        &mut self,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, SqlError> {
        self.prepared_in(Form::ONE, statement).await
    }

    async fn prepared_in(
        &mut self,
        form: Form,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, SqlError> {
        let key = (std::ptr::from_ref(statement).addr(), form);
        if let Some(found) = self.prepared.get(&key) {
            return Ok(found.clone());
        }
        let text = POSTGRES.render(&statement.text_in(form));
        let made = self.connection.client.prepare(&text).await;
        let made = made.map_err(|error| self.failed(&error))?;
        self.prepared.insert(key, made.clone());
        Ok(made)
    }
}

impl Wire for PostgresLink {
    fn state(&self) -> State {
        if self.connection.client.is_closed() {
            State::Lost
        } else {
            self.state
        }
    }

    fn give_up(&mut self) {
        self.state = State::Lost;
    }

    async fn begin(&mut self, limit: Duration) -> Result<(), SqlError> {
        // Zero would be without end.
        let limit = limit.min(STATEMENT_MAX).as_millis().max(1);
        let begin =
            format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = {limit}");
        let begun = self.connection.client.batch_execute(&begin).await;
        begun.map_err(|error| self.failed(&error))
    }

    async fn commit(&mut self) -> Result<(), Uncommitted> {
        let committed = self.connection.client.batch_execute("COMMIT").await;
        committed.map_err(|error| {
            if is_lost(&error) {
                Uncommitted::Unknown(said(&error))
            } else {
                Uncommitted::Refused(self.failed(&error))
            }
        })
    }

    async fn roll_back(&mut self) {
        if self.state() == State::Lost {
            return;
        }
        match self.connection.client.batch_execute("ROLLBACK").await {
            Ok(()) => self.state = State::Sound,
            Err(_) => self.state = State::Lost,
        }
    }

    /// When it was started says it already.
    async fn mark_boot(&mut self, _: &[u8; 16]) -> Result<(), SqlError> {
        Ok(())
    }
}

/// How many rows are copied at the least: for fewer an INSERT each costs less than asking first whether they may come.
const COPY_MIN: usize = 4;

impl PostgresLink {
    /// Asks for all before the first answers.
    async fn run_ahead(
        &mut self,
        changes: &[(tokio_postgres::Statement, &[Value<'_>])],
    ) -> Result<Vec<u64>, SqlError> {
        let client = &self.connection.client;
        let running = changes
            .iter()
            .map(|(prepared, params)| client.execute_raw(prepared, params.iter().copied()));
        let done = join_all(running).await;
        // The first that fails says why; those after it only say that one before them failed.
        done.into_iter()
            .map(|changed| changed.map_err(|error| self.failed(&error)))
            .collect()
    }
}

impl Link for PostgresLink {
    /// Some dozens fit into one packet or two, and of these the driver keeps the order.
    const AHEAD_MAX: usize = 30;

    async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
    ) -> Result<u64, SqlError> {
        let prepared = self.prepared(statement).await?;
        let done = self
            .connection
            .client
            .execute_raw(&prepared, params.iter().copied())
            .await;
        done.map_err(|error| self.failed(&error))
    }

    async fn query<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        let prepared = self.prepared(statement).await?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let rows = self.connection.client.query(&prepared, &params).await;
        let rows = rows.map_err(|error| self.failed(&error))?;
        rows.iter()
            .map(|row| read(&mut Fields::of(&PostgresRow(row))))
            .collect()
    }

    async fn execute_ahead(&mut self, changes: &[Change<'_>]) -> Result<Vec<u64>, SqlError> {
        let mut prepared = Vec::with_capacity(changes.len());
        for (statement, params) in changes {
            prepared.push((self.prepared(statement).await?, *params));
        }
        self.run_ahead(&prepared).await
    }

    async fn insert<const N: usize>(
        &mut self,
        insert: &'static Statement,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, SqlError> {
        let (mut rest, mut changes) = (rows, Vec::new());
        for batch in batches(rows.len()) {
            let (some, others) = rest.split_at(batch);
            let prepared = self.prepared_in(Form::Rows(batch), insert).await?;
            changes.push((prepared, some.as_flattened()));
            rest = others;
        }
        Ok(self.run_ahead(&changes).await?.iter().sum())
    }

    /// Copies them: the server does for all rows at once what it would do for each.
    async fn insert_all<const N: usize>(
        &mut self,
        insert: &'static Statement,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), SqlError> {
        if rows.len() < COPY_MIN {
            return self.change_each(insert, rows).await;
        }
        let prepared = self.prepared_in(Form::Copy, insert).await?;
        let copied = async {
            let mut sink = pin!(self.connection.client.copy_in(&prepared).await?);
            sink.send(encode(rows)).await?;
            sink.finish().await
        };
        let added = copied.await.map_err(|error| self.failed(&error))?;
        must_be_all(insert, added, rows.len())
    }

    async fn query_in<T>(
        &mut self,
        statement: &'static Statement,
        keys: &[Value<'_>],
        rest: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        let params = params_in(keys, rest);
        let prepared = self.prepared(statement).await?;
        let client = &self.connection.client;
        let running = params.iter().map(|params| async {
            let rows = client.query_raw(&prepared, params.iter().copied()).await?;
            rows.try_collect::<Vec<Row>>().await
        });
        let found = try_join_all(running).await;
        let found = found.map_err(|error| self.failed(&error))?;
        found
            .iter()
            .flatten()
            .map(|row| read(&mut Fields::of(&PostgresRow(row))))
            .collect()
    }
}

/// A value that does not fit the parameter it was given for.
#[derive(Debug, thiserror::Error)]
#[error("{what} does not fit a parameter of type {wanted}")]
struct Misfit {
    what: &'static str,
    wanted: Type,
}

impl ToSql for Value<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let misfit = |what| {
            let wanted = wanted.clone();
            Err(Box::new(Misfit { what, wanted }).into())
        };
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => match *wanted {
                Type::INT8 => number.to_sql(wanted, out),
                // What is compared with a literal.
                Type::INT4 => i32::try_from(number)?.to_sql(wanted, out),
                _ => misfit("a number"),
            },
            Value::Text(text) if *wanted == Type::TEXT => text.to_sql(wanted, out),
            Value::Text(_) => misfit("a text"),
            Value::Bytes(bytes) if *wanted == Type::BYTEA => bytes.to_sql(wanted, out),
            Value::Bytes(_) => misfit("bytes"),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Which fits which is known only with the value.
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

struct PostgresRow<'r>(&'r Row);

/// A column of one of the kinds that the schema has.
struct Column<'r>(Value<'r>);

impl<'r> FromSql<'r> for Column<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::TEXT => Value::Text(<&str>::from_sql(kind, raw)?),
            _ => Value::Bytes(<&[u8]>::from_sql(kind, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(kind)
    }
}

impl Columns for PostgresRow<'_> {
    fn value(&self, index: usize) -> Result<Value<'_>, SqlError> {
        let column: Result<Column<'_>, _> = self.0.try_get(index);
        column
            .map(|column| column.0)
            .map_err(|error| SqlError::Damaged(format!("column {index} cannot be read: {error}")))
    }
}
