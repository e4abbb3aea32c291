//! Going on without the store, and coming home.

use std::time::Duration;

use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::{
    AccountStore as _, InsertAccount, MemberStore as _, Mirrored as _, PurgeOrder, RevokeSession,
    SessionStore as _, SetPassword, StoreError, Upkeep as _,
};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::ThrottleKey;
use symbolon_node::Effective;
use symbolon_node::clock::wall_clock;
use symbolon_node::fallback::{FallbackEvent, Standing};
use symbolon_testkit::faulty::{Fault, Faults};

use super::away::{Alone, Home, there};
use super::cluster::{LEASE, LONG, Place, eventually, now};

#[tokio::test]
async fn s1_2_within_a_second_everything_goes_on_without_the_store() {
    let home = Home::new();
    let a = home.start().await;
    a.faults.cut_off(Fault::Before);
    let begun = now();
    let issued = loop {
        if let Ok(issued) = a.try_issue("ann").await {
            break issued;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(a.standing(), Standing::Degraded);
    assert!(
        a.heard
            .has(|event| matches!(event, FallbackEvent::WentAway { .. }))
    );
    assert_eq!(a.says(&issued.pair.access).await, "active");
    let next = a.refresh(&issued.pair.refresh).await.unwrap();
    assert_eq!(a.says(&next.pair.access).await, "active");
    // No other node knows it, so its end is effective everywhere.
    let receipt = a.revoke(&next).await;
    assert_eq!((receipt.revoked, receipt.effective), (true, Effective::Now));
    assert_eq!(a.says(&next.pair.access).await, "kicked");
    assert_eq!(a.refresh(&next.pair.refresh).await.err(), Some("kicked"));
}

#[tokio::test]
async fn a_session_of_the_store_stays_valid_where_it_is_known_and_is_never_refused_where_it_is_not() {
    let home = Home::new();
    let a = home.start().await;
    let (seen, unseen) = (a.issue("ann").await, a.issue("bob").await);
    assert_eq!(a.says(&seen.pair.access).await, "active");
    a.node.tail().near().remove(unseen.session.id);
    a.cut_off().await;
    // Longer than the lease.
    let begun = now();
    while begun.elapsed() < LEASE + LEASE / 2 {
        assert_eq!(a.says(&seen.pair.access).await, "active");
        assert_eq!(a.says(&unseen.pair.access).await, "undecided");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(a.refresh(&seen.pair.refresh).await.err(), Some("undecided"));
    assert_eq!(a.refresh(&unseen.pair.refresh).await.err(), Some("undecided"));
    a.comes_home().await;
    eventually(LONG, async || a.says(&unseen.pair.access).await == "active").await;
    assert!(a.refresh(&seen.pair.refresh).await.is_ok());
}

#[tokio::test]
async fn what_is_ended_while_the_store_is_away_is_ended_on_this_node_and_then_in_the_store() {
    let home = Home::new();
    let a = home.start().await;
    let (one, two, three) = (a.issue("ann").await, a.issue("bob").await, a.issue("cid").await);
    a.cut_off().await;
    assert_eq!(a.revoke(&one).await.effective, Effective::ThisNode);
    assert_eq!(a.kick("bob").await.effective, Effective::ThisNode);
    // Memory has removed the one, and the other is refused by the cut.
    assert_eq!(a.says(&one.pair.access).await, "unknown");
    assert_eq!(a.refresh(&one.pair.refresh).await.err(), Some("unknown"));
    assert_eq!(a.says(&two.pair.access).await, "kicked");
    assert_eq!(a.says(&three.pair.access).await, "active");
    // Repeated it is the same.
    let again = a.revoke(&one).await;
    assert_eq!((again.already, again.effective), (true, Effective::ThisNode));
    a.comes_home().await;
    let store = home.look();
    assert!(!there(&store, &one).await.unwrap().1);
    assert!(!there(&store, &two).await.unwrap().1);
    assert!(there(&store, &three).await.unwrap().1);
    for dead in [&one, &two] {
        assert_ne!(a.says(&dead.pair.access).await, "active");
    }
}

#[tokio::test]
async fn s1_3_sessions_come_home_and_live_on_there_and_the_mirror_is_empty() {
    let home = Home::new();
    let a = home.start().await;
    a.cut_off().await;
    let (ann, bob) = (a.issue("ann").await, a.issue("bob").await);
    let cid = a.issue("cid").await;
    let ann = a.refresh(&ann.pair.refresh).await.unwrap();
    a.revoke(&cid).await;
    a.comes_home().await;
    assert!(
        a.heard
            .has(|event| matches!(event, FallbackEvent::CameHome { sessions: 2, .. }))
    );
    assert_eq!(a.left_in_mirror().await, (0, 0));
    let store = home.look();
    let (found, lives) = there(&store, &ann).await.unwrap();
    assert!(lives);
    assert_eq!(found.session.tokens, ann.session.tokens);
    assert!(there(&store, &bob).await.unwrap().1);
    assert!(there(&store, &cid).await.is_none());
    // From memory, and after memory has forgotten them.
    for live in [&*ann, &bob] {
        assert_eq!(a.says(&live.pair.access).await, "active");
        a.node.tail().near().remove(live.session.id);
        assert_eq!(a.says(&live.pair.access).await, "active");
    }
    assert_ne!(a.says(&cid.pair.access).await, "active");
    let next = a.refresh(&ann.pair.refresh).await.unwrap();
    assert_eq!(a.says(&next.pair.access).await, "active");
    // As ever from here on.
    let receipt = a.revoke(&bob).await;
    assert_eq!(receipt.effective, Effective::Now);
    assert_eq!(a.says(&bob.pair.access).await, "kicked");
    let new = a.issue("dan").await;
    assert!(there(&store, &new).await.unwrap().1);
    // And once more.
    a.until_prepared().await;
    a.cut_off().await;
    assert_eq!(a.says(&next.pair.access).await, "active");
    let eve = a.issue("eve").await;
    a.comes_home().await;
    assert!(there(&store, &eve).await.unwrap().1);
}

#[tokio::test]
async fn a_kick_while_the_store_is_away_ends_what_was_before_and_nothing_after() {
    let home = Home::new();
    let a = home.start().await;
    let old = a.issue("ann").await;
    a.cut_off().await;
    let before = a.issue("ann").await;
    a.kick("ann").await;
    let after = a.issue("ann").await;
    for dead in [&old, &before] {
        assert_eq!(a.says(&dead.pair.access).await, "kicked");
    }
    assert_eq!(a.says(&after.pair.access).await, "active");
    a.comes_home().await;
    let store = home.look();
    assert!(!there(&store, &old).await.unwrap().1);
    assert!(there(&store, &after).await.unwrap().1);
    let later = a.issue("ann").await;
    for live in [&after, &later] {
        a.node.tail().near().remove(live.session.id);
        assert_eq!(a.says(&live.pair.access).await, "active");
    }
    for dead in [&old, &before] {
        assert_ne!(a.says(&dead.pair.access).await, "active");
    }
}

#[tokio::test]
async fn a_restart_while_the_store_is_away_loses_nothing_and_revives_nothing() {
    let home = Home::new();
    let a = home.start().await;
    let of_store = a.issue("zoe").await;
    let kicked_before = a.issue("zoe").await;
    a.cut_off().await;
    let (live, dead) = (a.issue("ann").await, a.issue("bob").await);
    let live = a.refresh(&live.pair.refresh).await.unwrap();
    a.revoke(&dead).await;
    a.revoke(&kicked_before).await;
    let faults = a.faults.clone();
    a.end_now().await;

    let a = home.start_with(faults, true).await.unwrap();
    assert_eq!(a.standing(), Standing::Degraded);
    assert!(a.heard.has(|event| *event == FallbackEvent::StartedAway));
    assert_eq!(a.says(&live.pair.access).await, "active");
    assert_ne!(a.says(&dead.pair.access).await, "active");
    assert_ne!(a.says(&kicked_before.pair.access).await, "active");
    assert_eq!(a.says(&of_store.pair.access).await, "undecided");
    let next = a.refresh(&live.pair.refresh).await.unwrap();
    a.comes_home().await;
    let store = home.look();
    assert!(there(&store, &next).await.unwrap().1);
    assert!(!there(&store, &kicked_before).await.unwrap().1);
    assert!(there(&store, &of_store).await.unwrap().1);
    eventually(LONG, async || a.says(&of_store.pair.access).await == "active").await;
    assert_eq!(a.says(&next.pair.access).await, "active");
    assert_eq!(a.left_in_mirror().await, (0, 0));
}

#[tokio::test]
async fn a_way_home_that_is_interrupted_at_any_step_begins_again_and_ends_well() {
    let steps = [
        ("read_log", 1),
        ("jump_beyond", 1),
        ("propose_again", 1),
        ("cut_subject", 1),
        ("adopt_session", 1),
        ("adopt_session", 2),
    ];
    for (step, nth) in steps {
        for fault in [Fault::Before, Fault::After] {
            Box::pin(interrupted_at(step, nth, fault)).await;
        }
    }
}

async fn interrupted_at(step: &'static str, nth: u32, fault: Fault) {
    let home = Home::new();
    let a = home.start().await;
    let of_store = a.issue("zoe").await;
    a.cut_off().await;
    let before = a.issue("ann").await;
    a.kick("ann").await;
    let (one, two, three) = (a.issue("ann").await, a.issue("bob").await, a.issue("cid").await);
    a.revoke(&of_store).await;
    a.revoke(&three).await;
    a.faults.heal();
    a.faults.fail(step, nth, fault);
    let (live, dead) = ([&one, &two], [&before, &three, &of_store]);
    eventually(LONG, async || {
        for one in live {
            assert_eq!(a.says(&one.pair.access).await, "active", "{step} {fault:?}");
        }
        for one in dead {
            assert_ne!(a.says(&one.pair.access).await, "active", "{step} {fault:?}");
        }
        a.standing() == Standing::Healthy
    })
    .await;
    assert!(a.faults.are_over(), "{step} was not asked for {nth} times");
    let store = home.look();
    for one in live {
        assert!(there(&store, one).await.unwrap().1, "{step} {fault:?}");
    }
    for one in dead {
        let lives = there(&store, one).await.is_some_and(|(_, lives)| lives);
        assert!(!lives, "{step} {fault:?}");
    }
    assert_eq!(a.left_in_mirror().await, (0, 0));
}

#[tokio::test]
async fn what_others_have_ended_meanwhile_is_ended_here_when_the_store_is_back() {
    let home = Home::new();
    let a = home.start().await;
    let seen = a.issue("zoe").await;
    assert_eq!(a.says(&seen.pair.access).await, "active");
    a.cut_off().await;
    let (ann, bob) = (a.issue("ann").await, a.issue("bob").await);

    let b = Place::at(home.url.clone()).node("b").await;
    let revoke = RevokeSession {
        id: seen.session.id,
        reason: RevocationReason::Kicked,
        audit: b.origin().entry(AuditEvent::Revoked),
    };
    b.node.store().revoke_session(revoke).await.unwrap();
    let subject = SubjectId::new("ann").unwrap();
    let kicked = RevocationReason::Kicked;
    let receipt = b
        .node
        .revoke_subject(&subject, kicked, Vec::new(), None, &b.origin())
        .await
        .unwrap();
    // A may go on without the store: no time that passes shows that it knows.
    let receipt = b.node.settle(receipt, symbolon_node::Wait::Short).await;
    assert_eq!(receipt.effective, Effective::ThisNode);
    assert_eq!(a.says(&ann.pair.access).await, "active");
    let at_b = b.issue("ann").await;

    a.comes_home().await;
    assert_ne!(a.says(&seen.pair.access).await, "active");
    assert_ne!(a.says(&ann.pair.access).await, "active");
    assert_eq!(a.says(&bob.pair.access).await, "active");
    for live in [&bob, &at_b] {
        eventually(LONG, async || a.says(&live.pair.access).await == "active").await;
        assert_eq!(b.says(&live.pair.access).await, "active");
    }
    assert_ne!(b.says(&ann.pair.access).await, "active");
    // With others it does not go on alone.
    eventually(LONG, async || !a.fallback().state().may_fall_back).await;
    eventually(LONG, async || {
        a.heard.has(|event| *event == FallbackEvent::NotAlone)
    })
    .await;
    let members = a.node.members().await.unwrap();
    eventually(LONG, async || {
        let members = b.node.members().await.unwrap();
        members.iter().all(|seen| !seen.member.may_fall_back)
    })
    .await;
    assert_eq!(members.len(), 2);
    // So that others can confirm by time, and by its word.
    let again = b
        .node
        .revoke_subject(&subject, kicked, Vec::new(), None, &b.origin())
        .await
        .unwrap();
    let again = b.node.settle(again, symbolon_node::Wait::Full).await;
    assert_eq!(again.effective, Effective::Now);
    assert_ne!(a.says(&at_b.pair.access).await, "active");
}

#[tokio::test]
async fn a_node_with_others_does_not_go_on_alone_also_not_after_a_restart() {
    let home = Home::new();
    let a = home.start().await;
    let b = Place::at(home.url.clone()).node("b").await;
    eventually(LONG, async || !a.fallback().state().may_fall_back).await;
    let issued = a.issue("ann").await;
    a.faults.cut_off(Fault::Before);
    eventually(LONG, async || {
        a.heard.has(|event| matches!(event, FallbackEvent::MayNot { .. }))
    })
    .await;
    eventually(LEASE * 2, async || {
        a.says(&issued.pair.access).await == "no lease"
    })
    .await;
    assert_eq!(a.standing(), Standing::Healthy);
    assert!(a.try_issue("ann").await.is_err());
    let faults = a.faults.clone();
    a.end_now().await;
    let started = home.start_with(faults.clone(), true).await;
    assert!(matches!(started, Err(StoreError::Unavailable { .. })));
    drop(b);
}

#[tokio::test]
async fn the_newest_row_that_was_seen_is_not_lost_where_it_was_removed_as_old() {
    let home = Home::new();
    let a = home.start().await;
    let (live, other) = (a.issue("ann").await, a.issue("zoe").await);
    a.kick("bob").await;
    let store = home.look();
    // No row is where the log has jumped to: the newest is older than what the node knows, and may go.
    let seen = store.log_head().await.unwrap().seq;
    let jumped = store.jump_beyond(seen).await.unwrap();
    eventually(LONG, async || {
        let members = store.list_members().await.unwrap();
        members.iter().all(|member| member.applied >= jumped)
    })
    .await;
    a.cut_off().await;
    let faults = a.faults.clone();
    a.end_now().await;
    let audit = Origin::system(wall_clock()).entry(AuditEvent::Revoked);
    let revoke = RevokeSession {
        id: other.session.id,
        reason: RevocationReason::Kicked,
        audit,
    };
    store.revoke_session(revoke).await.unwrap();
    let order = PurgeOrder {
        now: wall_clock().after(Duration::from_secs(1)),
        keep_ended: LONG,
        keep_log: Duration::ZERO,
        keep_audit: LONG,
        batch: 100,
    };
    store.purge(order).await.unwrap();
    assert_eq!(store.log_head().await.unwrap().floor, seen);

    // Started anew, so that memory has nothing.
    let a = home.start_with(faults, true).await.unwrap();
    a.comes_home().await;
    assert!(
        !a.heard
            .has(|event| matches!(event, FallbackEvent::LostRows { .. }))
    );
    assert!(there(&store, &live).await.unwrap().1);
    assert!(!there(&store, &other).await.unwrap().1);
}

fn account(name: &str, hash: &str) -> Account {
    Account {
        name: AccountName::new(name).unwrap(),
        subject: SubjectId::new(name).unwrap(),
        password: PasswordHash::from_phc(hash.to_owned()),
        role: Role::User,
        state: AccountState::Enabled,
        created_at: symbolon_node::clock::wall_clock(),
        password_changed_at: symbolon_node::clock::wall_clock(),
    }
}

async fn add(a: &Alone, name: &str, hash: &str) -> Result<bool, StoreError> {
    let insert = InsertAccount {
        account: account(name, hash),
        only_first: false,
        audit: a.origin().entry(AuditEvent::AccountAdded),
    };
    a.fallback().insert_account(insert).await
}

#[tokio::test]
async fn accounts_are_copied_before_a_change_is_answered_and_not_changed_while_the_store_is_away() {
    let home = Home::new();
    let a = home.start().await;
    assert!(add(&a, "ann", "old").await.unwrap());
    let set = |hash: &str| SetPassword {
        name: AccountName::new("ann").unwrap(),
        password: PasswordHash::from_phc(hash.to_owned()),
        expected: None,
        keep: None,
        clear_attempts: ThrottleKey([1; 16]),
        audit: a.origin().entry(AuditEvent::PasswordSet),
    };
    a.fallback().set_password(set("new")).await.unwrap().unwrap();
    // At once: nothing has been waited for.
    let name = AccountName::new("ann").unwrap();
    let mirrored = a.fallback().mirror().find_account(name.clone()).await.unwrap();
    assert_eq!(
        mirrored.unwrap().account.password,
        PasswordHash::from_phc("new".to_owned())
    );
    a.cut_off().await;
    let found = a.fallback().find_account(name).await.unwrap().unwrap();
    assert_eq!(found.account.password, PasswordHash::from_phc("new".to_owned()));
    assert!(a.fallback().set_password(set("other")).await.is_err());
    assert!(add(&a, "bob", "x").await.is_err());
    // The password was changed before: a log-in now is newer than that.
    let issued = a.issue("ann").await;
    assert_eq!(a.says(&issued.pair.access).await, "active");
    a.comes_home().await;
    a.node.tail().near().remove(issued.session.id);
    assert_eq!(a.says(&issued.pair.access).await, "active");
}

#[tokio::test]
async fn a_store_that_is_back_and_empty_gets_what_the_mirror_has() {
    let home = Home::new();
    let a = home.start().await;
    assert!(add(&a, "ann", "hash").await.unwrap());
    a.cut_off().await;
    let issued = a.issue("ann").await;
    let faults = a.faults.clone();
    a.end_now().await;
    // The same mirror over another schema: as after the loss of everything.
    let server = symbolon_testkit::servers::Postgres::shared();
    let home = Home {
        url: server.url_of(&server.schema()),
        ..home
    };
    let a = home.start_with(faults, true).await.unwrap();
    a.comes_home().await;
    assert!(
        a.heard
            .has(|event| matches!(event, FallbackEvent::Restored { accounts: 1, .. }))
    );
    let name = AccountName::new("ann").unwrap();
    let store = home.look();
    assert!(store.find_account(name).await.unwrap().is_some());
    assert!(there(&store, &issued).await.unwrap().1);
    assert_eq!(a.says(&issued.pair.access).await, "active");
}

#[tokio::test]
async fn who_has_never_been_alone_with_its_store_does_not_start_without_it() {
    let home = Home::new();
    let started = home.start_with(Faults::default(), true).await;
    assert!(matches!(started, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn s1_4_expired_sessions_are_removed_from_the_mirror_and_its_log_stays() {
    let home = Home::new();
    let a = home.start().await;
    let of_store = a.issue("zoe").await;
    a.cut_off().await;
    let gone = a.issue("ann").await;
    a.revoke(&gone).await;
    a.revoke(&of_store).await;
    let live = a.issue("bob").await;
    assert_eq!(a.left_in_mirror().await, (2, 2));
    a.fallback().clean_now().await;
    assert_eq!(a.left_in_mirror().await, (1, 2));
    assert_eq!(a.says(&live.pair.access).await, "active");
    assert_ne!(a.says(&gone.pair.access).await, "active");
    a.comes_home().await;
    assert!(!there(&home.look(), &of_store).await.unwrap().1);
}
