//! What opening a store is told, and what it answers.

use std::path::PathBuf;
use std::sync::Arc;

use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogSink, RevocationSeq};
use symbolon_core::token::KeyCheck;

/// Where the store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In this file, which is made if it is not there. Beside it stand `symbolon.lock` and SQLite's
    /// own `-wal` and `-shm` files.
    File(PathBuf),
    /// In memory: everything is gone when it is closed.
    Memory,
}

/// When a commit is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// The log is synced before anything is answered.
    #[default]
    Full,
    /// The log is synced from time to time. A loss of power can take back the last commits: a
    /// session that was ended would be alive again. The loss of the process takes back nothing.
    Normal,
}

/// How to open a store in SQLite.
pub struct OpenSqlite {
    /// Where.
    pub place: Place,
    /// The image of the master key; a store that belongs to another key is refused.
    pub key_check: KeyCheck,
    /// The wall clock: the log's head jumps to it, so that no position is used twice.
    pub now: Timestamp,
    /// Takes the rows of the log that this process commits.
    pub sink: Arc<dyn LogSink>,
    /// Chance, for the ids of rows of the log.
    pub randomness: Arc<dyn Randomness>,
    /// When a commit is durable.
    pub durability: Durability,
    /// The most pages of 4,096 bytes that the file may have; beyond, it is full. `None`: as many as
    /// the disk has room for.
    pub pages_max: Option<u32>,
}

/// What was found at opening.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The store's own random name: the same for its whole life, and in every copy of it.
    pub cluster_id: [u8; 16],
    /// The newest instant that was ever written: the clock does not go back behind it.
    pub high_water: Timestamp,
    /// The head of the log after the jump.
    pub head: RevocationSeq,
    /// Whether the store was made now.
    pub fresh: bool,
}
