//! The dialect of MySQL and MariaDB.

use super::{Dialect, Migration};

/// Who the server is since it was last started: a row in memory, and, since that is copied to replicas, which server.
macro_rules! this_boot {
    () => {
        "(SELECT concat(b.id, '/', @@server_id, '/', @@hostname) FROM boot AS b WHERE b.one = 1)"
    };
}

/// Rows are locked one by one: under READ COMMITTED no gap between them is.
pub(crate) static MYSQL: Dialect = Dialect {
    numbered: false,
    ignore: "IGNORE",
    or_ignore: "",
    greatest: "greatest",
    least: "least",
    for_update: "FOR UPDATE",
    skip_locked: "FOR UPDATE SKIP LOCKED",
    this_boot: this_boot!(),
    same_boot: concat!(
        "AND (SELECT m.v FROM meta AS m WHERE m.k = 'boot_id') = ",
        this_boot!()
    ),
    clock: "cast(unix_timestamp(sysdate(3)) * 1000 AS SIGNED)",
    migrations: &[
        Migration {
            number: 1,
            text: include_str!("../../migrations/mysql/0001_first.sql"),
        },
        Migration {
            number: 2,
            text: include_str!("../../migrations/mysql/0002_clients.sql"),
        },
        Migration {
            number: 3,
            text: include_str!("../../migrations/mysql/0003_signing_keys.sql"),
        },
        Migration {
            number: 4,
            text: include_str!("../../migrations/mysql/0004_bans.sql"),
        },
    ],
};
