//! A store on a database server, which several nodes may share.

use std::fmt;

use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{ExaminedServer, OpenServer, OpenServerError, Opened, SqlStore};
use zeroize::Zeroizing;

/// How many connections a node opens at the most unless it is told otherwise: each runs one step at a time, and three
/// nodes with their reserve stay far below the hundred that PostgreSQL lets in by default.
pub const SERVER_CONNECTIONS: usize = 16;

/// A store on a database server, and how to go there. Every node that is told the same one shares it.
#[derive(Clone)]
pub struct ServerStore {
    url: Zeroizing<String>,
    connections_max: usize,
}

impl ServerStore {
    /// A store in PostgreSQL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or in MySQL or MariaDB: the same with
    /// `mysql://`. What may stand after `?`: see [`OpenServer::url`](symbolon_store_sql::OpenServer::url).
    ///
    /// # Errors
    /// [`OpenServerError::Address`]: what is not understood, without a part of the password.
    pub fn at(url: impl Into<String>) -> Result<Self, OpenServerError> {
        let url = Zeroizing::new(url.into());
        SqlStore::check_server(&url)?;
        Ok(Self {
            url,
            connections_max: SERVER_CONNECTIONS,
        })
    }

    /// How many connections this process opens at the most, besides the few that ends of sessions and the node's
    /// heartbeat have to themselves. At least one.
    #[must_use]
    pub fn connections_max(mut self, connections: usize) -> Self {
        self.connections_max = connections.max(1);
        self
    }

    /// Looks at the server and the store there without beginning to use it. Nothing is changed in it. Needs a tokio
    /// runtime.
    ///
    /// # Errors
    /// When the server or the store cannot be used; the error says what to do.
    pub async fn examine(&self) -> Result<ExaminedServer, OpenServerError> {
        self.examine_with(None).await
    }

    async fn examine_with(&self, key: Option<KeyCheck>) -> Result<ExaminedServer, OpenServerError> {
        let url = self.url.clone();
        aside(move || SqlStore::examine_server(&url, key)).await
    }

    /// Opens the store, or makes it.
    pub(crate) async fn open(
        &self,
        make: impl FnOnce(String, usize) -> OpenServer,
    ) -> Result<(SqlStore, Opened), OpenServerError> {
        let options = make(self.url.as_str().to_owned(), self.connections_max);
        aside(move || SqlStore::open_server(options)).await
    }
}

/// Where waiting for a server keeps nobody else waiting.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenServerError> + Send + 'static,
) -> Result<T, OpenServerError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(OpenServerError::NoResources {
            detail: error.to_string(),
        })
    })
}

impl fmt::Debug for ServerStore {
    /// The address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerStore")
            .field("connections_max", &self.connections_max)
            .finish_non_exhaustive()
    }
}
