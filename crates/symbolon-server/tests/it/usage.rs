//! The command line itself.

use crate::place::Place;

#[test]
fn what_is_not_understood_is_64_and_help_is_0() {
    let place = Place::fresh();
    for line in [
        "frobnicate",
        "account",
        "account add",
        "session revoke",
        "--json=yes account list",
        "serve now",
    ] {
        let done = place.run(line).failed(64);
        assert!(!done.err.is_empty() && done.out.is_empty(), "{line}: {done:?}");
    }
    for line in ["--help", "key add --help", "--version"] {
        assert!(!place.run(line).ok().out.is_empty(), "{line}");
    }
    assert!(!place.data_dir().exists());
}

#[test]
fn the_version_is_the_one_of_the_crate() {
    assert_eq!(
        Place::fresh().run("--version").ok().out,
        format!("symbolon {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn every_shell_has_its_completions() {
    let place = Place::fresh();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.run(&format!("completions {shell}")).ok().out;
        assert!(
            script.contains("symbolon") && script.contains("doctor"),
            "{shell}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::fresh();
    let mut child = place
        .command("completions bash")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn ending_everyones_sessions_without_a_person_to_ask_wants_yes() {
    let place = Place::fresh();
    let done = place.run("session revoke --all").failed(64);
    assert!(done.err.contains("--yes"), "{done:?}");
    assert!(!place.data_dir().exists());
}

#[test]
fn a_failure_is_json_on_standard_error_for_programs() {
    let done = Place::fresh().run("account list --json").failed(1);
    let told: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(told["error"]["code"], "no_store");
    assert!(
        told["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("symbolon init"),
        "{told}"
    );
    assert_eq!(done.out, "");
}
