use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::disk;
use super::guard::Guard;
use crate::server::free_address;
use crate::wall_clock;

/// The one user: it may do everything.
pub(super) const USER: &str = "symbolon";
pub(super) const PASSWORD: &str = "of the test";

/// A new server takes 40 MiB and its log some more; three of them run at once.
const MEMORY_MIN: u64 = 1 << 30;

/// What is said to any of them, behind what each has of its own.
macro_rules! script {
    ($own:literal) => {
        concat!(include_str!($own), include_str!("obey.sh"))
    };
}
pub(super) use script;

/// In what database servers differ.
pub trait Engine: Sized + 'static {
    /// What its folders are called.
    const NAME: &'static str;
    /// The guard's script. Its arguments are the folder, that of the programs, the port, and settings.
    const SCRIPT: &'static str;
    /// The settings that bring TLS with `server.crt` and `server.key`, which stand beside its data.
    const TLS: &'static [(&'static str, &'static str)];

    /// Where its programs are; a panic that names the package if they are not there.
    fn programs() -> PathBuf;

    /// A setting as arguments of the server.
    fn setting(name: &str, value: &str) -> Vec<String>;

    /// The address of a schema, or of the default one, as a client takes it.
    fn url(address: SocketAddr, schema: Option<&str>) -> String;

    /// The command that runs the SQL that is its last argument.
    fn client(address: SocketAddr) -> Command;

    /// The command that writes all that it holds as text.
    fn dump(address: SocketAddr) -> Command;

    /// The one that all tests of this process share, started by the first. Each test takes a
    /// [`schema`](Database::schema) of its own, and breaks nothing that the others stand on.
    fn shared() -> &'static Database<Self>;
}

/// A database server that ends with the test process, or when it is dropped.
///
/// It listens on the loopback address, wants a password, and syncs what it commits as one in production does.
pub struct Database<E> {
    address: SocketAddr,
    folder: PathBuf,
    schemas: AtomicU32,
    guard: Guard,
    engine: PhantomData<E>,
}

/// How a database server is to be started.
#[derive(Clone, Debug)]
pub struct Start<E> {
    settings: Vec<String>,
    files: Vec<(String, String)>,
    own_clock: bool,
    disk: Option<u32>,
    engine: PhantomData<E>,
}

impl<E> Default for Start<E> {
    fn default() -> Self {
        Self {
            settings: Vec::new(),
            files: Vec::new(),
            own_clock: false,
            disk: None,
            engine: PhantomData,
        }
    }
}

impl<E: Engine> Start<E> {
    /// With a setting of its own, such as `fsync` and `off`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.extend(E::setting(name, value));
        self
    }

    /// With TLS, which every connection may then ask for. Both are PEM.
    #[must_use]
    pub fn tls(mut self, certificate: &str, key: &str) -> Self {
        self.files.push(("server.crt".to_owned(), certificate.to_owned()));
        self.files.push(("server.key".to_owned(), key.to_owned()));
        E::TLS
            .iter()
            .fold(self, |start, (name, value)| start.setting(name, value))
    }

    /// With a wall clock of its own, which [`Database::set_clock`] sets while it runs.
    #[must_use]
    pub fn own_clock(mut self) -> Self {
        self.own_clock = true;
        self
    }

    /// With its data on a disk of its own that holds so many MiB: an empty database takes about 50.
    #[must_use]
    pub fn disk(mut self, mebibytes: u32) -> Self {
        self.disk = Some(mebibytes);
        self
    }

    /// Makes it and starts it.
    #[must_use]
    pub fn start(self) -> Database<E> {
        let bin = E::programs();
        let prefix = format!("symbolon-{}-", E::NAME);
        let folder = TempDir::with_prefix_in(prefix, place()).unwrap().keep();
        write_private(&folder, "password", PASSWORD);
        for (name, text) in &self.files {
            write_private(&folder, name, text);
        }
        let address = free_address();
        let mut args = vec![bin.display().to_string(), address.port().to_string()];
        args.extend(self.settings);
        let mut shell = match self.disk {
            Some(mebibytes) => disk::shell_on(&folder, mebibytes),
            None => Command::new("sh"),
        };
        // A word of the script, before the server's own name.
        shell.env(
            "clock",
            if self.own_clock {
                clock(&folder)
            } else {
                String::new()
            },
        );
        Database {
            address,
            guard: Guard::start(shell, E::SCRIPT, &folder, &args),
            folder,
            schemas: AtomicU32::new(0),
            engine: PhantomData,
        }
    }
}

impl<E: Engine> Database<E> {
    /// The one that all tests of this process share.
    pub fn shared() -> &'static Self {
        E::shared()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address, user and password, as a client takes them; without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        E::url(self.address, None)
    }

    /// The same, but over another address: that of a proxy before it.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        E::url(address, None)
    }

    /// The same, for a client that stays in a schema.
    #[must_use]
    pub fn url_of(&self, schema: &str) -> String {
        E::url(self.address, Some(schema))
    }

    /// Both.
    #[must_use]
    pub fn url_of_at(&self, schema: &str, address: SocketAddr) -> String {
        E::url(address, Some(schema))
    }

    /// Makes an empty schema; gives its name.
    pub fn schema(&self) -> String {
        let name = format!("s{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE SCHEMA {name}"));
        name
    }

    /// Runs SQL as the one user, and gives what it answers: a line for each row, columns between bars.
    pub fn sql(&self, text: &str) -> String {
        let answer = said(E::client(self.address).arg(text), text);
        String::from_utf8_lossy(&answer).trim_end().replace('\t', "|")
    }

    /// The same, of SQL that the server may refuse: whether it did it.
    pub fn try_sql(&self, text: &str) -> bool {
        E::client(self.address)
            .arg(text)
            .output()
            .unwrap()
            .status
            .success()
    }

    /// All that it holds, as text: bytes are in hexadecimal digits.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        said(&mut E::dump(self.address), "dump")
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

    /// Sets the wall clock that it was given by [`Start::own_clock`] so many seconds ahead of the machine's, or behind it.
    pub fn set_clock(&self, ahead: i64) {
        wall_clock::set(&self.folder, ahead);
    }

    /// Leaves no room on the disk that it was given by [`Start::disk`].
    pub fn fill_disk(&self) {
        self.guard.say("fill");
    }

    /// Makes room again.
    pub fn free_disk(&self) {
        self.guard.say("free");
    }

    /// Its folder, which is gone when it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Sets a clock that stands right, and gives the command under which a server goes by it.
fn clock(folder: &Path) -> String {
    wall_clock::set(folder, 0);
    let env = wall_clock::env(folder).map(|(name, value)| format!(" {name}={value}"));
    format!("env{}", env.concat())
}

fn said(command: &mut Command, what: &str) -> Vec<u8> {
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{what}: {said}");
    ran.stdout
}

/// Where the folders are made: in memory if there is room, since what a test kills is a process and never the machine,
/// and a sync to a disk is most of the time that a commit takes.
pub(super) fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match rustix::fs::statvfs(memory) {
        Ok(room) if room.f_bavail.saturating_mul(room.f_frsize) >= MEMORY_MIN => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
}

/// A file that only its owner reads: a server refuses a key that others can read.
fn write_private(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
