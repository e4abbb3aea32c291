use std::os::unix::fs::PermissionsExt as _;

use symbolon::{MASTER_KEY_FILE, MasterKeyFault, OpenFault, Symbolon};
use tempfile::TempDir;

use super::given::{builder, issue, presented, says};

async fn open(folder: &TempDir) -> Result<Symbolon, OpenFault> {
    builder()
        .data_dir(folder.path())
        .open()
        .await
        .map(|(symbolon, _)| symbolon)
}

#[tokio::test]
async fn what_was_issued_is_there_after_it_was_opened_again() {
    let folder = TempDir::new().unwrap();
    let symbolon = open(&folder).await.unwrap();
    let (kept, ended) = (issue(&symbolon, "ann").await, issue(&symbolon, "ann").await);
    symbolon
        .log_out(&presented(&ended.pair.access), &symbolon.origin_of_system())
        .await
        .unwrap();
    symbolon.stop().await;
    let symbolon = open(&folder).await.unwrap();
    assert_eq!(says(&symbolon, &kept.pair.access).await, "active");
    assert_eq!(says(&symbolon, &ended.pair.access).await, "logged_out");
}

#[tokio::test]
async fn the_master_key_is_made_once_and_only_its_owner_reads_it() {
    let folder = TempDir::new().unwrap();
    let (symbolon, opened) = builder().data_dir(folder.path()).open().await.unwrap();
    let path = opened.master_key_made.unwrap();
    assert_eq!(path, folder.path().join(MASTER_KEY_FILE));
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!((text.trim_end().len(), text.ends_with('\n')), (64, true));
    symbolon.stop().await;
    let (symbolon, opened) = builder().data_dir(folder.path()).open().await.unwrap();
    assert_eq!(opened.master_key_made, None);
    symbolon.stop().await;
}

#[tokio::test]
async fn a_store_without_its_master_key_is_not_opened_and_no_other_key_is_made() {
    let folder = TempDir::new().unwrap();
    open(&folder).await.unwrap().stop().await;
    let path = folder.path().join(MASTER_KEY_FILE);
    std::fs::remove_file(&path).unwrap();
    let fault = open(&folder).await.err().unwrap();
    assert!(
        matches!(fault, OpenFault::MasterKey(MasterKeyFault::Missing { .. })),
        "{fault}"
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn another_master_key_a_readable_one_and_a_broken_one_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    open(&folder).await.unwrap().stop().await;
    let path = folder.path().join(MASTER_KEY_FILE);
    let right = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "ab".repeat(32)).unwrap();
    assert!(matches!(open(&folder).await.err(), Some(OpenFault::Store(_))));
    std::fs::write(&path, "not a key").unwrap();
    let fault = open(&folder).await.err().unwrap();
    assert!(
        matches!(fault, OpenFault::MasterKey(MasterKeyFault::Content { .. })),
        "{fault}"
    );
    assert!(
        !fault.to_string().contains("not a key"),
        "a secret's text is not repeated"
    );
    std::fs::write(&path, right).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let fault = open(&folder).await.err().unwrap();
    assert!(
        matches!(
            fault,
            OpenFault::MasterKey(MasterKeyFault::Exposed { mode: 0o644, .. })
        ),
        "{fault}"
    );
}

#[tokio::test]
async fn a_second_one_on_the_same_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder).await.unwrap();
    let fault = open(&folder).await.err().unwrap().to_string();
    assert!(fault.contains(&std::process::id().to_string()), "{fault}");
    first.stop().await;
    assert!(open(&folder).await.is_ok());
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_told() {
    let fault = builder()
        .in_memory()
        .purge_schedule("at three")
        .open()
        .await
        .err()
        .unwrap();
    assert!(matches!(fault, OpenFault::Schedule { .. }), "{fault}");
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let folder = TempDir::new().unwrap();
    let open = || builder().data_dir(folder.path()).first_administrator().open();
    let (symbolon, opened) = open().await.unwrap();
    let password = opened.first_administrator.unwrap();
    assert!(password.len() >= 20 && password.chars().all(|c| c.is_ascii_alphanumeric()));
    assert!(matches!(
        super::given::log_in(&symbolon, "admin", &password).await,
        symbolon::LoggedIn::Issued { .. }
    ));
    symbolon.stop().await;
    let (symbolon, opened) = open().await.unwrap();
    assert!(opened.first_administrator.is_none());
    symbolon.stop().await;
}
