//! Where the secret outside the store is kept.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use symbolon_core::random::{Randomness, draw};
use symbolon_core::token::MasterKey;
use zeroize::Zeroizing;

/// The name of the key file in the data folder.
pub const MASTER_KEY_FILE: &str = "master.key";

/// The master key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyFault {
    /// The file cannot be read or written.
    #[error("the master key file {path} cannot be {operation}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        operation: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} does not hold a master key: {source}; `openssl rand -hex 32` makes one")]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: symbolon_core::token::MasterKeyError,
    },
    /// Others on this machine may read the file.
    #[error("{path} can be read by others (mode {mode:o}); `chmod 600 {path}` mends it")]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The store was made with a key that is not here.
    #[error(
        "{path} is missing, but the store in its folder was made with it; put the file back from your backup"
    )]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// The shared store was made by another node, with a key that is not here.
    #[error(
        "{path} is missing, and the store ({store}) was made with another node's: copy the master.key of that node \
         here, or set keys.master_file to it"
    )]
    NotHere {
        /// Which.
        path: PathBuf,
        /// The store.
        store: String,
    },
    /// None can be made.
    #[error("a master key cannot be made: the operating system gave no randomness")]
    Randomness,
}

/// A master key, and whether it was made just now.
pub(crate) struct Found {
    pub(crate) key: MasterKey,
    pub(crate) made: Option<PathBuf>,
}

/// Reads the file that a setting names.
pub(crate) fn read(path: &Path) -> Result<MasterKey, MasterKeyFault> {
    let fault = |source| MasterKeyFault::File {
        path: path.to_owned(),
        operation: "read",
        source,
    };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(fault)?);
    let mode = fs::metadata(path).map_err(fault)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyFault::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    MasterKey::from_hex(&text).map_err(|source| MasterKeyFault::Content {
        path: path.to_owned(),
        source,
    })
}

/// Reads the key of a data folder, where a store that nodes share was made before.
pub(crate) fn read_shared(folder: &Path, store: &str) -> Result<Found, MasterKeyFault> {
    let path = folder.join(MASTER_KEY_FILE);
    if !path.exists() {
        let store = store.to_owned();
        return Err(MasterKeyFault::NotHere { path, store });
    }
    read(&path).map(|key| Found { key, made: None })
}

/// Reads the key of a data folder, or makes one where there is no store yet.
pub(crate) fn read_or_make(
    folder: &Path,
    store_exists: bool,
    source: &dyn Randomness,
) -> Result<Found, MasterKeyFault> {
    let path = folder.join(MASTER_KEY_FILE);
    if path.exists() {
        return read(&path).map(|key| Found { key, made: None });
    }
    if store_exists {
        return Err(MasterKeyFault::Missing { path });
    }
    let key = MasterKey::from_bytes(draw(source).map_err(|_| MasterKeyFault::Randomness)?);
    write(&path, &key).map_err(|source| MasterKeyFault::File {
        path: path.clone(),
        operation: "written",
        source,
    })?;
    Ok(Found {
        key,
        made: Some(path),
    })
}

/// Writes the key durably, readable by its owner alone. It appears whole or not at all, so that a
/// crash in the middle leaves no half key behind.
fn write(path: &Path, key: &MasterKey) -> io::Result<()> {
    let draft = path.with_extension("key.new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(key.to_hex().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
