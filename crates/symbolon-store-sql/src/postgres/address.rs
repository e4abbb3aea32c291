//! Where the server is, read from its URL.

use std::str::FromStr as _;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::server::OpenServerError;
use crate::server::address::{Parts, Way, fault, is_loopback};

/// The port where the URL names none.
const PORT: u16 = 5432;

/// A server's address and how to go there.
#[derive(Clone)]
pub(super) struct Address {
    /// Host, user, password, database and options for the driver.
    pub(super) config: Config,
    /// How the way there is made safe.
    pub(super) way: Way,
    /// Host, port and database, for messages.
    pub(super) place: String,
}

impl Address {
    /// Reads a URL. The driver's own `sslmode`s that encrypt without asking whom one talks to are refused.
    pub(super) fn parse(url: &str) -> Result<Self, OpenServerError> {
        let parts = Parts::of(url)?;
        let mut rest = parts.base.clone();
        if !parts.options.is_empty() {
            rest = format!("{rest}?{}", parts.options.join("&"));
        }
        let mut config = Config::from_str(&rest).map_err(|error| fault(said(&error)))?;
        let [host] = config.get_hosts() else {
            return Err(fault("it must name one host".to_owned()));
        };
        let way = parts.way(is_here(host))?;
        let place = place(host, &config);
        config.ssl_mode(match way {
            Way::Plain => SslMode::Disable,
            Way::Verified(_) => SslMode::Require,
        });
        Ok(Self { config, way, place })
    }
}

/// Whether what is sent there does not leave this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_loopback(name),
        Host::Unix(_) => true,
    }
}

fn place(host: &Host, config: &Config) -> String {
    let host = match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{host}:{port}/{database}")
}

/// The driver says only of which kind an error is; its cause says what it is.
fn said(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::Address;
    use crate::server::address::Way;

    fn way(url: &str) -> Result<Way, String> {
        Address::parse(url)
            .map(|address| address.way)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_way_that_leaves_the_machine_is_verified_unless_told_otherwise() {
        let system = Ok(Way::Verified(None));
        assert_eq!(way("postgres://u:p@db.example/x"), system);
        assert_eq!(way("postgres://u:p@10.0.0.7/x?sslmode=verify-full"), system);
        assert_eq!(
            way("postgres://u@db/x?sslrootcert=/etc/our%20ca.pem"),
            Ok(Way::Verified(Some("/etc/our ca.pem".into())))
        );
        for here in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql"] {
            assert_eq!(way(&format!("postgres://u@{here}/x")), Ok(Way::Plain), "{here}");
        }
        assert_eq!(way("postgres://u@localhost/x?sslmode=verify-full"), system);
        assert_eq!(way("postgres://u@db/x?sslmode=disable"), Ok(Way::Plain));
    }

    #[test]
    fn a_mode_that_encrypts_without_asking_for_whom_is_refused() {
        for mode in ["require", "prefer", "allow", "verify-ca", ""] {
            assert_eq!(
                way(&format!("postgres://u@db/x?sslmode={mode}")),
                Err(format!(
                    "store.url is not understood: sslmode={mode} does not tell whom it talks to; \
                     expected verify-full or disable"
                ))
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_said_without_the_password() {
        for url in [
            "postgres://u:hunter2@db/x?colour=red",
            "postgres://u:hunter2@db:port/x",
            "postgres://u:hunter2@a,b/x",
            "postgres://u:hunter2@db/x?sslrootcert=%f",
            "postgres:",
            "",
        ] {
            let said = way(url).unwrap_err();
            assert!(said.starts_with("store.url is not understood: "), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_place_is_host_port_and_database() {
        let place = |url: &str| Address::parse(url).unwrap().place;
        assert_eq!(place("postgres://u:p@db.example:6432/x"), "db.example:6432/x");
        assert_eq!(place("postgres://u:p@db.example"), "db.example:5432/u");
    }
}
