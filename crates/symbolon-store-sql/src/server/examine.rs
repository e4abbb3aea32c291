//! A server and the store on it, looked at without beginning to use it: for whoever wants to know before a start.

use std::io;
use std::thread;
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::token::KeyCheck;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::identity::{Ground, check_key, find_known_version, newest};
use super::{Driver, OpenServerError};
use crate::link::{SqlError, Statement};

/// How often the way there and back is measured: once may be chance.
const ROUND_TRIPS: u32 = 5;

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

/// What a server says of itself.
pub(crate) struct Numbers {
    /// Which engine, with its version.
    pub(crate) engine: String,
    /// How many connections it has from everyone.
    pub(crate) connections: u32,
    /// How many it may have from users like this one.
    pub(crate) connections_max: u32,
    /// Its clock.
    pub(crate) clock: Timestamp,
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
            look_at(&mut wire, driver.place(), key).await
        })
    });
    let look = look.map_err(|error| no_resources(&error))?;
    look.join().unwrap_or_else(|_| {
        let gone = io::Error::other("the thread that looks at it is gone");
        Err(no_resources(&gone))
    })
}

/// Looks at a server over a connection to it.
async fn look_at<G: Ground>(
    ground: &mut G,
    place: &str,
    key: Option<KeyCheck>,
) -> Result<ExaminedServer, OpenServerError> {
    let site = ground.site(place).await?;
    let found = find_known_version(ground, &site).await?;
    if found == 0 {
        ground.check_may_make(&site).await?;
    } else {
        ground.check_rights(&site).await?;
    }
    if let Some(key) = key.filter(|_| found > 0) {
        check_key(ground, &site, key).await?;
    }
    let round_trip = measure(ground).await;
    let round_trip = round_trip.map_err(|error| ground.refusal(&site, error))?;
    let numbers = ground.numbers(&site).await?;
    Ok(ExaminedServer {
        engine: numbers.engine,
        place: place.to_owned(),
        schema_version: (found > 0).then_some(found),
        newest_version: newest::<G>(),
        round_trip,
        connections: numbers.connections,
        connections_max: numbers.connections_max,
        clock: numbers.clock,
    })
}

static NOTHING: Statement = Statement::new("SELECT 1");

async fn measure<G: Ground>(ground: &mut G) -> Result<Duration, SqlError> {
    // The first prepares it.
    ground.get(&NOTHING, &[], |fields| fields.int("1")).await?;
    let mut shortest = Duration::MAX;
    for _ in 0..ROUND_TRIPS {
        let sent = Instant::now();
        ground.get(&NOTHING, &[], |fields| fields.int("1")).await?;
        shortest = shortest.min(sent.elapsed());
    }
    Ok(shortest)
}

fn no_resources(error: &io::Error) -> OpenServerError {
    OpenServerError::NoResources {
        detail: error.to_string(),
    }
}
