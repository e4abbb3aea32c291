use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::guard::Guard;
use crate::server::free_address;

const SCRIPT: &str = include_str!("postgres.sh");
/// The one role: it may do everything.
const ROLE: &str = "symbolon";
const PASSWORD: &str = "of the test";

/// A new server takes 40 MiB and its log some more; three of them run at once.
const MEMORY_MIN: u64 = 1 << 30;

/// A PostgreSQL that ends with the test process, or when it is dropped.
///
/// It listens on the loopback address, wants a password, and syncs what it commits as one in production does.
pub struct Postgres {
    address: SocketAddr,
    folder: PathBuf,
    schemas: AtomicU32,
    guard: Guard,
}

/// How a PostgreSQL is to be started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    settings: Vec<String>,
    files: Vec<(String, String)>,
}

impl Start {
    /// With a setting of its own, such as `fsync` and `off`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.extend(["-c".to_owned(), format!("{name}={value}")]);
        self
    }

    /// With TLS, which every connection may then ask for. Both are PEM.
    #[must_use]
    pub fn tls(mut self, certificate: &str, key: &str) -> Self {
        self.files.push(("server.crt".to_owned(), certificate.to_owned()));
        self.files.push(("server.key".to_owned(), key.to_owned()));
        self.setting("ssl", "on")
            .setting("ssl_cert_file", "../server.crt")
            .setting("ssl_key_file", "../server.key")
    }

    /// Makes it and starts it.
    #[must_use]
    pub fn start(self) -> Postgres {
        let bin = programs();
        let folder = TempDir::with_prefix_in("symbolon-postgres-", place())
            .unwrap()
            .keep();
        write_private(&folder, "password", PASSWORD);
        for (name, text) in &self.files {
            write_private(&folder, name, text);
        }
        let address = free_address();
        let mut args = vec![bin.display().to_string(), address.port().to_string()];
        args.extend(self.settings);
        Postgres {
            address,
            guard: Guard::start(SCRIPT, &folder, &args),
            folder,
            schemas: AtomicU32::new(0),
        }
    }
}

impl Postgres {
    /// The one that all tests of this process share, started by the first. Each test takes a
    /// [`schema`](Self::schema) of its own, and breaks nothing that the others stand on.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Start::default().start())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address, role and password, as a client takes them; without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.address)
    }

    /// The same, but over another address: that of a proxy before it.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{ROLE}:{password}@{address}/postgres?sslmode=disable")
    }

    /// The same, for a client that stays in a schema.
    #[must_use]
    pub fn url_of(&self, schema: &str) -> String {
        format!("{}&options=-c%20search_path={schema}", self.url())
    }

    /// Makes an empty schema; gives its name.
    pub fn schema(&self) -> String {
        let name = format!("s{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE SCHEMA {name}"));
        name
    }

    /// Runs SQL as the one role, and gives what it answers: a line for each row, columns between bars.
    pub fn sql(&self, text: &str) -> String {
        let ran = Command::new(programs().join("psql"))
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", ROLE])
            .args([
                "-d",
                "postgres",
                "-c",
                text,
                "-p",
                &self.address.port().to_string(),
            ])
            .env("PGPASSWORD", PASSWORD)
            .env("PGSSLMODE", "disable")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{text}: {said}");
        String::from_utf8_lossy(&ran.stdout).trim_end().to_owned()
    }

    /// All that it holds, as text: bytes are in hexadecimal digits.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let ran = Command::new(programs().join("pg_dump"))
            .args(["-h", "127.0.0.1", "-U", ROLE, "-d", "postgres"])
            .args(["-p", &self.address.port().to_string()])
            .env("PGPASSWORD", PASSWORD)
            .env("PGSSLMODE", "disable")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "pg_dump: {said}");
        ran.stdout
    }

    /// Ends it and all its processes as a power cut would.
    pub fn kill9(&self) {
        self.guard.say("kill");
    }

    /// Ends it in order; its clients are cut off.
    pub fn stop(&self) {
        self.guard.say("stop");
    }

    /// Starts it again after one of the two, on the same port.
    pub fn start_again(&self) {
        self.guard.say("start");
    }

    /// Stops all its processes where they stand: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.guard.say("freeze");
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.guard.say("thaw");
    }

    /// Its folder, which is gone when it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Where the folders are made: in memory if there is room, since what a test kills is a process and never the machine,
/// and a sync to a disk is most of the time that a commit takes.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match rustix::fs::statvfs(memory) {
        Ok(room) if room.f_bavail.saturating_mul(room.f_frsize) >= MEMORY_MIN => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
}

/// The folder of PostgreSQL's programs: Debian keeps one for each version, outside of `PATH`.
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

fn version_of(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name);
    version
        .and_then(|name| name.to_str()?.parse().ok())
        .unwrap_or_default()
}

/// A file that only its owner reads: the server refuses a key that others can read.
fn write_private(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
