//! The members, and the log as they follow it.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member, NodeName};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{Heartbeat, PurgeOrder, Revoked, Store};

use super::Fresh;
use super::cuts::cut;
use super::log::assert_chain;
use super::sample::{at, revoke};

/// The `number`th start of a node that nothing unusual is said of.
fn member(node: &str, number: u8) -> Member {
    Member {
        node: NodeName::new(node).unwrap(),
        incarnation: Incarnation::from_bytes([number; 16]),
        lease: Duration::from_millis(10_001),
        beat: 0,
        applied: RevocationSeq(7),
        evicted: false,
        may_fall_back: false,
        addr: Some("192.0.2.7:8080".to_owned()),
        seen_at: at(1),
    }
}

/// The heartbeat that a member makes next.
fn next_beat(member: &Member, millis: i64) -> Heartbeat {
    Heartbeat {
        incarnation: member.incarnation,
        beat: member.beat,
        applied: RevocationSeq(member.applied.0 + 1),
        at: at(millis),
    }
}

/// The member as it stands after that heartbeat.
fn after(member: &Member, beat: Heartbeat) -> Member {
    Member {
        beat: beat.beat + 1,
        applied: beat.applied,
        seen_at: beat.at,
        ..member.clone()
    }
}

async fn join<S: Store>(fresh: &Fresh<S>, member: &Member) {
    fresh.store.join(member.clone()).await.unwrap();
}

/// Whether the heartbeat was counted.
async fn beats<S: Store>(fresh: &Fresh<S>, beat: Heartbeat) -> bool {
    fresh.store.heartbeat(beat).await.unwrap().is_some()
}

/// Also with nothing that need not be said, and with another start of the same node.
pub async fn a_member_comes_back_as_it_joined<S: Store>(fresh: &Fresh<S>) {
    assert_eq!(fresh.store.list_members().await.unwrap(), []);
    let bare = Member {
        addr: None,
        may_fall_back: true,
        ..member("b", 3)
    };
    let members = [member("a", 2), member("a", 4), bare, member("c", 1)];
    for number in [2, 0, 3, 1] {
        join(fresh, &members[number]).await;
    }
    assert_eq!(fresh.store.list_members().await.unwrap(), members);
}

/// Where the answer to the first was lost. What was counted since stays counted.
pub async fn joining_twice_is_joining_once<S: Store>(fresh: &Fresh<S>) {
    let member = member("a", 1);
    join(fresh, &member).await;
    let beat = next_beat(&member, 2);
    assert!(beats(fresh, beat).await);
    join(fresh, &member).await;
    assert_eq!(fresh.store.list_members().await.unwrap(), [after(&member, beat)]);
}

/// Others wait by the lease that is written.
pub async fn an_incarnation_never_gets_another_lease<S: Store>(fresh: &Fresh<S>) {
    let member = member("a", 1);
    join(fresh, &member).await;
    let longer = Member {
        lease: Duration::from_secs(300),
        ..member.clone()
    };
    assert!(fresh.store.join(longer).await.is_err());
    assert_eq!(fresh.store.list_members().await.unwrap(), [member]);
}

/// What it has applied and when it was seen, and nothing else of it, nor of another.
pub async fn a_heartbeat_is_counted_and_says_how_far_its_member_is<S: Store>(fresh: &Fresh<S>) {
    let (mut one, other) = (member("a", 1), member("b", 2));
    join(fresh, &one).await;
    join(fresh, &other).await;
    for millis in [5, 900, 4_000] {
        let beat = next_beat(&one, millis);
        assert!(beats(fresh, beat).await);
        one = after(&one, beat);
        let listed = fresh.store.list_members().await.unwrap();
        assert_eq!(listed, [one.clone(), other.clone()]);
    }
}

/// A server's own, and where there is no server the instant of the heartbeat: it does not go back between two.
pub async fn a_heartbeat_answers_the_stores_clock<S: Store>(fresh: &Fresh<S>) {
    let mut member = member("a", 1);
    join(fresh, &member).await;
    let mut before = Timestamp(0);
    for millis in [5, 6, 7] {
        let beat = next_beat(&member, millis);
        let clock = fresh.store.heartbeat(beat).await.unwrap().unwrap();
        assert!(clock >= beat.at && clock >= before, "{clock:?}");
        (member, before) = (after(&member, beat), clock);
    }
}

/// It is over for who has counted otherwise: a second process with the same memory has made one.
pub async fn a_heartbeat_of_another_number_is_not_counted<S: Store>(fresh: &Fresh<S>) {
    let mut member = member("a", 1);
    join(fresh, &member).await;
    let first = next_beat(&member, 2);
    assert!(beats(fresh, first).await);
    member = after(&member, first);
    for beat in [0, 2, u64::from(u32::MAX)] {
        let wrong = Heartbeat {
            beat,
            ..next_beat(&member, 3)
        };
        assert!(!beats(fresh, wrong).await, "{beat}");
    }
    assert_eq!(fresh.store.list_members().await.unwrap(), [member]);
}

/// Nothing is written for it.
pub async fn a_stranger_makes_no_heartbeat<S: Store>(fresh: &Fresh<S>) {
    assert!(!beats(fresh, next_beat(&member("a", 1), 2)).await);
    assert_eq!(fresh.store.list_members().await.unwrap(), []);
}

/// Of a machine that was copied while it ran, one goes on.
pub async fn of_two_copies_of_a_process_one_makes_the_next_heartbeat<S: Store>(fresh: &Fresh<S>) {
    let mut member = member("a", 1);
    join(fresh, &member).await;
    for millis in 0..8 {
        let beat = next_beat(&member, millis);
        let counted = fresh.parallel(8, |store, _| async move {
            store.heartbeat(beat).await.unwrap().is_some()
        });
        let counted = counted.await.into_iter().filter(|counted| *counted).count();
        assert_eq!(counted, 1);
        member = after(&member, beat);
    }
    assert_eq!(fresh.store.list_members().await.unwrap(), [member]);
}

/// Under this incarnation never again; its node joins under another.
pub async fn an_evicted_member_makes_no_heartbeat<S: Store>(fresh: &Fresh<S>) {
    let old = member("a", 1);
    join(fresh, &old).await;
    assert!(fresh.store.evict(old.incarnation, 0, false).await.unwrap());
    assert!(!beats(fresh, next_beat(&old, 2)).await);
    join(fresh, &old).await;
    assert!(!beats(fresh, next_beat(&old, 2)).await);
    let new = member("a", 2);
    join(fresh, &new).await;
    assert!(beats(fresh, next_beat(&new, 3)).await);
    let evicted = Member { evicted: true, ..old };
    assert_eq!(fresh.store.list_members().await.unwrap()[0], evicted);
}

/// It has a new lease, that nobody would wait for.
pub async fn a_member_that_made_a_heartbeat_meanwhile_is_not_evicted<S: Store>(fresh: &Fresh<S>) {
    let member = member("a", 1);
    join(fresh, &member).await;
    let beat = next_beat(&member, 2);
    assert!(beats(fresh, beat).await);
    for seen in [0, 2] {
        assert!(!fresh.store.evict(member.incarnation, seen, true).await.unwrap());
    }
    assert_eq!(fresh.store.list_members().await.unwrap(), [after(&member, beat)]);
    assert!(fresh.store.evict(member.incarnation, 1, false).await.unwrap());
}

/// Whoever asks is told that nobody need wait for it, whatever it has seen of it.
pub async fn a_member_that_was_evicted_is_evicted_again<S: Store>(fresh: &Fresh<S>) {
    let member = member("a", 1);
    join(fresh, &member).await;
    for (seen, by_operator) in [(0, false), (0, false), (5, false), (0, true)] {
        assert!(
            fresh
                .store
                .evict(member.incarnation, seen, by_operator)
                .await
                .unwrap()
        );
    }
}

/// No time that passes shows that it has stopped.
pub async fn a_member_that_may_fall_back_is_evicted_by_an_operator_only<S: Store>(fresh: &Fresh<S>) {
    let member = Member {
        may_fall_back: true,
        ..member("a", 1)
    };
    join(fresh, &member).await;
    assert!(!fresh.store.evict(member.incarnation, 0, false).await.unwrap());
    assert!(beats(fresh, next_beat(&member, 2)).await);
    assert!(fresh.store.evict(member.incarnation, 1, true).await.unwrap());
    assert!(fresh.store.evict(member.incarnation, 1, false).await.unwrap());
}

/// Nor is there anything left to be evicted.
pub async fn a_member_that_left_is_gone<S: Store>(fresh: &Fresh<S>) {
    let (one, other) = (member("a", 1), member("b", 2));
    join(fresh, &one).await;
    join(fresh, &other).await;
    for _ in 0..2 {
        fresh.store.leave(one.incarnation).await.unwrap();
        let listed = fresh.store.list_members().await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&other));
    }
    assert!(!beats(fresh, next_beat(&one, 2)).await);
    assert!(!fresh.store.evict(one.incarnation, 0, true).await.unwrap());
}

/// The renewal or the eviction: whichever is first decides.
pub async fn a_heartbeat_and_an_eviction_at_once_are_not_both_done<S: Store>(fresh: &Fresh<S>) {
    for number in 1..=16 {
        let member = member("a", number);
        join(fresh, &member).await;
        let done = fresh.parallel(2, |store, who| {
            let beat = next_beat(&member, 2);
            async move {
                match who {
                    0 => store.heartbeat(beat).await.unwrap().is_some(),
                    _ => store.evict(beat.incarnation, beat.beat, false).await.unwrap(),
                }
            }
        });
        let done = done.await.into_iter().filter(|done| *done).count();
        assert_eq!(done, 1, "of start {number}");
    }
}

/// From any position, and in pages: the ends are those of the whole log.
pub async fn a_page_of_the_log_has_its_ends<S: Store>(fresh: &Fresh<S>) {
    let empty = fresh.store.read_log(RevocationSeq::ZERO, 10).await.unwrap();
    assert_eq!(
        (empty.head, empty.rows),
        (fresh.store.log_head().await.unwrap().seq, Vec::new())
    );
    for id in fresh.begin_many("alice", 5).await {
        fresh.revoke(id).await;
    }
    let rows = fresh.sink.rows();
    assert_eq!(rows[0].prev_seq, empty.head);
    for (index, from) in rows.iter().enumerate() {
        for limit in [1, 2, 100] {
            let page = fresh.store.read_log(from.seq, limit).await.unwrap();
            assert_eq!(page.rows, rows[index..rows.len().min(index + limit as usize)]);
            assert_eq!((page.head, page.head_id), (rows[4].seq, rows[4].id));
            assert!(page.floor < rows[0].seq);
        }
    }
    let beyond = fresh.store.read_log(RevocationSeq(rows[4].seq.0 + 1), 9).await;
    let beyond = beyond.unwrap();
    assert_eq!((beyond.head, beyond.rows), (rows[4].seq, Vec::new()));
    assert_ne!(empty.head_id, beyond.head_id);
}

/// Who sees a head sees every row up to it, and none beyond: a follower that has read to the head has missed nothing.
pub async fn a_page_never_shows_a_head_without_its_rows<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 96).await;
    let before = fresh.store.log_head().await.unwrap().seq;
    let from = RevocationSeq(before.0 + 1);
    let pages = fresh.parallel(8, |store, number| {
        let ids: Vec<_> = ids.iter().copied().skip(number as usize).step_by(4).collect();
        async move {
            let mut pages = Vec::new();
            for id in ids {
                // Four end sessions, four follow.
                if number < 4 {
                    let ended = store.revoke_session(revoke(id)).await.unwrap();
                    assert!(matches!(ended, Revoked::Done(_)), "{ended:?}");
                } else {
                    pages.push(store.read_log(from, 1_000).await.unwrap());
                }
            }
            pages
        }
    });
    let pages: Vec<_> = pages.await.into_iter().flatten().collect();
    assert!(pages.len() >= 80);
    let all = fresh.store.read_log(from, 1_000).await.unwrap().rows;
    assert_eq!(all.len(), 96);
    for page in pages {
        assert_chain(&page.rows);
        assert_eq!(page.rows, all[..page.rows.len()]);
        let last = page.rows.last().map_or(before, |row| row.seq);
        assert_eq!(page.head, last);
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Nothing of the log is too young.
fn purge_at(now: Timestamp) -> PurgeOrder {
    PurgeOrder {
        now,
        keep_ended: 100 * DAY,
        keep_log: DAY,
        keep_audit: 100 * DAY,
        batch: 100,
    }
}

/// However old: the member compares its own last row with it.
pub async fn a_purge_leaves_the_rows_that_a_member_has_not_passed<S: Store>(fresh: &Fresh<S>) {
    for _ in 0..6 {
        fresh.store.cut_subject(cut("alice")).await.unwrap();
    }
    let rows = fresh.sink.rows();
    let mut slow = Member {
        applied: rows[2].seq,
        ..member("slow", 1)
    };
    let fast = Member {
        applied: rows[5].seq,
        ..member("fast", 2)
    };
    join(fresh, &slow).await;
    join(fresh, &fast).await;
    let left = async || {
        fresh.store.purge(purge_at(at(0).after(30 * DAY))).await.unwrap();
        let page = fresh.store.read_log(RevocationSeq::ZERO, 100).await.unwrap();
        let gone = rows.len() - page.rows.len();
        assert_eq!(page.rows, rows[gone..]);
        let floor = gone
            .checked_sub(1)
            .map_or(RevocationSeq::ZERO, |last| rows[last].seq);
        assert_eq!(page.floor, floor);
        page.rows.len()
    };
    assert_eq!(left().await, 4);
    let beat = Heartbeat {
        applied: rows[3].seq,
        ..next_beat(&slow, 2)
    };
    assert!(beats(fresh, beat).await);
    slow = after(&slow, beat);
    assert_eq!(left().await, 3);
    assert!(fresh.store.evict(slow.incarnation, 1, false).await.unwrap());
    assert_eq!(left().await, 1);
}

/// Operators see them for a day.
pub async fn a_purge_removes_members_that_were_evicted_long_ago<S: Store>(fresh: &Fresh<S>) {
    let (alive, old, young) = (member("alive", 1), member("old", 2), member("young", 3));
    let young = Member {
        seen_at: at(0).after(2 * DAY),
        ..young
    };
    for member in [&alive, &old, &young] {
        join(fresh, member).await;
    }
    for member in [&old, &young] {
        assert!(fresh.store.evict(member.incarnation, 0, false).await.unwrap());
    }
    let left = async |now| {
        fresh.store.purge(purge_at(now)).await.unwrap();
        let members = fresh.store.list_members().await.unwrap();
        members.into_iter().map(|member| member.node).collect::<Vec<_>>()
    };
    let now = at(0).after(2 * DAY);
    assert_eq!(left(now).await, [alive.node.clone(), young.node]);
    assert_eq!(left(now.after(2 * DAY)).await, [alive.node]);
}
