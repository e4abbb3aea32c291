//! In what the engines differ.
//!
//! Statements are written in the SQL that all of them speak. Where they do not agree, the text has a
//! mark in braces, and the dialect says what stands there:
//!
//! | mark | meaning | SQLite | PostgreSQL | MySQL, MariaDB |
//! |---|---|---|---|---|
//! | `?` | the next parameter | `?` | `$1`, `$2` … | `?` |
//! | `{ignore}` | after INSERT: a row that is there stays | | | `IGNORE` |
//! | `{or_ignore}` | at the end of such an INSERT | `ON CONFLICT DO NOTHING` | `ON CONFLICT DO NOTHING` | |
//! | `{greatest}` | the greater of two | `max` | `GREATEST` | `GREATEST` |
//! | `{least}` | the smaller of two | `min` | `LEAST` | `LEAST` |
//! | `{for_update}` | lock the rows read | (one writer) | `FOR NO KEY UPDATE` | `FOR UPDATE` |
//! | `{skip_locked}` | lock those that nobody holds | (one writer) | `FOR UPDATE SKIP LOCKED` | `FOR UPDATE SKIP LOCKED` |
//! | `{this_boot}` | which run of which server this is | (one process) | the start's instant and timeline | a row in memory |
//! | `{same_boot}` | and the server was not restarted since | (one process) | compared with `meta` | compared with `meta` |
//! | `{clock}` | the server's own clock, in milliseconds since 1970 | `NULL` (it has none) | `clock_timestamp()` | `SYSDATE(3)` |
//! | `{ids}` | [`IDS_PER_QUERY`] parameters | `?, ?, …` | `$1, $2, …` | `?, ?, …` |
//!
//! Column types stand in the migrations, of which every dialect has its own texts.

mod mysql;
mod postgres;
mod sqlite;

pub(crate) use mysql::MYSQL;
pub(crate) use postgres::POSTGRES;
pub(crate) use sqlite::SQLITE;

/// How many ids one statement asks for at the most: enough to make a thousand ids few round trips,
/// few enough for a text that is prepared once.
pub(crate) const IDS_PER_QUERY: usize = 50;

/// One engine's way of saying what the engines say differently.
pub(crate) struct Dialect {
    /// Whether parameters are numbered.
    pub(crate) numbered: bool,
    /// `{ignore}`
    pub(crate) ignore: &'static str,
    /// `{or_ignore}`
    pub(crate) or_ignore: &'static str,
    /// `{greatest}`
    pub(crate) greatest: &'static str,
    /// `{least}`
    pub(crate) least: &'static str,
    /// `{for_update}`
    pub(crate) for_update: &'static str,
    /// `{skip_locked}`
    pub(crate) skip_locked: &'static str,
    /// `{this_boot}`
    pub(crate) this_boot: &'static str,
    /// `{same_boot}`
    pub(crate) same_boot: &'static str,
    /// `{clock}`
    pub(crate) clock: &'static str,
    /// The schema, step by step.
    pub(crate) migrations: &'static [Migration],
}

/// The oldest schema whose releases go on, and start, on a store of the newest.
///
/// **Expand, then contract.** Nodes of two releases share a store while one is rolled out, and the first of the newer
/// changes the schema under the older. So a step only *adds*: tables, indexes, columns that may be null or have a
/// default. What the newest release does not use any more is removed by a step of a later one, and that step raises
/// this number: from then on only releases start that do not look for it. What no release has ever used may go at once.
pub(crate) const SERVES_FROM: u32 = 1;

/// One step of the schema. A step that was released is never changed: the next one follows.
pub(crate) struct Migration {
    /// Its number, from 1 without gaps: the `schema_version` after it.
    pub(crate) number: u32,
    /// Its text: statements that run in one transaction, but for MySQL.
    pub(crate) text: &'static str,
}

impl Dialect {
    /// The text of a statement with its marks replaced.
    pub(crate) fn render(&self, text: &str) -> String {
        let ids = vec!["?"; IDS_PER_QUERY].join(", ");
        let text = text
            .replace("{ignore}", self.ignore)
            .replace("{or_ignore}", self.or_ignore)
            .replace("{greatest}", self.greatest)
            .replace("{least}", self.least)
            .replace("{for_update}", self.for_update)
            .replace("{skip_locked}", self.skip_locked)
            .replace("{this_boot}", self.this_boot)
            .replace("{same_boot}", self.same_boot)
            .replace("{clock}", self.clock)
            .replace("{ids}", &ids);
        if self.numbered { number(&text) } else { text }
    }
}

/// Replaces each `?` by `$1`, `$2` and so on. No statement has a question mark inside a literal.
fn number(text: &str) -> String {
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        numbered.push_str(&format!("${}", index + 1));
        numbered.push_str(part);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::{MYSQL, POSTGRES, SQLITE};

    #[test]
    fn a_dialect_with_numbers_counts_its_parameters_from_one() {
        assert_eq!(
            POSTGRES.render("UPDATE t SET a = {greatest}(a, ?) WHERE k = ? AND m IN (?)"),
            "UPDATE t SET a = GREATEST(a, $1) WHERE k = $2 AND m IN ($3)"
        );
    }

    #[test]
    fn the_migrations_are_numbered_from_one_without_gaps() {
        for dialect in [&SQLITE, &POSTGRES, &MYSQL] {
            for (index, migration) in dialect.migrations.iter().enumerate() {
                assert_eq!(migration.number as usize, index + 1);
            }
        }
    }

    /// The statements of a step, each in one line, in the words that the engines share.
    fn shared_words(text: &str) -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default());
        let mut text = lines.collect::<Vec<_>>().join(" ");
        let own = [
            (" TEXT COLLATE \"C\"", " TEXT"),
            (" VARCHAR(255)", " TEXT"),
            (" VARBINARY(16)", " BLOB"),
            (" VARBINARY(128)", " BLOB"),
            (" BINARY(16)", " BLOB"),
            (" BINARY(32)", " BLOB"),
            (" NOT NULL AUTO_INCREMENT", " NOT NULL"),
            (
                " ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}",
                "",
            ),
            (" BYTEA", " BLOB"),
            (" BIGINT", " INTEGER"),
            (" GENERATED BY DEFAULT AS IDENTITY", ""),
            (" WITH (fillfactor = 80)", ""),
            (" STRICT", ""),
            (", WITHOUT ROWID", ""),
        ];
        for (theirs, shared) in own {
            text = text.replace(theirs, shared);
        }
        let statements = text.split(';').map(|statement| statement.split_whitespace());
        statements
            .map(|words| words.collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Of MySQL's the statements that only it has are left out: its run is told from another by a table in memory. It has
    /// no index of a part of a table.
    fn shared_statements(text: &str) -> Vec<String> {
        let statements = shared_words(text).into_iter();
        statements
            .filter(|statement| !statement.starts_with("CREATE TABLE boot "))
            .map(|statement| statement.replace(" WHERE client_id IS NOT NULL", ""))
            .collect()
    }

    #[test]
    fn every_engine_has_the_same_tables_columns_and_indexes() {
        for dialect in [&POSTGRES, &MYSQL] {
            assert_eq!(SQLITE.migrations.len(), dialect.migrations.len());
            for (one, other) in SQLITE.migrations.iter().zip(dialect.migrations) {
                assert_eq!(
                    shared_statements(one.text),
                    shared_statements(other.text),
                    "step {}",
                    one.number
                );
            }
        }
    }
}
