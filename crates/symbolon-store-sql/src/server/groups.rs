//! Jobs that wait, so that those of one sort share a transaction.
//!
//! Nobody waits for company: who comes while few are under way is begun at once. Those who come while all places of
//! their sort are taken go together when one is free, so groups are as large as the server is slow.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use tokio::task::JoinSet;

use super::Driver;
use super::attempt::{Left, Server};
use super::crew::{Admitted, note};

/// How many transactions of one sort are under way at a time: while one is committed, the next is made ready. More would
/// be smaller, and of ends of sessions only one at a time holds the head of the log.
const UNDER_WAY_MAX: usize = 2;

/// How many jobs share one transaction at the most: beyond, a commit costs little for each, and each waits for all.
const GROUP_MAX: usize = 256;

/// What waits, by sorts.
pub(super) struct Groups<D: Driver>(RefCell<HashMap<TypeId, Line<D>>>);

struct Line<D: Driver> {
    waiting: VecDeque<Admitted<D>>,
    under_way: usize,
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
        });
        line.waiting.push_back(admitted);
        let free = line.under_way < UNDER_WAY_MAX;
        if free {
            line.under_way += 1;
        }
        free
    }

    /// Does what waits of a sort until nothing does, group after group; then what could not be done in one.
    pub(super) async fn work(&self, kind: TypeId, server: &Rc<Server<D>>) {
        let mut beside = JoinSet::new();
        while let Some(group) = self.take(kind) {
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
            for (job, room) in left.jobs.into_iter().zip(rooms) {
                let server = Rc::clone(server);
                beside.spawn_local(async move {
                    server.serve(job).await;
                    drop(room);
                });
            }
            if let Some(doubt) = left.doubt {
                let server = Rc::clone(server);
                beside.spawn_local(async move { server.find_out(doubt).await });
            }
            while let Some(ended) = beside.try_join_next() {
                note(ended);
            }
        }
        while let Some(ended) = beside.join_next().await {
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
}
