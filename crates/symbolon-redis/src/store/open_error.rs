//! Why a store in Redis was not opened, and what to do about it.

use crate::options::OpenRedisError;

/// Why a store in Redis was not opened. Nothing was changed in it. The text says what to do; it never holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenRedisStoreError {
    /// What was configured is wrong.
    #[error("store.url: {0}")]
    Options(#[from] OpenRedisError),
    /// A cluster.
    #[error(
        "store.url names a cluster, which cannot be the store: a step of the store changes many keys at once, and a \
         cluster that fails over keeps no single newest copy; name one primary, or its Sentinels (redis-sentinel://)"
    )]
    Cluster,
    /// The server does not answer.
    #[error("cannot reach redis at {place}: {detail}; start it, or correct store.url")]
    Unreachable {
        /// Host and port.
        place: String,
        /// What the system said.
        detail: String,
    },
    /// It is there, and the way to it cannot be made safe: nobody trusted vouches for it, or it speaks no TLS.
    #[error(
        "redis at {place} cannot be trusted: {detail}; name the file of the authority that has signed its certificate \
         in store.url (rediss://HOST?ca_file=PATH) and the host as the certificate has it"
    )]
    Untrusted {
        /// Host and port.
        place: String,
        /// What was found.
        detail: String,
    },
    /// The server does not accept the user.
    #[error("redis at {place} refuses the log-in: {detail}; correct the user and the password in store.url")]
    Refused {
        /// Host and port.
        place: String,
        /// What it said.
        detail: String,
    },
    /// What answers is no Redis.
    #[error("what answers at {place} is not redis: {detail}; correct the host and the port in store.url")]
    NotRedis {
        /// Host and port.
        place: String,
        /// What it said.
        detail: String,
    },
    /// There is no such database.
    #[error(
        "redis at {place} says: {detail}; name a database that it has, such as 0, at the end of store.url"
    )]
    NoDatabase {
        /// Host and port.
        place: String,
        /// What it said.
        detail: String,
    },
    /// It takes no writes.
    #[error(
        "redis at {place} is a replica: name the primary in store.url, or its Sentinels (redis-sentinel://)"
    )]
    Replica {
        /// Host and port.
        place: String,
    },
    /// It is too old.
    #[error("redis at {place} has version {found}: {needed} or newer is needed")]
    OldVersion {
        /// Host and port.
        place: String,
        /// Its version.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
    },
    /// The user may not do what the store needs.
    #[error("at {place} the user of store.url lacks a right: {detail}; give it the rights of docs/redis.md")]
    Privilege {
        /// Host and port.
        place: String,
        /// What it said.
        detail: String,
    },
    /// The server takes no step now.
    #[error("redis at {place} cannot be used now: {detail}")]
    Unready {
        /// Host and port.
        place: String,
        /// What it said.
        detail: String,
    },
    /// There is no store, and none was to be made.
    #[error("redis at {place} holds no store of symbolon: it is empty")]
    Empty {
        /// Host and port.
        place: String,
    },
    /// The keys are another program's.
    #[error(
        "at {place} the keys of {prefix} are not a store of symbolon: {detail}; give symbolon another cache.prefix"
    )]
    Foreign {
        /// Host and port.
        place: String,
        /// What they begin with.
        prefix: String,
        /// What was found.
        detail: String,
    },
    /// It is a store and cannot be read.
    #[error("the store at {place} is damaged: {detail}; restore the newest backup")]
    Damaged {
        /// Host and port.
        place: String,
        /// What was found.
        detail: String,
    },
    /// A newer release has written it.
    #[error(
        "the store at {place} has format {found}, and this release knows formats up to {known}: start the newer release"
    )]
    NewerFormat {
        /// Host and port.
        place: String,
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// It was written before the first release.
    #[error(
        "the store at {place} has format {found}, from before the first release, and this release knows format {known}: \
         begin a new one, with another cache.prefix or in an empty database"
    )]
    OlderFormat {
        /// Host and port.
        place: String,
        /// Its format.
        found: u32,
        /// The format that is known.
        known: u32,
    },
    /// Its secrets were made with another master key.
    #[error(
        "the store at {place} belongs to another master key (it wants the one whose check begins with {wanted}, \
         and was given {given}): every node of a store needs the master.key that it was made with; \
         copy it here, or set keys.master_file to it"
    )]
    OtherKey {
        /// Host and port.
        place: String,
        /// The first digits of the check that it holds.
        wanted: String,
        /// The first digits of the check that was given.
        given: String,
    },
    /// The operating system gave no thread or no randomness.
    #[error("cannot start the store: {detail}")]
    NoResources {
        /// What was missing.
        detail: String,
    },
}
