//! Symbolon over Redis beside libraries that keep their sessions there too: the same load on each, in turn. Whoever is
//! measured has a Redis of its own, which is new, and is alone with it and the load generator.

mod contestant;
mod holder;
mod proof;
mod stand;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use symbolon_bench::samples::{Samples, number};
use tokio::runtime::Runtime;

use crate::load::SCRIPT;
use crate::process::said;
use crate::report::{Report, machine};
use contestant::Contestant;
use stand::Stand;
use table::Table;

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The server's binary, as it is shipped
    #[arg(long, default_value = "target/release/symbolon")]
    pub(crate) binary: PathBuf,
    /// Folder of the others' binaries: `cargo build --release` in bench/peers
    #[arg(long, default_value = "bench/peers/target/release")]
    pub(crate) peers: PathBuf,
    /// How often each measurement is taken, in turn with the others
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How long each takes
    #[arg(long, default_value_t = 4)]
    pub(crate) seconds: u32,
    /// Connections of each load
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: u32,
    /// Sessions of each round
    #[arg(long, default_value_t = 30_000)]
    pub(crate) sessions: usize,
    /// When Redis writes to its disk: `everysec`, `always` or `no`
    #[arg(long, default_value = "everysec")]
    pub(crate) appendfsync: String,
    /// Folder for the load's files, emptied first
    #[arg(long, default_value = "target/bench-peers")]
    pub(crate) work: PathBuf,
    /// Folder of the reports
    #[arg(long, default_value = "bench/results")]
    pub(crate) results: PathBuf,
}

impl Options {
    /// What each Redis is told.
    fn redis_settings(&self) -> [(&'static str, &str); 4] {
        [
            ("appendonly", "yes"),
            ("appendfsync", &self.appendfsync),
            ("auto-aof-rewrite-percentage", "0"),
            ("maxmemory-policy", "noeviction"),
        ]
    }
}

/// What is done, in this order: a refresh makes the tokens void that the others need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Verify,
    List,
    Refresh,
    Create,
}

/// Measures everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(
        said("wrk", &["-v"]).is_some(),
        "wrk is not installed; on Debian: apt-get install wrk"
    );
    let runtime = Runtime::new()?;
    if options.work.exists() {
        fs::remove_dir_all(&options.work).with_context(|| format!("empty {}", options.work.display()))?;
    }
    fs::create_dir_all(&options.work)?;
    fs::write(options.work.join("load.lua"), SCRIPT)?;
    let (mut table, mut others) = (Table::default(), Samples::default());
    for round in 0..options.rounds {
        for contestant in Contestant::ALL {
            eprintln!("round {} of {}: {}", round + 1, options.rounds, contestant.name());
            let stand = Stand::start(&runtime, options, contestant)?;
            runtime.block_on(proof::prove(&stand))?;
            let holders = runtime.block_on(stand.log_in(options.sessions))?;
            for step in contestant.steps() {
                table.add(*step, contestant, stand.measure(*step, &holders)?);
            }
            others.push(stand.others()?);
        }
    }
    let mut report = Report::begin(machine(&options.binary, options.rounds, options.seconds)?);
    report.note(&format!(
        "Each over a new Redis, alone: {}. {} connections, {} sessions, {} of each subject. Others used {} of a core meanwhile.",
        options.redis_settings().map(|(name, value)| format!("`{name} {value}`")).join(", "),
        options.connections,
        number(options.sessions as f64, 0),
        stand::OF_EACH,
        others.spread(2),
    ));
    table.tell(&mut report);
    report.finish(&options.results, &format!("peers-{}.md", options.appendfsync))
}
