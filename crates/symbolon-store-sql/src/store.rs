//! The traits of `symbolon_core::store` over the operations.

mod accounts;
mod api_keys;
mod bans;
mod sessions;
mod signing_keys;
mod upkeep;

use std::path::Path;
use std::sync::Arc;

use symbolon_core::store::StoreError;

use crate::operation::Operation;
use crate::sqlite::{self, Engine, Examined, OpenError, OpenSqlite, Opened};

/// The authoritative store over SQL. Clones are the same store.
///
/// An operation that was taken is done and told to the log's sink even if the future that asked for
/// it is dropped. When the last clone is dropped, what waits is done and the file is freed, and the
/// thread that drops it waits for that; [`close`](Self::close) does the same without holding a thread.
#[derive(Clone)]
pub struct SqlStore {
    engine: Arc<Engine>,
}

impl SqlStore {
    /// Opens a store in SQLite, or makes one where there is none. It reads and writes files: call it
    /// where that may take a moment.
    ///
    /// # Errors
    /// When the store cannot be used; the error says what to do.
    pub fn open(options: OpenSqlite) -> Result<(Self, Opened), OpenError> {
        let (engine, opened) = Engine::open(options)?;
        let store = Self {
            engine: Arc::new(engine),
        };
        Ok((store, opened))
    }

    /// Looks at the store in a file without beginning to use it; `None`: there is none. Nothing is changed in it.
    /// `whole` reads all of it and checks that it is sound: with ten million sessions that takes a minute.
    ///
    /// # Errors
    /// When another process has it, or it is no store that can be read.
    pub fn examine(path: &Path, whole: bool) -> Result<Option<Examined>, OpenError> {
        sqlite::examine(path, whole)
    }

    /// Takes no more operations, does those that wait, moves the log into the file, and frees it.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Waits until the store dies, and says why: a commit failed in a way after which nothing that
    /// this process writes can be trusted. The process must stop; its next start reads what is
    /// really there. Of a store that lives, or was closed, it waits for ever.
    pub async fn died(&self) -> Arc<str> {
        self.engine.died().await
    }

    /// Checks that the file at the store's path is still the one that was opened; to be called every
    /// few seconds.
    ///
    /// # Errors
    /// When it was removed or replaced. All operations are then refused until it is back.
    pub fn still_ours(&self) -> Result<(), StoreError> {
        self.engine.still_ours()
    }

    async fn ask<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        self.engine.ask(operation).await
    }
}
