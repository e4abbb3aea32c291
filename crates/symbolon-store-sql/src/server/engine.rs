//! The handle that holds all of a store on a server.
//!
//! Two crews: one for everything, and one for the heartbeat, with a thread and a connection of its own. A lease is
//! renewed however many operations wait, and however busy the thread is that drives the others.

use std::sync::Arc;

use symbolon_core::signal::{SignalSink, Signals};
use symbolon_core::store::StoreError;
use symbolon_core::token::SumKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt::Server;
use super::crew::Crew;
use super::driver::SignalParts;
use super::identity::establish;
use super::job::pack;
use super::outbox::Outbox;
use super::pool::Pool;
use super::{Driver, OpenServer, OpenServerError};
use crate::operation::{Lane, Operation};
use crate::sqlite::Opened;

/// How many operations may wait. Beyond, one is refused at once: it would only wait until it is too late.
const WAITING_MAX: usize = 4_096;

/// How many more may wait if they end something: log-outs and kicks still get through a flood of
/// log-ins.
const WAITING_REVOKING_MAX: usize = 1_024;

/// How many steps of the heartbeat may wait. It makes one after the other; operators and revocations ask for the
/// members besides.
const WAITING_MEMBERS_MAX: usize = 256;

/// The name of the thread that makes heartbeats.
const HEART: &str = "symbolon-heart";

/// How much more the kernel is to give that thread: while others want every processor it still gets its turn at once.
const NICE: i32 = -10;

/// A store on a server that is open.
pub(crate) struct Engine<D: Driver> {
    crew: Crew<D>,
    heart: Crew<D>,
    ordinary: Arc<Semaphore>,
    reserved: Arc<Semaphore>,
    members: Arc<Semaphore>,
    driver: Box<D>,
    cluster_id: [u8; 16],
}

impl<D: Driver> Engine<D> {
    /// Opens a store, or makes it, and starts its threads.
    pub(crate) fn open(options: OpenServer) -> Result<(Self, Opened), OpenServerError> {
        let driver = Box::new(D::of(&options.url)?);
        let [own, beside] = [D::of(&options.url)?, D::of(&options.url)?.for_heartbeats()];
        let (sink, randomness) = (Arc::clone(&options.sink), Arc::clone(&options.randomness));
        let (crew, opened) = Crew::start(D::THREAD, async move || open(options, own).await)?;
        let (heart, ()) = Crew::start(HEART, async move || {
            go_before_others();
            let server = Server {
                pool: Pool::of_one(beside),
                // No step of a heartbeat writes a row of the log.
                outbox: Outbox::new(sink),
                randomness,
            };
            Ok((server, ()))
        })?;
        let engine = Self {
            crew,
            heart,
            ordinary: Arc::new(Semaphore::new(WAITING_MAX)),
            reserved: Arc::new(Semaphore::new(WAITING_REVOKING_MAX)),
            members: Arc::new(Semaphore::new(WAITING_MEMBERS_MAX)),
            driver,
            cluster_id: opened.cluster_id,
        };
        Ok((engine, opened))
    }

    /// Has an operation done. Once it was taken it is done, whether or not anyone still waits.
    pub(crate) async fn ask<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        let room = self.room(O::LANE);
        let room = room.ok_or_else(|| unavailable(O::NAME, "too many operations wait"))?;
        let (job, answer) = pack(operation);
        let crew = if O::LANE.is_of_members() {
            &self.heart
        } else {
            &self.crew
        };
        if !crew.hand(job, room) {
            return Err(unavailable(O::NAME, "the store is closed"));
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(unavailable(O::NAME, "the store stops")),
        }
    }

    fn room(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        if lane.is_of_members() {
            return Arc::clone(&self.members).try_acquire_owned().ok();
        }
        let ordinary = Arc::clone(&self.ordinary).try_acquire_owned().ok();
        ordinary.or_else(|| {
            let revokes = lane == Lane::Revoke;
            revokes.then(|| Arc::clone(&self.reserved).try_acquire_owned().ok())?
        })
    }

    /// What tells the other nodes of revocations at once, if this kind of server can. It ends with the store.
    pub(crate) fn signals(&self, key: SumKey, sink: Arc<dyn SignalSink>) -> Option<Arc<dyn Signals>> {
        self.driver.signals(SignalParts {
            cluster_id: self.cluster_id,
            key,
            sink,
            closing: self.crew.closing(),
        })
    }

    /// Waits until the store dies, and says why.
    pub(crate) async fn died(&self) -> Arc<str> {
        // Both may be given up.
        let thread = tokio::select! {
            () = self.crew.died() => D::THREAD,
            () = self.heart.died() => HEART,
        };
        format!(
            "the thread {thread} that drives connections to {} has panicked",
            D::NAME
        )
        .into()
    }

    /// Takes no more operations, does those that wait, and closes the connections.
    pub(crate) async fn close(&self) {
        self.crew.close();
        self.heart.close();
        self.crew.ended().await;
        self.heart.ended().await;
    }
}

/// Raises the priority of this thread alone: that is whom Linux takes "no process" for. Few may do so (`CAP_SYS_NICE`);
/// whoever may not keeps the usual one.
fn go_before_others() {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the thread of the heartbeat keeps the usual priority");
    }
}

async fn open<D: Driver>(options: OpenServer, driver: D) -> Result<(Server<D>, Opened), OpenServerError> {
    let mut first = driver.connect().await?;
    let opened = establish(&mut first, driver.place(), &options).await?;
    let server = Server {
        pool: Pool::new(driver, first, options.connections_max),
        outbox: Outbox::new(options.sink),
        randomness: options.randomness,
    };
    Ok((server, opened))
}

fn unavailable(operation: &'static str, detail: &str) -> StoreError {
    StoreError::Unavailable {
        operation,
        detail: detail.to_owned(),
    }
}
