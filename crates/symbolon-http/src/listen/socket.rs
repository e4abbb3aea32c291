use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use super::PeerAddr;

/// Connections that the kernel keeps while we are busy. More than that would wait longer than their clients do.
const BACKLOG: u32 = 1024;

/// How long sent bytes may stay unacknowledged: finds the peer of an event stream that vanished. It is longer than
/// the write limit, which sees a peer that is there and does not read.
const UNACKNOWLEDGED_TIME: Duration = Duration::from_secs(30);

/// Only the owner may open the socket's file.
const UNIX_MODE: u32 = 0o600;

/// A socket that is bound and accepts.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// Goes with the listener.
        _file: SocketFile,
    },
}

/// A connection that was just accepted.
#[derive(Debug)]
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Accepted {
    pub(super) fn peer(&self) -> PeerAddr {
        match self {
            Self::Tcp(_, peer) => PeerAddr::from_socket(*peer),
            Self::Unix(_) => PeerAddr::Unix,
        }
    }

    /// Closes with a reset: no state is left in the kernel for a connection that is not wanted.
    pub(super) fn reset(self) {
        if let Self::Tcp(tcp, _) = self {
            // A failure leaves an ordinary close.
            let _ = tcp.set_zero_linger();
        }
    }
}

impl Socket {
    pub(super) fn tcp(addr: SocketAddr) -> io::Result<Self> {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // A restarted server binds at once, although connections of the last one are still being closed.
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        Ok(Self::Tcp(socket.listen(BACKLOG)?))
    }

    /// Binds beside `path` and moves the socket there when its mode is set: no moment in which others may open it,
    /// and a file that a killed server left is replaced. A file that somebody answers at is not.
    pub(super) fn unix(path: &Path) -> io::Result<Self> {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another process listens there",
            ));
        }
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        remove_if_there(&beside)?;
        let listener = UnixListener::bind(&beside)?;
        let settled = std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(UNIX_MODE))
            .and_then(|()| std::fs::rename(&beside, path))
            .and_then(|()| SocketFile::at(path));
        match settled {
            Ok(file) => Ok(Self::Unix {
                listener,
                _file: file,
            }),
            Err(error) => {
                remove_if_there(&beside)?;
                Err(error)
            }
        }
    }

    pub(super) fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix { .. } => Ok(None),
        }
    }
}

/// Where connections come from.
pub(super) trait Source: Send + 'static {
    /// The next connection. Cancel-safe.
    fn accept(&self) -> impl Future<Output = io::Result<Accepted>> + Send;
}

impl Source for Socket {
    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (tcp, peer) = listener.accept().await?;
                // A failure costs speed or patience, not truth: the peer may be gone already.
                let _ = tcp.set_nodelay(true);
                let millis = u32::try_from(UNACKNOWLEDGED_TIME.as_millis()).unwrap_or(u32::MAX);
                let _ = rustix::net::sockopt::set_tcp_user_timeout(&tcp, millis);
                Ok(Accepted::Tcp(tcp, peer))
            }
            Self::Unix { listener, .. } => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }
}

/// The file of a Unix socket, removed with it unless another server has put its own there.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_path_buf(),
            inode: std::fs::symlink_metadata(path)?.ino(),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            // What is left would be replaced by the next server.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
