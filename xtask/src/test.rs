//! `cargo xtask test`: everything the tests need, then every test, doctests included.

use std::path::Path;

use crate::fault::Fault;
use crate::{needs, process, python};

/// Provides what the tests need and runs them; `extra` goes to `cargo test`. Answers whether all passed.
pub(crate) fn run(root: &Path, extra: &[String]) -> Result<bool, Fault> {
    needs::provide()?;
    python::provide(root)?;
    let mut command = process::cargo(root);
    command.args(arguments(extra));
    println!("running {}", process::line(&command));
    process::succeeds(&mut command)
}

/// Plain `cargo test`, not nextest: it is on every machine, and it runs the doctests too. It goes on after a crate that
/// failed: one run tells everything that is wrong.
fn arguments(extra: &[String]) -> Vec<String> {
    let mut arguments = vec!["test".to_owned()];
    if !chooses_package(extra) {
        arguments.push("--workspace".to_owned());
    }
    arguments.extend(["--locked".to_owned(), "--no-fail-fast".to_owned()]);
    arguments.extend_from_slice(extra);
    arguments
}

/// `--workspace` would win over a package named beside it, so it is left out then.
fn chooses_package(extra: &[String]) -> bool {
    let for_cargo = extra.iter().take_while(|argument| *argument != "--");
    for_cargo
        .into_iter()
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::arguments;

    fn line(extra: &str) -> String {
        let extra: Vec<String> = extra.split_whitespace().map(str::to_owned).collect();
        arguments(&extra).join(" ")
    }

    #[test]
    fn all_tests_run_from_the_lock_file() {
        assert_eq!(line(""), "test --workspace --locked --no-fail-fast");
    }

    #[test]
    fn a_filter_and_the_arguments_of_the_tests_are_passed_on() {
        assert_eq!(
            line("a_name -- --nocapture"),
            "test --workspace --locked --no-fail-fast a_name -- --nocapture"
        );
        assert_eq!(
            line("-- --package"),
            "test --workspace --locked --no-fail-fast -- --package"
        );
    }

    #[test]
    fn a_chosen_package_takes_the_place_of_the_workspace() {
        assert_eq!(
            line("-p symbolon-core"),
            "test --locked --no-fail-fast -p symbolon-core"
        );
        assert_eq!(
            line("--package=symbolon-core"),
            "test --locked --no-fail-fast --package=symbolon-core"
        );
    }
}
