//! Nodes that share a store: what a member's verify costs, what a miss costs, how long a revocation takes until it is
//! effective on every node, and how many changes a second go through.

mod revocations;
mod stand;
mod throughput;

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use symbolon_bench::samples::number;
use symbolon_testkit::cluster::{Kind, Synced};
use tokio::runtime::Runtime;

use crate::process::{MachineTime, said};
use crate::report::{Report, machine};
use revocations::Revocations;
use stand::Stand;
use throughput::Throughput;

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The server's binary, as it is shipped
    #[arg(long, default_value = "target/release/symbolon")]
    pub(crate) binary: PathBuf,
    /// What the nodes share
    #[arg(long, value_enum, default_value_t = SharedStore::Postgres)]
    pub(crate) store: SharedStore,
    /// How many nodes
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// How often each measurement is taken, in turn with the others
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How long each takes
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u32,
    /// Connections of each load
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: u32,
    /// Sessions of each round
    #[arg(long, default_value_t = 20_000)]
    pub(crate) sessions: usize,
    /// Folder for data, emptied first
    #[arg(long, default_value = "target/bench-nodes")]
    pub(crate) work: PathBuf,
    /// Folder of the reports
    #[arg(long, default_value = "bench/results")]
    pub(crate) results: PathBuf,
}

/// What the nodes share.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SharedStore {
    /// PostgreSQL, and a Redis beside it
    Postgres,
    /// MariaDB, and a Redis beside it
    Mariadb,
    /// Redis alone, which writes to its disk within a second
    Redis,
    /// Redis alone, which writes to its disk before it answers
    RedisAlways,
}

impl SharedStore {
    fn kind(self) -> Kind {
        match self {
            Self::Postgres => Kind::Postgres,
            Self::Mariadb => Kind::MariaDb,
            Self::Redis => Kind::Redis(Synced::EverySecond),
            Self::RedisAlways => Kind::Redis(Synced::Always),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Redis => "redis",
            Self::RedisAlways => "redis-always",
        }
    }

    /// Whether a Redis is beside it.
    fn has_cache(self) -> bool {
        matches!(self, Self::Postgres | Self::Mariadb)
    }
}

/// Measures everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(
        said("wrk", &["-v"]).is_some(),
        "wrk is not installed; on Debian: apt-get install wrk"
    );
    ensure!(
        options.binary.exists(),
        "there is no {}: cargo build --release",
        options.binary.display()
    );
    let runtime = Runtime::new()?;
    let before = MachineTime::so_far(&[])?;
    eprintln!("starting {} nodes over {}", options.nodes, options.store.name());
    let stand = Stand::set_up(&runtime, options)?;
    let (mut throughput, mut revocations) = (Throughput::default(), Revocations::default());
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        let sessions = runtime.block_on(stand.issue(options.sessions))?;
        throughput.round(&stand, &sessions)?;
        runtime.block_on(revocations.round(&stand, sessions))?;
    }
    let mut report = Report::begin(machine(&options.binary, options.rounds, options.seconds)?);
    let (others, stolen) = MachineTime::so_far(&stand.targets())?.others_since(&before);
    report.note(&format!(
        "{} nodes over {}. Besides the nodes, their store among them, others used {} of a core and the hypervisor {}.",
        options.nodes,
        options.store.name(),
        number(others, 2),
        number(stolen, 2)
    ));
    throughput.tell(&mut report, options.store);
    revocations.tell(&mut report);
    report.finish(&options.results, &format!("nodes-{}.md", options.store.name()))
}
