//! Jobs that wait, so that those of one sort share a transaction.
//!
//! Nobody waits for company: who comes while few are under way is begun at once. Those who come while all places of
//! their sort are taken go together when one is free, so groups are as large as the server is slow.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Driver;
use super::attempt::{Left, Server};
use super::crew::{Admitted, note};

/// How many transactions of one sort are under way at a time: while one is committed, the next is made ready. More would
/// be smaller, and of ends of sessions only one at a time holds the head of the log.
const UNDER_WAY_MAX: usize = 2;

/// How many jobs share one transaction at the most: beyond, a commit costs little for each, and each waits for all.
const GROUP_MAX: usize = 256;

/// How long a transaction keeps its place. One whose server says nothing, or that waits for such a one, must not keep the
/// others: with a longer time they would be too late.
const PLACE_MAX: Duration = Duration::from_millis(100);

/// How many transactions of one sort may stand beside their places: each has a connection.
const BESIDE_MAX: usize = 4;

/// What waits, by sorts.
pub(super) struct Groups<D: Driver>(RefCell<HashMap<TypeId, Line<D>>>);

struct Line<D: Driver> {
    waiting: VecDeque<Admitted<D>>,
    under_way: usize,
    /// How many have lost their place and are not over.
    beside: usize,
}

/// What a transaction that has taken too long does with its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It keeps it: too many stand beside theirs.
    Kept,
    /// Somebody waits for it.
    Passed,
    /// Nobody does.
    Free,
}

impl<D: Driver> Groups<D> {
    /// Nothing waits yet.
    pub(super) fn new() -> Self {
        Self(RefCell::default())
    }

    /// Lets a job wait. `true`: a place is free, and the caller is to let somebody [`work`](Self::work).
    pub(super) fn wait(&self, kind: TypeId, admitted: Admitted<D>) -> bool {
        let mut lines = self.0.borrow_mut();
        let line = lines.entry(kind).or_insert_with(|| Line {
            waiting: VecDeque::new(),
            under_way: 0,
            beside: 0,
        });
        line.waiting.push_back(admitted);
        let free = line.under_way < UNDER_WAY_MAX;
        if free {
            line.under_way += 1;
        }
        free
    }

    /// Does what waits of a sort until nothing does, group after group; then what could not be done in one.
    pub(super) async fn work(self: Rc<Self>, kind: TypeId, server: Rc<Server<D>>) {
        let mut rest = JoinSet::new();
        while let Some(group) = self.take(kind) {
            let mut served = pin!(serve(&server, group));
            if let Ok((left, rooms)) = timeout(PLACE_MAX, &mut served).await {
                follow_up(&server, left, rooms, &mut rest);
                continue;
            }
            let place = self.leave_place(kind);
            if place == Place::Passed {
                let next = Rc::clone(&self).work(kind, Rc::clone(&server));
                rest.spawn_local(Box::pin(next) as Pin<Box<dyn Future<Output = ()>>>);
            }
            let (left, rooms) = served.await;
            follow_up(&server, left, rooms, &mut rest);
            if place != Place::Kept {
                self.is_over(kind);
                break;
            }
        }
        while let Some(ended) = rest.join_next().await {
            note(ended);
        }
    }

    /// Takes the next group; `None`: nothing waits, and the place is free again.
    fn take(&self, kind: TypeId) -> Option<Vec<Admitted<D>>> {
        let mut lines = self.0.borrow_mut();
        let line = lines.get_mut(&kind)?;
        if line.waiting.is_empty() {
            line.under_way -= 1;
            return None;
        }
        let count = line.waiting.len().min(GROUP_MAX);
        Some(line.waiting.drain(..count).collect())
    }

    fn leave_place(&self, kind: TypeId) -> Place {
        let mut lines = self.0.borrow_mut();
        let Some(line) = lines.get_mut(&kind).filter(|line| line.beside < BESIDE_MAX) else {
            return Place::Kept;
        };
        line.beside += 1;
        if line.waiting.is_empty() {
            line.under_way -= 1;
            return Place::Free;
        }
        Place::Passed
    }

    /// One that stood beside its place is over.
    fn is_over(&self, kind: TypeId) {
        if let Some(line) = self.0.borrow_mut().get_mut(&kind) {
            line.beside -= 1;
        }
    }
}

type Rooms = Vec<OwnedSemaphorePermit>;

/// Does a group in one transaction, as far as that goes.
async fn serve<D: Driver>(server: &Server<D>, group: Vec<Admitted<D>>) -> (Left<D>, Rooms) {
    let (mut jobs, rooms): (Vec<_>, Vec<_>) = group.into_iter().map(Admitted::split).unzip();
    let left = match jobs.pop() {
        Some(only) if jobs.is_empty() => Left {
            jobs,
            doubt: server.serve_one(only).await,
        },
        last => {
            jobs.extend(last);
            server.serve_together(jobs).await
        }
    };
    (left, rooms)
}

/// Begins what a group has left over.
fn follow_up<D: Driver>(server: &Rc<Server<D>>, left: Left<D>, rooms: Rooms, rest: &mut JoinSet<()>) {
    for (job, room) in left.jobs.into_iter().zip(rooms) {
        let server = Rc::clone(server);
        rest.spawn_local(async move {
            server.serve(job).await;
            drop(room);
        });
    }
    if let Some(doubt) = left.doubt {
        let server = Rc::clone(server);
        rest.spawn_local(async move { server.find_out(doubt).await });
    }
    while let Some(ended) = rest.try_join_next() {
        note(ended);
    }
}
