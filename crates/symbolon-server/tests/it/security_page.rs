//! `docs/security.md`: that what it names is there, and what it says of the defaults is so. The tests that
//! `docs/guarantees.md` names are there too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::place::Place;

const PAGE: &str = include_str!("../../../../docs/security.md");
const GUARANTEES: &str = include_str!("../../../../docs/guarantees.md");

/// The rows of every table of the page, each as its cells.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines.map(|line| line.split(" | ").map(str::trim).collect())
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of tests that a page gives: what is quoted in the last column of a table that has a column for them.
fn tests_named(page: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut shows = false;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(row) = rows(line).next() else { continue };
        let last = row.last().copied().unwrap_or_default();
        if lines.peek().is_some_and(|next| next.starts_with("|---")) {
            shows = last == "shown by";
        } else if shows {
            assert!(last.contains('`'), "nothing shows {row:?}");
            names.extend(quoted(last));
        }
    }
    names
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The tests of a file: functions that say so, and the sentences of the store's contract, which a test runs.
fn tests_of(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let is_contract = path
        .parent()
        .is_some_and(|folder| folder.ends_with("src/contract"));
    let mut names = BTreeSet::new();
    let mut says_test = false;
    for line in text.lines().map(str::trim_start) {
        let name = ["fn ", "async fn ", "pub async fn "]
            .iter()
            .find_map(|begin| line.strip_prefix(begin)?.split(['(', '<']).next());
        match name {
            Some(name) if says_test || is_contract => {
                names.insert(name.to_owned());
                says_test = false;
            }
            Some(_) => says_test = false,
            None => says_test |= line == "#[test]" || line.starts_with("#[tokio::test"),
        }
    }
    names
}

#[test]
fn each_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    let tests: BTreeSet<String> = files.iter().flat_map(|path| tests_of(path)).collect();
    assert!(tests.len() > 900, "{}", tests.len());
    for (page, some) in [(PAGE, 100), (GUARANTEES, 40)] {
        let named = tests_named(page);
        assert!(named.len() > some, "{}", named.len());
        let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(**name)).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}

#[test]
fn a_test_that_is_not_there_would_be_missed() {
    let page = "| id | asks | here | shown by |\n|---|---|---|---|\n| 1 | a | b | `no_such_test`, `nor_this` |\n\
                | setting | default |\n|---|---|\n| `session.x` | 1 |\n";
    assert_eq!(tests_named(page), ["no_such_test", "nor_this"].into());
    let own = tests_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/security_page.rs"));
    assert!(own.contains("each_test_that_the_page_names_is_there") && !own.contains("tests_named"));
}

/// Each setting as the binary starts with it under a profile.
fn settings(profile: &str) -> Value {
    let place = Place::fresh().env("SYMBOLON_PROFILE", profile);
    place.run("config show --json").ok().json()
}

#[test]
fn the_session_policy_states_the_compiled_defaults() {
    let policy: Vec<Vec<&str>> = rows(PAGE).filter(|row| row[0].starts_with("`session.")).collect();
    assert_eq!(policy.len(), 9);
    for (column, profile) in ["default", "development", "production"].into_iter().enumerate() {
        let shown = settings(profile);
        for row in &policy {
            let path = row[0].trim_matches('`');
            let setting = shown.as_array().unwrap().iter().find(|one| one["path"] == path);
            let value = setting.unwrap_or_else(|| panic!("no {path} in {shown}"))["value"].clone();
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(value, row[column + 1], "{path} in the profile {profile}");
        }
    }
}
