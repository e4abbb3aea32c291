//! Keys that sign access tokens.

use symbolon_core::audit::{AuditEntry, AuditEvent};
use symbolon_core::revocation::LogKind;
use symbolon_core::signing::{SigningAlg, SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{InsertSigningKey, Store};

use super::Fresh;
use super::sample::{at, entry};

fn key(name: &str, alg: SigningAlg, made: i64) -> SigningKeyRecord {
    SigningKeyRecord {
        id: id(name),
        alg,
        sealed: name.bytes().cycle().take(60).collect(),
        created_at: at(made),
        active_from: at(made + 600),
        revoked_at: None,
    }
}

fn id(name: &str) -> SigningKeyId {
    SigningKeyId::new(name).unwrap_or_else(|| panic!("{name} is not the name of a key"))
}

fn audit() -> AuditEntry {
    entry(AuditEvent::SigningKeyAdded, 700)
}

fn insert(key: SigningKeyRecord, follows: Option<&str>) -> InsertSigningKey {
    InsertSigningKey {
        key,
        follows: follows.map(id),
        revokes_older: false,
        audit: audit(),
    }
}

async fn add<S: Store>(fresh: &Fresh<S>, insert: InsertSigningKey) -> bool {
    fresh.store.insert_signing_key(insert).await.unwrap().is_some()
}

async fn names<S: Store>(fresh: &Fresh<S>) -> Vec<String> {
    let keys = fresh.store.list_signing_keys().await.unwrap();
    keys.iter().map(|key| key.id.as_str().to_owned()).collect()
}

/// Of every way to sign, also one that was revoked before.
pub async fn a_signing_key_comes_back_as_it_was_written<S: Store>(fresh: &Fresh<S>) {
    let mut written = Vec::new();
    for (made, alg) in (1..).zip(SigningAlg::ALL) {
        let key = SigningKeyRecord {
            revoked_at: (made == 2).then(|| at(9)),
            ..key(&format!("key-_{made}"), alg, made)
        };
        assert!(add(fresh, insert(key.clone(), None)).await);
        written.push(key);
    }
    assert_eq!(fresh.store.list_signing_keys().await.unwrap(), written);
}

/// By the instant at which they were made.
pub async fn signing_keys_are_listed_oldest_first<S: Store>(fresh: &Fresh<S>) {
    assert!(add(fresh, insert(key("b", SigningAlg::EdDsa, 1), None)).await);
    assert!(add(fresh, insert(key("a", SigningAlg::EdDsa, 2), Some("b"))).await);
    assert!(add(fresh, insert(key("c", SigningAlg::Es256, 0), None)).await);
    assert_eq!(names(fresh).await, ["c", "b", "a"]);
}

/// The keys of other ways to sign do not count.
pub async fn a_signing_key_that_follows_another_than_the_newest_is_not_written<S: Store>(fresh: &Fresh<S>) {
    assert!(!add(fresh, insert(key("a", SigningAlg::EdDsa, 1), Some("z"))).await);
    assert!(add(fresh, insert(key("a", SigningAlg::EdDsa, 1), None)).await);
    assert!(add(fresh, insert(key("x", SigningAlg::Rs256, 5), None)).await);
    assert!(!add(fresh, insert(key("b", SigningAlg::EdDsa, 2), None)).await);
    assert!(!add(fresh, insert(key("b", SigningAlg::EdDsa, 2), Some("x"))).await);
    assert!(add(fresh, insert(key("b", SigningAlg::EdDsa, 2), Some("a"))).await);
    assert!(!add(fresh, insert(key("c", SigningAlg::EdDsa, 3), Some("a"))).await);
    assert_eq!(names(fresh).await, ["a", "b", "x"]);
}

/// So that all who share the store sign with the same one.
pub async fn of_parallel_first_signing_keys_exactly_one_is_written<S: Store>(fresh: &Fresh<S>) {
    let written = fresh.parallel(16, |store, number| async move {
        let key = key(&format!("k{number}"), SigningAlg::EdDsa, i64::from(number));
        store
            .insert_signing_key(insert(key, None))
            .await
            .unwrap()
            .is_some()
    });
    assert_eq!(written.await.into_iter().filter(|written| *written).count(), 1);
}

/// In the same step, and those that were revoked before keep the instant of that.
pub async fn a_signing_key_can_revoke_the_older_ones_of_its_alg<S: Store>(fresh: &Fresh<S>) {
    let first = SigningKeyRecord {
        revoked_at: Some(at(9)),
        ..key("a", SigningAlg::EdDsa, 1)
    };
    assert!(add(fresh, insert(first, None)).await);
    assert!(add(fresh, insert(key("b", SigningAlg::EdDsa, 2), Some("a"))).await);
    assert!(add(fresh, insert(key("x", SigningAlg::Es256, 3), None)).await);
    let last = InsertSigningKey {
        revokes_older: true,
        ..insert(key("c", SigningAlg::EdDsa, 4), Some("b"))
    };
    assert!(add(fresh, last).await);
    let keys = fresh.store.list_signing_keys().await.unwrap();
    let revoked: Vec<_> = keys.iter().map(|key| key.revoked_at).collect();
    assert_eq!(revoked, [Some(at(9)), Some(at(700)), None, None]);
}

/// A refused step writes none.
pub async fn every_change_of_the_signing_keys_is_said_in_the_log<S: Store>(fresh: &Fresh<S>) {
    assert!(add(fresh, insert(key("a", SigningAlg::EdDsa, 1), None)).await);
    assert!(!add(fresh, insert(key("b", SigningAlg::EdDsa, 2), None)).await);
    let remove = |name: &str| fresh.store.remove_signing_keys(vec![id(name)], audit());
    assert!(remove("a").await.unwrap().is_some());
    assert_eq!(remove("a").await.unwrap(), None);
    let rows = fresh.sink.rows();
    let kinds: Vec<_> = rows.iter().map(|row| (&row.kind, row.at)).collect();
    assert_eq!(
        kinds,
        [(&LogKind::SigningKeys, at(700)), (&LogKind::SigningKeys, at(700))]
    );
    assert_eq!(names(fresh).await, Vec::<String>::new());
}
