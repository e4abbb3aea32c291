//! The order of a whole run.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use symbolon_bench::samples::number;
use symbolon_bench::stopwatch;
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::server::{Server, Start};
use tokio::runtime::Runtime;

use crate::chapters::changes::Changes;
use crate::chapters::log_in::LogIn;
use crate::chapters::memory::Memories;
use crate::chapters::verify::Verify;
use crate::limits;
use crate::load::Load;
use crate::process::{Memory, Running, Target, said};
use crate::report::{Report, machine};
use crate::stage::Stage;

/// Room in the near cache for the sessions that the run itself begins: none is evicted that is to be
/// found there later.
const NEAR_ROOM: usize = 2;

/// Between the last request and the look at a process' memory: what runs beside has come to rest.
const CALM: Duration = Duration::from_secs(2);

/// The longest that one pass over all sessions may take.
const PASS_SECONDS_MAX: u32 = 240;

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The server's binary, as it is shipped
    #[arg(long, default_value = "target/release/symbolon")]
    pub(crate) binary: PathBuf,
    /// How often each measurement is taken, in turn with the others
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How long each takes
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u32,
    /// Connections of the verify load; the first number is that of every other load too
    #[arg(long, default_value = "64", value_delimiter = ',')]
    pub(crate) connections: Vec<u32>,
    /// Sessions in the store
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) sessions: usize,
    /// Folder for data, emptied first; on the disk that the data would be on, not in memory
    #[arg(long, default_value = "target/bench")]
    pub(crate) work: PathBuf,
    /// Folder of the reports
    #[arg(long, default_value = "bench/results")]
    pub(crate) results: PathBuf,
}

impl Options {
    /// The connections of every load but the additional ones of verify.
    pub(crate) fn main_connections(&self) -> u32 {
        self.connections.first().copied().unwrap_or(64)
    }
}

/// Everything that runs while there is load.
pub(crate) struct Stand<'a> {
    pub(crate) options: &'a Options,
    pub(crate) stage: &'a Stage,
    pub(crate) hyper: Running,
    pub(crate) nginx: Option<Running>,
    pub(crate) server: Server,
    /// The server without a near cache.
    pub(crate) cold: Server,
}

/// Measures everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(
        said("wrk", &["-v"]).is_some(),
        "wrk is not installed; on Debian: apt-get install wrk"
    );
    ensure!(
        options.binary.exists(),
        "there is no {}; make it with cargo build --release",
        options.binary.display()
    );
    let runtime = Runtime::new()?;
    eprintln!(
        "preparing a store of {} sessions",
        number(options.sessions as f64, 0)
    );
    let stage = &runtime.block_on(Stage::prepare(options))?;
    let mut memories = Memories::default();
    memories.empty = {
        let (server, _) = start(
            &runtime,
            options,
            &stage.folder.join("empty"),
            options.sessions * NEAR_ROOM,
        )?;
        std::thread::sleep(CALM);
        Memory::of(server.pid())?
    };
    let (server, ready_in) = start(&runtime, options, &stage.data, options.sessions * NEAR_ROOM)?;
    memories.ready_in.push(ready_in);
    runtime.block_on(check(&server, stage))?;
    memories.fill(target(&server), stage, options)?;
    let (cold, ready_in) = start(&runtime, options, &stage.cold, 1)?;
    memories.ready_in.push(ready_in);
    let stand = Stand {
        options,
        stage,
        hyper: limits::hyper::start()?,
        nginx: limits::nginx::start(&stage.folder.join("nginx"))?,
        server,
        cold,
    };
    let (mut verify, mut changes, mut log_in) = (Verify::new(options), Changes::default(), LogIn::default());
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        verify.round(&stand)?;
        changes.round(&stand, round)?;
        log_in.round(&stand)?;
    }
    Load::new(
        &stage.script,
        &stage.all,
        options.main_connections(),
        options.seconds,
    )
    .on(target(&stand.cold))?;
    std::thread::sleep(CALM);
    memories.without_near = Memory::of(stand.cold.pid())?;
    let mut report = Report::begin(machine(options)?);
    verify.tell(&mut report);
    changes.tell(&mut report, verify.near_rate(), stage);
    memories.tell(&mut report, options.sessions);
    log_in.tell(&mut report);
    report.finish(options)
}

/// The server as it is measured.
pub(crate) fn target(server: &Server) -> Target {
    Target {
        address: server.address(),
        pid: server.pid(),
    }
}

/// One pass over all requests of a file.
pub(crate) fn pass<'a>(stage: &'a Stage, requests: &'a std::path::Path, options: &Options) -> Load<'a> {
    Load::new(&stage.script, requests, options.main_connections(), 0).once(PASS_SECONDS_MAX)
}

/// Waits until what runs beside has come to rest, and looks.
pub(crate) fn memory_at_rest(target: Target) -> anyhow::Result<Memory> {
    std::thread::sleep(CALM);
    Memory::of(target.pid)
}

/// Starts a server on a data folder; how many milliseconds it takes until it is ready.
fn start(
    runtime: &Runtime,
    options: &Options,
    data: &std::path::Path,
    near_capacity: usize,
) -> anyhow::Result<(Server, f64)> {
    let binary = options
        .binary
        .canonicalize()
        .context("find the server's binary")?;
    let data = std::path::absolute(data)?;
    let start = Start::binary(binary)
        .env("SYMBOLON_DATA_DIR", data.display().to_string())
        .env("SYMBOLON_NODE__NEAR_CAPACITY", near_capacity.to_string());
    let begun = stopwatch::now();
    let server = runtime.block_on(start.ready());
    Ok((server, begun.elapsed().as_secs_f64() * 1e3))
}

/// The server lets a live token in and no other: a load of refusals would be quick too.
async fn check(server: &Server, stage: &Stage) -> anyhow::Result<()> {
    let mut client = Client::new(server.address());
    let access = &stage.sample.access;
    let live = client.send(Ask::get("/verify").bearer(access)).await;
    ensure!(
        live.status == 200,
        "a live token is answered with {}",
        live.status
    );
    ensure!(
        live.header("x-symbolon-subject").is_some(),
        "the answer to a live token names nobody"
    );
    let (kept, last) = access.split_at(access.len() - 12);
    let foreign: String = last.chars().rev().collect();
    let refused = client
        .send(Ask::get("/verify").bearer(&format!("{kept}{foreign}")))
        .await;
    ensure!(
        refused.status == 401,
        "a foreign token is answered with {}",
        refused.status
    );
    Ok(())
}
