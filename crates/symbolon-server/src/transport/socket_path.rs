use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The name of the socket in the data folder.
pub(super) const NAME: &str = "symbolon.sock";

/// Longest path that a socket's address holds for sure, in bytes: macOS has 104 with the end, Linux 108. The listener
/// binds beside the name first, which takes up to 16 more.
const ADDRESS_BYTES_MAX: usize = 104 - 1 - 16;

/// A way to the socket of a data folder that fits into an address, as long as this lives.
#[derive(Debug)]
pub(crate) struct SocketPath {
    /// Where the socket is, for people.
    shown: PathBuf,
    /// Where the system finds it.
    reached: PathBuf,
    /// The folder, where the way leads through this descriptor.
    _folder: Option<std::fs::File>,
}

impl SocketPath {
    /// The socket of a data folder, which must be there.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub(crate) fn of(data_dir: &Path) -> io::Result<Self> {
        let shown = data_dir.join(NAME);
        if !cfg!(target_os = "linux") || shown.as_os_str().as_bytes().len() <= ADDRESS_BYTES_MAX {
            return Ok(Self {
                reached: shown.clone(),
                shown,
                _folder: None,
            });
        }
        let folder = std::fs::File::open(data_dir)?;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&folder);
        let reached = PathBuf::from(format!("/proc/self/fd/{descriptor}/{NAME}"));
        Ok(Self {
            shown,
            reached,
            _folder: Some(folder),
        })
    }

    /// The path for the system.
    pub(crate) fn reached(&self) -> &Path {
        &self.reached
    }

    /// The path for people.
    pub(crate) fn shown(&self) -> &Path {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_folder_with_a_long_path_has_a_socket_that_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(100)).join("e".repeat(100));
        std::fs::create_dir_all(&deep).unwrap();
        let path = SocketPath::of(&deep).unwrap();
        assert!(path.reached().as_os_str().len() < ADDRESS_BYTES_MAX);
        let listener = UnixListener::bind(path.reached()).unwrap();
        let again = SocketPath::of(&deep).unwrap();
        let _client = UnixStream::connect(again.reached()).unwrap();
        listener.accept().unwrap();
        assert_eq!(path.shown(), deep.join("symbolon.sock"));
        assert!(path.shown().exists());
    }

    #[test]
    fn a_short_path_is_taken_as_it_is() {
        let path = SocketPath::of(Path::new("./symbolon-data")).unwrap();
        assert_eq!(path.reached(), Path::new("./symbolon-data/symbolon.sock"));
    }
}
