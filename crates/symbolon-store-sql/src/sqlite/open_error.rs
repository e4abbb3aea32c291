//! Why a store was not opened, and what to do about it.

use std::path::PathBuf;

/// Why a store was not opened. Nothing was changed in it. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{} is in use by process {pid}{}: stop it first, or use its socket",
        path.display(),
        command.as_deref().map(|command| format!(" ({command})")).unwrap_or_default()
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// Whose it is, as that process wrote it.
        pid: String,
        /// What that process is, where it can be seen.
        command: Option<String>,
    },
    /// The path cannot hold a store.
    #[error("cannot open {}: {detail}; choose another path, or give this user the right to write there", path.display())]
    Unusable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// It is there and can be read, not written.
    #[error(
        "{} cannot be written: {detail}; give this user the right to write the file and its folder, \
         or mount the file system for writing",
        path.display()
    )]
    ReadOnly {
        /// The path.
        path: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// There is no space left.
    #[error("no space is left for {}: {detail}; free some, then start again", path.display())]
    NoSpace {
        /// The path.
        path: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// The disk does not do what is asked of it. A full one says the same where it is asked for a mapped page.
    #[error("{} cannot be read or written: {detail}; look whether its disk is full or broken, then start again", path.display())]
    Disk {
        /// The path.
        path: PathBuf,
        /// What the engine said.
        detail: String,
    },
    /// It is a file of something else.
    #[error("{} is not a store of symbolon: {detail}; choose another path", path.display())]
    Foreign {
        /// The path.
        path: PathBuf,
        /// What it is.
        detail: String,
    },
    /// It is a store and cannot be read.
    #[error(
        "{} is damaged: {detail}; keep a copy of it with its -wal file, then restore the newest backup",
        path.display()
    )]
    Damaged {
        /// The path.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer release has written it.
    #[error(
        "{} has schema version {found}, and this release knows versions up to {known}: start the newer release",
        path.display()
    )]
    NewerSchema {
        /// The path.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Its secrets were made with another master key.
    #[error(
        "{} belongs to another master key (it wants the one whose check begins with {wanted}, and was given {given}): \
         copy the master.key that this store was made with, or set keys.master_file to it",
        path.display()
    )]
    OtherKey {
        /// The path.
        path: PathBuf,
        /// The first bytes of the check that it holds.
        wanted: String,
        /// The first bytes of the check that was given.
        given: String,
    },
    /// The linked SQLite can lose data.
    #[error("the linked SQLite {found} has a bug that loses commits: 3.51.3 or newer is needed")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// The operating system gave no thread or no randomness.
    #[error("cannot start the store: {detail}")]
    NoResources {
        /// What was missing.
        detail: String,
    },
}
