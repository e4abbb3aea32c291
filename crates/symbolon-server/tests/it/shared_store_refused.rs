//! A store on a server that cannot be used is refused at the start: the setting, the remedy, the exit code, and nothing
//! half started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use symbolon_testkit::servers::{Postgres, StartPostgres};

use crate::place::{Done, Place, free_address};

const PASSWORD: &str = "of%20the%20test";

fn place(url: &str) -> Place {
    Place::fresh().env("SYMBOLON_STORE__URL", url)
}

/// Starts on a store that must be refused; what is said of it, without the address that differs from run to run.
fn refused(url: &str, exit: i32, server: &Postgres) -> String {
    let place = place(url);
    let done = place.run("serve").failed(exit);
    assert!(!place.data_dir().exists(), "nothing is made here: {done:?}");
    without_password(&done);
    told(&done).replace(&server.address().to_string(), "HOST")
}

/// The reason, which is on the last line. A warning about the key may stand before it.
fn told(done: &Done) -> String {
    let line = done
        .err
        .lines()
        .find_map(|line| line.strip_prefix("symbolon: open the store: "));
    line.unwrap_or_else(|| panic!("{done:?}")).to_owned()
}

fn without_password(done: &Done) {
    let all = format!("{}{}", done.out, done.err);
    assert!(!all.contains(PASSWORD) && !all.contains("of the test"), "{all}");
}

/// An empty schema stays empty.
fn nothing_made(server: &Postgres, schema: &str) {
    let count = format!("SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'");
    assert_eq!(server.sql(&count), "0");
}

#[test]
fn an_address_that_is_not_understood_is_a_fault_of_the_configuration_with_its_place() {
    let url = format!("postgres://symbolon:{PASSWORD}@db.example/x?sslmode=require");
    for line in ["serve", "config check", "account list", "migrate", "init"] {
        let done = place(&url).run(line).failed(78);
        without_password(&done);
        assert!(
            done.err.contains(
                "SYMBOLON_STORE__URL: store.url: is not understood: sslmode=require does not tell whom it talks to; \
                 expected verify-full or disable"
            ),
            "{done:?}"
        );
    }
}

#[test]
fn a_server_that_is_away_is_unavailable() {
    let server = Postgres::shared();
    let away = free_address();
    let said = refused(&server.url_at(away), 69, server);
    assert_eq!(
        said,
        format!(
            "cannot reach PostgreSQL at {away}/postgres: error connecting to server: Connection refused (os error 111); \
             check that it runs, that store.url has its address, and that listen_addresses and pg_hba.conf let this \
             machine in"
        )
    );
}

#[test]
fn a_host_that_nobody_knows_is_unavailable() {
    let url = format!("postgres://symbolon:{PASSWORD}@nowhere.invalid/x?sslmode=disable");
    let done = place(&url).run("serve").failed(69);
    without_password(&done);
    assert!(
        told(&done).starts_with("cannot reach PostgreSQL at nowhere.invalid:5432/x: "),
        "{done:?}"
    );
}

#[test]
fn a_wrong_password_and_a_missing_database_are_faults_of_the_configuration() {
    let server = Postgres::shared();
    let url = server.url();
    assert_eq!(
        refused(&url.replace(PASSWORD, "hunter2"), 78, server),
        "PostgreSQL at HOST/postgres refuses the log-in: password authentication failed for user \"symbolon\"; \
         check user and password in store.url, and pg_hba.conf"
    );
    assert_eq!(
        refused(&url.replace("/postgres?", "/nowhere?"), 78, server),
        "PostgreSQL at HOST/nowhere says: database \"nowhere\" does not exist; create it: \
         CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
    );
}

#[test]
fn a_user_without_the_right_to_make_tables_is_refused() {
    let server = Postgres::shared();
    let schema = server.schema();
    let user = format!("guest_{schema}");
    server.sql(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'guestguest'; GRANT USAGE ON SCHEMA {schema} TO {user}"
    ));
    let guest = server
        .url_of(&schema)
        .replace(&format!("symbolon:{PASSWORD}"), &format!("{user}:guestguest"));
    assert_eq!(
        refused(&guest, 78, server),
        format!(
            "at HOST/postgres the user of store.url lacks a right: permission denied for schema {schema}; make it the \
             owner of the schema and its tables (since version 15 nobody else may create any in public): \
             ALTER SCHEMA {schema} OWNER TO user"
        )
    );
    nothing_made(server, &schema);
}

#[test]
fn a_server_that_could_lose_a_commit_is_refused() {
    let server = Postgres::shared();
    let schema = server.schema();
    let url = server
        .url_of(&schema)
        .replace("options=", "options=-c%20synchronous_commit=off%20");
    assert_eq!(
        refused(&url, 78, server),
        "PostgreSQL at HOST/postgres has synchronous_commit = off: a session that was ended could be alive again after \
         a crash; set it to on in postgresql.conf, or: ALTER ROLE user SET synchronous_commit = on"
    );
    nothing_made(server, &schema);
    let server = StartPostgres::default().setting("fsync", "off").start();
    assert_eq!(
        refused(&server.url(), 78, &server),
        "PostgreSQL at HOST/postgres has fsync = off: a crash would lose or damage what was committed; \
         set it to on in postgresql.conf and restart PostgreSQL"
    );
}

#[test]
fn a_read_replica_is_refused() {
    // Without a primary to follow it is a standby all the same, and answers reads.
    let server = StartPostgres::default().setting("wal_level", "replica").start();
    server.stop();
    fs::write(server.folder().join("data/standby.signal"), "").unwrap();
    server.start_again();
    assert_eq!(
        refused(&server.url(), 78, &server),
        "PostgreSQL at HOST/postgres has pg_is_in_recovery = true: it is a standby, and what is read there may be old; \
         set store.url to the primary"
    );
}

#[test]
fn the_store_of_a_newer_release_is_refused_and_stays_as_it_is() {
    let server = Postgres::shared();
    let schema = server.schema();
    let url = server.url_of(&schema);
    let made = place(&url);
    made.run("init").ok();
    let version = |sql: &str| server.sql(&format!("SET search_path = {schema}; {sql}"));
    version("UPDATE meta SET v = '99' WHERE k LIKE 'schema_%'");
    for line in ["serve", "account list", "migrate"] {
        let done = made.run(line).failed(78);
        let said = told(&done).replace(&server.address().to_string(), "HOST");
        let known = said
            .strip_prefix(
                "the store at HOST/postgres has schema version 99, and this release knows versions up to ",
            )
            .and_then(|rest| rest.strip_suffix(": start the newer release"));
        assert!(known.is_some_and(|known| known.parse::<u32>().is_ok()), "{said}");
    }
    assert_eq!(version("SELECT v FROM meta WHERE k = 'schema_version'"), "99");
}

#[test]
fn another_program_s_tables_are_refused_and_stay_as_they_are() {
    let server = Postgres::shared();
    let schema = server.schema();
    server.sql(&format!("CREATE TABLE {schema}.meta (name TEXT)"));
    assert_eq!(
        refused(&server.url_of(&schema), 78, server),
        format!(
            "at HOST/postgres the schema {schema} is not a store of symbolon: its table meta is another program's; \
             give symbolon a database of its own, or a schema: options=-c%20search_path=symbolon in store.url"
        )
    );
}

#[test]
fn a_node_without_the_key_of_the_store_makes_none_and_is_told_what_to_copy() {
    let server = Postgres::shared();
    let url = server.url_of(&server.schema());
    let first = place(&url);
    first.run("init").ok();
    let second = place(&url);
    let done = second.run("serve").failed(78);
    let said = told(&done);
    assert!(
        said.starts_with("data/master.key is missing, and the store (PostgreSQL ")
            && said.ends_with(
                "/postgres) was made with another node's: copy the master.key of that node here, or set \
                 keys.master_file to it"
            ),
        "{said}"
    );
    assert!(!second.data_dir().exists());
    fs::create_dir(second.data_dir()).unwrap();
    fs::copy(
        first.data_dir().join("master.key"),
        second.data_dir().join("master.key"),
    )
    .unwrap();
    second.run("account list").ok();
}

#[test]
fn another_master_key_is_refused_in_the_folder_or_named() {
    let server = Postgres::shared();
    let url = server.url_of(&server.schema());
    place(&url).run("init").ok();
    let other = place(&url);
    let key = other.folder().join("other.key");
    fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let named = other.env("SYMBOLON_KEYS__MASTER_FILE", "other.key");
    for line in ["serve", "account list"] {
        let said = told(&named.run(line).failed(78));
        assert!(
            said.contains("belongs to another master key")
                && said.ends_with(
                    "every node of a store needs the master.key that it was made with; copy it here, or set \
                     keys.master_file to it"
                ),
            "{said}"
        );
    }
    assert!(!named.data_dir().exists());
}

#[test]
fn production_wants_the_key_of_a_shared_store_to_be_named() {
    let url = Postgres::shared().url();
    let place = place(&url).env("SYMBOLON_PROFILE", "production");
    let done = place.run("config check").failed(78);
    assert!(
        done.err.contains(
            "keys.master_file: is null; nodes that share a store need the same master key, so give each the same file"
        ),
        "{done:?}"
    );
    without_password(&done);
}
