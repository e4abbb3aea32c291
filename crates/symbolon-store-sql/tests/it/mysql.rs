//! What is MySQL's and MariaDB's own: steps of the schema that are no transactions, defaults that are others, texts.

use symbolon_core::store::{Revoked, SessionStore as _};
use symbolon_core::subject::SubjectId;
use symbolon_store_sql::SqlStore;
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::servers::{Maria, StartMariaDb};

use super::given::begin;
use super::on_server::{Client as _, PlaceOn, open, server_options};
use super::proxy::{Cut, Proxy};

type Place = PlaceOn<Maria>;

/// What the tables of a store are, as the server tells it.
async fn shape(place: &Place) -> Vec<String> {
    let look = "SELECT concat_ws(' ', table_name, column_name, column_type, is_nullable, collation_name, column_key) \
        FROM information_schema.columns WHERE table_schema = database() \
        UNION ALL SELECT concat_ws(' ', table_name, index_name, seq_in_index, column_name) \
        FROM information_schema.statistics WHERE table_schema = database() ORDER BY 1";
    place.beside().await.run(look).await
}

/// Statements of all steps, and what is written after them. Each of them is the last that the server hears, or that is
/// answered.
const LAST: [&[u8]; 12] = [
    b"CREATE TABLE meta",
    b"INSERT INTO meta",
    b"CREATE TABLE rev_head",
    b"CREATE INDEX throttle_updated_at_idx",
    b"CREATE TABLE boot",
    b"INTO rev_head",
    b"CREATE INDEX api_keys_client_id_idx",
    b"DROP TABLE signing_keys",
    b"CREATE TABLE signing_keys",
    b"DROP TABLE bans",
    b"CREATE INDEX bans_ends_at_idx",
    b"UPDATE rev_head",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_is_cut_off_anywhere_is_gone_on_with_by_the_next() {
    let whole = Place::new();
    whole.open().0.close().await;
    let wanted = shape(&whole).await;
    for last in LAST {
        let name = String::from_utf8_lossy(last);
        for cut in [Cut::BeforeCommit, Cut::AfterCommit] {
            let place = Place::new();
            let proxy = Proxy::before(place.server.address(), last).await;
            let url = place.server.url_of_at(&place.schema, proxy.address());
            proxy.cut_once(cut);
            let options = server_options(&url, std::sync::Arc::new(Recorded::default()));
            assert!(SqlStore::open_server(options).is_err(), "{name}, {cut:?}");
            let (store, _, _) = place.open();
            let session = sample::session("alice", 0);
            begin(&store, &session).await;
            let ended = store.revoke_session(sample::revoke(session.id)).await;
            assert!(
                matches!(ended, Ok(Revoked::Done(_))),
                "{name}, {cut:?}: {ended:?}"
            );
            assert_eq!(shape(&place).await, wanted, "{name}, {cut:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_defaults_of_the_server_change_nothing() {
    let server = StartMariaDb::default()
        .setting("transaction-isolation", "REPEATABLE-READ")
        .setting("autocommit", "0")
        .setting("completion-type", "CHAIN")
        .setting("sql-mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES")
        .setting("character-set-server", "latin1")
        .setting("default-time-zone", "-11:00")
        .setting("innodb-default-row-format", "compact")
        .start();
    let ((one, _, opened), (two, _, _)) = (open(&server.url()), open(&server.url()));
    // By the clock, in whatever zone the server is: microseconds since 1970.
    assert!(opened.head.0 > 1_700_000_000_000_000, "{:?}", opened.head);
    let session = sample::session("zoë 🔑", 0);
    begin(&one, &session).await;
    for _ in 0..3 {
        let found = two.find_session(session.id).await.unwrap().unwrap();
        assert_eq!(found.session.subject, session.subject);
        assert!(found.session.ended(found.cut, sample::at(1)).is_none());
    }
    let ended = one.revoke_session(sample::revoke(session.id)).await;
    assert!(matches!(ended, Ok(Revoked::Done(_))), "{ended:?}");
    let found = two.find_session(session.id).await.unwrap().unwrap();
    assert!(found.session.ended(found.cut, sample::at(1)).is_some());
    let again = two.revoke_session(sample::revoke(session.id)).await;
    assert!(matches!(again, Ok(Revoked::Already { .. })), "{again:?}");
}

#[tokio::test]
async fn subjects_that_differ_by_a_space_a_case_or_an_accent_are_others() {
    let place = Place::new();
    let (store, _, _) = place.open();
    let names = [
        "alice",
        "alice ",
        "alice  ",
        "Alice",
        "alicé",
        "ali\u{301}ce",
        "ALICE",
    ];
    for (number, name) in (0..).zip(names) {
        let mut session = sample::session("alice", number);
        session.subject = SubjectId::new(name).unwrap();
        begin(&store, &session).await;
    }
    let count = place
        .beside()
        .await
        .run("SELECT count(subject) FROM subjects")
        .await;
    assert_eq!(count, [names.len().to_string()]);
    let first = sample::session("alice", 0);
    let cut = symbolon_core::store::CutSubject {
        subject: SubjectId::new("alice ").unwrap(),
        reason: symbolon_core::revocation::RevocationReason::Kicked,
        keep: Vec::new(),
        device_kind: None,
        audit: sample::entry(symbolon_core::audit::AuditEvent::SubjectRevoked, 700),
    };
    assert_eq!(store.cut_subject(cut).await.unwrap().count, 1);
    let found = store.find_session(first.id).await.unwrap().unwrap();
    assert!(found.session.ended(found.cut, sample::at(800)).is_none());
}
