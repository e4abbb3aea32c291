//! A server or a store that cannot be used is refused at opening: what it is, and what to do.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenServer, OpenServerError};
use symbolon_testkit::contract::Recorded;
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::{Postgres, StartPostgres};
use tempfile::TempDir;

use super::given::begin;
use super::on_server::{Place, open, refusal, refused, server_options};

/// The text of a refusal with the address, which differs from run to run, taken out.
fn said(url: &str) -> String {
    without_address(&refusal(url))
}

fn without_address(error: &OpenServerError) -> String {
    let address = Postgres::shared().address().to_string();
    error.to_string().replace(&address, "HOST")
}

#[test]
fn a_server_that_does_not_answer_is_refused() {
    let address = free_address();
    let refused = refusal(&Postgres::shared().url_at(address)).to_string();
    assert_eq!(
        refused,
        format!(
            "cannot reach PostgreSQL at {address}/postgres: error connecting to server: Connection refused (os error 111); \
             check that it runs, that store.url has its address, and that listen_addresses and pg_hba.conf let this \
             machine in"
        )
    );
}

#[test]
fn a_wrong_password_or_database_is_refused() {
    let url = Postgres::shared().url();
    assert_eq!(
        said(&url.replace("of%20the%20test", "hunter2")),
        "PostgreSQL at HOST/postgres refuses the log-in: password authentication failed for user \"symbolon\"; \
         check user and password in store.url, and pg_hba.conf"
    );
    assert_eq!(
        said(&url.replace("/postgres?", "/nowhere?")),
        "PostgreSQL at HOST/nowhere says: database \"nowhere\" does not exist; create it: \
         CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
    );
}

#[test]
fn a_server_that_could_lose_a_commit_is_refused() {
    let url = Postgres::shared().url();
    assert_eq!(
        said(&format!("{url}&options=-c%20synchronous_commit=off")),
        "PostgreSQL at HOST/postgres has synchronous_commit = off: a session that was ended could be alive again after \
         a crash; set it to on in postgresql.conf, or: ALTER ROLE user SET synchronous_commit = on"
    );
    let server = StartPostgres::default().setting("fsync", "off").start();
    assert_eq!(
        refusal(&server.url()).to_string(),
        format!(
            "PostgreSQL at {}/postgres has fsync = off: a crash would lose or damage what was committed; \
             set it to on in postgresql.conf and restart PostgreSQL",
            server.address()
        )
    );
}

#[tokio::test]
async fn the_store_of_a_newer_release_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    place.open().0.close().await;
    let look = place.beside().await;
    look.batch_execute("UPDATE meta SET v = '99' WHERE k LIKE 'schema_%'")
        .await
        .unwrap();
    let refused = said(&place.url());
    let known = refused
        .strip_prefix(
            "the store at HOST/postgres has schema version 99, and this release knows versions up to ",
        )
        .and_then(|rest| rest.strip_suffix(": start the newer release"));
    assert!(
        known.is_some_and(|known| known.parse::<u32>().is_ok()),
        "{refused}"
    );
    let row = look
        .query_one("SELECT v FROM meta WHERE k = 'schema_version'", &[])
        .await;
    assert_eq!(row.unwrap().get::<_, String>(0), "99");
}

#[tokio::test]
async fn the_store_of_another_master_key_is_refused_and_says_which() {
    let place = Place::new();
    place.open().0.close().await;
    let error = refused(OpenServer {
        key_check: KeyCheck([0xab; 32]),
        ..server_options(&place.url(), Arc::new(Recorded::default()))
    });
    assert_eq!(
        without_address(&error),
        "the store at HOST/postgres belongs to another master key (it wants the one whose check begins with 01010101, \
         and was given abababab): every node of a store needs the master.key that it was made with; copy it here, or \
         set keys.master_file to it"
    );
}

#[tokio::test]
async fn a_schema_of_another_program_is_refused_and_stays_as_it_is() {
    for (table, found) in [
        ("meta (name TEXT)", "its table meta is another program's"),
        (
            "meta (k TEXT, v TEXT)",
            "its table meta does not say a schema version",
        ),
        ("sessions (id TEXT)", "relation \"sessions\" already exists"),
    ] {
        let place = Place::new();
        let look = place.beside().await;
        look.batch_execute(&format!("CREATE TABLE {table}"))
            .await
            .unwrap();
        let schema = &place.schema;
        assert_eq!(
            said(&place.url()),
            format!(
                "at HOST/postgres the schema {schema} is not a store of symbolon: {found}; give symbolon a database of \
                 its own, or a schema: options=-c%20search_path=symbolon in store.url"
            )
        );
        let count = "SELECT count(oid) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
        let row = look.query_one(count, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1, "nothing was made beside it");
    }
}

#[tokio::test]
async fn a_user_without_the_rights_is_refused_and_told_which() {
    let place = Place::new();
    let (schema, user) = (&place.schema, format!("guest_{}", place.schema));
    let look = place.beside().await;
    let make = format!("CREATE ROLE {user} LOGIN PASSWORD 'guest'; GRANT USAGE ON SCHEMA {schema} TO {user}");
    look.batch_execute(&make).await.unwrap();
    let guest = place
        .url()
        .replace("symbolon:of%20the%20test", &format!("{user}:guest"));
    assert_eq!(
        said(&guest),
        format!(
            "at HOST/postgres the user of store.url lacks a right: permission denied for schema {schema}; make it the \
             owner of the schema and its tables (since version 15 nobody else may create any in public): \
             ALTER SCHEMA {schema} OWNER TO user"
        )
    );
    place.open().0.close().await;
    let grant = format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}");
    look.batch_execute(&grant).await.unwrap();
    assert_eq!(
        said(&guest),
        format!(
            "at HOST/postgres the user of store.url lacks a right: it cannot read and write the table \
             {schema}.accounts; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}"
        )
    );
    let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}");
    look.batch_execute(&grant).await.unwrap();
    begin(
        &open(&guest).0,
        &symbolon_testkit::contract::sample::session("alice", 0),
    )
    .await;
    let nowhere = format!("{}&options=-c%20search_path=nowhere", Postgres::shared().url());
    assert!(
        said(&nowhere).contains("none of the schemas in search_path (nowhere) is there for it; create one"),
        "{}",
        said(&nowhere)
    );
}

#[tokio::test]
async fn over_tls_the_server_is_verified() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = StartPostgres::default()
        .tls(&cert.pem(), &signing_key.serialize_pem())
        .start();
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let trusted = write("ours.pem", &cert.pem());
    let other = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let stranger = write("stranger.pem", &other.cert.pem());
    let empty = write("empty.pem", "nothing");
    let url = |file: &str| {
        server.url().replace(
            "sslmode=disable",
            &format!("sslmode=verify-full&sslrootcert={file}"),
        )
    };

    let (store, _, _) = open(&url(&trusted));
    begin(&store, &symbolon_testkit::contract::sample::session("alice", 0)).await;
    let encrypted =
        server.sql("SELECT count(*) FROM pg_stat_ssl AS s JOIN pg_stat_activity USING (pid) WHERE s.ssl");
    assert_ne!(encrypted, "0");
    for file in [&stranger, &empty, &"/nowhere.pem".to_owned()] {
        let error = refusal(&url(file));
        assert!(matches!(error, OpenServerError::Tls { .. }), "{file}: {error}");
    }
    // By another name it is another server.
    let error = refusal(&url(&trusted).replace("@127.0.0.1", "@localhost"));
    assert!(matches!(error, OpenServerError::Tls { .. }), "{error}");
    // One without TLS is not talked to in the clear.
    let plain = Postgres::shared().url().replace(
        "sslmode=disable",
        &format!("sslmode=verify-full&sslrootcert={trusted}"),
    );
    let error = refusal(&plain);
    assert!(matches!(error, OpenServerError::Tls { .. }), "{error}");
}
