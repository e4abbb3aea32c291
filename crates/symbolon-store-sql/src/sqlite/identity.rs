//! Whose store it is: the schema, the single facts in `meta`, and the jump of the log at each opening.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, draw};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::token::KeyCheck;

use super::connection::open_error;
use super::{OpenError, OpenSqlite, Opened, Place};
use crate::dialect::{Migration, SQLITE};
use crate::hex::{hex, unhex};

/// What `PRAGMA application_id` says of every store: "SYMB".
const APPLICATION_ID: i32 = 0x5359_4d42;

/// How far the log's head jumps at the least: more positions than could have been given out and
/// lost with the end of the log.
const JUMP: u64 = 1 << 20;

/// What a file turned out to be.
pub(super) struct Recognised {
    /// The version of its schema; zero: it is empty.
    version: u32,
}

/// Finds out whose file it is, without changing anything in it.
///
/// Nothing reads the whole file: with ten million sessions that takes minutes, and SQLite itself
/// reports a file that is cut short at the first read and a damaged page when it is read.
pub(super) fn recognise(connection: &Connection, options: &OpenSqlite) -> Result<Recognised, OpenError> {
    let shown = shown(&options.place);
    let version = find_version(connection, shown)?;
    let known = newest();
    if version > known {
        return Err(OpenError::NewerSchema {
            path: shown.to_owned(),
            found: version,
            known,
        });
    }
    if version > 0 {
        check_key(connection, shown, options.key_check)?;
    }
    Ok(Recognised { version })
}

/// Makes the schema what this release needs, and jumps.
pub(super) fn establish(
    connection: &mut Connection,
    options: &OpenSqlite,
    recognised: &Recognised,
) -> Result<Opened, OpenError> {
    prepare(connection, options, recognised.version).map_err(|error| match error {
        Unprepared::Sqlite(error) => open_error(shown(&options.place), &error),
        Unprepared::Value(detail) => OpenError::Damaged {
            path: shown(&options.place).to_owned(),
            detail,
        },
        Unprepared::Chance(detail) => OpenError::NoResources { detail },
    })
}

/// The path as it stands in messages.
pub(super) fn shown(place: &Place) -> &Path {
    match place {
        Place::File(path) => path.as_path(),
        Place::Memory => Path::new(":memory:"),
    }
}

enum Unprepared {
    Sqlite(rusqlite::Error),
    Value(String),
    Chance(String),
}

impl From<rusqlite::Error> for Unprepared {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The version to which opening brings a store.
pub(super) fn newest() -> u32 {
    SQLITE.migrations.last().map_or(0, |migration| migration.number)
}

/// The version of the schema that is there; zero where there is none.
pub(super) fn find_version(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let fault = |error| open_error(path, &error);
    let tables: i64 = connection
        .query_row("SELECT count(name) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fault)?;
    if tables == 0 {
        return Ok(0);
    }
    let application: i32 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(fault)?;
    if application != APPLICATION_ID {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
            detail: format!("it is an SQLite database of another program (application id {application})"),
        });
    }
    let version = read_meta(connection, "schema_version").map_err(fault)?;
    version
        .as_deref()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| OpenError::Damaged {
            path: path.to_owned(),
            detail: "it does not say its schema version".to_owned(),
        })
}

fn check_key(connection: &Connection, path: &Path, given: KeyCheck) -> Result<(), OpenError> {
    let wanted = read_meta(connection, "key_check").map_err(|error| open_error(path, &error))?;
    let given = hex(&given.0);
    match wanted {
        Some(wanted) if wanted == given => Ok(()),
        Some(wanted) => Err(OpenError::OtherKey {
            path: path.to_owned(),
            wanted: shortened(&wanted),
            given: shortened(&given),
        }),
        None => Err(OpenError::Damaged {
            path: path.to_owned(),
            detail: "it does not say which master key it belongs to".to_owned(),
        }),
    }
}

/// Enough to tell two keys apart.
fn shortened(check: &str) -> String {
    check.chars().take(8).collect()
}

fn prepare(connection: &mut Connection, options: &OpenSqlite, found: u32) -> Result<Opened, Unprepared> {
    let chance = &*options.randomness;
    if found == 0 {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    for migration in SQLITE
        .migrations
        .iter()
        .filter(|migration| migration.number > found)
    {
        migrate(connection, migration, options)?;
    }
    let head = jump(connection, chance, options.now)?;
    let cluster_id = unhex(&meta(connection, "cluster_id")?)
        .ok_or_else(|| Unprepared::Value("its cluster id is not 32 hexadecimal digits".to_owned()))?;
    let high_water = meta(connection, "time_high_water")?
        .parse()
        .map_err(|_| Unprepared::Value("its newest instant is not a number".to_owned()))?;
    Ok(Opened {
        cluster_id,
        high_water: Timestamp(high_water),
        head,
        fresh: found == 0,
    })
}

fn migrate(
    connection: &mut Connection,
    migration: &Migration,
    options: &OpenSqlite,
) -> Result<(), Unprepared> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(migration.text)?;
    if migration.number == 1 {
        write_first(&transaction, options)?;
    }
    write_meta(&transaction, "schema_version", &migration.number.to_string())?;
    transaction.commit()?;
    Ok(())
}

/// The rows that every store has from its beginning.
fn write_first(connection: &Connection, options: &OpenSqlite) -> Result<(), Unprepared> {
    let chance = &*options.randomness;
    write_meta(connection, "cluster_id", &hex(&random(chance)?))?;
    write_meta(connection, "key_check", &hex(&options.key_check.0))?;
    write_meta(connection, "boot_id", &hex(&random(chance)?))?;
    write_meta(connection, "time_high_water", &options.now.0.to_string())?;
    connection.execute(
        "INSERT INTO rev_head (one, seq, id, floor) VALUES (1, 0, ?, 0)",
        [random(chance)?],
    )?;
    connection.execute(
        "INSERT INTO global_epoch (one, epoch, epoch_at, epoch_reason) VALUES (1, 0, 0, 'revoked')",
        [],
    )?;
    Ok(())
}

/// Moves the log's head beyond every position that may ever have been given out: a copy of the file
/// that was put back, or a commit that was lost, must not let a position be used twice.
fn jump(
    connection: &mut Connection,
    chance: &dyn Randomness,
    now: Timestamp,
) -> Result<RevocationSeq, Unprepared> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stored: i64 =
        transaction.query_row("SELECT seq FROM rev_head WHERE one = 1", [], |row| row.get(0))?;
    let stored =
        u64::try_from(stored).map_err(|_| Unprepared::Value("the head of its log is negative".to_owned()))?;
    let micros = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000);
    let head = stored.saturating_add(JUMP).max(micros);
    let column = i64::try_from(head).unwrap_or(i64::MAX);
    transaction.execute(
        "UPDATE rev_head SET seq = ?, id = ? WHERE one = 1",
        rusqlite::params![column, random(chance)?],
    )?;
    write_meta(&transaction, "boot_id", &hex(&random(chance)?))?;
    transaction.commit()?;
    Ok(RevocationSeq(head))
}

fn random(chance: &dyn Randomness) -> Result<[u8; 16], Unprepared> {
    draw(chance).map_err(|error| Unprepared::Chance(error.to_string()))
}

fn read_meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT v FROM meta WHERE k = ?", [key], |row| row.get(0))
        .optional()
}

fn meta(connection: &Connection, key: &str) -> Result<String, Unprepared> {
    read_meta(connection, key)?.ok_or_else(|| Unprepared::Value(format!("its {key} is missing")))
}

fn write_meta(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        [key, value],
    )?;
    Ok(())
}
