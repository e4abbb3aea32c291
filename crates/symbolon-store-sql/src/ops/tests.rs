//! How SQLite finds what the statements ask for: none may read a table that grows from end to end. Sweeps and nodes
//! (`w` and `n`) are few.

use rusqlite::Connection;

use super::{
    accounts, api_keys, bans, census, cuts, issue, live, log, purge, read, revoke, rotate, subjects, sweep,
    uses, walk,
};
use crate::dialect::SQLITE;
use crate::link::Statement;

/// The steps of SQLite's plan.
fn plan(statement: &Statement) -> Vec<String> {
    let connection = Connection::open_in_memory().unwrap();
    for migration in SQLITE.migrations {
        connection.execute_batch(migration.text).unwrap();
    }
    let text = format!("EXPLAIN QUERY PLAN {}", SQLITE.render(statement.text()));
    let mut explained = connection.prepare(&text).unwrap();
    let mut rows = explained.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn a_session_is_found_by_its_id_and_its_cuts_by_theirs() {
    for statement in [&read::FIND_SESSION, &read::FIND_SESSIONS] {
        let mut steps = plan(statement);
        // Which of the two single rows is looked up first is SQLite's choice.
        steps.sort();
        assert_eq!(
            steps,
            [
                "SEARCH g USING INTEGER PRIMARY KEY (rowid=?)",
                "SEARCH s USING INDEX sqlite_autoindex_sessions_1 (session_id=?)",
                "SEARCH u USING PRIMARY KEY (subject=?) LEFT-JOIN",
            ]
        );
    }
}

#[test]
fn live_sessions_are_counted_by_their_index() {
    assert_eq!(
        plan(&live::COUNT_LIVE),
        ["SEARCH sessions USING INDEX sessions_subject_idx (subject=? AND ends_by>?)"]
    );
    assert_eq!(
        plan(&cuts::COUNT_CUT),
        ["SEARCH sessions USING INDEX sessions_ends_by_idx (ends_by>?)"]
    );
}

#[test]
fn all_live_sessions_are_counted_in_an_index_alone_but_for_those_near_their_end() {
    let global = [
        "SCALAR SUBQUERY 1",
        "SEARCH g USING INTEGER PRIMARY KEY (rowid=?)",
    ];
    assert_eq!(
        plan(&census::COUNT_SURE),
        [
            "SEARCH sessions USING COVERING INDEX sessions_ends_by_idx (ends_by>?)",
            global[0],
            global[1]
        ]
    );
    assert_eq!(
        plan(&census::COUNT_NEAR),
        [
            "SEARCH sessions USING INDEX sessions_ends_by_idx (ends_by>? AND ends_by<?)",
            global[0],
            global[1]
        ]
    );
}

#[test]
fn no_statement_reads_a_growing_table_from_end_to_end() {
    let statements = [
        &accounts::FIND_ACCOUNT,
        &accounts::FIND_ACCOUNT_OF,
        &accounts::LIST_ACCOUNTS,
        &bans::LIST_ALL_BANS,
        &bans::LIST_IN_FORCE,
        &bans::NEWEST_BAN,
        &api_keys::KEYS_OF_CLIENT,
        &cuts::LOCK_OF_KIND,
        &issue::COUNT_EACH,
        &live::OLDEST_LIVE,
        &log::READ_PAGE,
        &purge::FIRST_LOG,
        &purge::OLD_BANS,
        &purge::OLD_EXPIRED,
        &purge::OLD_REVOKED,
        &read::FIND_SESSION,
        &read::LIST_ALL,
        &walk::WALK,
        &read::LIST_LIVE,
        &revoke::LOCK_SESSION,
        &revoke::LOCK_SESSIONS,
        &subjects::LOCK_SUBJECTS,
        &subjects::SUBJECT_CUTS,
        &revoke::MARK_ENDED,
        &rotate::WRITE_LIVES,
        &rotate::WRITE_TOKENS,
        &sweep::LEFT_OF_EVERYONE,
        &sweep::LEFT_OF_SUBJECT,
        &uses::MARK_USED,
        &uses::RECORD_USE,
        &uses::WIPE_NONCE,
    ];
    for statement in statements {
        for step in plan(statement) {
            let whole = step.starts_with("SCAN ")
                && !["SCAN w", "SCAN n", "SCAN page", "SCAN tail LEFT-JOIN"].contains(&step.as_str());
            assert!(!whole, "{step}: {}", statement.text());
        }
    }
}

/// These begin at one end of a table or an index, and stop after as many rows as a step removes.
#[test]
fn what_is_read_from_the_beginning_is_read_in_order_and_not_sorted() {
    for statement in [
        &bans::LIST_ALL_BANS,
        &bans::LIST_IN_FORCE,
        &bans::NEWEST_BAN,
        &purge::FIRST_AUDIT,
        &purge::IDLE_ATTEMPTS,
        &purge::OLD_BANS,
        &purge::OLD_EXPIRED,
        &purge::OLD_REVOKED,
    ] {
        let steps = plan(statement);
        assert!(
            steps.iter().all(|step| !step.contains("TEMP B-TREE")),
            "{steps:?}"
        );
    }
}
