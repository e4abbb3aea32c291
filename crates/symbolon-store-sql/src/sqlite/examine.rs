//! A store, looked at without beginning to use it: for whoever wants to know before a start.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;
use super::connection::{check_version, open_error, open_reader};
use super::identity::{find_version, newest};
use super::lock_file::LockFile;
use super::own_file::resolve;

/// The most lines of damage that are told: the first says enough, and a torn file has millions.
const DAMAGE_MAX: u32 = 10;

/// What a store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Examined {
    /// The version of the engine that is linked.
    pub engine_version: &'static str,
    /// The version of its schema; zero: the file is empty.
    pub schema_version: u32,
    /// The newest version that this release knows, to which opening would bring it.
    pub newest_version: u32,
    /// What the engine's own check found wrong, in its words; empty where nothing is, or where it was not asked.
    pub damage: Vec<String>,
}

/// Looks at the store in a file; `None`: there is no file. Nothing is changed in it. `whole`: read all of it and check
/// that it is sound, which takes a minute where there are ten million sessions.
///
/// The lock is held meanwhile, so that nobody begins to use it under the eyes.
pub(crate) fn examine(path: &Path, whole: bool) -> Result<Option<Examined>, OpenError> {
    check_version()?;
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(error) => {
            return Err(OpenError::Unusable {
                path: path.to_owned(),
                detail: error.to_string(),
            });
        }
    }
    let path = resolve(path)?;
    let path = path.as_path();
    let _held = LockFile::take(path)?;
    let fault = |error| open_error(path, &error);
    // A reader moves nothing at its end: the log of a damaged store may be the only whole copy.
    let connection = open_reader(path).map_err(fault)?;
    let schema_version = find_version(&connection, path)?;
    let damage = if whole {
        quick_check(&connection).map_err(fault)?
    } else {
        Vec::new()
    };
    Ok(Some(Examined {
        engine_version: rusqlite::version(),
        schema_version,
        newest_version: newest(),
        damage,
    }))
}

/// Every line but the `ok` of a sound file.
fn quick_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({DAMAGE_MAX})"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    lines
        .filter(|line| !matches!(line, Ok(text) if text == "ok"))
        .collect()
}
