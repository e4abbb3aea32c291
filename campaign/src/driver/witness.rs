use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Blocking;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::{Shared, locked};

/// Between an echo and the next question.
const PAUSE: Duration = Duration::from_millis(10);

/// A process that gives back what it is given, and does nothing else. It ends with this one, whose end closes the way.
struct Echo {
    child: Child,
    way: UnixStream,
}

impl Echo {
    fn start() -> Self {
        let (ours, its) = Blocking::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let input = OwnedFd::from(its.try_clone().unwrap());
        let child = Command::new("cat")
            .stdin(input)
            .stdout(OwnedFd::from(its))
            .stderr(Stdio::null())
            .spawn();
        Self {
            child: child.unwrap(),
            way: UnixStream::from_std(ours).unwrap(),
        }
    }

    async fn ask(&mut self) {
        self.way.write_all(b"?").await.unwrap();
        self.way.read_exact(&mut [0]).await.unwrap();
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asks an echo as clients ask the nodes, among the same tasks, and notes when it was late: then the machine was, or
/// this process.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut echo = Echo::start();
    while !shared.is_stopping() {
        let due = shared.now() + super::nanos(PAUSE);
        shared.rest(PAUSE).await;
        echo.ask().await;
        locked(&shared.witness).note(due, shared.now());
    }
}
