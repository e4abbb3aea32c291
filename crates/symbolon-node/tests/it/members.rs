//! The promise on several nodes over PostgreSQL.

use std::time::Duration;

use symbolon_node::{Effective, LeaseState, Wait};

use super::cluster::{LEASE, LONG, Place, REVOKE_WAIT, WAIT, eventually, now};

#[tokio::test]
async fn a_session_is_good_on_every_node_and_from_memory_after_the_first_look() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    assert_eq!(a.memory_says(&issued.pair.access), "active");
    assert_eq!(b.memory_says(&issued.pair.access), "ask the store");
    assert_eq!(b.says(&issued.pair.access).await, "active");
    assert_eq!(b.memory_says(&issued.pair.access), "active");
}

/// The threads of this process with that name, by how nice they are (proc_pid_stat(5), the nineteenth value).
fn niceness(name: &str) -> Vec<i32> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    let nice = stats.filter_map(|stat| {
        let (head, rest) = stat.rsplit_once(") ")?;
        let own = head.ends_with(&format!("({name}"));
        own.then(|| rest.split(' ').nth(16)?.parse().ok())?
    });
    nice.collect()
}

#[tokio::test]
async fn the_threads_of_the_heartbeat_go_before_others_where_that_is_allowed() {
    let allowed = std::thread::spawn(|| rustix::process::setpriority_process(None, -10).is_ok());
    let expected = if allowed.join().unwrap() { -10 } else { 0 };
    let place = Place::new();
    let _a = place.node("a").await;
    for name in ["heartbeat", "symbolon-heart"] {
        eventually(LONG, async || {
            let nice = niceness(name);
            !nice.is_empty() && nice.iter().all(|nice| *nice == expected)
        })
        .await;
    }
    let usual = niceness("symbolon-postgr");
    assert!(
        !usual.is_empty() && usual.iter().all(|nice| *nice == 0),
        "{usual:?}"
    );
}

#[tokio::test]
async fn a_revocation_that_is_answered_now_is_refused_by_every_node_from_memory() {
    for place in [Place::new(), Place::with_signals()] {
        let (a, b, c) = (
            place.node("a").await,
            place.node("b").await,
            place.node("c").await,
        );
        for round in 0..20 {
            let issued = a.issue("ann").await;
            for one in [&b, &c] {
                assert_eq!(one.says(&issued.pair.access).await, "active", "{round}");
            }
            let receipt = a.revoke(&issued, Wait::Full).await;
            assert_eq!(receipt.effective, Effective::Now, "{round}");
            for one in [&a, &b, &c] {
                assert_ne!(one.memory_says(&issued.pair.access), "active", "{round}");
                assert_eq!(one.says(&issued.pair.access).await, "kicked", "{round}");
            }
        }
        for one in [a, b, c] {
            one.node.stop().await;
        }
    }
}

#[tokio::test]
async fn without_signals_a_revocation_is_effective_in_less_than_half_a_second_and_with_them_at_once() {
    for (place, most) in [(Place::new(), 450), (Place::with_signals(), 100)] {
        let (a, b) = (place.node("a").await, place.node("b").await);
        let mut took = Vec::new();
        for _ in 0..10 {
            let issued = a.issue("ann").await;
            assert_eq!(b.says(&issued.pair.access).await, "active");
            let begun = now();
            assert_eq!(a.revoke(&issued, Wait::Full).await.effective, Effective::Now);
            took.push(begun.elapsed());
        }
        took.sort();
        assert!(took[5] < Duration::from_millis(most), "{took:?}");
    }
}

#[tokio::test]
async fn a_node_that_hangs_is_waited_for_until_its_lease_is_over_and_then_it_refuses() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    assert_eq!(b.says(&issued.pair.access).await, "active");
    b.freeze();

    let begun = now();
    let short = a.revoke(&issued, Wait::Short).await;
    assert!(begun.elapsed() >= REVOKE_WAIT, "{:?}", begun.elapsed());
    let Effective::Within { ms, .. } = short.effective else {
        panic!("{short:?}")
    };
    let promised = Duration::from_millis(ms);
    assert!(
        promised <= WAIT && promised > WAIT - REVOKE_WAIT * 2,
        "{promised:?}"
    );
    // What the answer says: until then it may be accepted there.
    assert_eq!(b.memory_says(&issued.pair.access), "active");

    let again = a.revoke(&issued, Wait::Full).await;
    assert!(again.already);
    assert_eq!(again.effective, Effective::Now);
    let took = begun.elapsed();
    assert!(
        took >= WAIT && took < WAIT + Duration::from_secs(1),
        "the wait counts from the commit: {took:?}"
    );
    assert_eq!(b.memory_says(&issued.pair.access), "ask the store");
    assert_eq!(b.says(&issued.pair.access).await, "no lease");
}

#[tokio::test]
async fn a_node_that_is_dead_is_waited_for_once_and_then_evicted() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let first = a.issue("ann").await;
    b.freeze();
    assert_eq!(a.revoke(&first, Wait::Full).await.effective, Effective::Now);
    eventually(LONG, async || a.figures().evictions == 1).await;
    let members = a.node.members().await.unwrap();
    let of_b = members
        .iter()
        .find(|seen| seen.member.node.as_str() == "b")
        .unwrap();
    assert!(of_b.member.evicted && !of_b.is_self);

    let second = a.issue("ann").await;
    let begun = now();
    assert_eq!(a.revoke(&second, Wait::Short).await.effective, Effective::Now);
    assert!(
        begun.elapsed() < Duration::from_millis(200),
        "{:?}",
        begun.elapsed()
    );

    // It was only frozen: it joins anew, and knows everything.
    b.faults.heal();
    b.node.until_leased(LONG).await.unwrap();
    assert_eq!(b.figures().incarnations, 2);
    for issued in [&first, &second] {
        assert_eq!(b.says(&issued.pair.access).await, "kicked");
    }
}

#[tokio::test]
async fn a_node_that_stops_leaves_and_is_not_waited_for() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    assert_eq!(b.says(&issued.pair.access).await, "active");
    b.node.stop().await;
    assert_eq!(b.memory_says(&issued.pair.access), "ask the store");
    let begun = now();
    assert_eq!(a.revoke(&issued, Wait::Short).await.effective, Effective::Now);
    assert!(
        begun.elapsed() < Duration::from_millis(200),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(a.node.members().await.unwrap().len(), 1);
}

#[tokio::test]
async fn without_the_store_memory_answers_until_the_lease_is_over_and_again_when_it_is_back() {
    let place = Place::new();
    let a = place.node("a").await;
    let issued = a.issue("ann").await;
    assert!(a.node.is_ready());
    a.freeze();
    let begun = now();
    let mut answered_at = Duration::ZERO;
    eventually(LONG, async || {
        let asked_at = begun.elapsed();
        let says = a.memory_says(&issued.pair.access);
        if says == "active" {
            answered_at = asked_at;
        }
        assert!(
            says == "active" || begun.elapsed() > LEASE / 2,
            "{says} after {:?}",
            begun.elapsed()
        );
        // It turns away before it refuses.
        assert!(says == "active" || !a.node.is_ready());
        says != "active"
    })
    .await;
    assert!(answered_at <= LEASE, "{answered_at:?}");
    let asked = now();
    assert_eq!(a.says(&issued.pair.access).await, "no lease");
    assert!(
        asked.elapsed() < Duration::from_millis(400),
        "{:?}",
        asked.elapsed()
    );
    let LeaseState::Limited { remaining, length } = a.node.lease_state() else {
        panic!("a member's lease has an end")
    };
    assert_eq!((remaining, length), (Duration::ZERO, LEASE));

    a.faults.heal();
    // The request itself asks for the heartbeat.
    eventually(LONG, async || a.says(&issued.pair.access).await == "active").await;
    assert_eq!(a.memory_says(&issued.pair.access), "active");
    assert_eq!(a.figures().leases_lost, 1);
}

#[tokio::test]
async fn a_cut_of_a_subject_on_one_node_holds_on_the_others_from_memory() {
    let place = Place::with_signals();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let (ann, bob) = (a.issue("ann").await, a.issue("bob").await);
    for issued in [&ann, &bob] {
        assert_eq!(b.says(&issued.pair.access).await, "active");
    }
    let subject = symbolon_core::subject::SubjectId::new("ann").unwrap();
    let reason = symbolon_core::revocation::RevocationReason::Kicked;
    let receipt = a
        .node
        .revoke_subject(&subject, reason, vec![], None, &a.origin())
        .await
        .unwrap();
    assert_eq!(a.node.settle(receipt, Wait::Full).await.effective, Effective::Now);
    assert_eq!(b.memory_says(&ann.pair.access), "kicked");
    assert_eq!(b.memory_says(&bob.pair.access), "active");
}

#[tokio::test]
async fn a_node_that_is_dropped_leaves_as_one_that_is_stopped() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    drop(b);
    eventually(LONG, async || a.node.members().await.unwrap().len() == 1).await;
}
