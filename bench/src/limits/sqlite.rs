//! Plain SQLite: the rows of new sessions, written by one loop that does nothing else.
//!
//! The schema is the product's own, and so is the form of each row: the newest session of the store,
//! its subject and its audit entry are copied, with new ids, digests and instants. Everything that
//! one log-in writes is written, in groups of 64 per commit; nothing is asked or decided.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};
use symbolon::OsRandomness;
use symbolon::random::draw;
use symbolon_bench::samples::number;
use symbolon_bench::stopwatch;

/// Rows of one commit.
pub(crate) const GROUP: u64 = 64;

/// How many subjects take turns, as in the load on the server.
pub(crate) const SUBJECTS: u64 = 100_000;

/// What the product sets for the connection that writes, but for the checkpoints, which it makes
/// itself at the same length of the log.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 4096;";

/// A row that new ones are copies of.
struct Template {
    columns: Vec<String>,
    values: Vec<Value>,
    created_at: i64,
}

/// A new session, as far as it differs from the template.
struct New {
    id: [u8; 16],
    secret: [u8; 32],
    subject: String,
    at: i64,
}

impl Template {
    fn read(connection: &Connection, table: &str, order: &str) -> anyhow::Result<Self> {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order} DESC LIMIT 1"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let values = statement.query_row([], |row| (0..columns.len()).map(|at| row.get(at)).collect());
        let values: Vec<Value> = values.with_context(|| format!("read a row of {table}"))?;
        let mut template = Self {
            columns,
            values,
            created_at: 0,
        };
        template.created_at = template
            .instant("created_at")
            .or(template.instant("at"))
            .unwrap_or_default();
        Ok(template)
    }

    fn instant(&self, name: &str) -> Option<i64> {
        let at = self.columns.iter().position(|column| column == name)?;
        match self.values[at] {
            Value::Integer(instant) => Some(instant),
            _ => None,
        }
    }

    fn insert<'c>(
        &self,
        connection: &'c Connection,
        table: &str,
        verb: &str,
    ) -> rusqlite::Result<Statement<'c>> {
        let columns = self.columns.join(", ");
        let marks = vec!["?"; self.columns.len()].join(", ");
        connection.prepare(&format!("{verb} INTO {table} ({columns}) VALUES ({marks})"))
    }

    fn row(&self, new: &New) -> impl Iterator<Item = Value> {
        self.columns
            .iter()
            .zip(&self.values)
            .map(|(column, value)| match (column.as_str(), value) {
                ("session_id", _) => Value::Blob(new.id.to_vec()),
                ("subject", _) => Value::Text(new.subject.clone()),
                ("audit_id", _) => Value::Null,
                ("access_digest" | "refresh_digest", _) => Value::Blob(new.secret.to_vec()),
                (name, Value::Integer(instant))
                    if name == "at" || name == "live_until" || name.ends_with("_at") =>
                {
                    Value::Integer(instant - self.created_at + new.at)
                }
                _ => value.clone(),
            })
    }
}

/// Writes for so many seconds, then prints sessions per second and the milliseconds of a commit:
/// median and 99th percentile.
pub(crate) fn write(file: &Path, seconds: u64) -> anyhow::Result<()> {
    let connection = Connection::open(file).with_context(|| format!("open {}", file.display()))?;
    connection.execute_batch(SETTINGS)?;
    let session = Template::read(&connection, "sessions", "rowid")?;
    let audit = Template::read(&connection, "audit", "rowid")?;
    let subject = Template::read(&connection, "subjects", "subject")?;
    let mut statements = [
        (
            subject.insert(&connection, "subjects", "INSERT OR IGNORE")?,
            subject,
        ),
        (session.insert(&connection, "sessions", "INSERT")?, session),
        (audit.insert(&connection, "audit", "INSERT")?, audit),
    ];
    let first = statements[1].1.created_at + 1;
    let start = stopwatch::now();
    let (mut sessions, mut commits) = (0, Vec::new());
    while start.elapsed() < Duration::from_secs(seconds) {
        let begun = stopwatch::now();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..GROUP {
            let new = New::number(sessions, first + i64::try_from(start.elapsed().as_millis())?)?;
            for (statement, template) in &mut statements {
                statement.execute(params_from_iter(template.row(&new)))?;
            }
            sessions += 1;
        }
        connection.execute_batch("COMMIT")?;
        commits.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let rate = sessions as f64 / start.elapsed().as_secs_f64();
    commits.sort_by(f64::total_cmp);
    let at = |part: usize| {
        commits
            .get(commits.len() * part / 100)
            .copied()
            .unwrap_or(f64::NAN)
    };
    println!("{rate:.0} {:.3} {:.3}", at(50), at(99));
    eprintln!("{} sessions, {} per commit", number(sessions as f64, 0), GROUP);
    Ok(())
}

impl New {
    /// An id as the product's: 48 bits of milliseconds, then chance.
    fn number(number: u64, at: i64) -> anyhow::Result<Self> {
        let secret: [u8; 32] = draw(&OsRandomness)?;
        let mut id: [u8; 16] = draw(&OsRandomness)?;
        id[..6].copy_from_slice(&at.to_be_bytes()[2..]);
        Ok(Self {
            id,
            secret,
            subject: format!("new-{}", number % SUBJECTS),
            at,
        })
    }
}
