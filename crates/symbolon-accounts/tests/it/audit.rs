//! What stays in the audit record of log-ins and changes, as it lies in the store's file.

use std::path::Path;
use std::sync::Arc;

use symbolon_accounts::accounts::{Change, ChangePassword, Known};
use symbolon_accounts::api_keys::{ApiKeys, NewApiKey};
use symbolon_core::account::{AccountState, Role};
use symbolon_core::api_key::{Scope, Scopes};
use symbolon_core::audit::{Actor, Origin};
use symbolon_core::device::SeenFrom;
use symbolon_store_sql::Place;
use symbolon_testkit::contract::sample;
use symbolon_testkit::randomness::Seeded;

use super::given::{Given, RIGHT, WRONG, account_settings, at, password, pool_settings};

/// Does something on a store in a file, and gives the file's audit record: event, subject, detail.
async fn recorded(work: impl AsyncFnOnce(&Given)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("symbolon.db");
    let given = Given::with(Place::File(file.clone()), account_settings(), pool_settings());
    work(&given).await;
    // The last one to hold the store: its file is free afterwards.
    drop(given);
    rows(
        &file,
        "SELECT event || ' ' || coalesce(subject, '-') || ' ' || coalesce(detail, '-') FROM audit ORDER BY audit_id",
    )
}

fn rows(file: &Path, query: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(file).unwrap();
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_refusal_after_a_compare_is_recorded_with_its_reason() {
    let record = recorded(async |given| {
        given.account("alice", Role::User).await;
        given.account("bob", Role::User).await;
        given.account("carol", Role::User).await;
        for (name, state) in [
            ("bob", AccountState::Disabled),
            ("carol", AccountState::PasswordDisabled),
        ] {
            let change = Change {
                role: None,
                state: Some(state),
            };
            given.accounts.change(name, change, &at(1)).await.unwrap();
        }
        given.refuse("alice", WRONG, &at(2)).await;
        given.refuse("bob", WRONG, &at(2)).await;
        given.refuse("bob", RIGHT, &at(2)).await;
        given.refuse("carol", RIGHT, &at(2)).await;
        given.refuse("hunter2 in the wrong field", WRONG, &at(2)).await;
        given.prove("alice", &at(2)).await;
    })
    .await;
    assert_eq!(
        record,
        [
            "account_added alice user",
            "account_added bob user",
            "account_added carol user",
            "account_changed bob state=disabled",
            "account_changed carol state=password_disabled",
            "login_refused alice invalid_credentials",
            "login_refused bob invalid_credentials",
            "login_refused bob account_disabled",
            "login_refused carol password_disabled",
            "login_refused - unknown_name",
        ]
    );
}

#[tokio::test]
async fn attempts_that_were_not_compared_do_not_fill_the_record() {
    let record = recorded(async |given| {
        for _ in 0..50 {
            given.refuse("nobody", WRONG, &at(2)).await;
        }
    })
    .await;
    assert_eq!(record, vec!["login_refused - unknown_name"; 6]);
}

#[tokio::test]
async fn a_password_disabled_by_guessing_is_recorded_once() {
    let record = recorded(async |given| {
        given.account("alice", Role::User).await;
        let mut now = at(1).at;
        for _ in 0..105 {
            given.refuse("alice", WRONG, &Origin::system(now)).await;
            now = now.after(std::time::Duration::from_secs(300));
        }
    })
    .await;
    assert_eq!(record.len(), 1 + 100 + 1);
    assert_eq!(record.last().unwrap(), "account_changed alice password_disabled");
}

#[tokio::test]
async fn each_change_is_recorded_once_with_what_it_was() {
    let record = recorded(async |given| {
        let accounts = &given.accounts;
        accounts.ensure_first_administrator(&at(0)).await.unwrap();
        given.account("alice", Role::User).await;
        let both = Change {
            role: Some(Role::Viewer),
            state: Some(AccountState::Enabled),
        };
        accounts.change("alice", both, &at(1)).await.unwrap();
        accounts
            .set_password("alice", password("moth kelp anvils"), &at(2))
            .await
            .unwrap();
        let change = ChangePassword {
            name_text: "alice",
            current: password("moth kelp anvils"),
            new: password("anvils moth kelp"),
            known: Known::Stranger,
            keep: None,
        };
        accounts.change_password(change, &at(3)).await.unwrap();
        accounts.remove("alice", &at(4)).await.unwrap();
        let keys = ApiKeys::new(
            Arc::clone(&given.store),
            Arc::new(sample::keys()),
            Arc::new(Seeded::new(6)),
        );
        let new = NewApiKey {
            name: "the shop".to_owned(),
            scopes: Scopes::of(&[Scope::Issue, Scope::Verify]),
            client_id: None,
            expires_at: None,
        };
        let id = keys.create(new, &at(5)).await.unwrap().key.id;
        keys.revoke(id, &at(6)).await.unwrap();
    })
    .await;
    assert_eq!(
        record,
        [
            "account_added admin admin",
            "account_added alice user",
            "account_changed alice role=viewer state=enabled",
            "password_set alice -",
            "password_set alice -",
            "account_removed alice -",
            "key_added - the shop: issue,verify",
            "key_revoked - -",
        ]
    );
}

#[tokio::test]
async fn the_record_says_who_asked_from_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("symbolon.db");
    let given = Given::with(Place::File(file.clone()), account_settings(), pool_settings());
    let origin = Origin {
        at: at(7).at,
        actor: Actor::Service("the shop".to_owned()),
        seen_from: SeenFrom {
            ip: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("curl/8".to_owned()),
        },
    };
    given.refuse("nobody", WRONG, &origin).await;
    drop(given);
    let rows = rows(&file, "SELECT at || ' ' || actor || ' ' || user_agent FROM audit");
    assert_eq!(rows, [format!("{} key:the shop curl/8", at(7).at.0)]);
}

#[tokio::test]
async fn neither_a_password_nor_a_mistyped_name_lies_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("symbolon.db");
    let given = Given::with(Place::File(file.clone()), account_settings(), pool_settings());
    given.account("alice", Role::User).await;
    given.refuse("alice", WRONG, &at(1)).await;
    given.refuse("hunter2 in the wrong field", WRONG, &at(1)).await;
    given.prove("alice", &at(2)).await;
    drop(given);
    let mut seen = false;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!has(RIGHT) && !has(WRONG) && !has("hunter2"));
        seen |= has("$argon2id$");
    }
    assert!(seen, "the hash lies there");
}
