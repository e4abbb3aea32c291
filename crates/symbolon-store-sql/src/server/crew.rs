//! One thread that drives connections, and the way to it.
//!
//! A thread of its own, because an operation that was taken has to be done and told even if the future that
//! asked for it is dropped, and because log-ins that keep all other threads busy must not keep a log-out from
//! the server. Operations run there as local tasks, so they are the same code as SQLite's.

use std::rc::Rc;
use std::sync::{Mutex, PoisonError, mpsc as blocking};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::{JoinSet, LocalSet};

use super::attempt::Server;
use super::groups::Groups;
use super::job::Job;
use super::{Driver, OpenServerError};

/// How long closing waits for operations that have begun: longer than any but a removal may take.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// A thread with its connections.
pub(super) struct Crew<D: Driver> {
    jobs: mpsc::UnboundedSender<Admitted<D>>,
    closing: watch::Sender<bool>,
    life: watch::Receiver<Life>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A job, and the room that it takes while it waits.
pub(super) struct Admitted<D: Driver> {
    job: Box<dyn Job<D::Wire>>,
    room: OwnedSemaphorePermit,
}

impl<D: Driver> Admitted<D> {
    /// The job and its room.
    pub(super) fn split(self) -> (Box<dyn Job<D::Wire>>, OwnedSemaphorePermit) {
        (self.job, self.room)
    }
}

/// Whether the thread lives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Serving,
    Closed,
    Dead,
}

impl<D: Driver> Crew<D> {
    /// Starts a thread of that name, which first makes what it works with. Answers what was found out with that.
    pub(super) fn start<T: Send + 'static>(
        name: &str,
        make: impl AsyncFnOnce() -> Result<(Server<D>, T), OpenServerError> + Send + 'static,
    ) -> Result<(Self, T), OpenServerError> {
        let (jobs, waiting) = mpsc::unbounded_channel();
        let closing = watch::Sender::new(false);
        let (alive, life) = watch::channel(Life::Serving);
        let (say, answer) = blocking::channel();
        let asked_to_close = closing.subscribe();
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || {
            let watch = Watch(alive);
            drive(make, &say, waiting, asked_to_close);
            watch.closed();
        });
        let thread = thread.map_err(|error| no_resources(&error))?;
        let found = answer.recv().unwrap_or_else(|_| {
            Err(OpenServerError::NoResources {
                detail: "the thread that opens it is gone".to_owned(),
            })
        })?;
        let crew = Self {
            jobs,
            closing,
            life,
            thread: Mutex::new(Some(thread)),
        };
        Ok((crew, found))
    }

    /// Hands a job over; `false`: the crew takes no more.
    pub(super) fn hand(&self, job: Box<dyn Job<D::Wire>>, room: OwnedSemaphorePermit) -> bool {
        self.jobs.send(Admitted { job, room }).is_ok()
    }

    /// Becomes true when it takes no more jobs.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Takes no more jobs.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until what was taken is done and the connections are closed.
    pub(super) async fn ended(&self) {
        let mut life = self.life.clone();
        // An error: the thread is gone.
        drop(life.wait_for(|life| *life != Life::Serving).await);
    }

    /// Waits until the thread dies of something that nobody foresaw.
    pub(super) async fn died(&self) {
        let mut life = self.life.clone();
        if life.wait_for(|life| *life == Life::Dead).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl<D: Driver> Drop for Crew<D> {
    /// Closes it, and waits for that in this thread.
    fn drop(&mut self) {
        self.close();
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

fn drive<D: Driver, T>(
    make: impl AsyncFnOnce() -> Result<(Server<D>, T), OpenServerError>,
    say: &blocking::Sender<Result<T, OpenServerError>>,
    waiting: mpsc::UnboundedReceiver<Admitted<D>>,
    closing: watch::Receiver<bool>,
) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(say.send(Err(no_resources(&error))));
            return;
        }
    };
    LocalSet::new().block_on(&runtime, async {
        match make().await {
            Ok((server, found)) => {
                drop(say.send(Ok(found)));
                serve(&Rc::new(server), waiting, closing).await;
            }
            Err(error) => drop(say.send(Err(error))),
        }
    });
}

async fn serve<D: Driver>(
    server: &Rc<Server<D>>,
    mut waiting: mpsc::UnboundedReceiver<Admitted<D>>,
    mut closing: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    let groups = Rc::new(Groups::new());
    loop {
        // All three may be given up and waited for anew.
        tokio::select! {
            admitted = waiting.recv() => match admitted {
                Some(admitted) => begin(server, &groups, admitted, &mut tasks),
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

fn begin<D: Driver>(
    server: &Rc<Server<D>>,
    groups: &Rc<Groups<D>>,
    admitted: Admitted<D>,
    tasks: &mut JoinSet<()>,
) {
    let server = Rc::clone(server);
    let Some(sort) = admitted.job.sort() else {
        tasks.spawn_local(async move {
            let Admitted { job, room } = admitted;
            server.serve(job).await;
            drop(room);
        });
        return;
    };
    if groups.wait(sort.kind, admitted) {
        let groups = Rc::clone(groups);
        tasks.spawn_local(groups.work(sort.kind, server));
    }
}

/// An operation that panicked has no answer, and what it held is closed; the others go on.
pub(super) fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = %error, "an operation ended in a way that nobody foresaw");
    }
}

fn no_resources(error: &std::io::Error) -> OpenServerError {
    OpenServerError::NoResources {
        detail: error.to_string(),
    }
}
