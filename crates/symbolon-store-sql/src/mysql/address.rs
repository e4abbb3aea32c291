//! Where the server is, read from its URL.

use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};

use crate::server::OpenServerError;
use crate::server::address::{Parts, Way, fault, is_loopback, plain};
use crate::server::trust;

/// How long the kernel leaves a silent connection alone before it asks whether the server is still there.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// The largest packet that is sent or read: far above the largest row.
const PACKET_MAX: usize = 16 << 20;

/// How long the driver thinks that the server keeps an idle connection; it is only asked for by the driver's own pool.
const WAIT_MAX: usize = 28_800;

/// A server's address and how to go there.
pub(super) struct Address {
    /// Host, user, password, database and settings for the driver.
    pub(super) opts: Opts,
    /// How the way there is made safe.
    pub(super) way: Way,
    /// Host, port and database, for messages.
    pub(super) place: String,
}

impl Address {
    /// Reads a URL, of which the driver's own options are refused.
    pub(super) fn parse(url: &str) -> Result<Self, OpenServerError> {
        let parts = Parts::of(url)?;
        let mut socket = None;
        for option in &parts.options {
            match option.split_once('=') {
                Some(("socket", path)) => socket = Some(plain("socket", path)?),
                _ => {
                    let name = option.split('=').next().unwrap_or_default();
                    let known = "expected socket, sslmode or sslrootcert";
                    return Err(fault(format!("the option {name} is not known; {known}")));
                }
            }
        }
        // The driver knows one name of the two.
        let base = parts.base.replacen("mariadb://", "mysql://", 1);
        let opts = Opts::from_url(&base).map_err(|error| fault(error.to_string()))?;
        let (Some(database), Some(_)) = (opts.db_name(), opts.user()) else {
            return Err(fault("it must name a user and a database".to_owned()));
        };
        let (host, port) = (opts.ip_or_hostname(), opts.tcp_port());
        let place = match &socket {
            Some(path) => format!("{path}/{database}"),
            None => format!("{host}:{port}/{database}"),
        };
        let way = parts.way(socket.is_some() || is_loopback(host))?;
        let opts = OptsBuilder::from_opts(opts)
            .socket(socket)
            // Asking the server for a socket, and going there in its place, is left alone.
            .prefer_socket(false)
            .tcp_keepalive(Some(SILENCE_MAX))
            .max_allowed_packet(Some(PACKET_MAX))
            .wait_timeout(Some(WAIT_MAX))
            // The link keeps its own.
            .stmt_cache_size(0)
            // A change that leaves a row as it was is a change, as everywhere else.
            .client_found_rows(true);
        Ok(Self {
            opts: opts.into(),
            way,
            place,
        })
    }

    /// The same, with the authorities that the way asks for. The error says which file is wrong.
    pub(super) fn with_trust(self) -> Result<Self, String> {
        let Way::Verified(authorities) = &self.way else {
            return Ok(self);
        };
        let roots = trust::authorities(authorities.as_deref())?;
        let roots = roots.into_iter().map(|root| root.to_vec().into());
        let tls = SslOpts::default()
            .with_disable_built_in_roots(true)
            .with_root_certs(roots.collect());
        let opts = OptsBuilder::from_opts(self.opts).ssl_opts(Some(tls)).into();
        Ok(Self { opts, ..self })
    }
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
        assert_eq!(way("mysql://u:p@db.example/x"), system);
        assert_eq!(way("mariadb://u:p@db.example/x"), system);
        assert_eq!(
            way("mysql://u:p@db/x?sslrootcert=/etc/our%20ca.pem"),
            Ok(Way::Verified(Some("/etc/our ca.pem".into())))
        );
        assert_eq!(way("mysql://u@127.0.0.1/x?sslmode=verify-full"), system);
        for plain in [
            "mysql://u@localhost/x",
            "mysql://u@[::1]/x",
            "mysql://u@db/x?sslmode=disable",
            "mysql://u@localhost/x?socket=/run/mysqld/mysqld.sock",
        ] {
            assert_eq!(way(plain), Ok(Way::Plain), "{plain}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_without_the_password() {
        for (url, said) in [
            (
                "mysql://u:hunter2@db/x?pool_max=3",
                "the option pool_max is not known; expected socket, sslmode or sslrootcert",
            ),
            ("mysql://u:hunter2@db", "it must name a user and a database"),
            ("mysql://db/x", "it must name a user and a database"),
            (
                "mysql://u:hunter2@db/x?sslmode=require",
                "sslmode=require does not tell whom it talks to; expected verify-full or disable",
            ),
            (
                "mysql://u:hunter2@db/x?socket=%f",
                "socket is not percent-encoded UTF-8: %f",
            ),
        ] {
            assert_eq!(way(url), Err(format!("store.url is not understood: {said}")));
        }
        for url in ["mysql://u:hunter2@db:port/x", "mysql:", ""] {
            let said = way(url).unwrap_err();
            assert!(said.starts_with("store.url is not understood: "), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_place_is_host_port_and_database_or_the_socket() {
        let place = |url: &str| Address::parse(url).unwrap().place;
        assert_eq!(place("mysql://u:p@db.example:3307/x"), "db.example:3307/x");
        assert_eq!(place("mariadb://u:p@db.example/x"), "db.example:3306/x");
        assert_eq!(
            place("mysql://u@localhost/x?socket=/run/mysqld/mysqld.sock"),
            "/run/mysqld/mysqld.sock/x"
        );
    }
}
