//! What the errors of MySQL and MariaDB mean.

use mysql_async::{DriverError, Error, IoError};

use super::NAME;
use crate::link::SqlError;
use crate::server::OpenServerError;

/// What an error means to an operation.
pub(super) fn sql_error(error: &Error) -> SqlError {
    let detail = said(error);
    let Error::Server(theirs) = error else {
        // The driver's own: the connection is gone, or speaks nonsense.
        return SqlError::Undone(detail);
    };
    match theirs.code {
        // Two that waited for each other; a lock that was not given in time; a row that is newer than the snapshot; a
        // prepared statement that a change of the schema, or something between here and the server, has made void.
        1213 | 1205 | 1020 | 1243 | 1615 => SqlError::Undone(detail),
        // A privilege on a database, a table, a column, or one for all.
        1044 | 1142 | 1143 | 1227 | 1370 => SqlError::Forbidden(detail),
        // A table or a column that is not there; a damaged table or index.
        1146 | 1054 | 1932 | 1034 | 1194 | 1195 | 1712 | 1877 => SqlError::Damaged(detail),
        _ if is_lost(error) => SqlError::Undone(detail),
        _ => SqlError::Unavailable(detail),
    }
}

/// Whether the connection cannot be used any more.
pub(super) fn is_lost(error: &Error) -> bool {
    let Error::Server(theirs) = error else {
        return true;
    };
    matches!(
        theirs.code,
        // The server shuts down; the connection was killed, or was silent for too long.
        1053 | 1077 | 1158
            ..=1161 | 1317 | 1927 | 3169 | 4031
        // It was made read-only: another one is the primary now, or will be.
        | 1290 | 1792 | 1836 | 3032
        // What was prepared over it is void.
        | 1243 | 1615
    )
}

/// Whether an error at COMMIT leaves unknown whether it was done: also where the server says that the commit itself
/// went wrong.
pub(super) fn is_in_doubt(error: &Error) -> bool {
    is_lost(error) || matches!(error, Error::Server(theirs) if theirs.code == 1180)
}

/// The server's own words, or the driver's.
pub(super) fn said(error: &Error) -> String {
    match error {
        // A row that is there twice is told with its key, which may be anyone's name.
        Error::Server(theirs) if theirs.code == 1062 => "a row of that key is there already".to_owned(),
        Error::Server(theirs) => theirs.message.clone(),
        Error::Io(IoError::Io(cause)) => cause.to_string(),
        Error::Io(IoError::Tls(cause)) => cause.to_string(),
        Error::Driver(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// What an error means to who opens.
pub(super) fn open_error(place: &str, error: &Error) -> OpenServerError {
    let (place, detail) = (place.to_owned(), said(error));
    match error {
        Error::Io(IoError::Tls(_)) | Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            OpenServerError::tls(NAME, place, detail)
        }
        // What TLS finds wrong comes as an error of the wire.
        Error::Io(IoError::Io(cause)) if is_tls(cause) => OpenServerError::tls(NAME, place, detail),
        Error::Server(theirs) => match theirs.code {
            1045 | 1698 | 1130 | 1251 | 1862 => OpenServerError::Refused {
                server: NAME,
                place,
                detail,
                remedy: "check user and password in store.url, and for which hosts the user may come: \
                         CREATE USER name@host IDENTIFIED BY 'password'",
            },
            1049 => OpenServerError::NoDatabase {
                server: NAME,
                place,
                detail,
                remedy: "create it: CREATE DATABASE name; GRANT ALL ON name.* TO user",
            },
            1044 | 1142 | 1143 | 1227 => OpenServerError::Privilege {
                place,
                detail,
                remedy: "GRANT ALL ON name.* TO user, where name is the database of store.url".to_owned(),
            },
            _ => unreachable(place, detail),
        },
        _ => unreachable(place, detail),
    }
}

fn is_tls(cause: &std::io::Error) -> bool {
    cause.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// A server that does not answer.
pub(super) fn unreachable(place: String, detail: String) -> OpenServerError {
    OpenServerError::Unreachable {
        server: NAME,
        place,
        detail,
        remedy: "check that it runs, that store.url has its address, and that bind-address lets this machine in",
    }
}
