//! A node that is alone on its Redis and loses it, while clients use it all the time.

use symbolon_testkit::history::{self, leaks};
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::Redis;
use symbolon_testkit::wait::until;
use symbolon_testkit::workload::{Plan, Round, Workload};
use tokio::time::Duration;

use super::seen::Seen;
use crate::place::BINARY;

/// A node that is alone on its Redis, and clients that use it all the time.
pub(super) struct Trip {
    pub(super) redis: Redis,
    pub(super) server: Server,
    workload: Workload,
    round: Round,
    pub(super) key: String,
    /// The names of the phases, and how many operations were seen before each.
    phases: Vec<(&'static str, usize)>,
}

impl Trip {
    pub(super) async fn begin(redis: Redis) -> Self {
        let server = Start::binary(BINARY)
            .env("SYMBOLON_STORE__URL", redis.url())
            // Log-ins are to be a part of the load, not the whole of it, and none ends another.
            .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
            .env("SYMBOLON_LOGIN__ARGON2__ITERATIONS", "1")
            .env("SYMBOLON_SESSION__PER_SUBJECT_MAX", "1000")
            .ready()
            .await;
        let password = server.first_password().await;
        let key = server.api_key("workload", "issue,verify,revoke,admin");
        let plan = Plan {
            clients: 12,
            sessions_max: 100_000,
            ops_max: u64::MAX,
            time_max: Duration::from_secs(600),
            account: Some(("admin".to_owned(), password)),
            logins_max: 900,
            ..Plan::default()
        };
        let workload = Workload::new(server.address(), key.clone(), plan);
        let round = workload.begin(0);
        let trip = Self {
            redis,
            server,
            workload,
            round,
            key,
            phases: vec![("at home", 0)],
        };
        trip.server
            .until_said("this node would go on without redis")
            .await;
        trip
    }

    /// From here on it is another phase.
    pub(super) fn phase(&mut self, name: &'static str) {
        self.phases.push((name, self.workload.history().ops.len()));
    }

    /// Lets the clients work until they have done so many operations more.
    pub(super) async fn work(&self, operations: u64) {
        let end = self.workload.done() + operations;
        until("the load", async || self.workload.done() >= end).await;
    }

    pub(super) async fn lose_redis(&mut self) {
        self.redis.kill9();
        self.server.until_said("this node goes on without redis").await;
        self.phase("away");
    }

    /// The process is killed, and started again while Redis is away.
    pub(super) async fn lose_node(&mut self) {
        self.server.kill9().await;
        self.workload.process_ended();
        self.server.restart().await;
        self.phase("away, node started anew");
    }

    pub(super) async fn redis_back(&mut self) {
        const HOME: &str = "redis has all sessions again";
        self.redis.start_again();
        self.server.until_said(HOME).await;
        let said = self.server.stderr();
        println!(
            "{}",
            said.lines().find(|line| line.contains(HOME)).unwrap_or_default()
        );
        self.phase("back");
    }

    /// How often an administrator was made and said.
    pub(super) fn administrators(&self) -> usize {
        self.server.stderr().matches("first administrator:").count()
    }

    /// The clients stop, and every session is read: as the node has it, and then as a node has it that knows nothing but
    /// what is in Redis.
    pub(super) async fn end(mut self) -> Seen {
        self.round.stop().await;
        self.workload.read_everything().await;
        self.server.kill9().await;
        self.workload.process_ended();
        let mirror = self.server.data_dir().join("fallback");
        let written = leaks::files_below(&mirror);
        std::fs::remove_dir_all(mirror).unwrap();
        self.server.restart().await;
        self.workload.read_everything().await;
        let history = self.workload.history();
        let mut secrets = self.workload.secrets();
        secrets.add_token(&self.key);
        let mut findings = history::check(&history);
        let said = ("standard error".to_owned(), self.server.stderr().into_bytes());
        self.redis.stop();
        let artefacts = [written, leaks::files_below(self.redis.folder()), vec![said]].concat();
        findings.join(leaks::find(
            &secrets,
            artefacts.iter().map(|(name, bytes)| (&**name, &**bytes)),
        ));
        let seen = Seen {
            history,
            findings,
            phases: self.phases,
        };
        seen.tell();
        seen
    }
}
