//! Work on a store that stops at a chosen call of it, so that a test can do something at exactly that moment.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

tokio::task_local! {
    static WATCHED: ();
}

/// At which side of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Nothing of it is done.
    Before,
    /// It is done, and whoever called does not know its answer yet.
    After,
}

/// Whose calls of a store count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// Those of the work that is watched.
    OfWatched,
    /// Those of everybody.
    OfAll,
}

/// Where work stops; shared by its stores and the test. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Halts(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    /// Which call is the last, and at which side of it.
    place: Option<(usize, Moment)>,
    calls: Vec<&'static str>,
    stopped: bool,
}

/// Runs work whose calls count.
pub async fn watched<T>(work: impl Future<Output = T>) -> T {
    WATCHED.scope((), work).await
}

impl Halts {
    /// Lets the work stop at the `nth` call from now on, the first being 1.
    pub fn stop_at(&self, nth: usize, moment: Moment) {
        self.0.send_modify(|state| {
            *state = State {
                place: Some((nth, moment)),
                ..State::default()
            }
        });
    }

    /// Waits until it has stopped there, and answers the names of the calls up to that one.
    pub async fn stopped(&self) -> Vec<&'static str> {
        let mut states = self.0.subscribe();
        let stopped = states.wait_for(|state| state.stopped).await;
        stopped.map(|state| state.calls.clone()).unwrap()
    }

    /// Lets it go on, and not stop again; answers the names of the calls that were counted.
    pub fn go_on(&self) -> Vec<&'static str> {
        let mut calls = Vec::new();
        self.0.send_modify(|state| calls = std::mem::take(state).calls);
        calls
    }

    /// Does a step of a store, and stops beside it if that is where to stop.
    pub(crate) async fn beside<T>(
        &self,
        whose: Whose,
        step: &'static str,
        work: impl Future<Output = T>,
    ) -> T {
        let place = self.count(whose, step);
        if place == Some(Moment::Before) {
            self.stop().await;
        }
        let done = work.await;
        if place == Some(Moment::After) {
            self.stop().await;
        }
        done
    }

    /// Counts a call; at which side of it to stop.
    fn count(&self, whose: Whose, step: &'static str) -> Option<Moment> {
        let counts = whose == Whose::OfAll || WATCHED.try_with(|()| ()).is_ok();
        let mut found = None;
        self.0.send_if_modified(|state| {
            if let Some((nth, moment)) = state.place.filter(|_| counts) {
                state.calls.push(step);
                found = (state.calls.len() == nth).then_some(moment);
            }
            false
        });
        found
    }

    async fn stop(&self) {
        let mut states = self.0.subscribe();
        self.0.send_modify(|state| state.stopped = true);
        states.wait_for(|state| !state.stopped).await.map(drop).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn count(done: &AtomicU32) {
        done.fetch_add(1, Ordering::Relaxed);
    }

    #[tokio::test]
    async fn watched_work_stops_at_the_side_of_the_call_that_was_named_and_goes_on() {
        for (moment, done_then) in [(Moment::Before, 1), (Moment::After, 2)] {
            let (halts, done) = (Halts::default(), AtomicU32::new(0));
            halts.stop_at(2, moment);
            let call = |step| halts.beside(Whose::OfWatched, step, count(&done));
            let work = watched(async {
                call("ping").await;
                call("purge").await;
                call("ping").await;
            });
            let steering = async {
                assert_eq!(halts.stopped().await, ["ping", "purge"]);
                assert_eq!(done.load(Ordering::Relaxed), done_then, "{moment:?}");
                halts.go_on();
            };
            tokio::join!(work, steering);
            assert_eq!(done.load(Ordering::Relaxed), 3);
        }
    }

    #[tokio::test]
    async fn a_call_of_somebody_else_is_neither_counted_nor_stopped_unless_all_are() {
        let halts = Halts::default();
        halts.stop_at(1, Moment::Before);
        halts.beside(Whose::OfWatched, "ping", async {}).await;
        assert!(halts.go_on().is_empty());
        halts.stop_at(2, Moment::Before);
        halts.beside(Whose::OfAll, "ping", async {}).await;
        assert_eq!(halts.go_on(), ["ping"]);
    }
}
