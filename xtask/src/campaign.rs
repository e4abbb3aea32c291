//! `cargo xtask campaign`: builds the server and the campaign, and lets the one loose on the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::{needs, process};

/// What is built: the server, and what is let loose on it.
const SERVER: &str = "symbolon";
const CAMPAIGN: &str = "symbolon-campaign";
/// What the tests are built as.
const PROFILE: &str = "debug";

/// What this command takes for itself.
const LONG: &str = "--long";
/// The wrong variants are only in a build of their own.
const BUGS: [&str; 2] = ["--bug", "--mutations"];

/// What `--long` means to the campaign; what is given besides wins, since it comes later.
const LONG_ARGUMENTS: [&str; 3] = ["--whole", "--seconds", "60"];

/// Provides what it needs, builds, and runs it. Answers whether every promise was kept.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, Fault> {
    needs::provide()?;
    let plan = Plan::of(arguments);
    let mut build = process::cargo(root);
    build.args(&plan.build);
    println!("running {}", process::line(&build));
    if !process::succeeds(&mut build)? {
        return Ok(false);
    }
    play(root, plan.profile, &plan.run)
}

/// Runs its short form with the binaries that the tests were run with just before: nothing is built, and nothing is
/// missing unless they could not be.
pub(crate) fn run_as_tested(root: &Path) -> Result<bool, Fault> {
    let built = target(root).join(PROFILE);
    for program in [SERVER, CAMPAIGN] {
        if !built.join(program).is_file() {
            let folder = built.display();
            return Err(Fault::Missing(format!(
                "the tests have built no {program} in {folder}; build it with: cargo xtask campaign"
            )));
        }
    }
    play(root, PROFILE, &[])
}

fn play(root: &Path, profile: &str, arguments: &[String]) -> Result<bool, Fault> {
    let built = target(root).join(profile);
    let mut campaign = Command::new(built.join(CAMPAIGN));
    campaign
        .current_dir(root)
        .arg("--binary")
        .arg(built.join(SERVER))
        .arg("--until-input-ends")
        .args(arguments);
    println!("running {}", process::line(&campaign));
    process::succeeds_while_this_runs(&mut campaign)
}

/// Where cargo builds.
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    profile: &'static str,
    build: Vec<String>,
    run: Vec<String>,
}

impl Plan {
    fn of(arguments: &[String]) -> Self {
        let long = arguments.iter().any(|argument| argument == LONG);
        let wrong = arguments.iter().any(|argument| BUGS.contains(&argument.as_str()));
        let mut build = words("build --locked -p symbolon-server --bin symbolon -p symbolon-campaign --bins");
        if long {
            build.push("--release".to_owned());
        }
        if wrong {
            build.extend(words("--features symbolon-server/bugs"));
        }
        let mut run = Vec::new();
        if long {
            run.extend(LONG_ARGUMENTS.map(str::to_owned));
        }
        run.extend(arguments.iter().filter(|argument| *argument != LONG).cloned());
        Self {
            profile: if long { "release" } else { PROFILE },
            build,
            run,
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{Plan, words};

    fn plan(line: &str) -> (&'static str, String, String) {
        let plan = Plan::of(&words(line));
        (plan.profile, plan.build.join(" "), plan.run.join(" "))
    }

    const BUILD: &str = "build --locked -p symbolon-server --bin symbolon -p symbolon-campaign --bins";

    #[test]
    fn the_short_form_is_built_as_the_tests_are() {
        let expected = ("debug", BUILD.to_owned(), "--nemesis n2".to_owned());
        assert_eq!(plan("--nemesis n2"), expected);
    }

    #[test]
    fn the_long_form_is_a_release_and_what_is_given_wins() {
        let run = "--whole --seconds 60 --seconds 5".to_owned();
        assert_eq!(
            plan("--seconds 5 --long"),
            ("release", format!("{BUILD} --release"), run)
        );
    }

    #[test]
    fn wrong_variants_are_built_only_where_they_are_asked_for() {
        let build = format!("{BUILD} --features symbolon-server/bugs");
        let run = "--bug late_lease".to_owned();
        assert_eq!(plan("--bug late_lease"), ("debug", build, run));
    }
}
