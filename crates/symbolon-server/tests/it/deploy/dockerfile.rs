//! `deploy/Dockerfile`, read as Docker reads it, and its health check run as it stands.

use std::fs;
use std::process::Command;

use symbolon_testkit::server::free_address;

use super::root;
use crate::place::{Place, ready};

/// The instructions with their arguments, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("deploy/Dockerfile")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            (
                name.to_owned(),
                rest.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        })
        .collect()
}

fn arguments(name: &str) -> Vec<String> {
    let own = instructions().into_iter().filter(|(own, _)| own == name);
    own.map(|(_, rest)| rest).collect()
}

/// The variables that the image sets.
pub(super) fn variables() -> Vec<(String, String)> {
    let all = arguments("ENV").join(" ");
    let pairs = all.split(' ').map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_image_is_built_in_two_stages_from_files_that_are_there() {
    let from = arguments("FROM");
    assert_eq!(from, ["rust:1.95-bookworm AS build", "debian:bookworm-slim"]);
    // The toolchain that the project asks for.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("rust-version = \"1.95\""));
    let built = arguments("RUN");
    assert!(built[0].starts_with("cargo build --release --locked -p symbolon-server && "));
    let server = fs::read_to_string(root().join("crates/symbolon-server/Cargo.toml")).unwrap();
    assert!(server.contains("name = \"symbolon\""));
    let copied = arguments("COPY");
    assert_eq!(
        copied,
        [
            ". .",
            "--from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
            "--from=build /build/target/release/symbolon /usr/local/bin/symbolon",
        ]
    );
    // What is left out of the context is nothing that the build needs.
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let needed = [
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        ".cargo",
        "clippy.toml",
        "xtask",
        "models",
    ];
    for line in ignored.lines().filter(|line| !line.starts_with('#')) {
        assert!(!needed.contains(&line), "{line} is needed");
    }
}

#[test]
fn the_image_runs_without_rights_and_its_settings_are_known() {
    assert_eq!(arguments("USER"), ["10001:10001"]);
    let made = arguments("RUN").remove(1);
    assert_eq!(made, "install -d -m 0700 -o 10001 -g 10001 /var/lib/symbolon");
    let variables = variables();
    let of = |name: &str| {
        let found = variables.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(arguments("VOLUME"), [of("SYMBOLON_DATA_DIR")]);
    let port = of("SYMBOLON_HTTP__LISTEN").split_once(':').unwrap().1;
    assert_eq!(arguments("EXPOSE"), [port]);
    assert!(arguments("HEALTHCHECK")[0].contains(&format!("/dev/tcp/127.0.0.1/{port} ")));
    let place = Place::fresh();
    let place = variables
        .iter()
        .fold(place, |place, (name, value)| place.env(name, value));
    let shown = place.run("config show --json").ok().json();
    for (name, value) in &variables {
        let known = shown
            .as_array()
            .unwrap()
            .iter()
            .any(|setting| setting["variable"] == name.as_str() && setting["value"] == value.as_str());
        assert!(known, "{name} is no setting: {shown}");
    }
    assert_eq!(arguments("ENTRYPOINT"), ["[\"symbolon\"]"]);
    assert_eq!(arguments("CMD"), ["[\"serve\"]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_tells_a_server_that_lives_from_one_that_does_not() {
    let check = arguments("HEALTHCHECK").remove(0);
    let (_, command) = check.split_once(" CMD ").unwrap();
    let words: Vec<String> = serde_json::from_str(command).unwrap();
    let run = |port: u16| {
        let words = words
            .iter()
            .map(|word| word.replace("/5000 ", &format!("/{port} ")));
        let words: Vec<String> = words.collect();
        Command::new(&words[0]).args(&words[1..]).output().unwrap()
    };
    let server = ready().await;
    let lives = run(server.address().port());
    assert!(lives.status.success(), "{lives:?}");
    assert!(!run(free_address().port()).status.success());
    // Something else that answers.
    let other = super::super::gateways::backend::Backend::answering("HTTP/1.1 404 Not Found\r\n\r\n").await;
    assert!(!run(other.address().port()).status.success());
}
