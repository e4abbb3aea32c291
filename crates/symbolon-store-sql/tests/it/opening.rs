//! What is opened, and what is refused.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::{Arc, OnceLock};

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, LogSink, RevocationSeq};
use symbolon_core::store::{SessionStore as _, StoreError, Upkeep as _};
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenError, OpenSqlite, Place, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};

use super::given::{Folder, begin, options, refusal, without_path};

const JUMP: u64 = 1 << 20;

fn micros(instant: Timestamp) -> u64 {
    u64::try_from(instant.0).unwrap() * 1_000
}

#[tokio::test]
async fn a_fresh_store_says_so_and_begins_at_the_wall_clock() {
    let folder = Folder::new();
    let (store, opened) = folder.open();
    assert!(opened.fresh);
    assert_eq!(opened.high_water, sample::BEGIN);
    assert_eq!(opened.head, RevocationSeq(micros(sample::BEGIN)));
    assert_eq!(store.log_head().await.unwrap().seq, opened.head);
}

#[tokio::test]
async fn a_store_opened_again_keeps_all_and_jumps_to_the_wall_clock() {
    let folder = Folder::new();
    let (store, first) = folder.open();
    let session = sample::full_session();
    begin(&store, &session).await;
    let row = store.revoke_session(sample::revoke(session.id)).await.unwrap();
    let found = store.find_session(session.id).await.unwrap();
    let log = store.revocations_from(RevocationSeq::ZERO, 10).await.unwrap();
    store.close().await;

    let later = sample::at(60_000);
    let (store, second) = SqlStore::open(OpenSqlite {
        now: later,
        ..folder.options()
    })
    .unwrap();
    assert!(!second.fresh);
    assert_eq!(second.cluster_id, first.cluster_id);
    assert_eq!(second.head, RevocationSeq(micros(later)));
    assert_eq!(store.find_session(session.id).await.unwrap(), found);
    assert_eq!(
        store.revocations_from(RevocationSeq::ZERO, 10).await.unwrap(),
        log
    );
    assert_eq!(log.len(), 1, "{row:?}");
}

#[tokio::test]
async fn the_log_jumps_also_where_the_wall_clock_stands_still() {
    let folder = Folder::new();
    let (store, first) = folder.open();
    store.close().await;
    let (store, second) = folder.open();
    assert_eq!(second.head, RevocationSeq(first.head.0 + JUMP));
    begin(&store, &sample::session("alice", 0)).await;
    let done = store
        .revoke_session(sample::revoke(sample::session("alice", 0).id))
        .await
        .unwrap();
    let symbolon_core::store::Revoked::Done(row) = done else {
        panic!("not done: {done:?}");
    };
    assert_eq!(row.prev_seq, second.head);
    assert_eq!(row.seq, RevocationSeq(second.head.0 + 1));
}

#[tokio::test]
async fn the_newest_instant_written_is_said_at_the_next_start() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    begin(&store, &sample::session("alice", 70_000)).await;
    begin(&store, &sample::session("alice", 50_000)).await;
    store.close().await;
    assert_eq!(folder.open().1.high_water, sample::at(70_000));
}

#[tokio::test]
async fn a_closed_store_is_one_file_and_refuses() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    begin(&store, &sample::session("alice", 0)).await;
    store.close().await;
    let mut names: Vec<_> = fs::read_dir(folder.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["symbolon.db", "symbolon.lock"]);
    let refused = store.find_session(sample::session("alice", 0).id).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable { detail, .. }) if detail == "the store is closed"),
        "{refused:?}"
    );
}

#[test]
fn the_files_are_for_their_owner_only() {
    let folder = Folder::new();
    let (_store, _) = folder.open();
    for entry in fs::read_dir(folder.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_second_store_on_the_same_file_is_refused_by_whatever_name() {
    let folder = Folder::new();
    let (_store, _) = folder.open();
    let link = folder.folder.path().join("elsewhere");
    fs::create_dir(&link).unwrap();
    let link = link.join("link.db");
    symlink(folder.path(), &link).unwrap();
    for path in [folder.path(), link] {
        let error = refusal(options(Place::File(path), Arc::new(Recorded::default())));
        let OpenError::InUse { pid, command, .. } = &error else {
            panic!("not in use: {error}");
        };
        assert_eq!(*pid, std::process::id().to_string());
        assert!(command.is_some());
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    let text = "these are my notes, and not a database\n".repeat(200);
    fs::write(folder.path(), &text).unwrap();
    assert_eq!(
        without_path(&folder.refusal(), &folder.path()),
        "PATH is not a store of symbolon: it is no SQLite database; choose another path"
    );
    assert_eq!(fs::read_to_string(folder.path()).unwrap(), text);
}

#[test]
fn the_database_of_another_program_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    folder
        .look()
        .execute_batch(
            "PRAGMA application_id = 7; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')",
        )
        .unwrap();
    let before = fs::read(folder.path()).unwrap();
    assert_eq!(
        without_path(&folder.refusal(), &folder.path()),
        "PATH is not a store of symbolon: it is an SQLite database of another program (application id 7); \
         choose another path"
    );
    assert_eq!(fs::read(folder.path()).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_damaged() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store.close().await;
    let file = fs::OpenOptions::new().write(true).open(folder.path()).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    assert_eq!(
        without_path(&folder.refusal(), &folder.path()),
        "PATH is damaged: database disk image is malformed; keep a copy of it with its -wal file, \
         then restore the newest backup"
    );
}

#[tokio::test]
async fn the_store_of_a_newer_release_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store.close().await;
    folder
        .look()
        .execute("UPDATE meta SET v = '99' WHERE k = 'schema_version'", [])
        .unwrap();
    let before = fs::read(folder.path()).unwrap();
    assert_eq!(
        without_path(&folder.refusal(), &folder.path()),
        "PATH has schema version 99, and this release knows versions up to 4: start the newer release"
    );
    assert_eq!(fs::read(folder.path()).unwrap(), before);
}

#[tokio::test]
async fn the_store_of_another_master_key_is_refused_and_says_which() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store.close().await;
    let error = refusal(OpenSqlite {
        key_check: KeyCheck([0xab; 32]),
        ..folder.options()
    });
    assert_eq!(
        without_path(&error, &folder.path()),
        "PATH belongs to another master key (it wants the one whose check begins with 01010101, \
         and was given abababab): copy the master.key that this store was made with, \
         or set keys.master_file to it"
    );
}

#[test]
fn a_folder_in_the_place_of_the_file_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    assert_eq!(
        without_path(&folder.refusal(), &folder.path()),
        "cannot open PATH: it is not a file; choose another path, or give this user the right to write there"
    );
}

/// The rights of files do not bind the user that may run this test, so a folder that cannot be
/// written stands for itself only where nobody can write: in the kernel's own file system.
#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    for path in [
        "/proc/symbolon.db",
        "/nowhere/at/all/symbolon.db",
        "/dev/null/symbolon.db",
    ] {
        let error = refusal(options(Place::File(path.into()), Arc::new(Recorded::default())));
        assert!(matches!(error, OpenError::Unusable { .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = Folder::new();
    fs::write(folder.path(), "").unwrap();
    let (store, opened) = folder.open();
    assert!(opened.fresh);
    begin(&store, &sample::session("alice", 0)).await;
}

#[tokio::test]
async fn a_store_in_memory_is_gone_when_it_is_closed() {
    let place = || options(Place::Memory, Arc::new(Recorded::default()));
    let session = sample::session("alice", 0);
    let (store, first) = SqlStore::open(place()).unwrap();
    begin(&store, &session).await;
    store.close().await;
    let (store, second) = SqlStore::open(place()).unwrap();
    assert!(first.fresh && second.fresh);
    assert_eq!(store.find_session(session.id).await.unwrap(), None);
}

#[tokio::test]
async fn dropping_the_last_clone_frees_the_file_and_keeps_what_was_asked_for() {
    let folder = Folder::new();
    let session = sample::session("alice", 0);
    let (store, _) = folder.open();
    let clone = store.clone();
    drop(store);
    begin(&clone, &session).await;
    drop(clone);
    let (store, _) = folder.open();
    assert!(store.find_session(session.id).await.unwrap().is_some());
}

/// A sink that holds the store that feeds it, as a server's memory may.
#[derive(Default)]
struct Holder(OnceLock<SqlStore>);

impl LogSink for Holder {
    fn committed(&self, _: &[LogRow]) {}
}

#[tokio::test]
async fn a_store_whose_sink_holds_it_is_closed_all_the_same() {
    let folder = Folder::new();
    let holder = Arc::new(Holder::default());
    let (store, _) = SqlStore::open(options(Place::File(folder.path()), holder.clone())).unwrap();
    assert!(holder.0.set(store.clone()).is_ok());
    drop(holder);
    store.close().await;
    drop(store);
    let (store, opened) = folder.open();
    assert!(!opened.fresh);
    begin(&store, &sample::session("alice", 0)).await;
}
