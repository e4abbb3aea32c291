//! The traits of `symbolon_core::store` over the operations.

mod accounts;
mod api_keys;
mod bans;
mod members;
mod mirror;
mod sessions;
mod signing_keys;
mod upkeep;

use std::path::Path;
use std::sync::Arc;

use symbolon_core::signal::{SignalSink, Signals};
use symbolon_core::store::StoreError;
use symbolon_core::token::{KeyCheck, SumKey};

use crate::mysql::MySql;
use crate::operation::Operation;
use crate::postgres::Postgres;
use crate::server::{self, Driver as _, ExaminedServer, OpenServer, OpenServerError};
use crate::sqlite::{self, Examined, OpenError, OpenSqlite, Opened};

/// The authoritative store over SQL. Clones are the same store.
///
/// An operation that was taken is done and told to the log's sink even if the future that asked for
/// it is dropped. When the last clone is dropped, what waits is done and the file or the server is freed, and
/// the thread that drops it waits for that; [`close`](Self::close) does the same without holding a thread.
#[derive(Clone)]
pub struct SqlStore {
    engine: Arc<Engine>,
}

/// What stands below.
enum Engine {
    /// A file, or memory.
    Sqlite(sqlite::Engine),
    /// A PostgreSQL.
    Postgres(server::Engine<Postgres>),
    /// A MySQL or a MariaDB.
    MySql(server::Engine<MySql>),
}

/// Which server a URL is about.
enum Kind {
    Postgres,
    MySql,
}

impl Kind {
    fn of(url: &str) -> Result<Self, OpenServerError> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            Some(("mysql" | "mariadb", _)) => Ok(Self::MySql),
            _ => Err(OpenServerError::Address {
                detail: "it must begin with postgres:// or mysql://".to_owned(),
            }),
        }
    }
}

impl SqlStore {
    /// Opens a store in SQLite, or makes one where there is none. It reads and writes files: call it
    /// where that may take a moment.
    ///
    /// # Errors
    /// When the store cannot be used; the error says what to do.
    pub fn open(options: OpenSqlite) -> Result<(Self, Opened), OpenError> {
        let (engine, opened) = sqlite::Engine::open(options)?;
        Ok((Self::over(Engine::Sqlite(engine)), opened))
    }

    /// Opens a store on the server that the URL names, or makes one in a schema where there is none. It waits for the
    /// server: call it where that may take a moment. Of several processes that open one store at the same time, the
    /// first makes what is missing.
    ///
    /// # Errors
    /// When the server or the store cannot be used; the error says what to do.
    pub fn open_server(options: OpenServer) -> Result<(Self, Opened), OpenServerError> {
        match Kind::of(&options.url)? {
            Kind::Postgres => {
                let (engine, opened) = server::Engine::open(options)?;
                Ok((Self::over(Engine::Postgres(engine)), opened))
            }
            Kind::MySql => {
                let (engine, opened) = server::Engine::open(options)?;
                Ok((Self::over(Engine::MySql(engine)), opened))
            }
        }
    }

    fn over(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }

    /// Looks at the store in a file without beginning to use it; `None`: there is none. Nothing is changed in it.
    /// `whole` reads all of it and checks that it is sound: with ten million sessions that takes a minute.
    ///
    /// # Errors
    /// When another process has it, or it is no store that can be read.
    pub fn examine(path: &Path, whole: bool) -> Result<Option<Examined>, OpenError> {
        sqlite::examine(path, whole)
    }

    /// Looks at the server that a URL names, and the store there, without beginning to use it. Nothing is changed in it.
    /// With `key` also at whether the store was made with it. It waits for the server: call it where that may take a
    /// moment.
    ///
    /// # Errors
    /// When the server or the store cannot be used; the error says what to do.
    pub fn examine_server(url: &str, key: Option<KeyCheck>) -> Result<ExaminedServer, OpenServerError> {
        match Kind::of(url)? {
            Kind::Postgres => server::examine::<Postgres>(url, key),
            Kind::MySql => server::examine::<MySql>(url, key),
        }
    }

    /// Looks at the URL of a server, without going there.
    ///
    /// # Errors
    /// [`OpenServerError::Address`]: what is not understood.
    pub fn check_server(url: &str) -> Result<(), OpenServerError> {
        match Kind::of(url)? {
            Kind::Postgres => Postgres::check(url),
            Kind::MySql => MySql::check(url),
        }
    }

    /// Takes no more operations, does those that wait, and frees the file (with its log moved into it) or the
    /// server's connections.
    pub async fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
            Engine::MySql(engine) => engine.close().await,
        }
    }

    /// Waits until the store dies, and says why: a commit failed in a way after which nothing that
    /// this process writes can be trusted. The process must stop; its next start reads what is
    /// really there. Of a store that lives, or was closed, it waits for ever.
    pub async fn died(&self) -> Arc<str> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.died().await,
            Engine::Postgres(engine) => engine.died().await,
            Engine::MySql(engine) => engine.died().await,
        }
    }

    /// Checks that the file at the store's path is still the one that was opened; to be called every
    /// few seconds. A server says by itself when it is another.
    ///
    /// # Errors
    /// When it was removed or replaced. All operations are then refused until it is back.
    pub fn still_ours(&self) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.still_ours(),
            Engine::Postgres(_) | Engine::MySql(_) => Ok(()),
        }
    }

    /// Begins to tell the other nodes of this store of revocations at once, and to hear them, until the store is closed.
    /// Acknowledgements are known by `key`, one of [`Purpose::Ack`](symbolon_core::token::Purpose::Ack). `None`: the engine
    /// passes nothing on. PostgreSQL does by LISTEN and NOTIFY, over a connection besides.
    #[must_use]
    pub fn signals(&self, key: SumKey, sink: Arc<dyn SignalSink>) -> Option<Arc<dyn Signals>> {
        match &*self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(engine) => engine.signals(key, sink),
            Engine::MySql(engine) => engine.signals(key, sink),
        }
    }

    async fn ask<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.ask(operation).await,
            Engine::Postgres(engine) => engine.ask(operation).await,
            Engine::MySql(engine) => engine.ask(operation).await,
        }
    }
}
