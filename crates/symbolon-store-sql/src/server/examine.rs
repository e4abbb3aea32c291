//! A server and the store on it, looked at without beginning to use it: for whoever wants to know before a start.

use std::io;
use std::thread;
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::token::KeyCheck;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::{Driver, OpenServerError};

/// What a server is, and the store on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExaminedServer {
    /// Which engine, with its version.
    pub engine: String,
    /// Host, port and database.
    pub place: String,
    /// The version of the store's schema; `None`: there is no store yet.
    pub schema_version: Option<u32>,
    /// The newest version that this release knows, to which opening would bring it.
    pub newest_version: u32,
    /// The shortest way there and back, of a few.
    pub round_trip: Duration,
    /// How many connections it has from everyone.
    pub connections: u32,
    /// How many it may have from users like this one.
    pub connections_max: u32,
    /// Its clock.
    pub clock: Timestamp,
}

/// Looks at a server. With `key` also at whether the store there was made with it.
pub(crate) fn examine<D: Driver>(
    url: &str,
    key: Option<KeyCheck>,
) -> Result<ExaminedServer, OpenServerError> {
    let driver = D::of(url)?;
    // A thread of its own: the caller may be inside of a runtime.
    let look = thread::Builder::new().name("symbolon-examine".to_owned());
    let look = look.spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| no_resources(&error))?;
        LocalSet::new().block_on(&runtime, async {
            let mut wire = driver.connect().await?;
            driver.examine(&mut wire, key).await
        })
    });
    let look = look.map_err(|error| no_resources(&error))?;
    look.join().unwrap_or_else(|_| {
        let gone = io::Error::other("the thread that looks at it is gone");
        Err(no_resources(&gone))
    })
}

fn no_resources(error: &io::Error) -> OpenServerError {
    OpenServerError::NoResources {
        detail: error.to_string(),
    }
}
