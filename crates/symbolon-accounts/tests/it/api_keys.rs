//! API keys: made once, listed, ended.

use std::sync::Arc;
use std::time::Duration;

use symbolon_accounts::api_keys::{ApiKeyError, ApiKeys, NewApiKey};
use symbolon_core::api_key::{KEY_NAME_MAX, Scope, Scopes};
use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::LogKind;
use symbolon_core::session::SessionId;
use symbolon_core::store::{API_KEYS_MAX, ApiKeyStore};
use symbolon_core::subject::{ClientId, NameError};
use symbolon_core::token::TokenKind;
use symbolon_testkit::contract::sample;
use symbolon_testkit::faulty::Fault;
use symbolon_testkit::randomness::Seeded;

use super::chance::Dry;
use super::given::{Given, TestStore, at};

fn keys_of(given: &Given) -> ApiKeys<TestStore> {
    ApiKeys::new(
        Arc::clone(&given.store),
        Arc::new(sample::keys()),
        Arc::new(Seeded::new(6)),
    )
}

fn new(name: &str) -> NewApiKey {
    NewApiKey {
        name: name.to_owned(),
        scopes: Scopes::of(&[Scope::Issue, Scope::Verify]),
        client_id: None,
        expires_at: None,
    }
}

#[tokio::test]
async fn a_key_is_stored_as_a_digest_and_its_token_is_given_once() {
    let given = Given::new();
    let asked = NewApiKey {
        client_id: Some(ClientId::new("shop").unwrap()),
        expires_at: Some(at(90).at),
        ..new("the shop")
    };
    let created = keys_of(&given).create(asked, &at(1)).await.unwrap();
    assert_eq!(created.token.kind(), TokenKind::ApiKey);
    assert!(created.token.is_genuine(&sample::keys()));
    assert_eq!(created.token.session_id(), created.key.id);
    let stored = given.store.find_api_key(created.key.id).await.unwrap().unwrap();
    assert_eq!(stored, created.key);
    assert_eq!(stored.digest, created.token.digest());
    assert_eq!(stored.name, "the shop");
    assert_eq!(stored.scopes.to_words(), "issue,verify");
    assert_eq!(stored.client_id.as_ref().map(ClientId::as_str), Some("shop"));
    assert_eq!(
        (stored.created_at, stored.expires_at, stored.revoked_at),
        (at(1).at, Some(at(90).at), None)
    );
    assert!(stored.is_live(at(89).at) && !stored.is_live(at(90).at));
}

#[tokio::test]
async fn keys_are_listed_the_newest_first() {
    let given = Given::new();
    let keys = keys_of(&given);
    for (second, name) in [(1, "first"), (2, "second"), (3, "third")] {
        keys.create(new(name), &at(second)).await.unwrap();
    }
    let names: Vec<_> = keys
        .list()
        .await
        .unwrap()
        .into_iter()
        .map(|key| key.name)
        .collect();
    assert_eq!(names, ["third", "second", "first"]);
}

#[tokio::test]
async fn ending_a_key_gives_the_row_that_tells_the_others() {
    let given = Given::new();
    let keys = keys_of(&given);
    let id = keys.create(new("gone"), &at(1)).await.unwrap().key.id;
    let row = keys.revoke(id, &at(2)).await.unwrap();
    assert_eq!(row.kind, LogKind::ApiKey(id));
    assert_eq!(given.sink.rows().last(), Some(&row));
    let stored = given.store.find_api_key(id).await.unwrap().unwrap();
    assert_eq!(stored.revoked_at, Some(at(2).at));
    assert!(!stored.is_live(at(2).at));
    let again = keys.revoke(id, &at(3)).await.unwrap();
    assert!(again.seq > row.seq);
    let unknown = keys.revoke(SessionId::from_bytes([1; 16]), &at(3)).await;
    assert!(matches!(unknown, Err(ApiKeyError::Unknown)), "{unknown:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_as_asked_is_not_made() {
    let given = Given::new();
    let keys = keys_of(&given);
    let mut refusals = Vec::new();
    for asked in [
        new(""),
        new("  "),
        new("a\nb"),
        new(&"x".repeat(KEY_NAME_MAX + 1)),
        NewApiKey {
            scopes: Scopes::default(),
            ..new("nothing")
        },
        NewApiKey {
            expires_at: Some(at(1).at),
            ..new("over")
        },
    ] {
        refusals.push(keys.create(asked, &at(1)).await.err().unwrap().to_string());
    }
    let too_long = NameError::TooLong { max: KEY_NAME_MAX }.to_string();
    assert_eq!(
        refusals,
        [
            "this cannot be a key's name: it must not be empty",
            "this cannot be a key's name: it must not be empty",
            "this cannot be a key's name: it must not contain control characters",
            &format!("this cannot be a key's name: {too_long}"),
            "a key needs at least one scope",
            "a key must end in the future",
        ]
    );
    assert_eq!(keys.list().await.unwrap(), []);
    let just = at(1).at.after(Duration::from_millis(1));
    keys.create(
        NewApiKey {
            expires_at: Some(just),
            ..new(&"x".repeat(KEY_NAME_MAX))
        },
        &at(1),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn one_key_more_than_there_may_be_is_refused() {
    let given = Given::new();
    let keys = keys_of(&given);
    let mut created = keys.create(new("one of many"), &at(1)).await.unwrap().key;
    for number in 1..API_KEYS_MAX {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        created.id = SessionId::from_bytes(id);
        let audit = at(1).entry(AuditEvent::KeyAdded);
        assert!(given.store.insert_api_key(created.clone(), audit).await.unwrap());
    }
    let refused = keys.create(new("one too many"), &at(1)).await;
    assert_eq!(
        refused.err().unwrap().to_string(),
        "there are 10000 api keys already: remove some first"
    );
}

#[tokio::test]
async fn no_key_is_made_without_randomness_or_store() {
    let given = Given::new();
    let dry = ApiKeys::new(Arc::clone(&given.store), Arc::new(sample::keys()), Arc::new(Dry));
    let refused = dry.create(new("dry"), &at(1)).await;
    assert!(matches!(refused.err(), Some(ApiKeyError::Randomness(_))));
    given.faults.fail_always("insert_api_key", Fault::Before);
    let refused = keys_of(&given).create(new("away"), &at(1)).await;
    assert!(matches!(refused.err(), Some(ApiKeyError::Store(_))));
}
