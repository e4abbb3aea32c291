//! What the server must be: one that cannot lose a commit, and decides.

use std::collections::HashMap;

use super::fault::unreachable;
use super::flavor::Flavor;
use crate::server::OpenServerError;

/// What [`check`] looks at. What a server does not have it does not tell.
pub(super) const LOOK: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'read_only', 'super_read_only', \
    'innodb_read_only', 'wsrep_on', 'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'binlog_format')";

/// The settings of a server, by their names.
pub(super) struct Settings(pub(super) HashMap<String, String>);

impl Settings {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("ON")
    }
}

/// A setting that the store cannot stand on.
struct Wrong<'s> {
    setting: &'static str,
    found: &'s str,
    why: &'static str,
    remedy: &'static str,
}

/// Refuses a server that could lose a commit, or does not decide; says which of the two kinds it is.
pub(super) fn check(place: &str, settings: &Settings) -> Result<Flavor, OpenServerError> {
    let Some(version) = settings.get("version") else {
        let detail = "it does not tell its settings";
        return Err(unreachable(place.to_owned(), detail.to_owned()));
    };
    let flavor = Flavor::of(version);
    let wrong = too_old(flavor, version)
        .or_else(|| undecided(settings))
        .or_else(|| forgetful(flavor, settings));
    match wrong {
        None => Ok(flavor),
        Some(wrong) => Err(OpenServerError::Setting {
            server: flavor.name(),
            place: place.to_owned(),
            setting: wrong.setting,
            found: wrong.found.to_owned(),
            why: wrong.why,
            remedy: wrong.remedy,
        }),
    }
}

fn too_old(flavor: Flavor, version: &str) -> Option<Wrong<'_>> {
    (numbers(version) < flavor.version_min()).then_some(Wrong {
        setting: "version",
        found: version,
        why: "it is too old",
        remedy: "use MariaDB 10.6 or MySQL 8.0.17, or newer",
    })
}

/// Another server may know more than this one.
fn undecided(settings: &Settings) -> Option<Wrong<'_>> {
    for setting in ["super_read_only", "read_only", "innodb_read_only"] {
        if let Some(found) = settings.get(setting).filter(|found| *found != "OFF") {
            return Some(Wrong {
                setting,
                found,
                why: "it is a replica or is to become one, and what is read there may be old",
                remedy: "set store.url to the primary; if this is the primary, set it to OFF",
            });
        }
    }
    settings.is_on("wsrep_on").then_some(Wrong {
        setting: "wsrep_on",
        found: "ON",
        why: "it is a node of a Galera cluster, where one node may not show yet what another has committed",
        remedy: "set store.url to a server that stands alone or is the primary of its replicas",
    })
}

/// A commit that was answered may be gone after a crash, or is refused.
fn forgetful(flavor: Flavor, settings: &Settings) -> Option<Wrong<'_>> {
    const WHY: &str = "a session that was ended could be alive again after a crash";
    let flushed = settings.get("innodb_flush_log_at_trx_commit").unwrap_or("0");
    // MariaDB's 3 flushes as often as 1.
    if flushed != "1" && !(flavor == Flavor::MariaDb && flushed == "3") {
        return Some(Wrong {
            setting: "innodb_flush_log_at_trx_commit",
            found: flushed,
            why: WHY,
            remedy: "set it to 1, in the server's configuration and with SET GLOBAL",
        });
    }
    if !settings.is_on("log_bin") {
        return None;
    }
    let synced = settings.get("sync_binlog").unwrap_or("0");
    if synced != "1" {
        // After a crash the engine undoes what the binary log does not have.
        return Some(Wrong {
            setting: "sync_binlog",
            found: synced,
            why: WHY,
            remedy: "set it to 1, in the server's configuration and with SET GLOBAL",
        });
    }
    let format = settings
        .get("binlog_format")
        .filter(|format| *format == "STATEMENT")?;
    Some(Wrong {
        setting: "binlog_format",
        found: format,
        why: "it refuses changes under READ COMMITTED",
        remedy: "set it to ROW or MIXED, in the server's configuration and with SET GLOBAL",
    })
}

/// The numbers that a version begins with.
fn numbers(version: &str) -> (u32, u32, u32) {
    let digits = version.split(|letter: char| !letter.is_ascii_digit());
    let mut numbers = digits.map(|digits| digits.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::{Settings, check};
    use crate::mysql::flavor::Flavor;

    fn settings(version: &str, others: &[(&str, &str)]) -> Settings {
        let good = [
            ("version", version),
            ("read_only", "OFF"),
            ("innodb_flush_log_at_trx_commit", "1"),
            ("log_bin", "OFF"),
            ("sync_binlog", "0"),
        ];
        let all = good.iter().chain(others);
        Settings(
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    const MARIADB: &str = "10.11.6-MariaDB-0+deb12u1-log";

    fn refused(version: &str, others: &[(&str, &str)]) -> String {
        let error = check("db:3306/x", &settings(version, others)).unwrap_err();
        error.to_string()
    }

    #[test]
    fn the_two_are_told_apart_and_each_has_an_oldest_version() {
        let flavor = |version| check("db:3306/x", &settings(version, &[])).ok();
        for version in [MARIADB, "10.6.0-MariaDB", "11.4.2-MariaDB-ubu2404"] {
            assert_eq!(flavor(version), Some(Flavor::MariaDb), "{version}");
        }
        for version in ["8.0.17", "8.0.36-0ubuntu0.22.04.1", "8.4.0", "9.1.0"] {
            assert_eq!(flavor(version), Some(Flavor::MySql), "{version}");
        }
        for version in ["10.5.28-MariaDB", "8.0.16", "5.7.44-log", ""] {
            assert_eq!(
                refused(version, &[]),
                format!(
                    "{} at db:3306/x has version = {version}: it is too old; use MariaDB 10.6 or MySQL 8.0.17, or newer",
                    if version.contains("Maria") {
                        "MariaDB"
                    } else {
                        "MySQL"
                    }
                )
            );
        }
    }

    #[test]
    fn a_replica_or_a_node_of_galera_is_refused() {
        for (setting, value) in [
            ("read_only", "ON"),
            ("read_only", "NO_LOCK"),
            ("super_read_only", "ON"),
            ("innodb_read_only", "ON"),
        ] {
            assert_eq!(
                refused("8.4.0", &[(setting, value)]),
                format!(
                    "MySQL at db:3306/x has {setting} = {value}: it is a replica or is to become one, and what is read \
                     there may be old; set store.url to the primary; if this is the primary, set it to OFF"
                )
            );
        }
        assert_eq!(
            refused(MARIADB, &[("wsrep_on", "ON")]),
            "MariaDB at db:3306/x has wsrep_on = ON: it is a node of a Galera cluster, where one node may not show yet \
             what another has committed; set store.url to a server that stands alone or is the primary of its replicas"
        );
    }

    #[test]
    fn a_server_that_could_lose_a_commit_is_refused() {
        for (version, value) in [(MARIADB, "0"), (MARIADB, "2"), ("8.4.0", "3")] {
            let said = refused(version, &[("innodb_flush_log_at_trx_commit", value)]);
            assert!(
                said.ends_with(&format!(
                    " has innodb_flush_log_at_trx_commit = {value}: a session that was ended could be alive again after \
                     a crash; set it to 1, in the server's configuration and with SET GLOBAL"
                )),
                "{said}"
            );
        }
        let third = [("innodb_flush_log_at_trx_commit", "3")];
        assert!(check("db:3306/x", &settings(MARIADB, &third)).is_ok());
        let said = refused(MARIADB, &[("log_bin", "ON")]);
        assert!(said.contains(" has sync_binlog = 0: "), "{said}");
        let logged = [("log_bin", "ON"), ("sync_binlog", "1")];
        assert!(check("db:3306/x", &settings(MARIADB, &logged)).is_ok());
        let said = refused(MARIADB, &[logged[0], logged[1], ("binlog_format", "STATEMENT")]);
        assert!(said.contains(" has binlog_format = STATEMENT: "), "{said}");
    }

    #[test]
    fn a_server_that_tells_nothing_is_refused() {
        let none = Settings(std::collections::HashMap::new());
        assert!(check("db:3306/x", &none).is_err());
    }
}
