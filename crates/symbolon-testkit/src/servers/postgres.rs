use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::database::{Database, Engine, PASSWORD, Start, USER, script};

/// What PostgreSQL has of its own.
pub struct PostgreSql;

/// A PostgreSQL.
pub type Postgres = Database<PostgreSql>;

/// How a PostgreSQL is to be started.
pub type StartPostgres = Start<PostgreSql>;

impl Engine for PostgreSql {
    const NAME: &'static str = "postgres";
    const SCRIPT: &'static str = script!("postgres.sh");
    const TLS: &'static [(&'static str, &'static str)] = &[
        ("ssl", "on"),
        ("ssl_cert_file", "../server.crt"),
        ("ssl_key_file", "../server.key"),
    ];

    /// Debian keeps a folder for each version, outside of `PATH`.
    fn programs() -> PathBuf {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let newest = versions
            .filter_map(|version| Some(version.ok()?.path().join("bin")))
            .filter(|bin| bin.join("initdb").is_file())
            .max_by_key(|bin| version_of(bin));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = newest.or_else(|| std::env::split_paths(&path).find(|bin| bin.join("initdb").is_file()));
        match found {
            Some(bin) => bin,
            None => panic!("PostgreSQL is not there: apt-get install postgresql"),
        }
    }

    fn setting(name: &str, value: &str) -> Vec<String> {
        vec!["-c".to_owned(), format!("{name}={value}")]
    }

    fn url(address: SocketAddr, schema: Option<&str>) -> String {
        let password = PASSWORD.replace(' ', "%20");
        let url = format!("postgres://{USER}:{password}@{address}/postgres?sslmode=disable");
        match schema {
            Some(schema) => format!("{url}&options=-c%20search_path={schema}"),
            None => url,
        }
    }

    fn client(address: SocketAddr) -> Command {
        let mut command = program("psql", address);
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c"]);
        command
    }

    fn dump(address: SocketAddr) -> Command {
        program("pg_dump", address)
    }

    fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| StartPostgres::default().start())
    }
}

fn program(name: &str, address: SocketAddr) -> Command {
    let mut command = Command::new(PostgreSql::programs().join(name));
    command
        .args(["-h", "127.0.0.1", "-U", USER, "-d", "postgres"])
        .args(["-p", &address.port().to_string()])
        .env("PGPASSWORD", PASSWORD)
        .env("PGSSLMODE", "disable");
    command
}

fn version_of(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name);
    version
        .and_then(|name| name.to_str()?.parse().ok())
        .unwrap_or_default()
}
