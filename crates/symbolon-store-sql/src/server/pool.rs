//! The connections: some for everything, two that only ends of sessions may use besides.

use std::cell::RefCell;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::{Driver, State, Wire as _};
use crate::link::SqlError;
use crate::operation::Lane;

/// How many connections only ends of sessions may use: a log-out gets through while all others are busy
/// with log-ins, and two of them keep the log's head busy, one waiting for the other.
const RESERVED: usize = 2;

/// After a failure to connect nobody tries again for so long: a server that is away is not asked all the
/// time, and one that comes back is in use again well within a second.
pub(super) const REST: Duration = Duration::from_millis(100);

/// How many connections come about at a time. Whoever waits for a server that stands still gives up in the end, and the
/// next one tries: without a bound it finds hundreds of them when it goes on, each of which costs PostgreSQL a process.
const OPENING_MAX: usize = 2;

/// The connections of a process.
pub(super) struct Pool<D: Driver> {
    driver: D,
    opening: Semaphore,
    idle: RefCell<Vec<D::Wire>>,
    ordinary: Semaphore,
    reserved: Semaphore,
    away: RefCell<Option<Away>>,
}

/// Why, and since when, no connection comes about.
struct Away {
    detail: String,
    tried_at: Instant,
}

/// A connection in use.
pub(super) struct Taken<'p, D: Driver> {
    /// The connection.
    pub(super) link: D::Wire,
    pool: &'p Pool<D>,
    _place: SemaphorePermit<'p>,
}

impl<D: Driver> Pool<D> {
    /// A pool with one open connection.
    pub(super) fn new(driver: D, first: D::Wire, connections_max: usize) -> Self {
        Self {
            driver,
            opening: Semaphore::new(OPENING_MAX),
            idle: RefCell::new(vec![first]),
            ordinary: Semaphore::new(connections_max.max(1)),
            reserved: Semaphore::new(RESERVED),
            away: RefCell::new(None),
        }
    }

    /// A pool of one connection, which is opened when it is needed.
    pub(super) fn of_one(driver: D) -> Self {
        Self {
            driver,
            opening: Semaphore::new(OPENING_MAX),
            idle: RefCell::default(),
            ordinary: Semaphore::new(1),
            reserved: Semaphore::new(0),
            away: RefCell::new(None),
        }
    }

    /// A connection for an operation of that lane, opened if none is idle.
    pub(super) async fn take(&self, lane: Lane, deadline: Instant) -> Result<Taken<'_, D>, SqlError> {
        let place = timeout_at(deadline, self.place(lane)).await;
        let place = place.map_err(|_| SqlError::Unavailable("all connections are busy".to_owned()))??;
        let link = match self.idle() {
            Some(link) => link,
            None => self.open(deadline).await?,
        };
        Ok(Taken {
            link,
            pool: self,
            _place: place,
        })
    }

    /// An open connection that nobody uses.
    fn idle(&self) -> Option<D::Wire> {
        let mut idle = self.idle.borrow_mut();
        while let Some(link) = idle.pop() {
            if link.state() == State::Sound {
                return Some(link);
            }
        }
        None
    }

    async fn place(&self, lane: Lane) -> Result<SemaphorePermit<'_>, SqlError> {
        let place = if lane == Lane::Revoke {
            // Whichever is free first; a wait that is given up takes nothing.
            tokio::select! {
                biased;
                place = self.ordinary.acquire() => place,
                place = self.reserved.acquire() => place,
            }
        } else {
            self.ordinary.acquire().await
        };
        place.map_err(|_| SqlError::Unavailable("the store stops".to_owned()))
    }

    async fn open(&self, deadline: Instant) -> Result<D::Wire, SqlError> {
        self.rest(deadline).await?;
        let came_at = Instant::now();
        // Who came late to a connection that was to be made says nothing about the server.
        let opened = timeout_at(deadline, self.connect(came_at, deadline)).await;
        opened.unwrap_or_else(|_| Err(too_late()))
    }

    /// Waits for its turn, and then takes what others have found out meanwhile: a connection that is idle again, or that
    /// there is none to be had.
    async fn connect(&self, came_at: Instant, deadline: Instant) -> Result<D::Wire, SqlError> {
        // Nobody closes it.
        let _turn = self.opening.acquire().await.ok();
        // Those who wait give up at the same moment as the one whose turn it was: none of them is to begin then.
        if Instant::now() >= deadline {
            return Err(too_late());
        }
        if let Some(away) = &*self.away.borrow()
            && away.tried_at > came_at
        {
            return Err(SqlError::Unavailable(away.detail.clone()));
        }
        if let Some(link) = self.idle() {
            return Ok(link);
        }
        match self.driver.connect().await {
            Ok(link) => {
                if self.away.take().is_some() {
                    tracing::info!(
                        server = D::NAME,
                        place = self.driver.place(),
                        "the server can be reached again"
                    );
                }
                Ok(link)
            }
            Err(error) => {
                let detail = error.to_string();
                self.note_away(&detail);
                Err(SqlError::Unavailable(detail))
            }
        }
    }

    /// Fails at once as long as the last try is young, but for who can wait until the next.
    async fn rest(&self, deadline: Instant) -> Result<(), SqlError> {
        let away = self
            .away
            .borrow()
            .as_ref()
            .map(|away| (away.tried_at + REST, away.detail.clone()));
        match away {
            Some((until, detail)) if until > deadline => Err(SqlError::Unavailable(detail)),
            Some((until, _)) => {
                tokio::time::sleep_until(until).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Says it once, not at every try.
    fn note_away(&self, detail: &str) {
        let away = Away {
            detail: detail.to_owned(),
            tried_at: Instant::now(),
        };
        if self.away.replace(Some(away)).is_none() {
            tracing::error!(server = D::NAME, error = detail, "the server cannot be reached");
        }
    }

    /// Closes what is idle.
    pub(super) fn close(&self) {
        self.idle.take();
    }
}

fn too_late() -> SqlError {
    SqlError::Unavailable("no connection came about in time".to_owned())
}

impl<D: Driver> Taken<'_, D> {
    /// Gives the connection back. One that is not sound is closed; if it was lost, so are the idle ones: what
    /// has cut it off has hardly spared them, and the next to come is not to try them one by one.
    pub(super) fn give_back(self) {
        match self.link.state() {
            State::Sound => self.pool.idle.borrow_mut().push(self.link),
            State::Failed => {}
            State::Lost => self.pool.close(),
        }
    }
}
