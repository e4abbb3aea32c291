//! Where a command's requests go: to the server that has the store, or to the same routes in this process.
//!
//! The store's lock decides, not the socket's file: a server that was killed leaves its socket behind, and a second
//! process must not open a store that is in use. So the store is opened; where somebody has it, that one is asked.
//! A store on a database server is nobody's alone: the server of this folder is asked if it runs, else the store itself.

mod call;
mod exchange;
mod in_process;
mod socket;
mod socket_path;

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(crate) use call::{Call, Reply, encoded};
pub(crate) use socket::Server;
pub(crate) use socket_path::SocketPath;

use crate::compose::{Composition, StorePlace};
use crate::exit::{Exit, Failure};
use crate::messages::terminal as text;
use crate::opening::{self, StoreHolder};
use crate::terminal::Terminal;
use in_process::InProcess;

/// How long a store may be held by somebody who does not answer: a server that starts or stops, or another command.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What becomes of a folder without a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFresh {
    /// A store is made in it.
    Make,
    /// It stays as it is, and the command fails.
    Refuse,
}

/// The way to the API.
pub(crate) enum Transport {
    /// A server that runs.
    Socket(Server),
    /// The store, opened here.
    InProcess(Box<InProcess>),
}

/// What one look found.
enum Look {
    Found(Transport),
    /// Somebody has the store and does not answer yet.
    Held(StoreHolder),
}

impl Transport {
    /// Finds the way.
    ///
    /// # Errors
    /// When there is neither a server nor a store, or whoever has the store does not answer.
    pub(crate) async fn open(
        composition: Composition<'_>,
        on_fresh: OnFresh,
        terminal: Terminal,
    ) -> Result<Self, Failure> {
        let progress = terminal.progress(text::WAIT_OPEN.get(terminal.locale), None);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match look(&composition, on_fresh, terminal).await? {
                Look::Found(transport) => {
                    drop(progress);
                    return Ok(transport);
                }
                Look::Held(holder) if Instant::now() >= deadline => {
                    return Err(no_answer(&holder, &composition, terminal));
                }
                Look::Held(_) => sleep(LOOK).await,
            }
        }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn call(&self, call: Call) -> Result<Reply, Failure> {
        match self {
            Self::Socket(server) => server.call(call).await,
            Self::InProcess(here) => here.call(call).await,
        }
    }

    /// Whether it is this process that works on the store, for a moment.
    pub(crate) fn is_in_process(&self) -> bool {
        matches!(self, Self::InProcess(_))
    }

    /// Writes what waits and lets the store go.
    pub(crate) async fn close(self) {
        if let Self::InProcess(here) = self {
            here.close().await;
        }
    }
}

async fn look(composition: &Composition<'_>, on_fresh: OnFresh, terminal: Terminal) -> Result<Look, Failure> {
    match composition.store() {
        StorePlace::Memory => {
            // A store in memory is in the memory of a server.
            let server = Server::find(composition).await;
            let nothing = |_| Failure::unavailable(text::NOTHING_KEPT.get(terminal.locale));
            return server
                .map(|server| Look::Found(Transport::Socket(server)))
                .map_err(nothing);
        }
        // Nobody has it alone. The node of this folder, if it runs, knows at once what is changed through it.
        StorePlace::Server(_) | StorePlace::Redis(_) => {
            if let Ok(server) = Server::find(composition).await {
                return Ok(Look::Found(Transport::Socket(server)));
            }
            if on_fresh == OnFresh::Refuse {
                must_be_on_server(composition, terminal).await?;
            }
        }
        StorePlace::File(file) => {
            if on_fresh == OnFresh::Refuse {
                must_exist(&file, composition, terminal)?;
            }
        }
    }
    match InProcess::open(composition, terminal).await {
        Ok(here) => Ok(Look::Found(Transport::InProcess(Box::new(here)))),
        Err(fault) => match opening::holder(&fault) {
            Some(holder) => ask(composition, holder).await,
            None => Err(opening::failure(&fault, composition, terminal.locale)),
        },
    }
}

/// Refuses where there is no store, and where we may not see whether there is one.
fn must_exist(database: &Path, composition: &Composition<'_>, terminal: Terminal) -> Result<(), Failure> {
    match database.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(no_store(&composition.data_dir().display(), terminal)),
        Err(error) => Err(Failure::unavailable(format!(
            "look at {}: {error}",
            database.display()
        ))),
    }
}

/// The same for a store on a server.
async fn must_be_on_server(composition: &Composition<'_>, terminal: Terminal) -> Result<(), Failure> {
    match composition.look_at_shared().await {
        Ok(Some(found)) if found.version.is_none() => Err(no_store(&found.place, terminal)),
        Ok(_) => Ok(()),
        Err(fault) => Err(opening::failure(&fault, composition, terminal.locale)),
    }
}

fn no_store(place: &dyn Display, terminal: Terminal) -> Failure {
    let message = text::NO_STORE.fill(terminal.locale, &[("folder", place)]);
    Failure::new(Exit::Failed, "no_store", message)
}

/// Somebody has the store: is it a server that answers?
async fn ask(composition: &Composition<'_>, holder: StoreHolder) -> Result<Look, Failure> {
    match Server::find(composition).await {
        Ok(server) => Ok(Look::Found(Transport::Socket(server))),
        Err(error) if may_come(&error) => Ok(Look::Held(holder)),
        Err(error) => {
            let socket = composition.data_dir().join(socket_path::NAME);
            Err(Failure::unavailable(format!(
                "ask the server at {}: {error}",
                socket.display()
            )))
        }
    }
}

/// No socket yet, or the one of a server that is gone.
fn may_come(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}

fn no_answer(holder: &StoreHolder, composition: &Composition<'_>, terminal: Terminal) -> Failure {
    let socket = composition.data_dir().join(socket_path::NAME);
    let words = holder.words(terminal.locale);
    let values: [(&str, &dyn Display); 2] = [("holder", &words), ("socket", &socket.display())];
    Failure::new(
        Exit::Unavailable,
        "no_answer",
        text::NO_ANSWER.fill(terminal.locale, &values),
    )
}
