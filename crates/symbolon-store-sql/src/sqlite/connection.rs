//! What every connection is set to, and how SQLite's errors are read.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, ffi};

use super::{Durability, OpenError, OpenSqlite, Place};
use crate::link::SqlError;

/// The oldest version without the WAL-reset bug, which could lose a commit when a checkpoint and a
/// writer met.
const SQLITE_MIN: i32 = 3_051_003;

/// Statements that wait for a lock give up after this. Only one process and one writer exist, so
/// nothing waits long unless a foreign program holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Pages in memory, in KiB, for the writer: the inner pages of the indexes of some millions of
/// sessions. The rest is in the system's own cache. More is not faster: where a commit has rearranged
/// an index, SQLite looks through all the pages that it keeps (0.3 ms for 64 MiB).
const WRITER_CACHE_KIB: i64 = 16 * 1024;

/// The same for each reader, which drops them all with the first read after a commit.
const READER_CACHE_KIB: i64 = 4 * 1024;

/// After a checkpoint the log file is cut to this size, so that one large burst does not keep its
/// space for ever.
const WAL_KEPT_MAX: i64 = 64 * 1024 * 1024;

/// Refuses a SQLite that can lose a commit.
pub(super) fn check_version() -> Result<(), OpenError> {
    if rusqlite::version_number() >= SQLITE_MIN {
        return Ok(());
    }
    Err(OpenError::OldSqlite {
        found: rusqlite::version().to_owned(),
    })
}

/// Opens the connection that will write. It changes nothing in the file yet: whose file it is, is to
/// be found out first.
pub(super) fn open_writer(place: &Place) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match place {
        Place::File(path) => Connection::open_with_flags(path, flags)?,
        Place::Memory => Connection::open_in_memory_with_flags(flags)?,
    };
    set_common(&connection)?;
    Ok(connection)
}

/// Sets what writing needs. From here on the file is ours.
pub(super) fn set_writing(connection: &Connection, options: &OpenSqlite) -> rusqlite::Result<()> {
    // Only a file without tables takes this one; it stands before the first.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    ask(connection, "PRAGMA journal_mode = WAL")?;
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    ask(connection, &format!("PRAGMA journal_size_limit = {WAL_KEPT_MAX}"))?;
    // The writer makes its own checkpoints, between groups: SQLite's would hide a failed sync.
    ask(connection, "PRAGMA wal_autocheckpoint = 0")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    if let Some(pages) = options.pages_max {
        ask(connection, &format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(())
}

/// Opens a connection that reads. It cannot write, whatever it is asked.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_common(&connection)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    // Whoever closes last would move the log into the file: only the writer may, and not after a death.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn set_common(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A mapped file that is cut short by someone kills the process; a read only fails.
    ask(connection, "PRAGMA mmap_size = 0")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(())
}

/// Runs a pragma that answers with its new value, or with nothing on a database in memory.
fn ask(connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
    connection.query_row(pragma, [], |_| Ok(())).optional().map(drop)
}

/// What SQLite's error means to an operation.
pub(super) fn sql_error(error: &rusqlite::Error) -> SqlError {
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => SqlError::Damaged(detail),
        _ => SqlError::Unavailable(detail),
    }
}

/// Whether the error is of reading, writing or syncing the file.
pub(super) fn is_io_error(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

/// What SQLite's error at opening means to who opens.
pub(super) fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign {
            path,
            detail: "it is no SQLite database".to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, detail },
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path, detail },
        Some(ErrorCode::DiskFull) => OpenError::NoSpace { path, detail },
        Some(ErrorCode::SystemIoFailure) if extended(error) == ffi::SQLITE_IOERR_SHORT_READ => {
            OpenError::Damaged { path, detail }
        }
        Some(ErrorCode::SystemIoFailure) => OpenError::Disk { path, detail },
        _ => OpenError::Unusable { path, detail },
    }
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |raw| raw.extended_code)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use rusqlite::{Connection, Error, ffi};
    use symbolon_core::clock::Timestamp;
    use symbolon_core::token::KeyCheck;
    use symbolon_testkit::contract::Recorded;
    use symbolon_testkit::randomness::Seeded;
    use tempfile::TempDir;

    use super::{open_error, open_reader, open_writer, set_writing};
    use crate::sqlite::{Durability, OpenSqlite, Place};

    fn writer(folder: &TempDir, durability: Durability) -> Connection {
        let place = Place::File(folder.path().join("symbolon.db"));
        let connection = open_writer(&place).unwrap();
        let options = OpenSqlite {
            place,
            key_check: KeyCheck([1; 32]),
            now: Timestamp(0),
            sink: Arc::new(Recorded::default()),
            randomness: Arc::new(Seeded::new(1)),
            durability,
            pages_max: None,
        };
        set_writing(&connection, &options).unwrap();
        connection.execute_batch("CREATE TABLE t (c INTEGER)").unwrap();
        connection
    }

    fn text(connection: &Connection, pragma: &str) -> String {
        let asked = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        connection.query_row(&asked, [], |row| row.get(0)).unwrap()
    }

    fn number(connection: &Connection, pragma: &str) -> i64 {
        connection
            .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn the_writer_syncs_every_commit_and_makes_its_own_checkpoints() {
        let folder = TempDir::new().unwrap();
        let writer = writer(&folder, Durability::Full);
        assert_eq!(text(&writer, "journal_mode"), "wal");
        assert_eq!(number(&writer, "synchronous"), 2, "FULL");
        assert_eq!(number(&writer, "wal_autocheckpoint"), 0);
        assert_eq!(number(&writer, "auto_vacuum"), 2, "INCREMENTAL");
        assert_eq!(number(&writer, "journal_size_limit"), 64 * 1024 * 1024);
        assert_eq!(number(&writer, "mmap_size"), 0);
        assert_eq!(number(&writer, "temp_store"), 2, "MEMORY");
        assert_eq!(number(&writer, "busy_timeout"), 2_000);
    }

    #[test]
    fn less_durability_is_only_had_by_asking_for_it() {
        let folder = TempDir::new().unwrap();
        assert_eq!(Durability::default(), Durability::Full);
        assert_eq!(
            number(&writer(&folder, Durability::Normal), "synchronous"),
            1,
            "NORMAL"
        );
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = TempDir::new().unwrap();
        let _writer = writer(&folder, Durability::Full);
        let reader = open_reader(&folder.path().join("symbolon.db")).unwrap();
        assert_eq!(number(&reader, "mmap_size"), 0);
        let refused = reader.execute("INSERT INTO t (c) VALUES (1)", []).unwrap_err();
        assert_eq!(refused.to_string(), "attempt to write a readonly database");
    }

    /// What a test cannot bring about as every user: a file or a disk that cannot be written.
    #[test]
    fn an_error_at_opening_is_told_by_its_cause() {
        let told = |code| {
            let error = Error::SqliteFailure(ffi::Error::new(code), None);
            open_error(Path::new("PATH"), &error).to_string()
        };
        assert_eq!(
            told(ffi::SQLITE_READONLY_DIRECTORY),
            "PATH cannot be written: Error code 1544: attempt to write a readonly database; \
             give this user the right to write the file and its folder, or mount the file system for writing"
        );
        assert!(told(ffi::SQLITE_FULL).starts_with("no space is left for PATH: "));
        assert!(told(ffi::SQLITE_IOERR_SHORT_READ).starts_with("PATH is damaged: "));
        assert!(told(ffi::SQLITE_CANTOPEN).starts_with("cannot open PATH: "));
        for io in [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHMSIZE] {
            let said = told(io);
            assert!(said.starts_with("PATH cannot be read or written: "), "{said}");
            assert!(
                said.ends_with("; look whether its disk is full or broken, then start again"),
                "{said}"
            );
        }
    }
}
