//! The real binary: started on a free port in a folder of its own, killed, started again.

mod captured;
mod keeper;
mod port;
mod starved;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::http::{Ask, Client};
use crate::wall_clock;
use captured::Captured;
pub(crate) use keeper::folder;
pub use port::free_address;
pub use starved::Starved;

/// Longer than a start takes on a busy machine with an old store to check.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// Longer than a graceful stop drains.
const EXIT_DEADLINE: Duration = Duration::from_secs(60);
/// How a command ends that cannot be done now (`EX_UNAVAILABLE` of sysexits.h).
const UNAVAILABLE: i32 = 69;
/// Between two looks at something that nobody tells us about.
const LOOK: Duration = Duration::from_millis(5);

/// How a server is to be started.
#[derive(Clone, Debug)]
pub struct Start {
    binary: PathBuf,
    under: Vec<String>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    own_clock: bool,
}

impl Start {
    /// The binary at that path: a test gives `env!("CARGO_BIN_EXE_symbolon")`.
    #[must_use]
    pub fn binary(path: impl Into<PathBuf>) -> Self {
        Self {
            binary: path.into(),
            under: Vec::new(),
            args: vec!["serve".to_owned()],
            env: Vec::new(),
            own_clock: false,
        }
    }

    /// With an environment variable, such as `SYMBOLON_SESSION__ACCESS_TTL`.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// With these arguments in place of `serve`.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self
    }

    /// Started by another command that then becomes it, such as `faketime +1h`.
    #[must_use]
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// With a wall clock of its own, which [`Server::set_clock`] sets while it runs.
    #[must_use]
    pub fn own_clock(mut self) -> Self {
        self.own_clock = true;
        self
    }

    /// Starts it and waits until it is ready. A start that fails ends the test with what it said.
    pub async fn ready(self) -> Server {
        let mut server = self.begin();
        server.until_ready().await;
        server
    }

    /// Starts it and does not wait: for a server that is to refuse.
    #[must_use]
    pub fn begin(self) -> Server {
        let folder = folder();
        let address = free_address();
        let (stdout, stderr) = (Captured::default(), Captured::default());
        if self.own_clock {
            wall_clock::set(folder.path(), 0);
        }
        let child = spawn(&self, folder.path(), address, &stdout, &stderr);
        Server {
            start: self,
            folder,
            address,
            child,
            stdout,
            stderr,
        }
    }
}

/// The command with nothing of the caller's own configuration.
fn command(start: &Start, args: &[String], folder: &Path, address: SocketAddr) -> Command {
    let mut words = start.under.iter();
    let mut command = match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(&start.binary);
            command
        }
        None => Command::new(&start.binary),
    };
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["SYMBOLON_", "REDIS_", "JWT_"]
            .iter()
            .any(|ours| text.starts_with(ours))
        {
            command.env_remove(&name);
        }
    }
    command
        .args(args)
        .current_dir(folder)
        .env("SYMBOLON_DATA_DIR", folder.join("data"))
        .env("SYMBOLON_HTTP__LISTEN", address.to_string())
        .envs(start.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    if start.own_clock {
        command.envs(wall_clock::env(folder));
    }
    command
}

fn spawn(start: &Start, folder: &Path, address: SocketAddr, stdout: &Captured, stderr: &Captured) -> Child {
    let mut child = command(start, &start.args, folder, address)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    stdout.follow(child.stdout.take());
    stderr.follow(child.stderr.take());
    child
}

/// A running server. When dropped it is killed, and its folder removed; also when the test process is killed.
pub struct Server {
    start: Start,
    folder: TempDir,
    address: SocketAddr,
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

impl Server {
    /// Where it listens; the same after a restart.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of its own.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its working folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has written to standard output, over all its starts.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to standard error, over all its starts.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The password of the first administrator, if it has been said.
    #[must_use]
    pub fn admin_password(&self) -> Option<String> {
        let said = self.stderr();
        let (_, rest) = said.split_once("first administrator: admin  password: ")?;
        let word = rest.split_whitespace().next()?;
        Some(word.to_owned())
    }

    /// The password of the first administrator, once it has been read.
    pub async fn first_password(&self) -> String {
        let said = async {
            loop {
                match self.admin_password() {
                    Some(password) => break password,
                    None => sleep(LOOK).await,
                }
            }
        };
        match timeout(START_DEADLINE, said).await {
            Ok(password) => password,
            Err(_) => panic!("it made no administrator: {}", self.account()),
        }
    }

    /// Waits until that stands in what it has written to standard error.
    pub async fn until_said(&self, words: &str) {
        let said = async {
            while !self.stderr().contains(words) {
                sleep(LOOK).await;
            }
        };
        if timeout(START_DEADLINE, said).await.is_err() {
            panic!("it does not say {words:?}: {}", self.account());
        }
    }

    /// Runs another command of the same binary with the same environment, folder and port.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Output {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        command(&self.start, &args, self.folder.path(), self.address)
            .output()
            .unwrap()
    }

    /// A new API key with these scopes, such as `issue,verify`. A busy machine may say that it cannot be made now, and is asked
    /// again.
    #[must_use]
    pub fn api_key(&self, name: &str, scopes: &str) -> String {
        let begun = Instant::now();
        loop {
            let output = self.run(&["key", "add", "--name", name, "--scope", scopes]);
            let said = String::from_utf8_lossy(&output.stdout);
            let mut words = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            if let Some(key) = words.find(|word| word.starts_with("syk_")) {
                return key.to_owned();
            }
            let may_come = output.status.code() == Some(UNAVAILABLE) && begun.elapsed() < START_DEADLINE;
            assert!(may_come, "no key was made: {output:?}");
            std::thread::sleep(LOOK);
        }
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub async fn kill9(&mut self) {
        self.signal(Signal::KILL);
        self.wait_exit().await;
    }

    /// Asks it to stop.
    pub fn sigterm(&self) {
        self.signal(Signal::TERM);
    }

    /// Stops its process where it stands, and waits until no thread of it runs; [`Server::sigcont`] lets it go on.
    pub async fn sigstop(&self) {
        self.signal(Signal::STOP);
        let stopped = async {
            while !self.is_stopped() {
                sleep(LOOK).await;
            }
        };
        if timeout(EXIT_DEADLINE, stopped).await.is_err() {
            panic!("it does not stop: {}", self.account());
        }
    }

    /// Whether the kernel says of each thread that it is stopped (`T`).
    fn is_stopped(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        threads.filter_map(Result::ok).all(|thread| {
            // One that is gone does not run either.
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ")
                .is_none_or(|(_, rest)| rest.starts_with('T'))
        })
    }

    /// Lets a stopped process go on.
    pub fn sigcont(&self) {
        self.signal(Signal::CONT);
    }

    /// Lets it run for so many hundredths of the time, from now on until what this gives is dropped.
    #[must_use]
    pub fn starved(&self, percent: u32) -> Starved<'_> {
        Starved::of(self, percent)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
    }

    fn process(&self) -> Pid {
        let pid = i32::try_from(self.child.id()).ok();
        pid.and_then(Pid::from_raw).unwrap()
    }

    /// Waits until it has ended by itself or by a signal.
    pub async fn wait_exit(&mut self) -> ExitStatus {
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => break status,
                    None => sleep(LOOK).await,
                }
            }
        };
        match timeout(EXIT_DEADLINE, ended).await {
            Ok(status) => {
                self.stdout.finish();
                self.stderr.finish();
                status
            }
            Err(_) => panic!("it does not end: {}", self.account()),
        }
    }

    /// Starts it anew on the same folder and port, and waits until it is ready. It must have ended.
    pub async fn restart(&mut self) {
        self.begin_again();
        self.until_ready().await;
    }

    /// Starts it anew on the same folder and port, and does not wait. It must have ended.
    pub fn begin_again(&mut self) {
        assert!(self.child.try_wait().unwrap().is_some(), "it still runs");
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        self.child = spawn(&self.start, self.folder.path(), self.address, stdout, stderr);
    }

    /// Starts it anew in another way: with this environment variable more.
    pub async fn restart_with(&mut self, name: &str, value: &str) {
        self.start = self.start.clone().env(name, value);
        self.restart().await;
    }

    /// Starts it anew with its wall clock set off by as much as libfaketime reads from `offset`, such
    /// as `+1h`. Steady clocks stay as they are.
    pub async fn restart_at(&mut self, offset: &str) {
        self.start = self
            .start
            .clone()
            .env("LD_PRELOAD", wall_clock::library().display().to_string())
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("FAKETIME", offset);
        self.restart().await;
    }

    /// Sets the wall clock that it was given by [`Start::own_clock`] so many seconds ahead of the machine's, or behind it.
    pub fn set_clock(&self, ahead: i64) {
        assert!(self.start.own_clock, "it goes by the machine's clock");
        wall_clock::set(self.folder.path(), ahead);
    }

    /// Waits until `/readyz` says 200. That it ends before is noticed at once.
    pub async fn until_ready(&mut self) {
        let ready = async {
            let mut client = Client::new(self.address);
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    break Some(status);
                }
                match client.try_send(Ask::get("/readyz")).await {
                    Ok(answer) if answer.status == 200 => break None,
                    _ => sleep(LOOK).await,
                }
            }
        };
        match timeout(START_DEADLINE, ready).await {
            Ok(None) => {}
            Ok(Some(status)) => {
                self.stderr.finish();
                panic!("it ended at its start ({status}): {}", self.account());
            }
            Err(_) => panic!("it is not ready in time: {}", self.account()),
        }
    }

    /// What it has said, for a failed test.
    fn account(&self) -> String {
        let mut account = String::new();
        let streams = [
            ("standard error", self.stderr()),
            ("standard output", self.stdout()),
        ];
        for (name, said) in streams {
            let begin = said.floor_char_boundary(said.len().saturating_sub(4_000));
            account += &format!("\n--- {name} ---\n{}", &said[begin..]);
        }
        account
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
