//! The handle that holds all of a store on a server, and the one thread that drives its connections.
//!
//! A thread of its own, because an operation that was taken has to be done and told even if the future that
//! asked for it is dropped, and because log-ins that keep all other threads busy must not keep a log-out from
//! the server. Operations run there as local tasks, so they are the same code as SQLite's.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, mpsc as blocking};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon_core::store::StoreError;
use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{JoinSet, LocalSet};

use super::attempt::Server;
use super::job::{Job, pack};
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

/// How long closing waits for operations that have begun: longer than any but a removal may take.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// A store on a server that is open.
pub(crate) struct Engine<D: Driver> {
    jobs: mpsc::UnboundedSender<Admitted<D>>,
    ordinary: Arc<Semaphore>,
    reserved: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    life: watch::Receiver<Life>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A job, and the room that it takes while it waits.
struct Admitted<D: Driver> {
    job: Box<dyn Job<D::Wire>>,
    room: OwnedSemaphorePermit,
}

/// Whether the thread lives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Serving,
    Closed,
    Dead,
}

impl<D: Driver> Engine<D> {
    /// Opens a store, or makes it, and starts its thread.
    pub(crate) fn open(options: OpenServer) -> Result<(Self, Opened), OpenServerError> {
        let driver = D::of(&options.url)?;
        let (jobs, waiting) = mpsc::unbounded_channel();
        let closing = watch::Sender::new(false);
        let (alive, life) = watch::channel(Life::Serving);
        let (say, answer) = blocking::channel();
        let parts = Parts {
            options,
            driver,
            waiting,
            closing: closing.subscribe(),
        };
        let thread = thread::Builder::new().name(D::THREAD.to_owned());
        let thread = thread.spawn(move || {
            let watch = Watch(alive);
            drive(parts, &say);
            watch.closed();
        });
        let thread = thread.map_err(|error| no_resources(&error))?;
        let opened = answer.recv().unwrap_or_else(|_| {
            Err(OpenServerError::NoResources {
                detail: "the thread that opens it is gone".to_owned(),
            })
        })?;
        let engine = Self {
            jobs,
            ordinary: Arc::new(Semaphore::new(WAITING_MAX)),
            reserved: Arc::new(Semaphore::new(WAITING_REVOKING_MAX)),
            closing,
            life,
            thread: Mutex::new(Some(thread)),
        };
        Ok((engine, opened))
    }

    /// Has an operation done. Once it was taken it is done, whether or not anyone still waits.
    pub(crate) async fn ask<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        let room = self.room(O::LANE);
        let room = room.ok_or_else(|| unavailable(O::NAME, "too many operations wait"))?;
        let (job, answer) = pack(operation);
        let admitted = Admitted { job, room };
        if self.jobs.send(admitted).is_err() {
            return Err(unavailable(O::NAME, "the store is closed"));
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(unavailable(O::NAME, "the store stops")),
        }
    }

    fn room(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        let ordinary = Arc::clone(&self.ordinary).try_acquire_owned().ok();
        ordinary.or_else(|| {
            let revokes = matches!(lane, Lane::Revoke | Lane::Member | Lane::Follow);
            revokes.then(|| Arc::clone(&self.reserved).try_acquire_owned().ok())?
        })
    }

    /// Waits until the store dies, and says why.
    pub(crate) async fn died(&self) -> Arc<str> {
        let mut life = self.life.clone();
        if life.wait_for(|life| *life == Life::Dead).await.is_ok() {
            return format!("the thread that drives {} has panicked", D::NAME).into();
        }
        std::future::pending().await
    }

    /// Takes no more operations, does those that wait, and closes the connections.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        let mut life = self.life.clone();
        // An error: the thread is gone.
        drop(life.wait_for(|life| *life != Life::Serving).await);
    }
}

impl<D: Driver> Drop for Engine<D> {
    /// As `close`, but waits for it in this thread.
    fn drop(&mut self) {
        self.closing.send_replace(true);
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The last handle may be part of the log's sink, which the thread drops at its end.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == thread::current().id();
        if let Some(thread) = thread.filter(|thread| !own(thread)) {
            // One that panicked has said so already.
            drop(thread.join());
        }
    }
}

/// Tells the end of the thread, also one that nobody foresaw.
struct Watch(watch::Sender<Life>);

impl Watch {
    fn closed(self) {
        self.0.send_replace(Life::Closed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.send_if_modified(|life| {
            let dies = *life == Life::Serving;
            if dies {
                *life = Life::Dead;
            }
            dies
        });
    }
}

/// What the thread begins with.
struct Parts<D: Driver> {
    options: OpenServer,
    driver: D,
    waiting: mpsc::UnboundedReceiver<Admitted<D>>,
    closing: watch::Receiver<bool>,
}

type Say = blocking::Sender<Result<Opened, OpenServerError>>;

fn drive<D: Driver>(parts: Parts<D>, say: &Say) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(say.send(Err(no_resources(&error))));
            return;
        }
    };
    LocalSet::new().block_on(&runtime, async {
        let Parts { waiting, closing, .. } = parts;
        match open(parts.options, parts.driver).await {
            Ok((server, opened)) => {
                drop(say.send(Ok(opened)));
                serve(&Rc::new(server), waiting, closing).await;
            }
            Err(error) => drop(say.send(Err(error))),
        }
    });
}

async fn open<D: Driver>(options: OpenServer, driver: D) -> Result<(Server<D>, Opened), OpenServerError> {
    let mut first = driver.connect().await?;
    let opened = driver.establish(&mut first, &options).await?;
    let server = Server {
        pool: Pool::new(driver, first, options.connections_max),
        outbox: Outbox::new(options.sink),
        randomness: options.randomness,
    };
    Ok((server, opened))
}

async fn serve<D: Driver>(
    server: &Rc<Server<D>>,
    mut waiting: mpsc::UnboundedReceiver<Admitted<D>>,
    mut closing: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    loop {
        // All three may be given up and waited for anew.
        tokio::select! {
            admitted = waiting.recv() => match admitted {
                Some(Admitted { job, room }) => {
                    let server = Rc::clone(server);
                    tasks.spawn_local(async move {
                        server.serve(job).await;
                        drop(room);
                    });
                }
                None => break,
            },
            Some(ended) = tasks.join_next() => note(ended),
            _ = closing.wait_for(|closing| *closing) => waiting.close(),
        }
    }
    let rest = async {
        while let Some(ended) = tasks.join_next().await {
            note(ended);
        }
    };
    if tokio::time::timeout(CLOSE_MAX, rest).await.is_err() {
        tracing::warn!(
            server = D::NAME,
            "the server is left before every operation has come to an end"
        );
    }
    server.pool.close();
}

/// An operation that panicked has no answer, and what it held is closed; the others go on.
fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = %error, "an operation ended in a way that nobody foresaw");
    }
}

fn unavailable(operation: &'static str, detail: &str) -> StoreError {
    StoreError::Unavailable {
        operation,
        detail: detail.to_owned(),
    }
}

fn no_resources(error: &std::io::Error) -> OpenServerError {
    OpenServerError::NoResources {
        detail: error.to_string(),
    }
}
