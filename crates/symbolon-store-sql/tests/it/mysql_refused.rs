//! A MySQL or MariaDB that cannot be used is refused at opening: what it is, and what to do.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use symbolon_store_sql::OpenServerError;
use symbolon_testkit::contract::sample;
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::{Maria, MariaDb, StartMariaDb};
use tempfile::TempDir;

use super::given::begin;
use super::on_server::{Client as _, PlaceOn, open, refusal};

type Place = PlaceOn<Maria>;

/// The text of a refusal with the address, which differs from run to run, taken out.
fn said(url: &str) -> String {
    let address = MariaDb::shared().address().to_string();
    refusal(url).to_string().replace(&address, "HOST")
}

#[test]
fn a_server_that_does_not_answer_is_refused() {
    let address = free_address();
    assert_eq!(
        refusal(&MariaDb::shared().url_at(address)).to_string(),
        format!(
            "cannot reach MySQL at {address}/symbolon: Connection refused (os error 111); check that it runs, that \
             store.url has its address, and that bind-address lets this machine in"
        )
    );
    let refused = refusal("mysql://u@localhost/x?socket=/nowhere/socket").to_string();
    assert!(
        refused.starts_with("cannot reach MySQL at /nowhere/socket/x: No such file or directory"),
        "{refused}"
    );
    assert_eq!(
        refusal("oracle://u@localhost/x").to_string(),
        "store.url is not understood: it must begin with postgres:// or mysql://"
    );
}

#[test]
fn a_wrong_password_or_database_is_refused() {
    let url = MariaDb::shared().url();
    assert_eq!(
        said(&url.replace("of%20the%20test", "hunter2")),
        "MySQL at HOST/symbolon refuses the log-in: Access denied for user 'symbolon'@'127.0.0.1' (using password: YES); \
         check user and password in store.url, and for which hosts the user may come: \
         CREATE USER name@host IDENTIFIED BY 'password'"
    );
    assert_eq!(
        said(&url.replace("/symbolon?", "/nowhere?")),
        "MySQL at HOST/nowhere says: Unknown database 'nowhere'; create it: CREATE DATABASE name; \
         GRANT ALL ON name.* TO user"
    );
}

#[test]
fn a_server_that_could_lose_a_commit_or_is_a_replica_is_refused() {
    let server = StartMariaDb::default()
        .setting("innodb-flush-log-at-trx-commit", "2")
        .setting("log-bin", "bin")
        .start();
    let refused = |setting: &str| {
        server.sql(setting);
        let address = server.address().to_string();
        refusal(&server.url()).to_string().replace(&address, "HOST")
    };
    assert_eq!(
        refused("DO 1"),
        "MariaDB at HOST/symbolon has innodb_flush_log_at_trx_commit = 2: a session that was ended could be alive again \
         after a crash; set it to 1, in the server's configuration and with SET GLOBAL"
    );
    assert_eq!(
        refused("SET GLOBAL innodb_flush_log_at_trx_commit = 1"),
        "MariaDB at HOST/symbolon has sync_binlog = 0: a session that was ended could be alive again after a crash; \
         set it to 1, in the server's configuration and with SET GLOBAL"
    );
    assert_eq!(
        refused("SET GLOBAL sync_binlog = 1; SET GLOBAL read_only = 1"),
        "MariaDB at HOST/symbolon has read_only = ON: it is a replica or is to become one, and what is read there may \
         be old; set store.url to the primary; if this is the primary, set it to OFF"
    );
    server.sql("SET GLOBAL read_only = 0");
    open(&server.url());
}

#[tokio::test]
async fn a_server_that_becomes_read_only_is_given_up() {
    use symbolon_core::store::{SessionStore as _, Upkeep as _};
    let server = StartMariaDb::default().start();
    // Who may change settings may also write to a replica.
    server.sql("CREATE USER plain IDENTIFIED BY 'pw'; GRANT ALL ON symbolon.* TO plain");
    let (store, _, _) = open(&server.url().replace("symbolon:of%20the%20test", "plain:pw"));
    store.ping().await.unwrap();
    server.sql("SET GLOBAL read_only = 1");
    let session = sample::session("alice", 0);
    store
        .insert_session(sample::insert(session.clone()))
        .await
        .unwrap_err();
    let read = store.find_session(session.id).await.unwrap_err();
    assert!(read.to_string().contains("read_only = ON"), "{read}");
    server.sql("SET GLOBAL read_only = 0");
    super::on_server::eventually(async || store.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_stays_as_it_is() {
    for (table, found) in [
        ("meta (name TEXT)", "its table meta is another program's"),
        (
            "meta (k TEXT, v TEXT) AS SELECT 'a' AS k, 'b' AS v",
            "its table meta does not say a schema version",
        ),
        ("sessions (id INT)", "it has a table sessions"),
    ] {
        let place = Place::new();
        let mut look = place.beside().await;
        look.run(&format!("CREATE TABLE {table}")).await;
        let schema = &place.schema;
        assert_eq!(
            said(&place.url()),
            format!(
                "at HOST/{schema} the database {schema} is not a store of symbolon: {found}; give symbolon a database of \
                 its own"
            )
        );
        let count = "SELECT count(table_name) FROM information_schema.tables WHERE table_schema = database()";
        assert_eq!(look.run(count).await, ["1"], "nothing was made beside it");
    }
}

#[tokio::test]
async fn a_user_without_the_rights_is_refused_and_told_which() {
    let place = Place::new();
    let (schema, user) = (&place.schema, format!("guest_{}", place.schema));
    let mut look = place.beside().await;
    look.run(&format!("CREATE USER {user} IDENTIFIED BY 'guest'"))
        .await;
    let guest = place
        .url()
        .replace("symbolon:of%20the%20test", &format!("{user}:guest"));
    assert_eq!(
        said(&guest),
        format!(
            "at HOST/{schema} the user of store.url lacks a right: Access denied for user '{user}'@'%' to database \
             '{schema}'; GRANT ALL ON name.* TO user, where name is the database of store.url"
        )
    );
    look.run(&format!("GRANT SELECT ON {schema}.* TO {user}")).await;
    for refused in [
        said(&guest),
        symbolon_store_sql::SqlStore::examine_server(&guest, None)
            .unwrap_err()
            .to_string(),
    ] {
        assert!(refused.contains("CREATE command denied"), "{refused}");
        assert!(
            refused.ends_with(&format!("GRANT ALL ON {schema}.* TO user")),
            "{refused}"
        );
    }
    place.open().0.close().await;
    let refused = said(&guest);
    assert!(
        refused.contains("INSERT command denied") && refused.contains("`accounts`"),
        "{refused}"
    );
    look.run(&format!("GRANT INSERT, UPDATE, DELETE ON {schema}.* TO {user}"))
        .await;
    begin(&open(&guest).0, &sample::session("alice", 0)).await;
}

#[tokio::test]
async fn over_tls_the_server_is_verified() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = StartMariaDb::default()
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
    let over_tls = |url: &str, file: &str| {
        url.replace(
            "sslmode=disable",
            &format!("sslmode=verify-full&sslrootcert={file}"),
        )
    };
    let url = |file: &str| over_tls(&server.url(), file);

    server.sql("CREATE USER careful IDENTIFIED BY 'pw' REQUIRE SSL; GRANT ALL ON *.* TO careful");
    let careful = |url: &str| url.replace("symbolon:of%20the%20test", "careful:pw");
    let (store, _, _) = open(&careful(&url(&trusted)));
    begin(&store, &sample::session("alice", 0)).await;
    let error = refusal(&careful(&server.url()));
    assert!(matches!(error, OpenServerError::Refused { .. }), "{error}");
    for file in [&stranger, &empty, &"/nowhere.pem".to_owned()] {
        let error = refusal(&url(file));
        assert!(matches!(error, OpenServerError::Tls { .. }), "{file}: {error}");
    }
    // By another name it is another server.
    let error = refusal(&url(&trusted).replace("@127.0.0.1", "@localhost"));
    assert!(matches!(error, OpenServerError::Tls { .. }), "{error}");
    // One without TLS is not talked to in the clear.
    let error = refusal(&over_tls(&MariaDb::shared().url(), &trusted));
    assert!(matches!(error, OpenServerError::Tls { .. }), "{error}");
}
