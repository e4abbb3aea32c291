//! Why a step was not done, from what Redis said.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use symbolon_core::store::StoreError;

/// Why a step was not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It may succeed later.
    Unavailable(String),
    /// There is something that cannot be read.
    Damaged(String),
    /// The server is another run than the store knows: nothing was written, and the log's head is to jump first.
    Restarted,
    /// Redis does not know the script by its name: nothing was done.
    UnknownScript,
    /// The server takes no writes, or not this user's: nothing was written, and another may be the primary now.
    NotPrimary(String),
}

impl Fault {
    /// What Redis said.
    pub(crate) fn of(error: &RedisError) -> Self {
        let text = error.to_string();
        // Before version 7 Redis wraps what a script's command was answered in an error of its own.
        let says = |code: &str| error.code() == Some(code) || text.contains(&format!("-{code} "));
        let unavailable = |what: &str| Self::Unavailable(format!("{what} ({text})"));
        if says("SYBOOT") {
            Self::Restarted
        } else if says("NOSCRIPT") {
            Self::UnknownScript
        } else if says("SYLOST") || says("SYOTHER") {
            Self::Unavailable(text)
        } else if says("SYTWICE") {
            Self::Damaged("there is a session of that id already".to_owned())
        } else if says("OOM") {
            unavailable("redis has no memory left: raise maxmemory, or let less be kept")
        } else if says("READONLY") {
            Self::NotPrimary(format!("the server is a replica and takes no writes ({text})"))
        } else if says("LOADING") {
            unavailable("redis is still reading its file")
        } else if says("MISCONF") {
            unavailable("redis cannot write its file and takes no writes: see its log")
        } else if says("NOREPLICAS") {
            unavailable("redis has fewer replicas than min-replicas-to-write demands")
        } else if says("BUSY") || says("UNKILLABLE") {
            unavailable("redis is busy with a script of somebody")
        } else if says("MASTERDOWN") || says("CLUSTERDOWN") {
            unavailable("redis is not ready")
        } else if says("NOPERM") || says("NOAUTH") {
            unavailable("the user of store.url lacks a right")
        } else if says("WRONGTYPE") {
            Self::Damaged(format!("a key holds what symbolon has not written ({text})"))
        } else {
            Self::other(error, text)
        }
    }

    fn other(error: &RedisError, text: String) -> Self {
        match error.kind() {
            // A script stumbled over what it read.
            ErrorKind::Server(ServerErrorKind::ResponseError) | ErrorKind::Extension => Self::Damaged(text),
            _ => Self::Unavailable(text),
        }
    }

    /// The error of a step that does that.
    pub(crate) fn in_step(self, does: &'static str) -> StoreError {
        match self {
            Self::Unavailable(detail) | Self::NotPrimary(detail) => StoreError::Unavailable {
                operation: does,
                detail,
            },
            Self::Damaged(detail) => StoreError::Damaged {
                operation: does,
                detail,
            },
            Self::Restarted => StoreError::Unavailable {
                operation: does,
                detail: "redis is started again and again".to_owned(),
            },
            Self::UnknownScript => StoreError::Unavailable {
                operation: does,
                detail: "redis forgets its scripts".to_owned(),
            },
        }
    }
}
