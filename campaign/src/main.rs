//! The campaign: real nodes over a real store, load whose times nobody but the clients chooses, faults, and a checker of
//! all that the clients saw.
//!
//! In reading order: [`round`] is one nemesis from quiet to verdict, [`nemesis`] what breaks, [`driver`] who asks,
//! [`report`] what is written. `cargo xtask campaign` builds the server and starts this.
#![expect(
    clippy::unwrap_used,
    reason = "the tool of a test stops where product code has to answer"
)]

mod driver;
mod nemesis;
mod report;
mod round;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use symbolon_testkit::cluster::{Cluster, Kind, Layout};

use driver::{GRACE, Plan, Rates};
use nemesis::Nemesis;
use report::{Figures, excerpt, picture, table, violations};
use round::{Outcome, Times};

/// How long a revocation waits before it says when it will be effective.
const REVOKE_WAIT: Duration = Duration::from_secs(1);

/// Breaks what a cluster stands on, and checks what its clients saw.
#[derive(Parser)]
#[command(max_term_width = 100, args_override_self = true)]
struct Cli {
    /// The server's binary
    #[arg(long)]
    binary: PathBuf,
    /// What the nodes share
    #[arg(long, value_enum, default_value_t = StoreName::Postgres)]
    store: StoreName,
    /// With a Redis beside it
    #[arg(long)]
    cache: bool,
    /// What is broken; may be repeated. All, one after the other, if left out
    #[arg(long, value_enum)]
    nemesis: Vec<Nemesis>,
    /// For how long faults begin, for each nemesis
    #[arg(long, default_value_t = 1)]
    seconds: u64,
    /// How long a fault is there, in seconds
    #[arg(long, default_value_t = 4)]
    fault: u64,
    /// How often all of it is done, each time with other choices
    #[arg(long, default_value_t = 1)]
    rounds: u64,
    /// How many nodes
    #[arg(long, default_value_t = 3)]
    nodes: u16,
    /// Times the load that two cores carry
    #[arg(long, default_value_t = 1.0)]
    load: f64,
    /// What the choices are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A wrong variant that a server built with the feature `bugs` is to have
    #[arg(long)]
    bug: Option<String>,
    /// Where campaign.md, campaign.svg and excerpts.txt (what was seen of broken promises) are written
    #[arg(long, default_value = "target/campaign")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StoreName {
    Postgres,
}

impl StoreName {
    fn kind(self) -> Kind {
        match self {
            Self::Postgres => Kind::Postgres,
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let times = Times {
        quiet: Duration::from_secs(3),
        fault: Duration::from_secs(cli.fault),
        strikes: Duration::from_secs(cli.seconds),
        lease: Duration::from_secs(2),
    };
    let mut cluster = start(&cli, &times).await;
    let key = cluster
        .node(0)
        .server
        .api_key("campaign", "issue,verify,revoke,admin");
    let chosen = chosen(&cli);
    let mut outcomes = Vec::new();
    for number in 0..cli.rounds {
        for nemesis in &chosen {
            let begun = outcomes.len();
            let plan = Plan {
                nodes: cluster.addresses(),
                key: key.clone(),
                name: format!("round{begun}"),
                rates: Rates::times(cli.load),
                lease: times.lease,
                seed: cli.seed ^ (number << 40) ^ ((begun as u64) << 20),
            };
            let outcome = round::run(&mut cluster, *nemesis, &times, plan).await;
            let broken = outcome.findings.violations.len();
            let ops = outcome.history.ops.len();
            println!("{}: {ops} operations, {broken} broken promises", nemesis.words());
            outcomes.push(outcome);
        }
    }
    write(&cli.out, &outcomes);
    let broken = outcomes
        .iter()
        .any(|outcome| !outcome.findings.violations.is_empty());
    ExitCode::from(u8::from(broken))
}

/// The nemeses that were asked for, or all that can strike.
fn chosen(cli: &Cli) -> Vec<Nemesis> {
    if !cli.nemesis.is_empty() {
        return cli.nemesis.clone();
    }
    let all = Nemesis::value_variants().iter().copied();
    all.filter(|nemesis| cli.cache || !nemesis.needs_cache())
        .collect()
}

async fn start(cli: &Cli, times: &Times) -> Cluster {
    // The nodes start in folders of their own.
    let mut layout = Layout::of(cli.binary.canonicalize().unwrap())
        .nodes(cli.nodes)
        .store(cli.store.kind())
        .lease(times.lease)
        .env("SYMBOLON_NODE__REVOKE_WAIT", &format!("{}ms", REVOKE_WAIT.as_millis()))
        .env("SYMBOLON_SESSION__ROTATION_GRACE", &format!("{}ms", GRACE.as_millis()))
        .env("SYMBOLON_SESSION__PER_SUBJECT_MAX", "100000")
        // Log-ins are to be a part of the load, not the whole of it.
        .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
        .env("SYMBOLON_LOGIN__ARGON2__ITERATIONS", "1");
    if cli.cache {
        layout = layout.cache();
    }
    if let Some(bug) = &cli.bug {
        layout = layout.env("SYMBOLON_BUG", bug);
    }
    layout.start().await
}

fn write(out: &Path, outcomes: &[Outcome]) {
    let rows: Vec<Figures> = outcomes
        .iter()
        .map(|outcome| Figures::of(outcome, REVOKE_WAIT))
        .collect();
    let told: String = outcomes.iter().map(violations).collect();
    let fenced = if told.is_empty() {
        "No promise was broken.\n".to_owned()
    } else {
        format!("```text\n{told}```\n")
    };
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(out.join("campaign.md"), format!("{}\n{fenced}", table(&rows))).unwrap();
    let excerpts: String = outcomes.iter().map(excerpt).collect();
    std::fs::write(out.join("excerpts.txt"), excerpts).unwrap();
    std::fs::write(out.join("campaign.svg"), picture(outcomes, REVOKE_WAIT)).unwrap();
    println!("\n{}\n{fenced}written to {}", table(&rows), out.display());
}
