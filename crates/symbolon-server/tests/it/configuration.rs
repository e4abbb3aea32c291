//! What the program does with its configuration. What the configuration may say is tested beside it.

use std::fs;

use serde_json::{Value, json};

use crate::place::Place;

const BROKEN: &str = "\
profile: default
sesion:
  access_ttl: 30m
session:
  access_ttl: tomorrow
http:
  listen: nowhere
";

#[test]
fn every_fault_of_a_broken_configuration_is_told_at_once_and_nothing_is_begun() {
    let place = Place::fresh();
    fs::write(place.folder().join("symbolon.yaml"), BROKEN).unwrap();
    // The variable of the place would hide one of the faults.
    let run = |line: &str| {
        let output = place
            .command(line)
            .env_remove("SYMBOLON_HTTP__LISTEN")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for line in [
        "serve",
        "",
        "config check",
        "config show",
        "account list",
        "key add --name n --scope verify",
        "init",
    ] {
        let (code, told) = run(line);
        assert_eq!(code, Some(78), "{line}: {told}");
        assert!(
            told.starts_with("symbolon: the configuration has 3 faults\n"),
            "{line}: {told}"
        );
        for place_of_fault in [
            "symbolon.yaml:2:1: ",
            "symbolon.yaml:5:15: session.access_ttl: ",
            "symbolon.yaml:7:11: http.listen: ",
        ] {
            assert!(told.contains(place_of_fault), "{line}: {told}");
        }
        assert!(told.contains("did you mean session"), "{line}: {told}");
    }
    assert!(!place.data_dir().exists());
}

#[test]
fn a_store_that_cannot_be_one_stops_the_start_and_the_check() {
    let place = Place::fresh().env("SYMBOLON_STORE__URL", "redis-cluster://127.0.0.1");
    for line in ["serve", "config check"] {
        let done = place.run(line).failed(78);
        assert!(
            done.err
                .starts_with("symbolon: the configuration has a fault\n  "),
            "{done:?}"
        );
        assert!(done.err.contains("SYMBOLON_STORE__URL: store.url: "), "{done:?}");
    }
}

#[test]
fn a_good_configuration_is_said_to_be_good_with_its_doubts_beside() {
    let place = Place::fresh().env("SYMBOLON_STORE__URL", "memory:");
    let done = place.run("config check").ok();
    assert_eq!(done.out, "the configuration has no fault\n");
    assert!(
        done.err.starts_with("doubtful: SYMBOLON_STORE__URL: store.url: "),
        "{done:?}"
    );
    let told = place.run("config check --json").ok().json();
    assert_eq!(
        (&told["faults"], told["warnings"].as_array().unwrap().len()),
        (&json!([]), 1)
    );
}

#[test]
fn each_value_is_shown_with_its_source() {
    let place = Place::fresh().env("SYMBOLON_SESSION__IDLE_TIMEOUT", "2d");
    let file = place.folder().join("other.yaml");
    fs::write(
        &file,
        "profile: production\nhttp: { plain: true }\nsession:\n  per_subject_max: 3\n",
    )
    .unwrap();
    let shown = place.run("config show --json --config other.yaml").ok().json();
    let of = |path: &str| {
        shown
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["path"] == path)
            .unwrap()
            .clone()
    };
    let source = |path: &str| of(path)["source"].clone();
    assert_eq!(of("session.per_subject_max")["value"], 3);
    assert_eq!(
        source("session.per_subject_max"),
        json!({ "kind": "file", "file": "other.yaml", "line": 4, "column": 20 })
    );
    assert_eq!(
        source("session.idle_timeout"),
        json!({ "kind": "environment", "variable": "SYMBOLON_SESSION__IDLE_TIMEOUT" })
    );
    assert_eq!(
        source("session.access_ttl"),
        json!({ "kind": "profile", "profile": "production" })
    );
    assert_eq!(source("session.refresh_ttl"), json!({ "kind": "default" }));
    let table = place.run("config show --config other.yaml").ok().out;
    let line = table
        .lines()
        .find(|line| line.starts_with("session.per_subject_max "))
        .unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["session.per_subject_max", "3", "other.yaml:4:20"]);
}

#[test]
fn a_password_is_shown_masked() {
    let place = Place::fresh().env(
        "SYMBOLON_STORE__URL",
        "postgres://symbolon:open-sesame@db/sessions",
    );
    for line in ["config show", "config show --json"] {
        let done = place.run(line).ok();
        assert!(
            !done.out.contains("open-sesame") && done.out.contains("postgres://symbolon:***@db/sessions")
        );
    }
    let refused = place.run("serve").failed(69);
    assert!(!refused.err.contains("open-sesame"), "{refused:?}");
}

#[test]
fn a_named_file_that_is_not_there_is_a_fault() {
    let done = Place::fresh()
        .run("config check --config none.yaml --json")
        .failed(78);
    let told: Value = serde_json::from_str(&done.err).unwrap();
    assert!(
        told["error"]["details"][0]
            .as_str()
            .unwrap()
            .starts_with("none.yaml: "),
        "{told}"
    );
}

#[test]
fn a_certificate_that_is_none_is_told_by_serve_and_by_doctor() {
    let place = Place::fresh()
        .env("SYMBOLON_HTTP__TLS__CERT", "cert.pem")
        .env("SYMBOLON_HTTP__TLS__KEY", "key.pem");
    for name in ["cert.pem", "key.pem"] {
        fs::write(place.folder().join(name), "open sesame").unwrap();
    }
    let told = "http.tls: read certificates from cert.pem: ";
    let refused = place.run("serve").failed(78);
    assert!(refused.err.contains(told), "{refused:?}");
    let found = place.run("doctor").failed(1);
    assert!(found.out.contains(told), "{found:?}");
    assert!(!place.data_dir().exists());
}
