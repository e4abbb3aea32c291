//! One process for each store.
//!
//! The lock is on a file of its own: a lock on the database itself would be lost as soon as anything
//! in this process opened and closed that file.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::OpenError;

const NAME: &str = "symbolon.lock";

/// A lock file that is held until this is dropped. The file itself stays: removing it would let a
/// third process lock a new file while a second still waits at the old one.
#[derive(Debug)]
pub(super) struct LockFile {
    held: File,
}

impl LockFile {
    /// Takes the lock beside a database, and writes this process's id into it.
    pub(super) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = database.with_file_name(NAME);
        let unusable = |error: std::io::Error| unusable(&path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(in_use(path, &mut file)),
            Err(error) => return Err(unusable(error.into())),
        }
        file.set_len(0).map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { held: file })
    }
}

impl Drop for LockFile {
    /// Closing the file is not enough: a child process that is just being started has a copy of it
    /// until it runs its own program, and would hold the lock for that long.
    fn drop(&mut self) {
        if let Err(error) = flock(&self.held, FlockOperation::Unlock) {
            tracing::warn!(error = %error, "the store's lock is held until this process ends");
        }
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> OpenError {
    let path = path.to_owned();
    let detail = error.to_string();
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path, detail },
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            OpenError::NoSpace { path, detail }
        }
        _ => OpenError::Unusable { path, detail },
    }
}

/// Names the holder as far as it can be seen: it may be in another container, or of another user.
fn in_use(path: PathBuf, file: &mut File) -> OpenError {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).is_ok();
    let pid = text.trim();
    let known = read && !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    OpenError::InUse {
        command: known.then(|| command_of(pid)).flatten(),
        pid: if known { pid } else { "unknown" }.to_owned(),
        path,
    }
}

/// The holder's program, without its arguments.
fn command_of(pid: &str) -> Option<String> {
    let name = fs::read_to_string(Path::new("/proc").join(pid).join("comm")).ok()?;
    Some(name.trim_end().to_owned())
}
