//! In what MySQL and MariaDB differ.

use super::NAME;

/// Which of the two a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flavor {
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl Flavor {
    /// What the text of `version` says, such as `8.0.36` and `10.11.6-MariaDB-0+deb12u1`.
    pub(super) fn of(version: &str) -> Self {
        if version.contains("MariaDB") {
            Self::MariaDb
        } else {
            Self::MySql
        }
    }

    /// Its name, in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MySql => NAME,
            Self::MariaDb => "MariaDB",
        }
    }

    /// The oldest version that has all that the store needs: SKIP LOCKED, and in MySQL the collation.
    pub(super) fn version_min(self) -> (u32, u32, u32) {
        match self {
            Self::MySql => (8, 0, 17),
            Self::MariaDb => (10, 6, 0),
        }
    }

    /// The collation that compares texts as bytes and counts trailing spaces.
    pub(super) fn collation(self) -> &'static str {
        match self {
            Self::MySql => "utf8mb4_0900_bin",
            Self::MariaDb => "utf8mb4_nopad_bin",
        }
    }
}
