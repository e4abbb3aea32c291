use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::database::place;
use super::guard::Guard;
use crate::server::free_address;

/// How long a server is silent before a Sentinel takes it for dead. A Sentinel pings, and goes to a server anew, once a
/// second: with less than that it takes the one that it has just let lead for dead, and the old one leads again.
pub const DOWN_AFTER: Duration = Duration::from_secs(2);

/// Where a copy of its disk is kept.
const COPY: &str = "copy";

const SCRIPT: &str = concat!(include_str!("redis.sh"), include_str!("obey.sh"));

/// A Redis, or a Valkey where that is what is there, that ends with the test process, or when it is dropped.
///
/// It listens on the loopback address and on a socket in its folder, and keeps nothing in a file unless told to. That folder
/// is in memory if there is room, as a database's is: with `appendfsync always` whoever keeps a disk busy would keep it waiting.
pub struct Redis {
    address: SocketAddr,
    tls: bool,
    folder: PathBuf,
    guard: Guard,
}

/// How a Redis is to be started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// In place of what the tests have to say about what is kept.
    operators: Option<String>,
    settings: String,
    files: Vec<(&'static str, String)>,
    users: String,
    arguments: Vec<String>,
}

impl Start {
    /// With a setting of its own, as in its configuration file.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        writeln!(self.settings, "{name} {value}").unwrap();
        self
    }

    /// With all that it acknowledges on its disk before it does.
    #[must_use]
    pub fn durable(self) -> Self {
        self.setting("appendonly", "yes").setting("appendfsync", "always")
    }

    /// With a whole configuration, as an operator has it. Address and folder are the tests' own all the same.
    #[must_use]
    pub fn configured_by(mut self, text: &str) -> Self {
        self.operators = Some(format!("{text}\n"));
        self
    }

    /// With a user: `rules` as `ACL SETUSER` takes them, such as `on >secret ~sy:* +get`.
    #[must_use]
    pub fn user(mut self, name: &str, rules: &str) -> Self {
        writeln!(self.users, "user {name} {rules}").unwrap();
        self
    }

    /// With TLS in place of the plain port. Both are PEM.
    #[must_use]
    pub fn tls(mut self, certificate: &str, key: &str) -> Self {
        self.files.push(("server.crt", certificate.to_owned()));
        self.files.push(("server.key", key.to_owned()));
        self
    }

    /// As a replica of another one.
    #[must_use]
    pub fn replica_of(self, primary: &Redis) -> Self {
        let address = primary.address;
        let of = format!("{} {}", address.ip(), address.port());
        self.setting("replicaof", &of)
            .setting("repl-diskless-sync-delay", "0")
    }

    /// As the Sentinel that alone decides about the primary of that name, by [`DOWN_AFTER`].
    #[must_use]
    pub fn sentinel_of(self, service: &str, primary: &Redis) -> Self {
        self.sentinel_at(service, primary.address, 1)
    }

    /// As one of some, of whom so many must agree that the primary is gone. They reach it at that address.
    #[must_use]
    pub fn sentinel_at(mut self, service: &str, address: SocketAddr, quorum: usize) -> Self {
        let of = format!("monitor {service} {} {} {quorum}", address.ip(), address.port());
        let millis = DOWN_AFTER.as_millis();
        self.arguments.push("--sentinel".to_owned());
        self.setting("sentinel", &of)
            .setting("sentinel", &format!("down-after-milliseconds {service} {millis}"))
            .setting("sentinel", &format!("failover-timeout {service} 10000"))
    }

    /// As many servers as are wanted, each with its share of one cluster's keys. It holds when they know each other.
    #[must_use]
    pub fn cluster_of(self, count: u16) -> Vec<Redis> {
        let servers: Vec<Redis> = (0..count)
            .map(|_| {
                let bus = free_address().port().to_string();
                let one = self.clone().setting("cluster-enabled", "yes");
                one.setting("cluster-node-timeout", "1000")
                    .setting("cluster-require-full-coverage", "no")
                    .setting("cluster-port", &bus)
                    .start()
            })
            .collect();
        for (number, server) in (0_u32..).zip(&servers) {
            let share = |number: u32| 16_384 * number / u32::from(count);
            let (first, last) = (share(number), share(number + 1) - 1);
            server.cli(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
            let (address, bus) = (
                servers[0].address,
                servers[0].cli(&["CONFIG", "GET", "cluster-port"]),
            );
            let bus = bus.lines().last().unwrap_or_default().to_owned();
            if number > 0 {
                let (ip, port) = (address.ip().to_string(), address.port().to_string());
                server.cli(&["CLUSTER", "MEET", &ip, &port, &bus]);
            }
        }
        servers
    }

    /// Makes it and starts it.
    #[must_use]
    pub fn start(self) -> Redis {
        let folder = TempDir::with_prefix_in("symbolon-redis-", place())
            .unwrap()
            .keep();
        let address = free_address();
        let tls = !self.files.is_empty();
        for (name, text) in &self.files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        if !self.users.is_empty() {
            // The tests' own hand may do everything.
            let users = format!("user default on nopass ~* &* +@all\n{}", self.users);
            std::fs::write(folder.join("users.acl"), users).unwrap();
        }
        std::fs::write(
            folder.join("redis.conf"),
            self.configuration(&folder, address, tls),
        )
        .unwrap();
        let mut args = vec![program(SERVERS), program(CLIENTS)];
        args.extend(self.arguments);
        Redis {
            address,
            tls,
            guard: Guard::start(Command::new("sh"), SCRIPT, &folder, &args),
            folder,
        }
    }

    fn configuration(&self, folder: &Path, address: SocketAddr, tls: bool) -> String {
        let (folder, port) = (folder.display(), address.port());
        let mut text = self.operators.clone().unwrap_or_default();
        text += &format!(
            "bind 127.0.0.1\ndir {folder}\nunixsocket {folder}/socket\nunixsocketperm 777\ndaemonize no\n"
        );
        let port = if tls {
            format!(
                "port 0\ntls-port {port}\ntls-cert-file {folder}/server.crt\ntls-key-file {folder}/server.key\n\
                 tls-auth-clients no\n"
            )
        } else {
            format!("port {port}\n")
        };
        text += &port;
        if self.arguments.is_empty() && self.operators.is_none() {
            text += "save \"\"\nappendonly no\n";
        }
        if !self.users.is_empty() {
            writeln!(text, "aclfile {folder}/users.acl").unwrap();
        }
        text + &self.settings
    }
}

impl Redis {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address, as a client takes it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls { "rediss" } else { "redis" };
        format!("{scheme}://{}", self.address)
    }

    /// The same, for a user.
    #[must_use]
    pub fn url_as(&self, user: &str, password: &str) -> String {
        self.url().replace("://", &format!("://{user}:{password}@"))
    }

    /// The socket in its folder.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// A client of its operator, without a command yet.
    #[must_use]
    pub fn client(&self) -> Command {
        let mut client = Command::new(program(CLIENTS));
        client.arg("-s").arg(self.socket());
        client
    }

    /// Has it do a command, as its operator; gives what it answers: a line for each piece.
    pub fn cli(&self, command: &[&str]) -> String {
        let ran = self.client().args(command).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{command:?}: {said}");
        String::from_utf8_lossy(&ran.stdout).trim_end().to_owned()
    }

    /// Ends it as a power cut would.
    pub fn kill9(&self) {
        self.guard.say("kill");
    }

    /// Ends it in order.
    pub fn stop(&self) {
        self.guard.say("stop");
    }

    /// Starts it again after one of the two, on the same port, with what it kept.
    pub fn start_again(&self) {
        self.guard.say("start");
    }

    /// Stops it where it stands: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.guard.say("freeze");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.guard.say("thaw");
    }

    /// Where it keeps what it was told, if it does (`appenddirname`).
    #[must_use]
    pub fn disk(&self) -> PathBuf {
        self.folder.join("appendonlydir")
    }

    /// Keeps a copy of what it has on its disk. Of a file that grows meanwhile it is a part.
    pub fn copy_disk(&self) {
        let (disk, copy) = (self.disk(), self.folder.join(COPY));
        remove(&copy);
        // With its owner: the server runs as a user of its own.
        let copied = Command::new("cp").arg("-a").arg(&disk).arg(&copy).status();
        assert!(copied.unwrap().success(), "copy {}", disk.display());
    }

    /// Puts the copy in the place of what it has on its disk, once it has ended; nothing, if there is none.
    pub fn put_disk_back(&self) {
        remove(&self.disk());
        let copy = self.folder.join(COPY);
        if copy.exists() {
            std::fs::rename(copy, self.disk()).unwrap();
        }
    }

    /// Its folder, which is gone when it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn remove(folder: &Path) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];
const CLIENTS: [&str; 2] = ["redis-cli", "valkey-cli"];

/// The first of these programs that is there.
fn program(names: [&str; 2]) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    match places.into_iter().find(|place| place.is_file()) {
        Some(place) => place.display().to_string(),
        None => panic!("Redis is not there: apt-get install redis-server"),
    }
}
