//! An operation's view of a connection to MySQL or MariaDB, and the transaction around it.

use std::collections::HashMap;
use std::time::Duration;

use mysql_async::consts::StatusFlags;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Params, Row};
use tokio::time::Instant;

use super::connection::IDLE_MAX;
use super::fault::{is_in_doubt, is_lost, said, sql_error};
use super::flavor::Flavor;
use super::text::spelled;
use super::value::{MySqlRow, param};
use crate::dialect::MYSQL;
use crate::hex::hex;
use crate::link::{Change, Fields, Form, Link, Read, SqlError, Statement, Value, batches};
use crate::server::{STATEMENT_MAX, State, Uncommitted, Wire};

/// How much less than [`STATEMENT_MAX`] the limit of a transaction may be before the server is told of it: that is one
/// more thing to say, twice.
const LIMIT_SLACK: Duration = Duration::from_millis(300);

/// How much earlier than the server a connection that is idle is given up.
const IDLE_SLACK: Duration = Duration::from_secs(1);

/// A connection with the statements that it has prepared so far. There are some dozens of them, so
/// all stay.
///
/// A future over it that is dropped half-way leaves it disconnected, and a connection that is dropped like that is cut:
/// the driver notes both. One that is whole says good-bye when it is dropped.
pub(crate) struct MySqlLink {
    conn: Conn,
    flavor: Flavor,
    prepared: HashMap<(usize, Form), mysql_async::Statement>,
    state: State,
    /// A transaction was begun and not ended yet.
    begun: bool,
    /// Its statements have less time than all others.
    hurried: bool,
    used_at: Instant,
}

impl MySqlLink {
    /// A link over a connection.
    pub(super) fn new(conn: Conn, flavor: Flavor) -> Self {
        Self {
            conn,
            flavor,
            prepared: HashMap::new(),
            state: State::Sound,
            begun: false,
            hurried: false,
            used_at: Instant::now(),
        }
    }

    /// Which of the two the server is.
    pub(super) fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// What the driver offers beside operations.
    pub(super) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
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

    /// Says something that the dialect does not know.
    pub(super) async fn control(&mut self, text: &str) -> Result<(), SqlError> {
        self.used_at = Instant::now();
        let done = self.conn.query_drop(text).await;
        done.map_err(|error| self.failed(&error))
    }

    /// Whether the server's last word was that a transaction is open.
    fn is_in_transaction(&self) -> bool {
        self.conn
            .last_ok_packet()
            .is_some_and(|ok| ok.status_flags().contains(StatusFlags::SERVER_STATUS_IN_TRANS))
    }

    /// Whether the server may have ended the connection, since nothing was said for so long.
    fn is_stale(&self) -> bool {
        let limit = IDLE_MAX.saturating_sub(IDLE_SLACK);
        self.flavor == Flavor::MySql && self.used_at.elapsed() > limit
    }

    /// The prepared form of a statement, found by its address: no two statics share one.
    async fn prepared(
        &mut self,
        form: Form,
        statement: &'static Statement,
    ) -> Result<mysql_async::Statement, SqlError> {
        self.used_at = Instant::now();
        let key = (std::ptr::from_ref(statement).addr(), form);
        if let Some(found) = self.prepared.get(&key) {
            return Ok(found.clone());
        }
        let made = self.conn.prep(MYSQL.render(&statement.text_in(form))).await;
        let made = made.map_err(|error| self.failed(&error))?;
        self.prepared.insert(key, made.clone());
        Ok(made)
    }

    async fn execute_in(
        &mut self,
        form: Form,
        statement: &'static Statement,
        params: &[Value<'_>],
    ) -> Result<u64, SqlError> {
        let prepared = self.prepared(form, statement).await?;
        let params = Params::Positional(params.iter().map(param).collect());
        let done = self.conn.exec_drop(&prepared, params).await;
        done.map_err(|error| self.failed(&error))?;
        Ok(self.conn.affected_rows())
    }

    /// After a transaction: its limit is no longer the limit.
    async fn unhurry(&mut self) {
        if std::mem::take(&mut self.hurried) {
            let limit = STATEMENT_MAX.as_secs();
            // Where this fails the connection is closed with it.
            drop(self.control(&format!("SET max_statement_time = {limit}")).await);
        }
    }
}

static MARK_BOOT: Statement = Statement::new("REPLACE INTO boot (one, id) VALUES (1, ?)");

impl Wire for MySqlLink {
    fn state(&self) -> State {
        // A transaction that nobody began, or nobody ended, would show an old world to whoever comes next.
        let leaked = !self.begun && (self.is_in_transaction() || self.is_stale());
        if self.conn.is_disconnected() || leaked {
            State::Lost
        } else {
            self.state
        }
    }

    fn give_up(&mut self) {
        self.state = State::Lost;
    }

    async fn begin(&mut self, limit: Duration) -> Result<(), SqlError> {
        let mut begin = "START TRANSACTION READ WRITE".to_owned();
        if self.flavor == Flavor::MariaDb && limit + LIMIT_SLACK < STATEMENT_MAX {
            // Zero would be without end.
            let limit = limit.max(Duration::from_millis(1)).as_secs_f64();
            begin = format!("SET max_statement_time = {limit:.3}; {begin}");
            self.hurried = true;
        }
        self.begun = true;
        self.control(&begin).await
    }

    async fn commit(&mut self) -> Result<(), Uncommitted> {
        // Something between here and the server, or the server itself, may have ended it: then what is left of it alone
        // must not be committed.
        if !self.is_in_transaction() {
            self.state = State::Lost;
            let detail = "its transaction is gone".to_owned();
            return Err(Uncommitted::Refused(SqlError::Undone(detail)));
        }
        match self.conn.query_drop("COMMIT").await {
            Ok(()) => {
                self.begun = false;
                self.unhurry().await;
                Ok(())
            }
            Err(error) if is_in_doubt(&error) => Err(Uncommitted::Unknown(said(&error))),
            Err(error) => Err(Uncommitted::Refused(self.failed(&error))),
        }
    }

    async fn roll_back(&mut self) {
        if self.state == State::Lost || self.conn.is_disconnected() {
            return;
        }
        self.state = match self.conn.query_drop("ROLLBACK").await {
            Ok(()) => State::Sound,
            Err(_) => State::Lost,
        };
        self.begun = false;
        if self.state == State::Sound {
            self.unhurry().await;
        }
    }

    async fn mark_boot(&mut self, id: &[u8; 16]) -> Result<(), SqlError> {
        self.execute(&MARK_BOOT, &[hex(id).as_str().into()]).await?;
        Ok(())
    }
}

impl Link for MySqlLink {
    /// What so many say is some kilobytes, and a server takes a megabyte at the least.
    const AHEAD_MAX: usize = 64;

    async fn execute(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
    ) -> Result<u64, SqlError> {
        self.execute_in(Form::ONE, statement, params).await
    }

    async fn query<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, SqlError> {
        let prepared = self.prepared(Form::ONE, statement).await?;
        let params = Params::Positional(params.iter().map(param).collect());
        let rows: Result<Vec<Row>, Error> = self.conn.exec(&prepared, params).await;
        let rows = rows.map_err(|error| self.failed(&error))?;
        rows.into_iter()
            .map(|row| read(&mut Fields::of(&MySqlRow(row))))
            .collect()
    }

    async fn execute_ahead(&mut self, changes: &[Change<'_>]) -> Result<Vec<u64>, SqlError> {
        if let [(statement, params)] = changes {
            return Ok(vec![self.execute(statement, params).await?]);
        }
        let text = spelled(changes)?;
        self.used_at = Instant::now();
        let done = async {
            let mut results = self.conn.query_iter(text).await?;
            let mut changed = vec![results.affected_rows()];
            while changed.len() < changes.len() {
                // None has rows: that goes on to the next.
                results.for_each(drop).await?;
                changed.push(results.affected_rows());
            }
            results.drop_result().await?;
            Ok(changed)
        };
        done.await.map_err(|error: Error| self.failed(&error))
    }

    async fn insert<const N: usize>(
        &mut self,
        insert: &'static Statement,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, SqlError> {
        let (mut rest, mut added) = (rows, 0);
        for batch in batches(rows.len()) {
            let (some, others) = rest.split_at(batch);
            added += self
                .execute_in(Form::Rows(batch), insert, some.as_flattened())
                .await?;
            rest = others;
        }
        Ok(added)
    }
}
