//! One server and its Redis, while it is measured.

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use symbolon_testkit::http::Client;
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::contestant::{Contestant, Process};
use super::holder::{Holder, log_in};
use super::{Options, Step};
use crate::load::{Load, Loaded};
use crate::process::{MachineTime, Target, cpu_seconds};
use crate::requests::{Request, lines};

/// How many sessions each subject has.
pub(super) const OF_EACH: usize = 5;

/// How many clients log in at a time.
const CLIENTS: usize = 32;

/// More seconds than it takes to ask for each session once.
const WARM_MAX: u32 = 60;

/// A server that runs alone.
pub(super) struct Stand<'a> {
    pub(super) contestant: Contestant,
    options: &'a Options,
    process: Process,
    redis: Redis,
    redis_pid: u32,
    begun: MachineTime,
}

/// What a measurement gave.
pub(super) struct Measured {
    pub(super) loaded: Loaded,
    /// CPU of Redis, microseconds per answer.
    pub(super) redis_cpu: f64,
    /// How many commands Redis ran per answer, those of scripts among them.
    pub(super) redis_commands: f64,
}

impl<'a> Stand<'a> {
    /// Starts both.
    pub(super) fn start(
        runtime: &Runtime,
        options: &'a Options,
        contestant: Contestant,
    ) -> anyhow::Result<Self> {
        let settings = options.redis_settings();
        let start = settings
            .iter()
            .fold(StartRedis::default(), |start, (name, value)| {
                start.setting(name, value)
            });
        let redis = start.start();
        let process = contestant.start(runtime, options, &redis.url())?;
        let redis_pid = info(&redis, "server", "process_id:")?;
        let mut stand = Self {
            contestant,
            options,
            process,
            redis,
            redis_pid,
            begun: MachineTime::so_far(&[])?,
        };
        stand.begun = stand.machine_time()?;
        Ok(stand)
    }

    pub(super) fn target(&self) -> Target {
        self.process.target()
    }

    /// See [`Process::key`].
    pub(super) fn key(&self) -> Option<&str> {
        self.process.key()
    }

    /// Begins so many sessions. The log-ins of one subject are far from each other.
    pub(super) async fn log_in(&self, count: usize) -> anyhow::Result<Vec<Holder>> {
        let (mut tasks, subjects) = (JoinSet::new(), count.div_ceil(OF_EACH));
        for task in 0..CLIENTS {
            let (address, key) = (self.target().address, self.key().map(str::to_owned));
            tasks.spawn(async move {
                let (mut client, mut holders) = (Client::new(address), Vec::new());
                for number in (task..count).step_by(CLIENTS) {
                    let subject = format!("user-{}", number % subjects);
                    let answer = client.send(log_in(key.as_deref(), &subject).ask()).await;
                    holders.push(Holder::of(&answer)?);
                }
                anyhow::Ok(holders)
            });
        }
        let mut holders = Vec::with_capacity(count);
        while let Some(done) = tasks.join_next().await {
            holders.append(&mut done??);
        }
        Ok(holders)
    }

    /// Takes one measurement.
    pub(super) fn measure(&self, step: Step, holders: &[Holder]) -> anyhow::Result<Measured> {
        let requests: Vec<Request> = match step {
            Step::Verify => holders.iter().map(Holder::verify).collect(),
            Step::List => holders.iter().map(Holder::list).collect(),
            Step::Refresh => holders.iter().map(Holder::refresh).collect(),
            Step::Create => self.creates(holders.len()),
        };
        let (file, script) = (
            self.options.work.join("requests.txt"),
            self.options.work.join("load.lua"),
        );
        std::fs::write(&file, lines(&requests, |text, request| write!(text, "{request}")))
            .context("write the requests")?;
        let load = Load::new(&script, &file, self.options.connections, self.options.seconds);
        let load = match step {
            // What may be in memory is there then.
            Step::Verify => load.once(WARM_MAX).on(self.target()).map(|_| load)?,
            Step::List | Step::Create => load,
            // What it showed is void then.
            Step::Refresh => load.once(self.options.seconds),
        };
        let before = self.redis_spent()?;
        let loaded = load.on(self.target())?;
        let after = self.redis_spent()?;
        ensure!(
            loaded.faults == 0.0,
            "{}: {} of {} answers are wrong",
            self.contestant.name(),
            loaded.faults,
            loaded.answers
        );
        Ok(Measured {
            loaded,
            redis_cpu: (after.0 - before.0) * 1e6 / loaded.answers,
            redis_commands: (after.1 - before.1) / loaded.answers,
        })
    }

    /// Of other subjects than those that hold sessions.
    fn creates(&self, count: usize) -> Vec<Request> {
        let subject = |number| format!("new-{number}");
        (0..count)
            .map(|number| log_in(self.key(), &subject(number)))
            .collect()
    }

    /// CPU seconds of Redis so far, and how many commands it ran.
    fn redis_spent(&self) -> anyhow::Result<(f64, f64)> {
        let commands = info(&self.redis, "stats", "total_commands_processed:")?;
        Ok((cpu_seconds(self.redis_pid)?, commands))
    }

    /// How many cores others used meanwhile.
    pub(super) fn others(&self) -> anyhow::Result<f64> {
        let (others, _stolen) = self.machine_time()?.others_since(&self.begun);
        Ok(others)
    }

    fn machine_time(&self) -> anyhow::Result<MachineTime> {
        let redis = Target {
            address: self.redis.address(),
            pid: self.redis_pid,
        };
        MachineTime::so_far(&[self.target(), redis])
    }
}

/// A number that a Redis tells of itself.
fn info<T: std::str::FromStr>(redis: &Redis, section: &str, key: &str) -> anyhow::Result<T> {
    let told = redis.cli(&["INFO", section]);
    let found = told
        .lines()
        .find_map(|line| line.trim().strip_prefix(key)?.parse().ok());
    found.with_context(|| format!("find {key} in what redis tells of itself"))
}
