use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use symbolon_testkit::cluster::{Kind, Synced};

use crate::nemesis::Nemesis;
use crate::round::Times;

/// Breaks what a cluster stands on, and checks what its clients saw.
#[derive(Parser)]
#[command(max_term_width = 100, args_override_self = true)]
pub(crate) struct Cli {
    /// The server's binary
    #[arg(long)]
    pub(crate) binary: PathBuf,
    /// What the nodes share; may be repeated. With neither this nor --nemesis, each fault strikes on one of the stores
    #[arg(long, value_enum)]
    pub(crate) store: Vec<StoreName>,
    /// Each fault strikes on each store
    #[arg(long)]
    pub(crate) whole: bool,
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
    /// Stop when the standard input ends, so that this does not outlive whoever started it
    #[arg(long)]
    pub(crate) until_input_ends: bool,
    /// Where campaign.md and campaign.svg are written; and of rounds with a broken promise excerpts.txt, what was seen of
    /// it, and nodes.txt, what the nodes said
    #[arg(long, default_value = "target/campaign")]
    pub(crate) out: PathBuf,
}

/// A store by its name on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StoreName {
    Postgres,
    Mariadb,
    /// Redis, `appendfsync always`
    Redis,
    /// Redis, `appendfsync everysec`
    RedisEverysec,
    /// Redis, `appendfsync always`, with one node, which goes on without it
    RedisAlone,
    /// Redis, `appendfsync always`, with a replica and a Sentinel
    RedisSentinel,
}

impl StoreName {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Postgres => Kind::Postgres,
            Self::Mariadb => Kind::MariaDb,
            Self::Redis | Self::RedisAlone => Kind::Redis(Synced::Always),
            Self::RedisEverysec => Kind::Redis(Synced::EverySecond),
            Self::RedisSentinel => Kind::Failover,
        }
    }

    /// Whether a nemesis strikes on it in the short form: what a store does itself in a fault on each, all else on one.
    fn is_short_of(self, nemesis: Nemesis) -> bool {
        let is_odd = nemesis as usize % 2 == 1;
        match self {
            Self::Postgres | Self::Mariadb => match nemesis {
                Nemesis::N0 => false,
                Nemesis::N12 | Nemesis::N14 => true,
                _ => is_odd == (self == Self::Postgres),
            },
            Self::RedisAlone => nemesis == Nemesis::NodeWhileAway,
            Self::RedisSentinel => nemesis == Nemesis::FailoverKill,
            Self::Redis | Self::RedisEverysec => false,
        }
    }

    /// Whether it is Redis itself.
    pub(crate) fn is_redis(self) -> bool {
        !matches!(self, Self::Postgres | Self::Mariadb)
    }

    /// As its makers write it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
            Self::Redis => "Redis",
            Self::RedisEverysec => "Redis everysec",
            Self::RedisAlone => "Redis, one node",
            Self::RedisSentinel => "Redis, Sentinel",
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

    /// What is played on which store.
    pub(crate) fn scenes(&self) -> Vec<(StoreName, Vec<Nemesis>)> {
        let is_short = self.store.is_empty() && self.nemesis.is_empty() && !self.whole;
        let stores = match self.store.as_slice() {
            [] if is_short => SHORT,
            [] if self.whole => WHOLE,
            [] => &WHOLE[..1],
            chosen => chosen,
        };
        let scene = |store: &StoreName| {
            let mut nemeses = self.nemeses(*store);
            nemeses.retain(|nemesis| !is_short || store.is_short_of(*nemesis));
            (*store, nemeses)
        };
        let scenes = stores.iter().map(scene);
        scenes.filter(|(_, nemeses)| !nemeses.is_empty()).collect()
    }

    /// How many nodes stand over that store.
    pub(crate) fn nodes_over(&self, store: StoreName) -> u16 {
        match store {
            // The fallback is of one that is alone.
            StoreName::RedisAlone => 1,
            _ => self.nodes,
        }
    }

    /// Whether a Redis stands beside that store.
    pub(crate) fn has_cache(&self, store: StoreName) -> bool {
        !self.no_cache && !store.is_redis()
    }

    /// The nemeses that were asked for, or all that can strike on a store.
    fn nemeses(&self, store: StoreName) -> Vec<Nemesis> {
        if !self.nemesis.is_empty() {
            return self.nemesis.clone();
        }
        let all = Nemesis::value_variants().iter().copied();
        all.filter(|nemesis| nemesis.strikes(store, self.has_cache(store)))
            .collect()
    }
}

/// The stores of which some faults strike in the short form.
const SHORT: &[StoreName] = &[
    StoreName::Postgres,
    StoreName::Mariadb,
    StoreName::RedisAlone,
    StoreName::RedisSentinel,
];

/// The stores of which each is tried with every fault, in the whole of it.
const WHOLE: &[StoreName] = &[StoreName::Postgres, StoreName::Mariadb];

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{Cli, StoreName};
    use crate::nemesis::Nemesis;

    fn scenes(line: &str) -> Vec<(StoreName, Vec<Nemesis>)> {
        let words = ["campaign", "--binary", "symbolon"];
        let words = words.into_iter().chain(line.split_whitespace());
        Cli::try_parse_from(words).unwrap().scenes()
    }

    #[test]
    fn in_the_short_form_each_fault_strikes_and_the_stores_own_on_each_store() {
        let short = scenes("");
        let on = |store: StoreName| -> Vec<Nemesis> {
            let scene = short.iter().find(|scene| scene.0 == store);
            scene.unwrap().1.clone()
        };
        let (postgres, mariadb) = (on(StoreName::Postgres), on(StoreName::Mariadb));
        let both: Vec<_> = postgres.iter().filter(|one| mariadb.contains(one)).collect();
        assert_eq!(both, [&Nemesis::N12, &Nemesis::N14]);
        let all = scenes("--store postgres").remove(0).1;
        for nemesis in all.iter().filter(|nemesis| **nemesis != Nemesis::N0) {
            assert!(
                postgres.contains(nemesis) || mariadb.contains(nemesis),
                "{nemesis:?}"
            );
        }
        assert_eq!(postgres.len() + mariadb.len(), 16);
        assert_eq!(on(StoreName::RedisAlone), [Nemesis::NodeWhileAway]);
        assert_eq!(on(StoreName::RedisSentinel), [Nemesis::FailoverKill]);
    }

    #[test]
    fn the_whole_of_it_is_every_fault_on_every_store() {
        let whole = scenes("--whole --seconds 60");
        assert_eq!(whole.len(), 2);
        assert!(whole.iter().all(|(_, nemeses)| nemeses.len() == 15));
    }

    #[test]
    fn what_is_chosen_is_played() {
        let chosen = |line| {
            scenes(line)
                .into_iter()
                .map(|(store, all)| (store, all.len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(chosen("--nemesis n2"), [(StoreName::Postgres, 1)]);
        assert_eq!(chosen("--store mariadb --no-cache"), [(StoreName::Mariadb, 8)]);
        assert_eq!(chosen("--store redis"), [(StoreName::Redis, 10)]);
        assert_eq!(chosen("--store redis-everysec"), [(StoreName::RedisEverysec, 10)]);
        assert_eq!(chosen("--store redis-alone"), [(StoreName::RedisAlone, 11)]);
        assert_eq!(chosen("--store redis-sentinel"), [(StoreName::RedisSentinel, 7)]);
        let two = "--store mariadb --store postgres --nemesis n1 --nemesis n2";
        assert_eq!(chosen(two), [(StoreName::Mariadb, 2), (StoreName::Postgres, 2)]);
    }
}
