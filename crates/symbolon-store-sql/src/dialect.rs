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
//! | `{ids}` | [`IDS_PER_QUERY`] parameters | `?, ?, …` | `$1, $2, …` | `?, ?, …` |
//!
//! Column types stand in the migrations, of which every dialect has its own texts.

mod sqlite;

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
    /// The schema, step by step.
    pub(crate) migrations: &'static [Migration],
}

/// One step of the schema. A step that was released is never changed: the next one follows.
pub(crate) struct Migration {
    /// Its number, from 1 without gaps: the `schema_version` after it.
    pub(crate) number: u32,
    /// Its text: statements that run in one transaction.
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
    use super::{Dialect, SQLITE};

    #[test]
    fn a_dialect_with_numbers_counts_its_parameters_from_one() {
        let numbered = Dialect {
            numbered: true,
            ignore: "",
            or_ignore: "ON CONFLICT DO NOTHING",
            greatest: "GREATEST",
            least: "LEAST",
            for_update: "FOR NO KEY UPDATE",
            skip_locked: "FOR UPDATE SKIP LOCKED",
            migrations: &[],
        };
        assert_eq!(
            numbered.render("UPDATE t SET a = {greatest}(a, ?) WHERE k = ? AND m IN (?)"),
            "UPDATE t SET a = GREATEST(a, $1) WHERE k = $2 AND m IN ($3)"
        );
    }

    #[test]
    fn the_migrations_are_numbered_from_one_without_gaps() {
        for (index, migration) in SQLITE.migrations.iter().enumerate() {
            assert_eq!(migration.number as usize, index + 1);
        }
    }
}
