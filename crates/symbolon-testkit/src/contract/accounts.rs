//! Accounts, and what their life means for sessions.

use symbolon_core::account::{Account, AccountState, Role};
use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogKind, RevocationReason, RevocationSeq};
use symbolon_core::session::Session;
use symbolon_core::store::{
    AccountChange, AccountPage, InsertAccount, InsertSession, Inserted, KeptSession, ReplaceHash,
    SetPassword, Store,
};
use symbolon_core::throttle::{Attempts, ThrottleKey};
use symbolon_core::token::Generation;

use super::Fresh;
use super::cuts::{cut, ended_by};
use super::rotation::rotation;
use super::sample::{account, at, entry, insert, insert_account, name, password, session, subject};

const KEY: ThrottleKey = ThrottleKey([4; 16]);

async fn add<S: Store>(fresh: &Fresh<S>, account: &Account) {
    let added = fresh.store.insert_account(insert_account(account.clone())).await;
    assert!(added.unwrap());
}

async fn account_of<S: Store>(fresh: &Fresh<S>, text: &str) -> Option<Account> {
    let found = fresh.store.find_account(name(text)).await.unwrap();
    found.map(|found| found.account)
}

async fn epoch_of<S: Store>(fresh: &Fresh<S>, text: &str) -> RevocationSeq {
    fresh.store.find_account(name(text)).await.unwrap().unwrap().epoch
}

fn new_password(text: &str) -> SetPassword {
    SetPassword {
        name: name(text),
        password: password("new"),
        expected: None,
        keep: None,
        clear_attempts: KEY,
        audit: entry(AuditEvent::PasswordSet, 600),
    }
}

fn change(text: &str) -> AccountChange {
    AccountChange {
        name: name(text),
        role: None,
        state: None,
        audit: entry(AuditEvent::AccountChanged, 600),
    }
}

/// In every role and every state.
pub async fn an_account_comes_back_as_it_was_written<S: Store>(fresh: &Fresh<S>) {
    for (role, state) in [
        (Role::User, AccountState::Enabled),
        (Role::Viewer, AccountState::Disabled),
        (Role::Admin, AccountState::PasswordDisabled),
    ] {
        let expected = Account {
            subject: subject(&format!("1024 用户 {state:?}")),
            role,
            state,
            ..account(role.as_str())
        };
        add(fresh, &expected).await;
        assert_eq!(account_of(fresh, role.as_str()).await, Some(expected));
    }
    assert_eq!(account_of(fresh, "nobody").await, None);
}

/// By either way with the newest cut that concerns the subject.
pub async fn an_account_is_found_by_its_subject<S: Store>(fresh: &Fresh<S>) {
    let expected = Account {
        subject: subject("1024"),
        ..account("alice")
    };
    add(fresh, &expected).await;
    let mut newest = RevocationSeq::ZERO;
    for everyone in [None, Some(false), Some(true), Some(false)] {
        newest = match everyone {
            None => newest,
            Some(false) => fresh.store.cut_subject(cut("1024")).await.unwrap().rows[0].seq,
            Some(true) => {
                let step = fresh
                    .store
                    .cut_everyone(RevocationReason::Revoked, cut("x").audit);
                step.await.unwrap().rows[0].seq
            }
        };
        drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
        let found = fresh.store.find_account_of(subject("1024")).await.unwrap();
        assert_eq!(found, fresh.store.find_account(name("alice")).await.unwrap());
        let found = found.unwrap();
        assert_eq!((&found.account, found.epoch), (&expected, newest));
    }
    assert_eq!(fresh.store.find_account_of(subject("alice")).await.unwrap(), None);
}

/// The first one stays as it is.
pub async fn a_taken_name_or_subject_is_not_written_again<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let same_name = Account {
        subject: subject("mallory"),
        ..account("ALICE ")
    };
    let same_subject = Account {
        subject: subject("alice"),
        ..account("mallory")
    };
    for taken in [same_name, same_subject] {
        let again = Account {
            password: password("mallory"),
            ..taken
        };
        assert!(!fresh.store.insert_account(insert_account(again)).await.unwrap());
    }
    assert_eq!(account_of(fresh, "alice").await, Some(account("alice")));
    assert_eq!(account_of(fresh, "mallory").await, None);
}

fn only_first(text: &str) -> InsertAccount {
    InsertAccount {
        only_first: true,
        ..insert_account(account(text))
    }
}

/// The administrator of a first start is made in an empty store alone.
pub async fn only_the_first_account_is_the_first<S: Store>(fresh: &Fresh<S>) {
    assert!(fresh.store.insert_account(only_first("admin")).await.unwrap());
    assert!(!fresh.store.insert_account(only_first("second")).await.unwrap());
    assert_eq!(account_of(fresh, "second").await, None);
    add(fresh, &account("second")).await;
}

/// Two servers that start at once make one administrator.
pub async fn of_parallel_first_accounts_exactly_one_is_written<S: Store>(fresh: &Fresh<S>) {
    let made = fresh.parallel(16, |store, number| async move {
        let insert = only_first(&format!("admin{number}"));
        store.insert_account(insert).await.unwrap()
    });
    assert_eq!(made.await.into_iter().filter(|made| *made).count(), 1);
}

/// After a name, the next ones; in the order of the names' bytes.
pub async fn accounts_are_listed_by_name_in_pages<S: Store>(fresh: &Fresh<S>) {
    let names = ["a", "a b", "ab", "b", "z", "é"];
    for text in ["z", "a b", "b", "é", "a", "ab"] {
        add(fresh, &account(text)).await;
    }
    let expected: Vec<Account> = names.iter().map(|text| account(text)).collect();
    for limit in [1, 4, 6, 100] {
        let (mut joined, mut after): (Vec<Account>, _) = (Vec::new(), None);
        loop {
            let page = fresh
                .store
                .list_accounts(AccountPage { after, limit })
                .await
                .unwrap();
            assert!(page.len() <= limit as usize);
            after = page.last().map(|account| account.name.clone());
            if after.is_none() {
                break;
            }
            joined.extend(page);
        }
        assert_eq!(joined, expected, "pages of {limit}");
    }
}

/// Every session goes, log-ins under the old password are dead on arrival, the throttle is cleared.
pub async fn a_new_password_ends_the_subjects_sessions<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 3).await;
    let bobs = fresh.begin_many("bob", 1).await;
    fresh.fail(KEY).await;
    let before = epoch_of(fresh, "alice").await;
    let done = fresh
        .store
        .set_password(new_password("alice"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(done.count, 3);
    let row = done.rows.last().unwrap();
    assert_eq!((row.reason, row.at), (RevocationReason::PasswordChanged, at(600)));
    for id in ids {
        assert_eq!(fresh.ended(id, at(601)).await, ended_by(row));
    }
    assert_eq!(fresh.alive(&bobs, at(601)).await, bobs);
    let expected = Account {
        password: password("new"),
        password_changed_at: at(600),
        ..account("alice")
    };
    assert_eq!(account_of(fresh, "alice").await, Some(expected));
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), Attempts::default());
    let old_credentials = InsertSession {
        credential_epoch: Some(before),
        ..insert(session("alice", 700))
    };
    assert_eq!(fresh.insert(old_credentials).await, Inserted::CredentialStale);
    assert_eq!(fresh.sink.rows(), done.rows);
}

/// Whoever compared the old password begins no session that outlives its change, however the two meet; who compared the
/// new one begins one that does.
pub async fn i8_log_ins_that_race_a_new_password_leave_no_session_of_the_old_one<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let begun = fresh.parallel(48, |store, number| async move {
        if number == 16 {
            store.set_password(new_password("alice")).await.unwrap().unwrap();
            return None;
        }
        let found = store.find_account(name("alice")).await.unwrap().unwrap();
        let log_in = InsertSession {
            credential_epoch: Some(found.epoch),
            ..insert(session("alice", number))
        };
        let id = log_in.session.id;
        match store.insert_session(log_in).await.unwrap() {
            Inserted::Done { .. } => Some((id, found.account.password == password("old"))),
            Inserted::CredentialStale => None,
            other => panic!("{other:?}"),
        }
    });
    let begun: Vec<_> = begun.await.into_iter().flatten().collect();
    let of = |old| {
        begun
            .iter()
            .filter(move |(_, was)| *was == old)
            .map(|(id, _)| *id)
    };
    let (old, new): (Vec<_>, Vec<_>) = (of(true).collect(), of(false).collect());
    assert_eq!(fresh.alive(&old, at(601)).await, []);
    assert_eq!(fresh.alive(&new, at(601)).await, new);
}

/// An operator's no stays a no.
pub async fn a_new_password_enables_an_account_whose_password_was_disabled<S: Store>(fresh: &Fresh<S>) {
    for (text, before, after) in [
        ("a", AccountState::PasswordDisabled, AccountState::Enabled),
        ("b", AccountState::Disabled, AccountState::Disabled),
        ("c", AccountState::Enabled, AccountState::Enabled),
    ] {
        add(
            fresh,
            &Account {
                state: before,
                ..account(text)
            },
        )
        .await;
        drop(
            fresh
                .store
                .set_password(new_password(text))
                .await
                .unwrap()
                .unwrap(),
        );
        let state = account_of(fresh, text).await.map(|account| account.state);
        assert_eq!(state, Some(after));
    }
}

/// A change that another one has overtaken writes nothing at all.
pub async fn a_password_that_is_not_the_expected_one_is_not_replaced<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 1).await;
    let expecting = |text| SetPassword {
        expected: Some(password(text)),
        ..new_password("alice")
    };
    assert_eq!(fresh.store.set_password(expecting("other")).await.unwrap(), None);
    assert_eq!(account_of(fresh, "alice").await, Some(account("alice")));
    assert_eq!(fresh.alive(&ids, at(601)).await, ids);
    assert_eq!(fresh.sink.rows(), []);
    assert!(
        fresh
            .store
            .set_password(expecting("old"))
            .await
            .unwrap()
            .is_some()
    );
}

fn renewed(text: &str, expected: &str) -> ReplaceHash {
    ReplaceHash {
        name: name(text),
        expected: password(expected),
        password: password("renewed"),
        audit: entry(AuditEvent::PasswordRehashed, 600),
    }
}

/// Neither a session nor a fact is concerned, and the instant of the password's change stays.
pub async fn a_hash_is_replaced_where_it_is_the_expected_one_and_nothing_else_changes<S: Store>(
    fresh: &Fresh<S>,
) {
    add(fresh, &account("alice")).await;
    add(fresh, &account("bob")).await;
    let ids = fresh.begin_many("alice", 2).await;
    assert!(fresh.store.replace_hash(renewed("alice", "old")).await.unwrap());
    let expected = Account {
        password: password("renewed"),
        ..account("alice")
    };
    assert_eq!(account_of(fresh, "alice").await, Some(expected));
    assert_eq!(account_of(fresh, "bob").await, Some(account("bob")));
    assert_eq!(fresh.alive(&ids, at(601)).await, ids);
    assert_eq!(epoch_of(fresh, "alice").await, RevocationSeq::ZERO);
    assert_eq!(fresh.sink.rows(), []);
}

/// Whoever sets a password meanwhile wins.
pub async fn a_hash_that_is_not_the_expected_one_is_not_replaced<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    for (name, expected) in [("alice", "other"), ("nobody", "old")] {
        assert!(
            !fresh.store.replace_hash(renewed(name, expected)).await.unwrap(),
            "{name}"
        );
    }
    assert_eq!(account_of(fresh, "alice").await, Some(account("alice")));
}

fn keeping(session: &Session) -> SetPassword {
    let rotated = rotation(session, 9);
    SetPassword {
        keep: Some(KeptSession {
            session: rotated.session,
            from: rotated.from,
        }),
        ..new_password("alice")
    }
}

/// It goes on under the new cut; a stolen copy of its old pair is dead.
pub async fn a_new_password_keeps_the_session_it_names_with_its_new_pair<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 3).await;
    let own = session("alice", 1);
    let set = keeping(&own);
    let tokens = set.keep.as_ref().map(|kept| kept.session.tokens.clone());
    let done = fresh.store.set_password(set).await.unwrap().unwrap();
    assert_eq!(done.count, 2);
    assert_eq!(fresh.alive(&ids, at(601)).await, [own.id]);
    assert_eq!(Some(fresh.found(own.id).await.session.tokens), tokens);
    let keeps = |kind: &LogKind| matches!(kind, LogKind::Subject { keep, .. } if *keep == [own.id]);
    assert!(done.rows.iter().any(|row| keeps(&row.kind)), "{:?}", done.rows);
    assert_eq!(fresh.sink.rows(), done.rows);
}

/// Its pair is not the one that the caller replaced.
pub async fn a_kept_session_that_rotated_meanwhile_ends_with_the_others<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 2).await;
    let own = session("alice", 1);
    let mut set = keeping(&own);
    if let Some(kept) = set.keep.as_mut() {
        kept.from = Generation(1);
    }
    let done = fresh.store.set_password(set).await.unwrap().unwrap();
    assert_eq!(done.count, 2);
    assert_eq!(fresh.alive(&ids, at(601)).await, []);
    assert_eq!(fresh.found(own.id).await.session.tokens, own.tokens);
}

/// What a node keeps of the subject is stale; the sessions live.
pub async fn a_new_role_is_said_in_the_log_and_ends_nothing<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 2).await;
    let promote = AccountChange {
        role: Some(Role::Admin),
        ..change("alice")
    };
    let done = fresh.store.change_account(promote).await.unwrap().unwrap();
    assert_eq!((done.count, done.rows.len()), (0, 1));
    assert_eq!(done.rows[0].kind, LogKind::StaleSubject(subject("alice")));
    let expected = Account {
        role: Role::Admin,
        ..account("alice")
    };
    assert_eq!(account_of(fresh, "alice").await, Some(expected));
    assert_eq!(fresh.alive(&ids, at(601)).await, ids);
    assert_eq!(fresh.sink.rows(), done.rows);
}

/// And enabling it again brings none of them back.
pub async fn a_disabled_account_ends_its_sessions<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 2).await;
    let set = |state| AccountChange {
        state: Some(state),
        ..change("alice")
    };
    let done = fresh
        .store
        .change_account(set(AccountState::Disabled))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(done.count, 2);
    assert_eq!(fresh.alive(&ids, at(601)).await, []);
    let reason = done.rows.last().map(|row| row.reason);
    assert_eq!(reason, Some(RevocationReason::Banned));
    drop(
        fresh
            .store
            .change_account(set(AccountState::Enabled))
            .await
            .unwrap()
            .unwrap(),
    );
    let account = account_of(fresh, "alice").await;
    assert_eq!(account.map(|account| account.state), Some(AccountState::Enabled));
    assert_eq!(fresh.alive(&ids, at(601)).await, []);
    let later = session("alice", 700);
    fresh.begin(&later).await;
    let done = fresh
        .store
        .change_account(set(AccountState::Enabled))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(done.count, 0);
    assert_eq!(fresh.alive(&[later.id], at(701)).await, [later.id]);
}

/// Otherwise whoever guesses at a password long enough would log its owner out.
pub async fn a_password_disabled_by_guessing_ends_no_session<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 2).await;
    let disabled = AccountChange {
        state: Some(AccountState::PasswordDisabled),
        ..change("alice")
    };
    let done = fresh.store.change_account(disabled).await.unwrap().unwrap();
    assert_eq!(done.count, 0);
    assert_eq!(fresh.alive(&ids, at(601)).await, ids);
}

/// An account made again under the same name does not set the cut back.
pub async fn a_removed_account_ends_its_sessions_and_its_cut_stays<S: Store>(fresh: &Fresh<S>) {
    add(fresh, &account("alice")).await;
    let ids = fresh.begin_many("alice", 2).await;
    let (reason, audit) = (RevocationReason::Kicked, entry(AuditEvent::AccountRemoved, 600));
    let step = fresh.store.remove_account(name("alice"), reason, audit);
    let done = step.await.unwrap().unwrap();
    assert_eq!(done.count, 2);
    let row = done.rows.last().unwrap();
    assert_eq!(row.reason, RevocationReason::Kicked);
    assert_eq!(account_of(fresh, "alice").await, None);
    add(fresh, &account("alice")).await;
    assert_eq!(epoch_of(fresh, "alice").await, row.seq);
    for id in ids {
        assert_eq!(fresh.ended(id, at(601)).await, ended_by(row));
    }
}

/// Absence is an answer, and is written nowhere.
pub async fn nothing_is_changed_of_an_unknown_account<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 1).await;
    assert_eq!(
        fresh.store.set_password(new_password("alice")).await.unwrap(),
        None
    );
    assert_eq!(fresh.store.change_account(change("alice")).await.unwrap(), None);
    let audit = entry(AuditEvent::AccountRemoved, 600);
    let step = fresh
        .store
        .remove_account(name("alice"), RevocationReason::Kicked, audit);
    assert_eq!(step.await.unwrap(), None);
    assert_eq!(fresh.alive(&ids, at(601)).await, ids);
    assert_eq!(fresh.sink.rows(), []);
}
