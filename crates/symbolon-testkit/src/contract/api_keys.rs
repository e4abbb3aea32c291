//! API keys.

use symbolon_core::api_key::{ApiKey, Scope, Scopes};
use symbolon_core::audit::{AuditEntry, AuditEvent};
use symbolon_core::revocation::LogKind;
use symbolon_core::store::Store;
use symbolon_core::subject::ClientId;

use super::Fresh;
use super::sample::{api_key, at, entry};

fn audit(event: AuditEvent) -> AuditEntry {
    entry(event, 600)
}

async fn add<S: Store>(fresh: &Fresh<S>, key: &ApiKey) {
    let step = fresh
        .store
        .insert_api_key(key.clone(), audit(AuditEvent::KeyAdded));
    assert!(step.await.unwrap());
}

/// With every set of scopes, and with nothing that need not be there.
pub async fn a_key_comes_back_as_it_was_written<S: Store>(fresh: &Fresh<S>) {
    let bare = ApiKey {
        scopes: Scopes::default(),
        client_id: None,
        expires_at: None,
        ..api_key(1)
    };
    let revoked = ApiKey {
        name: "Ana's 名 %".to_owned(),
        scopes: Scopes::of(&Scope::ALL),
        revoked_at: Some(at(9)),
        ..api_key(2)
    };
    for key in [bare, revoked, api_key(3)] {
        add(fresh, &key).await;
        assert_eq!(fresh.store.find_api_key(key.id).await.unwrap(), Some(key));
    }
    assert_eq!(fresh.store.find_api_key(api_key(4).id).await.unwrap(), None);
}

/// All of them, in one answer.
pub async fn keys_are_listed_newest_first_also_those_that_ended<S: Store>(fresh: &Fresh<S>) {
    for number in [3, 1, 2] {
        add(fresh, &api_key(number)).await;
    }
    let step = fresh
        .store
        .revoke_api_key(api_key(2).id, audit(AuditEvent::KeyRevoked));
    assert!(step.await.unwrap().is_some());
    let ended = ApiKey {
        revoked_at: Some(at(600)),
        ..api_key(2)
    };
    let listed = fresh.store.list_api_keys().await.unwrap();
    assert_eq!(listed, [api_key(3), ended, api_key(1)]);
}

/// Also when it is ended again.
pub async fn an_ended_key_is_said_in_the_log<S: Store>(fresh: &Fresh<S>) {
    let key = api_key(1);
    add(fresh, &key).await;
    for count in 1..3 {
        let step = fresh.store.revoke_api_key(key.id, audit(AuditEvent::KeyRevoked));
        let row = step.await.unwrap().unwrap();
        assert_eq!((&row.kind, row.at), (&LogKind::ApiKey(key.id), at(600)));
        let rows = fresh.sink.rows();
        assert_eq!((rows.len(), rows.last()), (count, Some(&row)));
        let found = fresh.store.find_api_key(key.id).await.unwrap().unwrap();
        assert!(!found.is_live(at(600)));
    }
}

/// Absence is an answer, and is written nowhere.
pub async fn an_unknown_key_is_not_ended<S: Store>(fresh: &Fresh<S>) {
    let step = fresh
        .store
        .revoke_api_key(api_key(1).id, audit(AuditEvent::KeyRevoked));
    assert_eq!(step.await.unwrap(), None);
    assert_eq!(fresh.sink.rows(), []);
}

/// A client without a key is asked for none; one whose key has ended must not become such a client.
pub async fn a_client_has_a_key_from_its_first_one_on_also_when_it_has_ended<S: Store>(fresh: &Fresh<S>) {
    let client = |text: &str| ClientId::new(text).unwrap();
    let has = async |text| fresh.store.client_has_key(client(text)).await.unwrap();
    let nobody = ApiKey {
        client_id: None,
        ..api_key(1)
    };
    let shop = ApiKey {
        client_id: Some(client("shop")),
        ..api_key(2)
    };
    add(fresh, &nobody).await;
    assert!(!has("shop").await);
    add(fresh, &shop).await;
    assert!(has("shop").await);
    for other in ["Shop", "shop ", "sho", "%", "default"] {
        assert!(!has(other).await, "{other}");
    }
    let step = fresh.store.revoke_api_key(shop.id, audit(AuditEvent::KeyRevoked));
    assert!(step.await.unwrap().is_some());
    assert!(has("shop").await);
}
