//! However a campaign ends, it leaves no process and no file behind. In its nodes' place is one that sleeps.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use symbolon_testkit::wait::block_until;
use tempfile::TempDir;

/// A campaign over PostgreSQL that has started its store and waits for its first node.
struct Started {
    campaign: Child,
    /// The place of its temporary files. Every process of it has that in its environment.
    place: TempDir,
    /// The folders in which its processes work.
    folders: Vec<PathBuf>,
}

impl Started {
    fn new() -> Self {
        let place = TempDir::new().unwrap();
        let elsewhere = TempDir::new().unwrap();
        let node = elsewhere.path().join("node");
        std::fs::write(&node, "#!/bin/sh\nexec sleep 1000\n").unwrap();
        std::fs::set_permissions(&node, std::fs::Permissions::from_mode(0o700)).unwrap();
        // The store's own user makes files there too.
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let campaign = Command::new(env!("CARGO_BIN_EXE_symbolon-campaign"))
            .arg("--binary")
            .arg(&node)
            .args(["--nemesis", "n0", "--no-cache", "--until-input-ends"])
            .env("TMPDIR", place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_node = |process: &PathBuf| {
            let words = std::fs::read(process.join("cmdline")).unwrap_or_default();
            words.starts_with(b"sleep\x001000\0")
        };
        block_until("its first node starts", || {
            processes(place.path()).iter().any(is_node)
        });
        let all = processes(place.path());
        let working = all
            .iter()
            .map(|process| std::fs::read_link(process.join("cwd")).unwrap());
        let folders: Vec<PathBuf> = working
            .filter(|folder| folder.to_string_lossy().contains("symbolon-"))
            .collect();
        assert!(folders.len() >= 2, "the store and the node: {folders:?}");
        Self {
            campaign,
            place,
            folders,
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.campaign.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.unwrap(), signal).unwrap();
    }

    /// Waits for its end, and for that of all that it has started.
    fn leaves_nothing(mut self) {
        assert!(!self.campaign.wait().unwrap().success());
        block_until("no process is left", || processes(self.place.path()).is_empty());
        block_until("no folder is left", || {
            !self.folders.iter().any(|folder| folder.exists())
        });
        let left: Vec<_> = std::fs::read_dir(self.place.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The processes whose environment names that folder, as their places below `/proc`. One that has ended has none.
fn processes(folder: &Path) -> Vec<PathBuf> {
    let name = folder.to_str().unwrap().as_bytes();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.map(|process| process.path())
        .filter(|process| {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            environment.windows(name.len()).any(|window| window == name)
        })
        .collect()
}

#[test]
fn a_campaign_that_is_asked_to_stop_leaves_nothing_behind() {
    let started = Started::new();
    started.signal(Signal::TERM);
    started.leaves_nothing();
}

#[test]
fn a_campaign_that_is_killed_leaves_nothing_behind() {
    let started = Started::new();
    started.signal(Signal::KILL);
    started.leaves_nothing();
}

#[test]
fn a_campaign_ends_with_who_started_it() {
    let mut started = Started::new();
    drop(started.campaign.stdin.take());
    started.leaves_nothing();
}
