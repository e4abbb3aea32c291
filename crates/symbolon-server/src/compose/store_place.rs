//! Where the store is, and what a look there finds.

use std::fmt;
use std::path::PathBuf;

use symbolon::{OpenFault, OpenRedisStoreError, OpenServerError, RedisServer, ServerStore};

use super::Composition;
use crate::config::url::{ServerUrl, StoreUrl};

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StorePlace<'a> {
    /// In the memory of a server that runs.
    Memory,
    /// In this file.
    File(PathBuf),
    /// On a database server, which other nodes may use as well.
    Server(&'a ServerUrl),
    /// In a Redis, which other nodes may use as well.
    Redis(&'a ServerUrl),
}

impl fmt::Display for StorePlace<'_> {
    /// For a person, without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Server(url) | Self::Redis(url) => write!(f, "{url}"),
        }
    }
}

/// A store that nodes share, as a look from outside finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenStore {
    /// Where it is, without secrets.
    pub(crate) place: String,
    /// The version of its form; `None`: there is none yet.
    pub(crate) version: Option<u32>,
    /// The newest version that this release knows.
    pub(crate) newest: u32,
}

impl<'a> Composition<'a> {
    /// Where the store is.
    pub(crate) fn store(&self) -> StorePlace<'a> {
        match &self.config.store_url {
            StoreUrl::Memory => StorePlace::Memory,
            StoreUrl::Sqlite(Some(file)) => StorePlace::File(file.clone()),
            StoreUrl::Sqlite(None) => StorePlace::File(self.data_dir().join(symbolon::DATABASE_FILE)),
            StoreUrl::Postgres(url) | StoreUrl::Mysql(url) => StorePlace::Server(url),
            StoreUrl::Redis(url) => StorePlace::Redis(url),
        }
    }

    /// Whether other nodes may share the store.
    pub(crate) fn shares_store(&self) -> bool {
        matches!(self.store(), StorePlace::Server(_) | StorePlace::Redis(_))
    }

    /// The database server of the store, if it is on one.
    ///
    /// # Errors
    /// When its address is not understood.
    pub(crate) fn server_store(&self) -> Result<Option<ServerStore>, OpenServerError> {
        let StorePlace::Server(url) = self.store() else {
            return Ok(None);
        };
        let server = ServerStore::at(url.with_password())?;
        Ok(Some(server.connections_max(self.config.store_connections)))
    }

    /// The Redis of the store, if it is in one.
    ///
    /// # Errors
    /// When its address is not understood, or is that of a cluster.
    pub(crate) fn redis_store(&self) -> Result<Option<RedisServer>, OpenRedisStoreError> {
        let StorePlace::Redis(url) = self.store() else {
            return Ok(None);
        };
        RedisServer::at(url.with_password(), self.config.cache.prefix.as_str()).map(Some)
    }

    /// Looks at a store that nodes share; `None`: it is no such store.
    ///
    /// # Errors
    /// When its server or the store cannot be used.
    pub(crate) async fn look_at_shared(&self) -> Result<Option<SeenStore>, OpenFault> {
        if let Some(server) = self.server_store()? {
            let found = server.examine().await?;
            return Ok(Some(SeenStore {
                place: found.place,
                version: found.schema_version,
                newest: found.newest_version,
            }));
        }
        let Some(redis) = self.redis_store()? else {
            return Ok(None);
        };
        let found = redis.examine().await?;
        Ok(Some(SeenStore {
            place: found.place,
            version: found.format,
            newest: found.newest_format,
        }))
    }
}
