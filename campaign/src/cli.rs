use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use symbolon_testkit::cluster::Kind;

use crate::nemesis::Nemesis;
use crate::round::Times;

/// Breaks what a cluster stands on, and checks what its clients saw.
#[derive(Parser)]
#[command(max_term_width = 100, args_override_self = true)]
pub(crate) struct Cli {
    /// The server's binary
    #[arg(long)]
    pub(crate) binary: PathBuf,
    /// What the nodes share; may be repeated
    #[arg(long, value_enum, default_values_t = [StoreName::Postgres])]
    pub(crate) store: Vec<StoreName>,
    /// No Redis beside it
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// What is broken; may be repeated. All, one after the other, if left out
    #[arg(long, value_enum)]
    pub(crate) nemesis: Vec<Nemesis>,
    /// For how long faults begin, for each nemesis
    #[arg(long, default_value_t = 1)]
    pub(crate) seconds: u64,
    /// How long a fault is there, in seconds
    #[arg(long, default_value_t = 4)]
    pub(crate) fault: u64,
    /// How often all of it is done, each time with other choices
    #[arg(long, default_value_t = 1)]
    pub(crate) rounds: u64,
    /// How many nodes
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: u16,
    /// Times the load that two cores carry
    #[arg(long, default_value_t = 1.0)]
    pub(crate) load: f64,
    /// What the choices are made from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A wrong variant that a server built with the feature `bugs` is to have
    #[arg(long)]
    pub(crate) bug: Option<String>,
    /// Look for each wrong variant of a server built with the feature `bugs`
    #[arg(long)]
    pub(crate) mutations: bool,
    /// Where campaign.md, campaign.svg and excerpts.txt (what was seen of broken promises) are written
    #[arg(long, default_value = "target/campaign")]
    pub(crate) out: PathBuf,
}

/// A store by its name on the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreName {
    Postgres,
    Mariadb,
}

impl StoreName {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Postgres => Kind::Postgres,
            Self::Mariadb => Kind::MariaDb,
        }
    }

    /// As its makers write it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

impl Cli {
    /// How long everything takes.
    pub(crate) fn times(&self) -> Times {
        Times {
            quiet: Duration::from_secs(3),
            fault: Duration::from_secs(self.fault),
            strikes: Duration::from_secs(self.seconds),
            lease: Duration::from_secs(2),
        }
    }

    /// The nemeses that were asked for, or all that can strike.
    pub(crate) fn nemeses(&self) -> Vec<Nemesis> {
        if !self.nemesis.is_empty() {
            return self.nemesis.clone();
        }
        let all = Nemesis::value_variants().iter().copied();
        all.filter(|nemesis| !self.no_cache || !nemesis.needs_cache())
            .collect()
    }
}
