//! What is written of a run.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::Context as _;
use symbolon_bench::samples::{number, table};

use crate::limits::nginx;
use crate::process::said;

/// The Markdown of a run.
pub(crate) struct Report {
    text: String,
    verdicts: Vec<Verdict>,
}

/// A figure beside its target.
pub(crate) struct Verdict {
    id: &'static str,
    what: &'static str,
    target: String,
    measured: f64,
    met: bool,
}

impl Verdict {
    pub(crate) fn at_most(id: &'static str, what: &'static str, measured: f64, limit: f64) -> Self {
        Self {
            id,
            what,
            target: format!("≤ {limit}"),
            measured,
            met: measured <= limit,
        }
    }

    pub(crate) fn at_least(id: &'static str, what: &'static str, measured: f64, limit: f64) -> Self {
        Self {
            id,
            what,
            target: format!("≥ {limit}"),
            measured,
            met: measured >= limit,
        }
    }

    fn cells(&self) -> Vec<String> {
        let word = match (self.measured.is_finite(), self.met) {
            (false, _) => "not measured",
            (true, true) => "yes",
            (true, false) => "**no**",
        };
        vec![
            self.id.to_owned(),
            self.what.to_owned(),
            self.target.clone(),
            number(self.measured, 2),
            word.to_owned(),
        ]
    }
}

impl Report {
    pub(crate) fn begin(machine: String) -> Self {
        Self {
            text: machine,
            verdicts: Vec::new(),
        }
    }

    /// Adds a table under a heading.
    pub(crate) fn section(&mut self, title: &str, head: &[&str], rows: &[Vec<String>]) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "\n## {title}\n\n{}", table(head, rows).trim_end());
    }

    /// Adds a sentence.
    pub(crate) fn note(&mut self, sentence: &str) {
        let _ = writeln!(self.text, "\n{sentence}");
    }

    /// Adds a figure to the table of targets.
    pub(crate) fn judge(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    /// Prints the report and keeps it as a file.
    pub(crate) fn finish(mut self, results: &Path, name: &str) -> anyhow::Result<()> {
        let verdicts = std::mem::take(&mut self.verdicts);
        let rows: Vec<_> = verdicts.iter().map(Verdict::cells).collect();
        if !rows.is_empty() {
            self.section("Targets", &["", "what", "target", "measured", "met"], &rows);
        }
        print!("{}", self.text);
        let file = results.join(name);
        fs::create_dir_all(results).context("make the folder of the reports")?;
        fs::write(&file, &self.text).with_context(|| format!("write {}", file.display()))
    }
}

/// Where and with what a run was made.
pub(crate) fn machine(binary: &Path, rounds: usize, seconds: u32) -> anyhow::Result<String> {
    let line = |program: &str, arguments: &[&str]| {
        let text = said(program, arguments).unwrap_or_else(|| "not there".to_owned());
        text.lines().next().unwrap_or_default().to_owned()
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |path: &str, key: &str| {
        let text = read(path);
        let found = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.split_once(':'));
        found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, NonZeroUsize::get);
    let memory = field("/proc/meminfo", "MemTotal")
        .trim_end_matches(" kB")
        .parse::<f64>()
        .unwrap_or(f64::NAN);
    let binary = binary.to_string_lossy();
    let wrk = line("wrk", &["-v"]);
    let wrk = wrk.split(" [").next().unwrap_or_default();
    let nginx = nginx::version().unwrap_or_else(|| "nginx is not installed".to_owned());
    Ok(format!(
        "Measured {} UTC. {} cores ({}), {} GiB, Linux {}, huge pages: {}.\n\
         {}, commit {}; {}; {wrk}; {nginx}; SQLite {}.\n\
         {} rounds of {} s; medians, with (least–greatest). Server, limits and load generator share the cores.\n",
        line("date", &["-u", "+%F %R"]),
        cores,
        field("/proc/cpuinfo", "model name"),
        number(memory / 1024.0 / 1024.0, 0),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/sys/kernel/mm/transparent_hugepage/enabled").trim(),
        line(&binary, &["--version"]),
        line("git", &["describe", "--always", "--dirty"]),
        line("rustc", &["--version"]),
        rusqlite::version(),
        rounds,
        seconds,
    ))
}
