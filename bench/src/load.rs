//! Load on a server, by wrk.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use symbolon_bench::samples::Samples;

use crate::process::{Target, cpu_seconds};

/// What wrk runs.
pub(crate) const SCRIPT: &str = include_str!("../load.lua");

/// A run of wrk with one thread.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    script: &'a Path,
    requests: &'a Path,
    connections: u32,
    seconds: u32,
    pause_ms: u32,
    once: bool,
}

/// What a run gave.
#[derive(Clone, Copy)]
pub(crate) struct Loaded {
    /// Answers.
    pub(crate) answers: f64,
    /// Answers per second.
    pub(crate) rate: f64,
    /// Median of the time to an answer, milliseconds.
    pub(crate) p50: f64,
    /// Its 99th percentile.
    pub(crate) p99: f64,
    /// CPU of the server, microseconds per answer.
    pub(crate) server_cpu: f64,
    /// Share of one CPU that wrk used.
    pub(crate) generator_cpu: f64,
    /// Answers that were refusals, and requests without an answer.
    pub(crate) faults: f64,
}

impl<'a> Load<'a> {
    /// The requests of a file in turn, over so many connections, as fast as answers come.
    pub(crate) fn new(script: &'a Path, requests: &'a Path, connections: u32, seconds: u32) -> Self {
        Self {
            script,
            requests,
            connections,
            seconds,
            pause_ms: 0,
            once: false,
        }
    }

    /// Each connection waits before each request.
    pub(crate) fn with_pause(self, milliseconds: u32) -> Self {
        Self {
            pause_ms: milliseconds,
            ..self
        }
    }

    /// Ends after the last request of the file, or after so many seconds.
    pub(crate) fn once(self, seconds_max: u32) -> Self {
        Self {
            once: true,
            seconds: seconds_max,
            ..self
        }
    }

    /// Loads a server.
    pub(crate) fn on(&self, target: Target) -> anyhow::Result<Loaded> {
        let server_before = cpu_seconds(target.pid)?;
        let output = self.command(target).output().context("start wrk")?;
        let server = cpu_seconds(target.pid)? - server_before;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = || format!("{text} {}", String::from_utf8_lossy(&output.stderr));
        let figures = |key| {
            let line = text.lines().rev().find_map(|line| line.strip_prefix(key));
            let words = line.unwrap_or_default().split_whitespace();
            words.filter_map(|word| word.parse().ok()).collect::<Vec<f64>>()
        };
        let [own_before] = figures("READY ")[..] else {
            bail!("wrk did not begin: {}", said())
        };
        let [answers, microseconds, refused, broken, p50, p99, own] = figures("RESULT ")[..] else {
            bail!("wrk gave no result: {}", said())
        };
        ensure!(answers > 0.0, "the server at {} does not answer", target.address);
        let seconds = microseconds / 1e6;
        Ok(Loaded {
            answers,
            rate: answers / seconds,
            p50: p50 / 1e3,
            p99: p99 / 1e3,
            server_cpu: server * 1e6 / answers,
            generator_cpu: (own - own_before) / seconds,
            faults: refused + broken,
        })
    }
}

impl Load<'_> {
    fn command(&self, target: Target) -> Command {
        let mut command = Command::new("wrk");
        command
            .args(["-t1", "--timeout", "10s", "-s"])
            .arg(self.script)
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds))
            .arg(format!("http://{}", target.address))
            .env("BENCH_FILE", self.requests)
            .env("BENCH_PAUSE_MS", self.pause_ms.to_string())
            .env_remove("BENCH_ONCE")
            .stdin(Stdio::null());
        if self.once {
            command.env("BENCH_ONCE", "1");
        }
        command
    }
}

/// What several rounds of one load gave.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) rate: Samples,
    pub(crate) p50: Samples,
    pub(crate) p99: Samples,
    pub(crate) server_cpu: Samples,
    pub(crate) generator_cpu: Samples,
    pub(crate) faults: f64,
}

impl Figures {
    /// Adds a round.
    pub(crate) fn add(&mut self, loaded: Loaded) {
        self.rate.push(loaded.rate);
        self.p50.push(loaded.p50);
        self.p99.push(loaded.p99);
        self.server_cpu.push(loaded.server_cpu);
        self.generator_cpu.push(loaded.generator_cpu);
        self.faults += loaded.faults;
    }
}
