//! A MariaDB that cannot be used is refused at the start: what it is, the remedy, the exit code, and nothing half started.

use symbolon_testkit::servers::{MariaDb, StartMariaDb};

use crate::place::{Place, free_address};

const PASSWORD: &str = "of%20the%20test";

/// The reason why a start on a store is refused, with the address, which differs from run to run, taken out.
fn refused(url: &str, exit: i32, server: &MariaDb) -> String {
    let place = Place::fresh().env("SYMBOLON_STORE__URL", url);
    let done = place.run("serve").failed(exit);
    assert!(!place.data_dir().exists(), "nothing is made here: {done:?}");
    let all = format!("{}{}", done.out, done.err);
    assert!(!all.contains(PASSWORD) && !all.contains("of the test"), "{all}");
    let line = done
        .err
        .lines()
        .find_map(|line| line.strip_prefix("symbolon: open the store: "));
    let line = line.unwrap_or_else(|| panic!("{done:?}"));
    line.replace(&server.address().to_string(), "HOST")
}

fn tables(server: &MariaDb, schema: &str) -> String {
    let count = format!("SELECT count(*) FROM information_schema.tables WHERE table_schema = '{schema}'");
    server.sql(&count).trim().to_owned()
}

#[test]
fn a_wrong_start_on_mariadb_says_what_is_wrong_and_what_to_do() {
    let server = MariaDb::shared();
    let (url, away) = (server.url(), free_address());
    let cases = [
        (
            server.url_at(away),
            69,
            format!(
                "cannot reach MySQL at {away}/symbolon: Connection refused (os error 111); check that it runs, that \
                 store.url has its address, and that bind-address lets this machine in"
            ),
        ),
        (
            url.replace(PASSWORD, "hunter2"),
            78,
            "MySQL at HOST/symbolon refuses the log-in: Access denied for user 'symbolon'@'127.0.0.1' (using password: \
             YES); check user and password in store.url, and for which hosts the user may come: CREATE USER name@host \
             IDENTIFIED BY 'password'"
                .to_owned(),
        ),
        (
            url.replace("/symbolon?", "/nowhere?"),
            78,
            "MySQL at HOST/nowhere says: Unknown database 'nowhere'; create it: CREATE DATABASE name; GRANT ALL ON \
             name.* TO user"
                .to_owned(),
        ),
    ];
    for (url, exit, told) in cases {
        assert_eq!(refused(&url, exit, server), told);
    }
    let nobody = format!("mysql://symbolon:{PASSWORD}@nowhere.invalid/x?sslmode=disable");
    let told = refused(&nobody, 69, server);
    assert!(
        told.starts_with("cannot reach MySQL at nowhere.invalid:3306/x: "),
        "{told}"
    );
}

#[test]
fn a_user_of_mariadb_without_the_right_to_make_tables_is_refused() {
    let server = MariaDb::shared();
    let schema = server.schema();
    let user = format!("guest_{schema}");
    server.sql(&format!(
        "CREATE USER {user} IDENTIFIED BY 'guestguest'; GRANT SELECT ON {schema}.* TO {user}"
    ));
    let guest = server
        .url_of(&schema)
        .replace(&format!("symbolon:{PASSWORD}"), &format!("{user}:guestguest"));
    let told = refused(&guest, 78, server);
    assert!(
        told.starts_with("at HOST/")
            && told.contains("the user of store.url lacks a right: CREATE command denied"),
        "{told}"
    );
    assert!(
        told.ends_with(&format!("GRANT ALL ON {schema}.* TO user")),
        "{told}"
    );
    assert_eq!(tables(server, &schema), "0");
}

#[test]
fn a_mariadb_that_could_lose_a_commit_or_is_a_replica_is_refused() {
    let server = StartMariaDb::default()
        .setting("innodb-flush-log-at-trx-commit", "2")
        .setting("log-bin", "bin")
        .start();
    let cases = [
        (
            "DO 1",
            "innodb_flush_log_at_trx_commit = 2: a session that was ended could be alive again after a crash; set it to \
             1, in the server's configuration and with SET GLOBAL",
        ),
        (
            "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
            "sync_binlog = 0: a session that was ended could be alive again after a crash; set it to 1, in the server's \
             configuration and with SET GLOBAL",
        ),
        (
            "SET GLOBAL sync_binlog = 1; SET GLOBAL read_only = 1",
            "read_only = ON: it is a replica or is to become one, and what is read there may be old; set store.url to \
             the primary; if this is the primary, set it to OFF",
        ),
    ];
    for (setting, told) in cases {
        server.sql(setting);
        assert_eq!(
            refused(&server.url(), 78, &server),
            format!("MariaDB at HOST/symbolon has {told}")
        );
    }
    assert_eq!(tables(&server, "symbolon"), "0");
}

#[test]
fn another_program_s_database_and_the_store_of_a_newer_release_are_refused_and_stay_as_they_are() {
    let server = MariaDb::shared();
    let theirs = server.schema();
    server.sql(&format!("CREATE TABLE {theirs}.meta (name TEXT)"));
    assert_eq!(
        refused(&server.url_of(&theirs), 78, server),
        format!(
            "at HOST/{theirs} the database {theirs} is not a store of symbolon: its table meta is another program's; \
             give symbolon a database of its own"
        )
    );
    assert_eq!(tables(server, &theirs), "1");
    let schema = server.schema();
    let url = server.url_of(&schema);
    Place::fresh().env("SYMBOLON_STORE__URL", &url).run("init").ok();
    server.sql(&format!(
        "UPDATE {schema}.meta SET v = '99' WHERE k LIKE 'schema_%'"
    ));
    let told = refused(&url, 78, server);
    assert!(
        told.contains("has schema version 99, and this release knows versions up to "),
        "{told}"
    );
    let version = format!("SELECT v FROM {schema}.meta WHERE k = 'schema_version'");
    assert_eq!(server.sql(&version).trim(), "99");
}
