//! What PostgreSQL's errors mean.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::NAME;
use crate::link::SqlError;
use crate::server::OpenServerError;

/// What an error means to an operation.
pub(super) fn sql_error(error: &Error) -> SqlError {
    let detail = said(error);
    let Some(code) = error.code() else {
        // The driver's own: the connection is gone, or speaks nonsense.
        return SqlError::Undone(detail);
    };
    match code.code() {
        // Two that waited for each other; a snapshot that could not be kept; a prepared statement that a
        // change of the schema, or something between here and the server, has made void.
        "40P01" | "40001" | "26000" | "0A000" => SqlError::Undone(detail),
        // It shuts down, crashed, or starts.
        "57P01" | "57P02" | "57P03" | "25P03" => SqlError::Undone(detail),
        // Damaged data, a damaged index; a table or a column that is not there.
        "XX001" | "XX002" | "42P01" | "42703" => SqlError::Damaged(detail),
        "42501" => SqlError::Forbidden(detail),
        _ => SqlError::Unavailable(detail),
    }
}

/// Whether the connection cannot be used any more.
pub(super) fn is_lost(error: &Error) -> bool {
    error.code().is_none_or(|code| {
        let code = code.code();
        code.starts_with("57P") || code.starts_with("08") || ["25P03", "26000", "0A000"].contains(&code)
    })
}

/// The server's own words, or the cause of what the driver says.
pub(super) fn said(error: &Error) -> String {
    if let Some(theirs) = error.as_db_error() {
        return match theirs.detail() {
            // The detail of a row that is there twice tells its key, which may be anyone's name.
            Some(detail) if theirs.code() != &SqlState::UNIQUE_VIOLATION => {
                format!("{} ({detail})", theirs.message())
            }
            _ => theirs.message().to_owned(),
        };
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// What an error means to who opens.
pub(super) fn open_error(place: &str, error: &Error) -> OpenServerError {
    let (place, detail) = (place.to_owned(), said(error));
    let Some(code) = error.code() else {
        let cause = error.source();
        let tls = cause.is_some_and(|cause| {
            let io = cause.downcast_ref::<std::io::Error>();
            io.and_then(std::io::Error::get_ref)
                .is_some_and(|inner| inner.is::<rustls::Error>())
        });
        // The driver's word for a server that has no TLS.
        return if tls || error.to_string().contains("TLS handshake") {
            OpenServerError::tls(NAME, place, detail)
        } else {
            unreachable(place, detail)
        };
    };
    match code.code() {
        "28P01" | "28000" => OpenServerError::Refused {
            server: NAME,
            place,
            detail,
            remedy: "check user and password in store.url, and pg_hba.conf",
        },
        "3D000" => OpenServerError::NoDatabase {
            server: NAME,
            place,
            detail,
            remedy: "create it: CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0",
        },
        "42501" => OpenServerError::Privilege {
            place,
            detail,
            remedy: "make it the owner of its database: ALTER DATABASE name OWNER TO user".to_owned(),
        },
        "XX001" | "XX002" | "42P01" | "42703" => OpenServerError::Damaged { place, detail },
        _ => unreachable(place, detail),
    }
}

/// A server that does not answer.
pub(super) fn unreachable(place: String, detail: String) -> OpenServerError {
    OpenServerError::Unreachable {
        server: NAME,
        place,
        detail,
        remedy: "check that it runs, that store.url has its address, \
                 and that listen_addresses and pg_hba.conf let this machine in",
    }
}
