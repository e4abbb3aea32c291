//! The order of a whole run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use symbolon_bench::samples::number;
use symbolon_bench::stopwatch;
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::server::{Server, Start};
use tokio::runtime::Runtime;

use crate::chapters::changes::Changes;
use crate::chapters::log_in::LogIn;
use crate::chapters::memory::{Memories, memory_at_rest};
use crate::chapters::verify::Verify;
use crate::limits;
use crate::process::{MachineTime, Running, Target, said};
use crate::report::{Report, machine};
use crate::stage::Stage;

/// Room in the near cache for the sessions that the run itself begins: none is evicted that is to be
/// found there later.
const NEAR_ROOM: usize = 2;

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

impl<'a> Stand<'a> {
    /// Starts everything. The server is looked at as its near cache fills, before there is any load.
    fn set_up(
        runtime: &Runtime,
        options: &'a Options,
        stage: &'a Stage,
        memories: &mut Memories,
    ) -> anyhow::Result<Self> {
        let room = options.sessions * NEAR_ROOM;
        {
            let (empty, _) = start(runtime, options, &stage.folder.join("empty"), room)?;
            memories.empty = memory_at_rest(target(&empty))?;
        }
        let (server, ready_in) = start(runtime, options, &stage.data, room)?;
        memories.ready_in.push(ready_in);
        runtime.block_on(check(&server, stage))?;
        memories.fill(target(&server), stage, options)?;
        memories.near_sessions = runtime.block_on(near_sessions(&server));
        let (cold, ready_in) = start(runtime, options, &stage.cold, 1)?;
        memories.ready_in.push(ready_in);
        Ok(Self {
            options,
            stage,
            hyper: limits::hyper::start()?,
            nginx: limits::nginx::start(&stage.folder.join("nginx"))?,
            server,
            cold,
        })
    }

    fn targets(&self) -> Vec<Target> {
        let limits = [Some(&self.hyper), self.nginx.as_ref()].into_iter().flatten();
        let servers = [&self.server, &self.cold];
        limits.map(Running::target).chain(servers.map(target)).collect()
    }
}

/// Measures everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let (wrk, binary) = (said("wrk", &["-v"]), &options.binary);
    ensure!(
        wrk.is_some(),
        "wrk is not installed; on Debian: apt-get install wrk"
    );
    ensure!(
        binary.exists(),
        "there is no {}: cargo build --release",
        binary.display()
    );
    let runtime = Runtime::new()?;
    let before = MachineTime::so_far(&[])?;
    eprintln!("preparing a store of {} sessions", options.sessions);
    let stage = runtime.block_on(Stage::prepare(options))?;
    let mut memories = Memories::default();
    let stand = Stand::set_up(&runtime, options, &stage, &mut memories)?;
    let (mut verify, mut changes, mut log_in) = (Verify::new(options), Changes::default(), LogIn::default());
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        verify.round(&stand)?;
        changes.round(&stand, round)?;
        log_in.round(&stand)?;
    }
    memories.compare(target(&stand.cold), &stage, options)?;
    let mut report = Report::begin(machine(&options.binary, options.rounds, options.seconds)?);
    let (others, stolen) = MachineTime::so_far(&stand.targets())?.others_since(&before);
    report.note(&format!(
        "Meanwhile others, the kernel's own threads among them, used {} of a core and the hypervisor {}.",
        number(others, 2),
        number(stolen, 2)
    ));
    verify.tell(&mut report);
    changes.tell(&mut report, verify.near_rate(), &stage);
    memories.tell(&mut report, options.sessions);
    log_in.tell(&mut report);
    report.finish(&options.results, "http.md")
}

/// The server as it is measured.
pub(crate) fn target(server: &Server) -> Target {
    Target {
        address: server.address(),
        pid: server.pid(),
    }
}

/// Starts a server on a data folder; how many milliseconds it takes until it is ready.
fn start(
    runtime: &Runtime,
    options: &Options,
    data: &Path,
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

/// How many sessions the server answers for from memory, by its own metrics.
async fn near_sessions(server: &Server) -> f64 {
    let metrics = Client::new(server.address())
        .send(Ask::get("/metrics"))
        .await
        .text();
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("symbolon_near_sessions "));
    value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(f64::NAN)
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
