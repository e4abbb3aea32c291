use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::database::{Database, Engine, PASSWORD, Start, USER, script};

/// What MariaDB has of its own.
pub struct Maria;

/// A MariaDB.
pub type MariaDb = Database<Maria>;

/// How a MariaDB is to be started.
pub type StartMariaDb = Start<Maria>;

/// Where Debian puts the server: outside of an ordinary user's `PATH`.
const SERVERS: &str = "/usr/sbin";

impl Engine for Maria {
    const NAME: &'static str = "mariadb";
    const SCRIPT: &'static str = script!("mariadb.sh");
    const TLS: &'static [(&'static str, &'static str)] =
        &[("ssl-cert", "../server.crt"), ("ssl-key", "../server.key")];

    fn programs() -> PathBuf {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .chain([PathBuf::from(SERVERS)])
            .find(|bin| bin.join("mariadbd").is_file());
        match found {
            Some(bin) => bin,
            None => panic!("MariaDB is not there: apt-get install mariadb-server"),
        }
    }

    fn setting(name: &str, value: &str) -> Vec<String> {
        vec![format!("--{name}={value}")]
    }

    fn url(address: SocketAddr, schema: Option<&str>) -> String {
        let password = PASSWORD.replace(' ', "%20");
        let database = schema.unwrap_or(USER);
        format!("mysql://{USER}:{password}@{address}/{database}?sslmode=disable")
    }

    fn client(address: SocketAddr) -> Command {
        let mut command = program("mariadb", address);
        command.args(["--batch", "--skip-column-names", USER, "--execute"]);
        command
    }

    fn dump(address: SocketAddr) -> Command {
        let mut command = program("mariadb-dump", address);
        command.args(["--hex-blob", "--all-databases"]);
        command
    }

    fn shared() -> &'static MariaDb {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| StartMariaDb::default().start())
    }
}

fn program(name: &str, address: SocketAddr) -> Command {
    let mut command = Command::new(name);
    command
        .args([
            "--no-defaults",
            "--skip-ssl",
            "--protocol=tcp",
            "--host=127.0.0.1",
        ])
        .arg(format!("--port={}", address.port()))
        .arg(format!("--user={USER}"))
        .env("MYSQL_PWD", PASSWORD);
    command
}
