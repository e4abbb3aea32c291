//! The example file is the manual: complete, true, and in the words of the table.

use std::fs;
use std::path::Path;

use super::super::not_yet::LATER;
use super::super::settings::SETTINGS;
use super::read;

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbolon.example.yaml");
    fs::read_to_string(path).expect("the example file is at the top of the repository")
}

/// Each setting of the example as `(path, comment above, value)`.
fn lines(example: &str) -> Vec<(String, String, String)> {
    let (mut groups, mut comment, mut lines) = (Vec::new(), String::new(), Vec::new());
    for line in example.lines() {
        let text = line.trim_start();
        if let Some(words) = text.strip_prefix("# ") {
            comment = format!("{comment} {words}").trim().to_owned();
        } else if let Some((key, value)) = text.split_once(':') {
            groups.truncate((line.len() - text.len()) / 2);
            groups.push(key.to_owned());
            if !value.is_empty() {
                lines.push((groups.join("."), comment.clone(), value.trim().to_owned()));
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
    lines
}

#[test]
fn the_example_has_no_fault_and_gives_exactly_the_defaults() {
    let example = read(&example()).expect("the example has no fault");
    let defaults = read("").expect("an empty file has no fault");
    assert_eq!(example.config, defaults.config);
    assert!(example.warnings.is_empty(), "{:?}", example.warnings);
    assert!(example.not_yet().is_empty(), "{:?}", example.not_yet());
}

#[test]
fn the_example_has_every_setting_in_the_order_and_in_the_words_of_the_table() {
    let example = example();
    let lines = lines(&example);
    let paths: Vec<&str> = lines.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(
        paths,
        SETTINGS.iter().map(|setting| setting.path).collect::<Vec<_>>()
    );
    for (setting, (path, comment, value)) in SETTINGS.iter().zip(&lines) {
        assert_eq!(value.trim_matches('"'), setting.default, "{path}");
        let mut words = setting.doc.to_owned();
        if let (Some(development), Some(production)) = (setting.development, setting.production) {
            words += &format!(" Profile development: {development}, production: {production}.");
        }
        if LATER.iter().any(|(later, _)| later == path) {
            words += " Only the default in this version.";
        }
        assert_eq!(*comment, words, "{path}");
    }
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let contract = r#"
profile: default
data_dir: ./symbolon-data
http:    { listen: 127.0.0.1:5000, trusted_proxies: [], tls: null, cors_origins: [] }
admin:   { listen: null }
ops:     { listen: null }
store:   { url: sqlite: }
cache:   { redis_url: null, prefix: sy }
fallback: { enabled: true }
keys:    { master_file: null }
token:   { style: opaque, alg: EdDSA, issuer: symbolon, audience: null }
session: { access_ttl: 30m, refresh_ttl: 30d, idle_timeout: 7d, absolute_timeout: 30d, remember: { absolute_timeout: 90d, idle_timeout: 30d },
           rotation_grace: 10s, per_subject_max: 50, on_max: replace_oldest, renew_before: 0s }
cookie:  { secure: true }
node:    { lease: 10s, revoke_wait: 1s, near_capacity: 1000000, log_retention: 1h }
login:   { argon2: { memory: 19MiB, iterations: 2 }, free_failures: 5 }
purge:   { schedule: "0 3 * * *", keep_ended: 14d }
verdict: { reasons: full }
compat:  { enabled: true, query_token: false }
log:     { format: pretty, level: info, locale: en }
debug:   { tier: false }
"#;
    let contract = read(contract).expect("the contract has no fault");
    assert_eq!(
        contract.config,
        read("").expect("an empty file has no fault").config
    );
}

#[test]
fn every_word_of_every_choice_has_a_meaning_in_the_tree() {
    for setting in SETTINGS {
        let super::super::kind::Kind::Choice(words) = setting.kind else {
            continue;
        };
        for word in words {
            let variable = super::super::environment::variable(setting.path);
            let answer = super::read_under("http: { plain: true }", &[(&variable, word)]);
            assert!(answer.is_ok(), "{} {word}: {answer:?}", setting.path);
        }
    }
}
