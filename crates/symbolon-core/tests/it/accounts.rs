use symbolon_core::account::PasswordHash;
use symbolon_core::api_key::{ApiKey, Scopes};
use symbolon_core::policy::{OnMax, SessionPolicy};
use symbolon_core::store::{Purged, StoreError};
use symbolon_core::token::TokenDigest;

use super::given::{id, ms};

fn key() -> ApiKey {
    ApiKey {
        id: id(),
        name: "shop".to_owned(),
        digest: TokenDigest::from_bytes([1; 32]),
        scopes: Scopes::default(),
        client_id: None,
        created_at: ms(0),
        expires_at: None,
        revoked_at: None,
    }
}

#[test]
fn a_key_lives_until_its_end_and_not_at_it() {
    assert!(key().is_live(ms(i64::MAX)));
    let ending = ApiKey {
        expires_at: Some(ms(100)),
        ..key()
    };
    assert!(ending.is_live(ms(99)));
    assert!(!ending.is_live(ms(100)));
    assert!(!ending.is_live(ms(101)));
}

#[test]
fn a_revoked_key_is_dead_at_every_instant() {
    let revoked = ApiKey {
        revoked_at: Some(ms(100)),
        ..key()
    };
    assert!(!revoked.is_live(ms(0)));
    assert!(!revoked.is_live(ms(100)));
}

#[test]
fn a_password_hash_does_not_show_itself() {
    let hash = PasswordHash::from_phc("$argon2id$v=19$secret".to_owned());
    assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    assert_eq!(hash.as_phc(), "$argon2id$v=19$secret");
}

#[test]
fn the_lives_that_nobody_chose_are_these() {
    let policy = SessionPolicy::default();
    let hours = |lives: symbolon_core::session::Lives| {
        (
            lives.access_ttl.as_secs(),
            lives.refresh_ttl.map(|ttl| ttl.as_secs() / 3600),
            lives.idle_timeout.as_secs() / 3600,
            lives.absolute_timeout.as_secs() / 3600,
        )
    };
    assert_eq!(hours(policy.standard), (1_800, Some(720), 168, 720));
    assert_eq!(hours(policy.remembered), (1_800, Some(2_160), 720, 2_160));
    assert_eq!(policy.rotation_grace.as_millis(), 10_000);
    assert_eq!(
        (policy.per_subject_max, policy.on_max),
        (50, OnMax::ReplaceOldest)
    );
}

#[test]
fn a_purge_goes_on_while_any_kind_filled_its_batch() {
    assert!(!Purged::default().reached(1));
    let almost = Purged {
        sessions: 9,
        log: 9,
        audit: 9,
        bans: 9,
        attempts: 9,
    };
    assert!(!almost.reached(10));
    for full in [
        Purged {
            sessions: 10,
            ..almost
        },
        Purged { log: 10, ..almost },
        Purged { audit: 10, ..almost },
        Purged { bans: 10, ..almost },
        Purged {
            attempts: 11,
            ..almost
        },
    ] {
        assert!(full.reached(10), "{full:?}");
    }
}

#[test]
fn the_errors_of_a_store_name_the_step_and_the_cause() {
    let away = StoreError::Unavailable {
        operation: "find session",
        detail: "disk full".to_owned(),
    };
    assert_eq!(away.to_string(), "the store cannot find session now: disk full");
    let damaged = StoreError::Damaged {
        operation: "find session",
        detail: "state X".to_owned(),
    };
    assert_eq!(
        damaged.to_string(),
        "the store holds data that cannot be read (find session): state X"
    );
}
