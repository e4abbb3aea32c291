//! A folder to run commands in, and what a command said.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use tempfile::TempDir;

/// The binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

/// A password that the server takes.
pub(crate) const PASSWORD: &str = "three blue owls at noon";
/// Another one.
pub(crate) const OTHER_PASSWORD: &str = "seven red foxes at dusk";

/// A server that is ready.
pub(crate) async fn ready() -> Server {
    Start::binary(BINARY).ready().await
}

/// The password of the first administrator. What a server has written is read a moment later.
pub(crate) async fn admin_password(server: &Server) -> String {
    loop {
        match server.admin_password() {
            Some(password) => return password,
            None => tokio::task::yield_now().await,
        }
    }
}

/// How long a command may run. A server that starts where it should refuse is ended then, and has no code.
const RUN_MAX: Duration = Duration::from_secs(120);

/// Where commands are run.
pub(crate) struct Place {
    folder: PathBuf,
    listen: SocketAddr,
    env: Vec<(String, String)>,
    _own: Option<TempDir>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, of a command that did what it should.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The same, of a command that ended with `code`.
    pub(crate) fn failed(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

impl Place {
    /// A folder with nothing in it, and a port that nobody has.
    pub(crate) fn fresh() -> Self {
        let own = TempDir::new().unwrap();
        Self {
            folder: own.path().to_owned(),
            listen: free_address(),
            env: Vec::new(),
            _own: Some(own),
        }
    }

    /// The folder of a server.
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            folder: server.folder().to_owned(),
            listen: server.address(),
            env: Vec::new(),
            _own: None,
        }
    }

    /// With an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Runs a command without standard input.
    pub(crate) fn run(&self, line: &str) -> Done {
        self.run_with(line, "")
    }

    /// Runs a command with that on its standard input. Words are separated by one space.
    pub(crate) fn run_with(&self, line: &str, input: &str) -> Done {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that does not read its input has ended before.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let (ended, end) = channel::<()>();
        let process = Pid::from_child(&child);
        let patience = std::thread::spawn(move || {
            if end.recv_timeout(RUN_MAX) == Err(RecvTimeoutError::Timeout) {
                kill_process(process, Signal::KILL).unwrap();
            }
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        patience.join().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The command, not run yet, with nothing of the caller's own configuration.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(BINARY);
        for (name, _) in std::env::vars_os() {
            if ["SYMBOLON_", "JWT_", "REDIS_", "LC_", "LANG"]
                .iter()
                .any(|ours| name.to_string_lossy().starts_with(ours))
            {
                command.env_remove(&name);
            }
        }
        command
            .args(line.split(' ').filter(|word| !word.is_empty()))
            .current_dir(&self.folder)
            .env("SYMBOLON_DATA_DIR", "data")
            .env("SYMBOLON_HTTP__LISTEN", self.listen.to_string())
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// What a command does beside the server, by its socket, and what one does elsewhere, is done to one store.
pub(crate) async fn assert_one_store(server: &Server, beside: &Place, elsewhere: &Place) {
    beside.run_with("account add ada", PASSWORD).ok();
    elsewhere.run_with("account add bob", PASSWORD).ok();
    for place in [beside, elsewhere] {
        let listed = place.run("account list --json").ok().json();
        let names: Vec<&str> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|account| account["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["ada", "admin", "bob"]);
    }
    let body = json!({ "username": "bob", "password": PASSWORD });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// An address of loopback that nobody listens at.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// An instant of a session, as the wire has it.
pub(crate) fn instant(session: &Value, name: &str) -> jiff::Timestamp {
    session[name].as_str().unwrap().parse().unwrap()
}
