//! What cannot be read is said, never guessed.

use symbolon_core::session::SessionId;
use symbolon_core::store::{ListSessions, SessionStore as _, StoreError};
use symbolon_testkit::contract::sample;

use super::given::{Folder, begin};

/// Writes a session, changes its row with `sql`, and gives what reading it says.
async fn damaged(sql: &str) -> String {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let session = sample::full_session();
    begin(&store, &session).await;
    store.close().await;
    let changed = folder.look().execute(sql, []).unwrap();
    assert_eq!(changed, 1);
    let (store, _) = folder.open();
    match store.find_session(session.id).await {
        Err(StoreError::Damaged { operation, detail }) => format!("{operation}: {detail}"),
        other => panic!("{sql}: {other:?}"),
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_is_named_by_its_column() {
    let cases = [
        (
            "access_digest = x'00'",
            "access_digest has 1 bytes in place of 32",
        ),
        ("subject = ''", "subject: it must not be empty"),
        (
            "generation = 4294967296",
            "generation is out of range: 4294967296",
        ),
        ("kid = -1", "kid is out of range: -1"),
        (
            "token_style = 'smoke'",
            "token_style has the unknown word \"smoke\"",
        ),
        ("ip = x'0102'", "ip has 2 bytes"),
        ("access_ttl = -5", "access_ttl is out of range: -5"),
        ("epoch = -1", "epoch is out of range: -1"),
        (
            "refresh_expires_at = NULL",
            "only one of refresh_digest and refresh_expires_at is there",
        ),
        (
            "state = 'revoked'",
            "a revoked session does not say since when or why",
        ),
        (
            "state = 'revoked', revoked_seq = 1, revoked_at = 1, revoked_reason = 'boredom'",
            "revoked_reason has the unknown word \"boredom\"",
        ),
        ("device_name = CAST(x'ff' AS TEXT)", "column 22 is not UTF-8"),
    ];
    for (change, said) in cases {
        assert_eq!(
            damaged(&format!("UPDATE sessions SET {change}")).await,
            format!("read a session: {said}")
        );
    }
}

#[tokio::test]
async fn one_damaged_session_does_not_hide_the_others() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let (good, bad) = (sample::session("alice", 0), sample::session("bob", 1));
    begin(&store, &good).await;
    begin(&store, &bad).await;
    store.close().await;
    folder
        .look()
        .execute(
            "UPDATE sessions SET access_digest = x'00' WHERE subject = 'bob'",
            [],
        )
        .unwrap();
    let (store, _) = folder.open();
    assert!(store.find_session(good.id).await.unwrap().is_some());
    let list = |name: &str| ListSessions {
        subject: sample::subject(name),
        live_at: None,
        before: None,
        limit: 10,
    };
    assert_eq!(store.list_sessions(list("alice")).await.unwrap().len(), 1);
    assert!(matches!(
        store.list_sessions(list("bob")).await,
        Err(StoreError::Damaged { .. })
    ));
    // It can still be ended: that needs nothing of what is damaged.
    let ended = store.revoke_session(sample::revoke(bad.id)).await;
    assert!(ended.is_ok(), "{ended:?}");
}

/// Every page but the first is overwritten: whatever is read, the answer is never "no such session".
#[tokio::test]
async fn overwritten_pages_are_damage_and_never_absence() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for number in 0..200 {
        begin(&store, &sample::session("alice", number)).await;
    }
    store.close().await;
    let mut bytes = std::fs::read(folder.path()).unwrap();
    let root = root_page(&folder, "sessions");
    for page in bytes.chunks_mut(4096).skip(root - 1).take(1) {
        page.fill(0xa5);
    }
    std::fs::write(folder.path(), bytes).unwrap();
    let (store, _) = folder.open();
    let found = store.find_session(sample::session("alice", 7).id).await;
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
    // An id that the index does not have needs no page of the table.
    let unknown = SessionId::from_bytes([9; 16]);
    assert_eq!(store.find_session(unknown).await.unwrap(), None);
}

fn root_page(folder: &Folder, table: &str) -> usize {
    let root: i64 = folder
        .look()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    usize::try_from(root).unwrap()
}
