//! A cluster, and what is played on it.

use std::time::Duration;

use symbolon_testkit::cluster::{Cluster, Layout};
use tokio::task::block_in_place;

use crate::cli::{Cli, StoreName};
use crate::driver::{GRACE, Plan, Rates};
use crate::nemesis::Nemesis;
use crate::round::{self, Outcome};

/// How long a revocation waits before it says when it will be effective.
pub(crate) const REVOKE_WAIT: Duration = Duration::from_secs(1);

/// What its API key may do.
const SCOPES: &str = "issue,verify,revoke,admin";

/// So many nemeses of one round have numbers of their own.
const ROUND_BITS: u32 = 8;

/// Nodes over one store.
pub(crate) struct Scene<'c> {
    cli: &'c Cli,
    store: StoreName,
    cluster: Cluster,
    played: u64,
}

impl<'c> Scene<'c> {
    /// Starts everything, Redis too where it is wanted, with these variables for the nodes. Each round has choices of its
    /// own.
    pub(crate) async fn start(
        cli: &'c Cli,
        (store, round): (StoreName, u64),
        cache: bool,
        variables: &[(&str, &str)],
    ) -> Self {
        // The nodes start in folders of their own.
        let mut layout = Layout::of(cli.binary.canonicalize().unwrap())
            .nodes(cli.nodes_over(store))
            .store(store.kind())
            .lease(cli.times().lease)
            .env("SYMBOLON_NODE__REVOKE_WAIT", &millis(REVOKE_WAIT))
            .env("SYMBOLON_SESSION__ROTATION_GRACE", &millis(GRACE))
            .env("SYMBOLON_SESSION__PER_SUBJECT_MAX", "100000")
            .env("SYMBOLON_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")
            // Log-ins are to be a part of the load, not the whole of it.
            .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
            .env("SYMBOLON_LOGIN__ARGON2__ITERATIONS", "1");
        if cache {
            layout = layout.cache();
        }
        for (name, value) in variables {
            layout = layout.env(name, value);
        }
        Self {
            cli,
            store,
            cluster: layout.start().await,
            played: round << ROUND_BITS,
        }
    }

    /// Plays one nemesis, with choices of its own.
    pub(crate) async fn play(&mut self, nemesis: Nemesis) -> Outcome {
        let number = self.played;
        self.played += 1;
        let times = self.cli.times();
        // A store that was lost has lost the keys of before.
        let server = &self.cluster.node(0).server;
        let key = block_in_place(|| server.api_key(&format!("campaign {number}"), SCOPES));
        let plan = Plan {
            nodes: self.cluster.addresses(),
            key,
            name: format!("round{number}"),
            rates: Rates::times(self.cli.load),
            falls_back: self.store == StoreName::RedisAlone,
            lease: times.lease,
            seed: self.cli.seed ^ (number << 32),
        };
        let outcome = round::run(&mut self.cluster, (self.store, nemesis), &times, plan).await;
        println!(
            "{}: {} operations, {} broken promises",
            outcome.name(),
            outcome.history.ops.len(),
            outcome.findings.violations.len()
        );
        outcome
    }
}

fn millis(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}
