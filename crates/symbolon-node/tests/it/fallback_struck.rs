//! Something is ended in the moment in which sessions move home: at each call that the way home makes, of both stores.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::Upkeep as _;
use symbolon_node::fallback::{FallbackEvent, Standing};
use symbolon_node::{Issued, Wait};
use symbolon_testkit::faulty::Fault;
use symbolon_testkit::halts::Moment;
use tokio::task::{JoinSet, LocalSet};

use super::away::{Alone, Home, there};
use super::cluster::{LONG, eventually};

/// How many ways home are under way at the same time: each mostly waits.
const LANES: usize = 6;
/// How many calls a way home makes at the least, with sessions and cuts on it.
const CALLS_MIN: usize = 40;

/// Which way home.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Try {
    First,
    /// The one before was interrupted after what was cut had been pushed and some sessions had set out.
    Second,
}

/// What is done in the midst of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Strike {
    /// A subject's sessions are ended, and one session of another.
    SubjectAndSession,
    /// Everyone's.
    Everyone,
}

/// What there is when the store is back.
struct Given {
    /// Of the store, and in memory.
    zoe: Issued,
    eve: Issued,
    /// Begun while the store was away, the first under a cut that was made then.
    ann: Issued,
    bob: Issued,
    cid: Issued,
    /// Ended while the store was away.
    dead: Vec<Issued>,
}

/// What must be in the end.
#[derive(Default)]
struct Sides {
    live: Vec<Issued>,
    dead: Vec<Issued>,
}

async fn given(a: &Alone) -> Given {
    let (zoe, eve, old) = (a.issue("zoe").await, a.issue("eve").await, a.issue("ann").await);
    a.cut_off().await;
    let before = a.issue("ann").await;
    a.kick("ann").await;
    let gone = a.issue("bob").await;
    a.revoke(&gone).await;
    Given {
        zoe,
        eve,
        ann: a.issue("ann").await,
        bob: a.issue("bob").await,
        cid: a.issue("cid").await,
        dead: vec![old, before, gone],
    }
}

impl Strike {
    /// Strikes, and begins sessions after that. What is answered is in force at once.
    async fn fall(self, a: &Alone, given: Given) -> Sides {
        let mut sides = Sides {
            live: Vec::new(),
            dead: given.dead,
        };
        match self {
            Self::SubjectAndSession => {
                a.revoke(&given.bob).await;
                a.kick("ann").await;
                a.kick("eve").await;
                sides.dead.extend([given.ann, given.bob, given.eve]);
                sides.live.extend([given.zoe, given.cid]);
            }
            Self::Everyone => {
                let kicked = RevocationReason::Kicked;
                let receipt = a.node.revoke_everyone(kicked, &a.origin()).await;
                a.node.settle(receipt.unwrap(), Wait::Short).await;
                sides
                    .dead
                    .extend([given.ann, given.bob, given.eve, given.zoe, given.cid]);
            }
        }
        sides.live.extend([a.issue("ann").await, a.issue("dan").await]);
        sides.hold(a).await;
        sides
    }
}

impl Sides {
    /// Nothing that was ended is accepted, and nothing that lives is refused; that it is not decided may be.
    async fn hold(&self, a: &Alone) {
        for dead in &self.dead {
            let subject = &dead.session.subject;
            assert_ne!(a.says(&dead.pair.access).await, "active", "{subject}");
            // Also where memory has it no more, and the stores are asked.
            a.node.tail().near().remove(dead.session.id);
            assert_ne!(a.says(&dead.pair.access).await, "active", "{subject}");
        }
        for live in &self.live {
            let said = a.says(&live.pair.access).await;
            let subject = &live.session.subject;
            assert!(
                ["active", "undecided", "no lease"].contains(&said),
                "{subject}: {said}"
            );
        }
    }

    /// Everything is home: the same holds in the store, and nothing is undecided.
    async fn hold_at_home(&self, home: &Home, a: &Alone) {
        let store = home.look();
        for dead in &self.dead {
            let lives = there(&store, dead).await.is_some_and(|(_, lives)| lives);
            assert!(!lives, "{}", dead.session.subject);
        }
        self.hold(a).await;
        for live in &self.live {
            let lives = there(&store, live).await.is_some_and(|(_, lives)| lives);
            assert!(lives, "{}", live.session.subject);
            eventually(LONG, async || a.says(&live.pair.access).await == "active").await;
        }
        assert_eq!(a.left_in_mirror().await, (0, 0));
    }
}

/// Whether steps pass now: one that does is in the mirror when it is asked once.
fn gate_is_open(a: &Alone) -> bool {
    a.mirror_faults.fail("ping", 1, Fault::Before);
    let asked = pin!(a.fallback().ping());
    let is_open = asked.poll(&mut Context::from_waker(Waker::noop())).is_ready();
    a.mirror_faults.heal();
    is_open
}

/// Strikes at the `nth` call of the way home; `false`: it makes fewer.
async fn struck_at(nth: usize, moment: Moment, on: Try, strike: Strike) -> bool {
    let home = Home::new();
    let a = Arc::new(home.start().await);
    let given = Box::pin(given(&a)).await;
    a.faults.heal();
    if on == Try::Second {
        a.faults.fail("adopt_session", 1, Fault::After);
        let is_over = |event: &_| matches!(event, FallbackEvent::Interrupted { .. });
        eventually(LONG, async || a.heard.has(is_over)).await;
    }
    a.halts.stop_at(nth, moment);
    let calls = tokio::select! {
        calls = a.halts.stopped() => calls,
        () = eventually(LONG, async || a.standing() == Standing::Healthy) => {
            assert!(nth > CALLS_MIN, "only {:?}", a.halts.go_on());
            return false;
        }
    };
    println!("{strike:?} {on:?} {moment:?} {nth}: {}", calls.last().unwrap());
    let is_open = gate_is_open(&a);
    let inside = Arc::clone(&a);
    let mut striking = JoinSet::new();
    striking.spawn(async move { Box::pin(strike.fall(&inside, given)).await });
    let struck = if is_open {
        let struck = striking.join_next().await;
        a.halts.go_on();
        struck
    } else {
        // It waits at the gate, and is the first that passes.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        a.halts.go_on();
        striking.join_next().await
    };
    let sides = struck
        .unwrap()
        .unwrap_or_else(|error| panic!("{strike:?} {on:?} {moment:?} {calls:?}: {error}"));
    eventually(LONG, async || {
        sides.hold(&a).await;
        a.standing() == Standing::Healthy
    })
    .await;
    sides.hold_at_home(&home, &a).await;
    true
}

/// All calls of the way home, one after the other.
async fn struck_everywhere(moment: Moment, on: Try, strike: Strike) {
    let all = async {
        let next = Arc::new(AtomicUsize::new(1));
        let mut lanes = JoinSet::new();
        for _ in 0..LANES {
            let next = Arc::clone(&next);
            lanes.spawn_local(async move {
                let nth = || next.fetch_add(1, Ordering::Relaxed);
                while Box::pin(struck_at(nth(), moment, on, strike)).await {}
            });
        }
        lanes.join_all().await;
    };
    LocalSet::new().run_until(all).await;
}

#[tokio::test]
async fn a_kick_and_an_end_before_any_call_of_the_way_home_end_what_was_before_and_nothing_else() {
    struck_everywhere(Moment::Before, Try::First, Strike::SubjectAndSession).await;
}

#[tokio::test]
async fn a_kick_and_an_end_after_any_call_of_the_way_home_end_what_was_before_and_nothing_else() {
    struck_everywhere(Moment::After, Try::First, Strike::SubjectAndSession).await;
}

#[tokio::test]
async fn a_kick_and_an_end_after_any_call_of_a_way_home_begun_again_end_what_was_before_and_nothing_else() {
    struck_everywhere(Moment::After, Try::Second, Strike::SubjectAndSession).await;
}

#[tokio::test]
async fn an_end_of_everyones_sessions_after_any_call_of_the_way_home_ends_what_was_before() {
    struck_everywhere(Moment::After, Try::First, Strike::Everyone).await;
}

/// Goes on from call to call until such a one is done.
async fn until_called(a: &Alone, step: &str) {
    loop {
        a.halts.stop_at(1, Moment::After);
        if a.halts.stopped().await.first() == Some(&step) {
            return;
        }
    }
}

#[tokio::test]
async fn a_kick_reaches_what_is_on_its_way_and_what_is_home_while_others_are_still_to_go() {
    let home = Home::new();
    let a = home.start().await;
    a.cut_off().await;
    // Under a cut that was made here: in the store it has a greater position than the next one here.
    let (on_their_way, at_home) = (["ann", "bob", "cid", "dan"], ["eve", "fay", "gus", "hal"]);
    let mut dead = Vec::new();
    for subject in on_their_way.into_iter().chain(at_home) {
        a.kick(subject).await;
        dead.push(a.issue(subject).await);
    }
    // Some more than set out together.
    for number in 0..255 {
        a.issue(&format!("user-{number}")).await;
    }
    a.faults.heal();
    until_called(&a, "adopt_session").await;
    for subject in on_their_way {
        a.kick(subject).await;
    }
    until_called(&a, "forget_sessions").await;
    until_called(&a, "revocations_from").await;
    assert!(gate_is_open(&a));
    for subject in at_home {
        a.kick(subject).await;
    }
    let sides = Sides {
        live: Vec::new(),
        dead,
    };
    sides.hold(&a).await;
    a.halts.go_on();
    eventually(LONG, async || a.standing() == Standing::Healthy).await;
    sides.hold_at_home(&home, &a).await;
}
