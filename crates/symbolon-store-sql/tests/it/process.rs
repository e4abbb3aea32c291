//! What needs a process of its own: this test binary, started again with one test and an environment.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::session::SessionId;
use symbolon_core::store::{SessionStore as _, StoreError};
use symbolon_store_sql::{OpenError, Place, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use tokio::time::timeout;

use super::given::{Folder, begin, options, refusal};

/// A store that does not die fails the test and does not hold it up.
const DEATH_MAX: Duration = Duration::from_secs(20);

const STORE: &str = "SYMBOLON_TEST_STORE";

/// The path of the store, in the process that was started for a test.
fn given_store() -> Option<String> {
    std::env::var(STORE).ok()
}

/// This binary with one test, in a shell that first runs `before`.
fn start(test: &str, folder: &Folder, before: &str) -> Child {
    Command::new("sh")
        .arg("-c")
        .arg(format!("{before} exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args([
            &format!("it::process::{test}"),
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(STORE, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn said(child: &mut Child) -> String {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    text
}

#[test]
fn a_second_process_is_refused_and_told_of_the_first() {
    if let Some(path) = given_store() {
        let error = refusal(options(Place::File(path.into()), Arc::new(Recorded::default())));
        let OpenError::InUse { pid, command, .. } = &error else {
            panic!("not in use: {error}");
        };
        println!("\nheld by {pid}, {command:?}");
        return;
    }
    let folder = Folder::new();
    let (_store, _) = folder.open();
    let mut child = start("a_second_process_is_refused_and_told_of_the_first", &folder, "");
    let text = said(&mut child);
    let name = std::fs::read_to_string("/proc/self/comm").unwrap();
    let held = format!("held by {}, Some({:?})", std::process::id(), name.trim_end());
    assert!(text.contains(&held), "{text}");
}

#[test]
fn a_store_whose_process_was_killed_has_every_session_that_was_answered() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .unwrap();
    if let Some(path) = given_store() {
        let (store, _) =
            SqlStore::open(options(Place::File(path.into()), Arc::new(Recorded::default()))).unwrap();
        runtime.block_on(async {
            for number in 0.. {
                let session = sample::session("alice", number);
                begin(&store, &session).await;
                println!("\nbegan {}", session.id);
            }
        });
    }
    let folder = Folder::new();
    let mut child = start(
        "a_store_whose_process_was_killed_has_every_session_that_was_answered",
        &folder,
        "",
    );
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let began = lines.map_while(Result::ok).filter_map(|line| {
        let id = line.strip_prefix("began ")?;
        SessionId::parse(id)
    });
    let mut ids: Vec<SessionId> = Vec::new();
    for id in began {
        ids.push(id);
        if ids.len() == 200 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    let (store, opened) = folder.open();
    assert!(!opened.fresh && ids.len() >= 200);
    runtime.block_on(async {
        for found in store.find_sessions(ids).await.unwrap() {
            assert!(found.is_some());
        }
    });
}

/// A limit on the size of files makes a write fail in a way that is not a full disk.
#[test]
fn a_commit_that_cannot_be_written_is_the_end_of_the_store() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .unwrap();
    if let Some(path) = given_store() {
        let (store, _) =
            SqlStore::open(options(Place::File(path.into()), Arc::new(Recorded::default()))).unwrap();
        runtime.block_on(write_until_death(&store));
        return;
    }
    let folder = Folder::new();
    // 2,048 blocks of 512 bytes; the signal that goes with it is ignored, so that the write fails.
    let mut child = start(
        "a_commit_that_cannot_be_written_is_the_end_of_the_store",
        &folder,
        "trap '' XFSZ; ulimit -f 2048;",
    );
    let text = said(&mut child);
    let answered: u32 = text
        .lines()
        .find_map(|line| line.strip_prefix("answered "))
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| panic!("{text}"));
    let (store, _) = folder.open();
    runtime.block_on(async {
        for number in 0..answered {
            let id = sample::session("alice", number).id;
            assert!(
                store.find_session(id).await.unwrap().is_some(),
                "{number} of {answered}"
            );
        }
    });
}

async fn write_until_death(store: &SqlStore) {
    let mut answered = 0;
    let refused = loop {
        let insert = sample::insert(sample::session("alice", answered));
        match store.insert_session(insert).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    let why = timeout(DEATH_MAX, store.died()).await.unwrap();
    assert!(why.contains("disk I/O error"), "{why}");
    let read = store.find_session(sample::session("alice", 0).id).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    store.close().await;
    println!("\nanswered {answered}");
}
