//! SQLite's dialect.

use super::{Dialect, Migration};

/// One writer holds the whole database, so nothing is ever locked by row.
pub(crate) static SQLITE: Dialect = Dialect {
    numbered: false,
    ignore: "",
    or_ignore: "ON CONFLICT DO NOTHING",
    greatest: "max",
    least: "min",
    for_update: "",
    skip_locked: "",
    this_boot: "",
    same_boot: "",
    clock: "NULL",
    migrations: &[
        Migration {
            number: 1,
            text: include_str!("../../migrations/sqlite/0001_first.sql"),
        },
        Migration {
            number: 2,
            text: include_str!("../../migrations/sqlite/0002_clients.sql"),
        },
        Migration {
            number: 3,
            text: include_str!("../../migrations/sqlite/0003_signing_keys.sql"),
        },
        Migration {
            number: 4,
            text: include_str!("../../migrations/sqlite/0004_bans.sql"),
        },
    ],
};
