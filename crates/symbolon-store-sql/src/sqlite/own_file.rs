//! The store's file as the file system knows it. It is never opened here once SQLite has it: closing
//! it would drop SQLite's locks.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::OpenError;

/// The file that was opened, recognised by what the file system calls it.
pub(super) struct OwnFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl OwnFile {
    /// The file at the path, which has just been opened.
    pub(super) fn of(path: &Path) -> Result<Self, OpenError> {
        let found = fs::metadata(path).map_err(|error| OpenError::Unusable {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            device: found.dev(),
            inode: found.ino(),
        })
    }

    /// Where it was opened.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with the file at the path.
    pub(super) fn find_difference(&self) -> Option<String> {
        match fs::metadata(&self.path) {
            Ok(found) if found.dev() == self.device && found.ino() == self.inode => None,
            Ok(_) => Some("the store's file was replaced by another while it was in use".to_owned()),
            Err(error) => Some(format!("the store's file is not there any more: {error}")),
        }
    }
}

/// The path without links, so that a store has one lock by whatever name it is opened. The file need
/// not be there yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    let unusable = |detail: String| OpenError::Unusable {
        path: path.to_owned(),
        detail,
    };
    match fs::canonicalize(path) {
        Ok(found) if found.is_file() => Ok(found),
        Ok(_) => Err(unusable("it is not a file".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or_else(|| unusable(error.to_string()))?;
            let folder = match path.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let folder = fs::canonicalize(folder).map_err(|error| unusable(error.to_string()))?;
            Ok(folder.join(name))
        }
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// Makes the file, if it is not there, readable for this user only; SQLite gives its other files the
/// same rights. It is not open anywhere in this process yet: the lock has just been taken.
pub(super) fn make_private(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::Unusable {
            path: path.to_owned(),
            detail: error.to_string(),
        }),
    }
}
