//! `cargo xtask ci`: every check in order, each timed, so that the time limit of CI can be watched.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::{campaign, layers, process, shape, test};

/// The whole of `.ci/run` stays below this on two cores from a clean checkout: longer, and people stop waiting for it.
const TOTAL_MAX: Duration = Duration::from_secs(40 * 60);

/// One step: a failed one does not stop the next, so that one run tells everything that is wrong.
struct Step {
    name: &'static str,
    run: fn(&Path) -> Result<bool, Fault>,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "fuzz",
        run: fuzz,
    },
    Step {
        name: "layers",
        run: layers::run,
    },
    Step {
        name: "shape",
        run: shape::run,
    },
    Step {
        name: "test",
        run: |root| test::run(root, &[]),
    },
    Step {
        name: "campaign",
        run: campaign::run_as_tested,
    },
];

/// How a step ended.
struct Outcome {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// Runs every step, prints their times, and answers whether all passed.
pub(crate) fn run(root: &Path) -> Result<bool, Fault> {
    let outcomes: Vec<Outcome> = STEPS.iter().map(|step| perform(step, root)).collect();
    print!("{}", table(&outcomes));
    Ok(outcomes.iter().all(|outcome| outcome.passed))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time of a step is measured, nothing is decided by it"
)]
fn perform(step: &Step, root: &Path) -> Outcome {
    println!("\n== {}", step.name);
    let start = Instant::now();
    let passed = (step.run)(root).unwrap_or_else(|fault| {
        println!("error: {fault}");
        false
    });
    Outcome {
        name: step.name,
        took: start.elapsed(),
        passed,
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let mut lines = String::from("\nstep       seconds\n");
    for Outcome { name, took, passed } in outcomes {
        let verdict = if *passed { "ok" } else { "FAILED" };
        lines += &format!("{name:<9}{:>9.1}  {verdict}\n", took.as_secs_f64());
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    let limit = TOTAL_MAX.as_secs();
    let late = if total > TOTAL_MAX { ", too slow" } else { "" };
    lines
        + &format!(
            "{:<9}{:>9.1}  (limit {limit}{late})\n",
            "total",
            total.as_secs_f64()
        )
}

fn format(root: &Path) -> Result<bool, Fault> {
    component(root, "fmt", "rustfmt")?;
    process::succeeds(process::cargo(root).args(["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> Result<bool, Fault> {
    component(root, "clippy", "clippy")?;
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    process::succeeds(process::cargo(root).args(arguments))
}

/// The fuzz targets are no member of the workspace, since linking them takes the fuzzer. That they compile is seen
/// without it, with the versions of the workspace and what clippy has built.
fn fuzz(root: &Path) -> Result<bool, Fault> {
    let (from, to) = (root.join("Cargo.lock"), root.join("fuzz/Cargo.lock"));
    std::fs::copy(&from, &to).map_err(|source| Fault::Read { path: from, source })?;
    let arguments = [
        "check",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--no-default-features",
        "--bins",
        "--target-dir",
        "target",
    ];
    process::succeeds(process::cargo(root).args(arguments))
}

/// A toolchain may come without its components; cargo's own message does not always say how to get them.
fn component(root: &Path, command: &str, component: &str) -> Result<(), Fault> {
    let present = process::answer(process::cargo(root).args([command, "--version"]));
    present.map(drop).map_err(|_| {
        Fault::Missing(format!(
            "cargo {command} is not here; get it with: rustup component add {component}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, table};

    #[test]
    fn the_table_gives_each_step_and_the_total() {
        let outcomes = [
            Outcome {
                name: "format",
                took: Duration::from_millis(1_240),
                passed: true,
            },
            Outcome {
                name: "clippy",
                took: Duration::from_millis(61_000),
                passed: false,
            },
        ];
        let expected = "\nstep       seconds\n\
            format         1.2  ok\n\
            clippy        61.0  FAILED\n\
            total         62.2  (limit 2400)\n";
        assert_eq!(table(&outcomes), expected);
    }

    #[test]
    fn a_run_over_the_limit_says_so() {
        let outcomes = [Outcome {
            name: "test",
            took: Duration::from_secs(2_401),
            passed: true,
        }];
        assert!(table(&outcomes).ends_with("total       2401.0  (limit 2400, too slow)\n"));
    }
}
