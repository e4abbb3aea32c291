//! Bans: no session begins, and those that were there have ended.

use std::time::Duration;

use symbolon_core::audit::AuditEvent;
use symbolon_core::ban::{Ban, BanNote, BanPosition, Lifted};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, RevocationReason, RevocationSeq};
use symbolon_core::store::{BanSubject, Banned, CutSubject, Inserted, ListBans, PurgeOrder, Store};

use super::Fresh;
use super::cuts::ended_by;
use super::sample::{at, entry, insert, session, subject};

fn note(text: &str) -> BanNote {
    BanNote::new(text).unwrap()
}

fn ban(name: &str, until: Option<i64>, millis: i64) -> BanSubject {
    BanSubject {
        subject: subject(name),
        until: until.map(at),
        note: note("of the contract"),
        audit: entry(AuditEvent::Banned, millis).of(&subject(name)),
    }
}

/// What a list shows of [`ban`].
fn listed(name: &str, seq: RevocationSeq, until: Option<i64>, millis: i64) -> Ban {
    Ban {
        seq,
        subject: subject(name),
        banned_at: at(millis),
        until: until.map(at),
        note: note("of the contract"),
        banned_by: "operator".to_owned(),
        lifted: None,
    }
}

async fn put<S: Store>(fresh: &Fresh<S>, name: &str, until: Option<i64>, millis: i64) -> Banned {
    fresh.store.ban_subject(ban(name, until, millis)).await.unwrap()
}

async fn lift<S: Store>(fresh: &Fresh<S>, name: &str, millis: i64) -> bool {
    let audit = entry(AuditEvent::BanLifted, millis).of(&subject(name));
    fresh.store.lift_ban(subject(name), audit).await.unwrap()
}

async fn bans<S: Store>(fresh: &Fresh<S>, in_force_at: Option<Timestamp>) -> Vec<Ban> {
    let list = ListBans {
        in_force_at,
        after: None,
        limit: 100,
    };
    fresh.store.list_bans(list).await.unwrap()
}

/// A session that begins that many milliseconds after the beginning.
async fn begin<S: Store>(fresh: &Fresh<S>, name: &str, millis: u32) -> Inserted {
    fresh.insert(insert(session(name, millis))).await
}

/// One row, whose position is the ban's own.
pub async fn a_ban_ends_the_subjects_sessions_by_one_row<S: Store>(fresh: &Fresh<S>) {
    let alices = fresh.begin_many("alice", 3).await;
    let bobs = fresh.begin_many("bob", 1).await;
    let banned = put(fresh, "alice", None, 600).await;
    assert_eq!((banned.already, banned.count), (false, 3));
    let rows = fresh.sink.rows();
    assert_eq!(rows.len(), 1);
    let kind = LogKind::Subject {
        subject: subject("alice"),
        keep: Vec::new(),
    };
    let row = &rows[0];
    assert_eq!((row.seq, &row.kind, row.at), (banned.seq, &kind, at(600)));
    assert_eq!(row.reason, RevocationReason::Banned);
    for id in alices {
        assert_eq!(fresh.ended(id, at(601)).await, ended_by(row));
    }
    assert_eq!(fresh.alive(&bobs, at(601)).await, bobs);
}

/// For ever, or until its end and not an instant longer.
pub async fn a_banned_subject_begins_no_session<S: Store>(fresh: &Fresh<S>) {
    put(fresh, "alice", None, 600).await;
    assert_eq!(begin(fresh, "alice", 700).await, Inserted::Banned { until: None });
    put(fresh, "bob", Some(1_000), 600).await;
    let until = Some(at(1_000));
    assert_eq!(begin(fresh, "bob", 999).await, Inserted::Banned { until });
    assert!(matches!(begin(fresh, "bob", 1_000).await, Inserted::Done { .. }));
    assert!(matches!(begin(fresh, "carol", 700).await, Inserted::Done { .. }));
    assert_eq!(fresh.sink.rows().len(), 2, "a refused session leaves nothing");
}

/// Nothing was there to be locked.
pub async fn a_subject_that_never_had_a_session_can_be_banned<S: Store>(fresh: &Fresh<S>) {
    let banned = put(fresh, "nobody", None, 600).await;
    assert_eq!((banned.already, banned.count), (false, 0));
    assert_eq!(
        begin(fresh, "nobody", 700).await,
        Inserted::Banned { until: None }
    );
}

/// The same position, and nothing is cut again.
pub async fn a_repeated_ban_changes_its_end_and_its_note<S: Store>(fresh: &Fresh<S>) {
    fresh.begin_many("alice", 2).await;
    let first = put(fresh, "alice", None, 600).await;
    // A cut of its own between the two is no ban.
    let cut = CutSubject {
        subject: subject("alice"),
        reason: RevocationReason::Kicked,
        keep: Vec::new(),
        device_kind: None,
        audit: entry(AuditEvent::SubjectRevoked, 650),
    };
    fresh.store.cut_subject(cut).await.unwrap();
    let again = BanSubject {
        note: note("another note"),
        ..ban("alice", Some(2_000), 700)
    };
    let repeated = fresh.store.ban_subject(again).await.unwrap();
    let expected = Banned {
        already: true,
        count: 0,
        ..first
    };
    assert_eq!(repeated, expected);
    assert_eq!(fresh.sink.rows().len(), 2);
    let changed = Ban {
        note: note("another note"),
        ..listed("alice", first.seq, Some(2_000), 600)
    };
    assert_eq!(bans(fresh, None).await, [changed]);
    let until = Some(at(2_000));
    assert_eq!(begin(fresh, "alice", 1_999).await, Inserted::Banned { until });
    assert!(matches!(
        begin(fresh, "alice", 2_000).await,
        Inserted::Done { .. }
    ));
}

/// Sessions from after the ban live; those from before it stay dead.
pub async fn a_lifted_ban_revives_nothing_and_stops_nothing<S: Store>(fresh: &Fresh<S>) {
    let old = fresh.begin_many("alice", 2).await;
    let banned = put(fresh, "alice", None, 600).await;
    assert!(lift(fresh, "alice", 700).await);
    let Inserted::Done { epoch, ended } = begin(fresh, "alice", 800).await else {
        panic!("it is still banned");
    };
    assert_eq!((epoch, ended), (banned.seq, Vec::new()));
    let new = session("alice", 800).id;
    assert_eq!(fresh.alive(&[old[0], old[1], new], at(801)).await, [new]);
    let row = &fresh.sink.rows()[0];
    assert_eq!(fresh.ended(old[0], at(801)).await, ended_by(row));
    assert_eq!(fresh.sink.rows().len(), 1, "nothing in memory knew of the ban");
}

/// Nor has one that is over by itself.
pub async fn only_a_ban_in_force_is_lifted<S: Store>(fresh: &Fresh<S>) {
    assert!(!lift(fresh, "nobody", 600).await);
    put(fresh, "alice", Some(1_000), 600).await;
    assert!(!lift(fresh, "alice", 1_000).await);
    assert!(lift(fresh, "alice", 999).await);
    assert!(!lift(fresh, "alice", 999).await);
}

/// With a cut of its own: sessions may have begun between the two.
pub async fn a_ban_after_another_is_a_ban_of_its_own<S: Store>(fresh: &Fresh<S>) {
    let first = put(fresh, "alice", None, 600).await;
    lift(fresh, "alice", 700).await;
    begin(fresh, "alice", 800).await;
    let second = put(fresh, "alice", Some(2_000), 900).await;
    assert_eq!((second.already, second.count), (false, 1));
    assert!(second.seq > first.seq);
    let third = put(fresh, "alice", None, 2_000).await;
    assert!(!third.already && third.seq > second.seq);
    let lifted = Ban {
        lifted: Some(Lifted {
            at: at(700),
            by: "operator".to_owned(),
        }),
        ..listed("alice", first.seq, None, 600)
    };
    let all = [
        listed("alice", third.seq, None, 2_000),
        listed("alice", second.seq, Some(2_000), 900),
        lifted,
    ];
    assert_eq!(bans(fresh, None).await, all);
    assert_eq!(bans(fresh, Some(at(2_000))).await, all[..1]);
}

/// Without end first, then by their ends; those that are over are left out.
pub async fn bans_in_force_are_listed_by_their_ends_in_pages<S: Store>(fresh: &Fresh<S>) {
    let mut expected = Vec::new();
    for (name, until) in [
        ("a", None),
        ("b", Some(3_000)),
        ("c", None),
        ("d", Some(4_000)),
        ("e", Some(3_000)),
    ] {
        let banned = put(fresh, name, until, 600).await;
        expected.push(listed(name, banned.seq, until, 600));
    }
    put(fresh, "over", Some(700), 600).await;
    put(fresh, "lifted", None, 600).await;
    lift(fresh, "lifted", 650).await;
    expected.sort_by_key(|ban| std::cmp::Reverse((ban.ends_at(), ban.seq)));
    assert_eq!(
        expected
            .iter()
            .map(|ban| ban.subject.as_str())
            .collect::<String>(),
        "cadeb"
    );
    for limit in 1..=6 {
        assert_eq!(pages(fresh, Some(at(700)), limit).await, expected, "{limit}");
    }
    let all = pages(fresh, None, 2).await;
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by(|a, b| a.seq > b.seq));
}

async fn pages<S: Store>(fresh: &Fresh<S>, in_force_at: Option<Timestamp>, limit: u32) -> Vec<Ban> {
    let mut all: Vec<Ban> = Vec::new();
    loop {
        let after = all.last().map(|ban| BanPosition {
            ends_at: ban.ends_at(),
            seq: ban.seq,
        });
        let list = ListBans {
            in_force_at,
            after,
            limit,
        };
        let page = fresh.store.list_bans(list).await.unwrap();
        assert!(page.len() <= limit as usize);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Whichever comes first: no session is alive after both.
pub async fn a_ban_racing_log_ins_leaves_no_session<S: Store>(fresh: &Fresh<S>) {
    let begun = fresh.parallel(32, |store, number| async move {
        if number == 16 {
            store.ban_subject(ban("alice", None, 600)).await.unwrap();
            return None;
        }
        let new = session("alice", number);
        let id = new.id;
        match store.insert_session(insert(new)).await.unwrap() {
            Inserted::Done { .. } => Some(id),
            _ => None,
        }
    });
    let begun: Vec<_> = begun.await.into_iter().flatten().collect();
    assert_eq!(fresh.alive(&begun, at(601)).await, []);
}

/// What is in force stays however old it is; the others go with their audit entries.
pub async fn a_purge_removes_bans_that_ended_long_ago_and_none_in_force<S: Store>(fresh: &Fresh<S>) {
    const DAY: i64 = 86_400_000;
    put(fresh, "lifted", None, 0).await;
    assert!(lift(fresh, "lifted", 5).await);
    put(fresh, "past", Some(6), 1).await;
    let long = put(fresh, "long", Some(300 * DAY), 2).await;
    let endless = put(fresh, "endless", None, 3).await;
    let purge = async |millis| {
        let order = PurgeOrder {
            now: at(millis),
            keep_ended: Duration::ZERO,
            keep_log: Duration::ZERO,
            keep_audit: Duration::from_secs(86_400),
            batch: 10,
        };
        let purged = fresh.store.purge(order).await.unwrap().bans;
        let left = bans(fresh, None).await;
        (purged, left.into_iter().map(|ban| ban.seq).collect::<Vec<_>>())
    };
    assert_eq!(purge(DAY + 4).await.0, 0);
    assert_eq!(purge(DAY + 5).await.0, 1);
    let rest = vec![endless.seq, long.seq];
    assert_eq!(purge(200 * DAY).await, (1, rest));
    assert_eq!(purge(301 * DAY).await, (1, vec![endless.seq]));
    assert_eq!(purge(4_000 * DAY).await, (0, vec![endless.seq]));
    assert_eq!(bans(fresh, Some(at(4_000 * DAY))).await.len(), 1);
}
