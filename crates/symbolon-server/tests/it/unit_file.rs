//! The systemd unit of `deploy/`: what it starts is what this program understands.

use std::fs;

use symbolon_testkit::server::Start;

use crate::place::{BINARY, Place};

const UNIT: &str = include_str!("../../../../deploy/systemd/symbolon.service");
const EXAMPLE: &str = include_str!("../../../../symbolon.example.yaml");

/// The value of a line of the unit.
fn value(key: &str) -> &'static str {
    let mut lines = UNIT
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.next().unwrap_or_else(|| panic!("{key} is not in the unit"))
}

#[tokio::test]
async fn the_unit_starts_the_server_and_asks_it_to_stop_in_time() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("symbolon.yaml");
    fs::write(&file, EXAMPLE).unwrap();
    let mut words = value("ExecStart").split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/symbolon"));
    let file = file.to_str().unwrap();
    let args: Vec<&str> = words
        .map(|word| if word.starts_with("/etc/") { file } else { word })
        .collect();
    let mut start = Start::binary(BINARY).args(&args);
    for variable in value("Environment").split(' ') {
        let (name, value) = variable.split_once('=').unwrap();
        // The data folder is that of the test.
        if name != "SYMBOLON_DATA_DIR" {
            start = start.env(name, value);
        }
    }
    let mut server = start.ready().await;
    let begin = tokio::time::Instant::now();
    server.sigterm();
    assert!(server.wait_exit().await.success());
    let patience = value("TimeoutStopSec")
        .strip_suffix('s')
        .unwrap()
        .parse()
        .unwrap();
    assert!(begin.elapsed().as_secs() < patience);
}

#[test]
fn the_unit_does_not_start_again_what_will_not_work_again() {
    let lasting: Vec<i32> = value("RestartPreventExitStatus")
        .split(' ')
        .map(|code| code.parse().unwrap())
        .collect();
    let place = Place::fresh();
    assert!(lasting.contains(&place.run("serve --no-such-option").code.unwrap()));
    let wrong = place.env("SYMBOLON_PROFILE", "none");
    assert!(lasting.contains(&wrong.run("serve").code.unwrap()));
}
