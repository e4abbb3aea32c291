//! PostgreSQL's dialect.

use super::{Dialect, Migration};

/// Who the server is since it was last started: the instant of that, and the history of its log.
/// Not the text of a timestamp, which every connection may have in another form.
macro_rules! this_boot {
    () => {
        "extract(epoch FROM pg_postmaster_start_time())::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    };
}

/// Rows are locked one by one; what a session is referred to by never changes, so the weaker lock is enough.
pub(crate) static POSTGRES: Dialect = Dialect {
    numbered: true,
    ignore: "",
    or_ignore: "ON CONFLICT DO NOTHING",
    greatest: "GREATEST",
    least: "LEAST",
    for_update: "FOR NO KEY UPDATE",
    skip_locked: "FOR UPDATE SKIP LOCKED",
    this_boot: this_boot!(),
    same_boot: concat!("AND (SELECT v FROM meta WHERE k = 'boot_id') = ", this_boot!()),
    clock: "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    migrations: &[
        Migration {
            number: 1,
            text: include_str!("../../migrations/postgres/0001_first.sql"),
        },
        Migration {
            number: 2,
            text: include_str!("../../migrations/postgres/0002_clients.sql"),
        },
        Migration {
            number: 3,
            text: include_str!("../../migrations/postgres/0003_signing_keys.sql"),
        },
        Migration {
            number: 4,
            text: include_str!("../../migrations/postgres/0004_bans.sql"),
        },
    ],
};
