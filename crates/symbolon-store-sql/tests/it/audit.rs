//! A change and its audit entries are one step.

use symbolon_core::audit::AuditEvent;
use symbolon_core::ban::BanNote;
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::{
    AccountChange, AccountStore as _, ApiKeyStore as _, BanStore as _, BanSubject, ChangeSession,
    ConfirmSession, CutSubject, InsertSession, ReplaceHash, RotateSession, SessionStore as _,
};
use symbolon_core::throttle::ThrottleKey;
use symbolon_store_sql::SqlStore;
use symbolon_testkit::contract::sample::{self, entry};

use super::given::{Folder, begin};

/// The events in the record, in the order of their writing.
fn events(folder: &Folder) -> Vec<String> {
    let look = folder.look();
    let mut read = look.prepare("SELECT event FROM audit ORDER BY audit_id").unwrap();
    let rows = read.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn change_everything(store: &SqlStore) {
    let alice = sample::session("alice", 0);
    begin(store, &alice).await;
    let mut rotated = alice.clone();
    rotated.tokens.generation = alice.tokens.generation.next();
    let rotate = RotateSession {
        session: rotated.clone(),
        from: alice.tokens.generation,
        audit: entry(AuditEvent::Refreshed, 10),
    };
    assert!(store.commit_rotation(rotate).await.unwrap());
    let mut confirmed = rotated.clone();
    confirmed.tokens.generation = rotated.tokens.generation.next();
    let confirm = ConfirmSession {
        session: confirmed.clone(),
        from: rotated.tokens.generation,
        clear_attempts: ThrottleKey([1; 16]),
        audit: entry(AuditEvent::Confirmed, 10),
    };
    store.confirm_session(confirm).await.unwrap().unwrap();
    let change = ChangeSession {
        session: confirmed,
        audit: entry(AuditEvent::SessionChanged, 11),
    };
    store.change_session(change).await.unwrap().unwrap();
    store.revoke_session(sample::revoke(alice.id)).await.unwrap();
    let cut = CutSubject {
        subject: sample::subject("alice"),
        reason: RevocationReason::Kicked,
        keep: Vec::new(),
        device_kind: None,
        audit: entry(AuditEvent::SubjectRevoked, 12),
    };
    store.cut_subject(cut).await.unwrap();
    let audit = entry(AuditEvent::EveryoneRevoked, 13);
    store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    assert!(
        store
            .insert_account(sample::insert_account(sample::account("alice")))
            .await
            .unwrap()
    );
    let change = AccountChange {
        name: sample::name("alice"),
        role: Some(symbolon_core::account::Role::Viewer),
        state: None,
        audit: entry(AuditEvent::AccountChanged, 14),
    };
    store.change_account(change).await.unwrap().unwrap();
    let (name, audit) = (sample::name("alice"), entry(AuditEvent::AccountRemoved, 15));
    store
        .remove_account(name, RevocationReason::Banned, audit)
        .await
        .unwrap()
        .unwrap();
    let key = sample::api_key(1);
    assert!(
        store
            .insert_api_key(key.clone(), entry(AuditEvent::KeyAdded, 16))
            .await
            .unwrap()
    );
    store
        .revoke_api_key(key.id, entry(AuditEvent::KeyRevoked, 17))
        .await
        .unwrap()
        .unwrap();
    store
        .record_audit(vec![entry(AuditEvent::LoginRefused, 18)])
        .await
        .unwrap();
}

async fn ban_twice_and_lift_twice(store: &SqlStore) {
    let alice = sample::subject("alice");
    for _ in 0..2 {
        let ban = BanSubject {
            subject: alice.clone(),
            until: None,
            note: BanNote::new("of the audit").unwrap(),
            audit: entry(AuditEvent::Banned, 19),
        };
        store.ban_subject(ban).await.unwrap();
    }
    for lifted in [true, false] {
        let audit = entry(AuditEvent::BanLifted, 20);
        assert_eq!(store.lift_ban(alice.clone(), audit).await.unwrap(), lifted);
    }
}

async fn rehash_twice(store: &SqlStore) {
    let insert = sample::insert_account(sample::account("alice"));
    assert!(store.insert_account(insert).await.unwrap());
    for replaced in [true, false] {
        let replace = ReplaceHash {
            name: sample::name("alice"),
            expected: sample::password("old"),
            password: sample::password("new"),
            audit: entry(AuditEvent::PasswordRehashed, 21),
        };
        assert_eq!(store.replace_hash(replace).await.unwrap(), replaced);
    }
}

/// Also a ban that is only changed; and what is not done has none.
#[tokio::test]
async fn every_ban_and_every_rehash_has_exactly_one_entry() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    ban_twice_and_lift_twice(&store).await;
    rehash_twice(&store).await;
    store.close().await;
    let expected = [
        "banned",
        "banned",
        "ban_lifted",
        "account_added",
        "password_rehashed",
    ];
    assert_eq!(events(&folder), expected);
}

#[tokio::test]
async fn every_change_has_exactly_one_entry() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    change_everything(&store).await;
    store.close().await;
    let expected = [
        "issued",
        "refreshed",
        "confirmed",
        "session_changed",
        "revoked",
        "subject_revoked",
        "everyone_revoked",
        "account_added",
        "account_changed",
        "account_removed",
        "key_added",
        "key_revoked",
        "login_refused",
    ];
    assert_eq!(events(&folder), expected);
}

#[tokio::test]
async fn what_changes_nothing_has_no_entry() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let alice = sample::session("alice", 0);
    begin(&store, &alice).await;
    store.revoke_session(sample::revoke(alice.id)).await.unwrap();
    let before = 2;
    store.revoke_session(sample::revoke(alice.id)).await.unwrap();
    store
        .revoke_session(sample::revoke(sample::session("bob", 0).id))
        .await
        .unwrap();
    let rotate = RotateSession {
        session: alice.clone(),
        from: alice.tokens.generation,
        audit: entry(AuditEvent::Refreshed, 10),
    };
    assert!(!store.commit_rotation(rotate).await.unwrap());
    let confirm = ConfirmSession {
        session: alice.clone(),
        from: alice.tokens.generation,
        clear_attempts: ThrottleKey([1; 16]),
        audit: entry(AuditEvent::Confirmed, 10),
    };
    assert_eq!(store.confirm_session(confirm).await.unwrap(), None);
    let refused = InsertSession {
        per_subject_max: 0,
        on_max: OnMax::Refuse,
        ..sample::insert(sample::session("alice", 1))
    };
    store.insert_session(refused).await.unwrap();
    let (id, audit) = (sample::api_key(1).id, entry(AuditEvent::KeyRevoked, 17));
    assert_eq!(store.revoke_api_key(id, audit).await.unwrap(), None);
    store.close().await;
    assert_eq!(events(&folder).len(), before);
}

/// Who made the room, from where, and whose session it was.
#[tokio::test]
async fn a_session_that_made_room_has_an_entry_of_its_own() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let (old, new) = (sample::session("alice", 0), sample::session("alice", 1));
    begin(&store, &old).await;
    let order = InsertSession {
        per_subject_max: 1,
        ..sample::insert(new.clone())
    };
    store.insert_session(order).await.unwrap();
    store.close().await;
    let entry = folder
        .look()
        .query_row(
            "SELECT at, event, actor, ip, user_agent, subject, session_id, detail FROM audit WHERE event = 'revoked'",
            [],
            |row| {
                let subject: String = row.get(5)?;
                let session: [u8; 16] = row.get(6)?;
                let texts: [String; 4] = [row.get(1)?, row.get(2)?, row.get(4)?, row.get(7)?];
                Ok((row.get::<_, i64>(0)?, texts, row.get::<_, [u8; 4]>(3)?, subject, session))
            },
        )
        .unwrap();
    let texts = ["revoked", "operator", "contract", "replaced"].map(str::to_owned);
    let at = new.created_at.0;
    assert_eq!(
        entry,
        (at, texts, [192, 0, 2, 7], "alice".to_owned(), *old.id.as_bytes())
    );
}
