//! The process as the system sees it.

use symbolon_testkit::server::Start;

use crate::place::BINARY;

/// The soft and the hard limit of a process, by the name that the kernel gives it.
fn limit(pid: u32, name: &str) -> (String, String) {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

#[tokio::test]
async fn it_may_open_all_the_files_that_it_is_allowed_and_leaves_no_core() {
    let shell = r#"ulimit -Sc 1; ulimit -Sn 200; exec "$@""#;
    let server = Start::binary(BINARY)
        .under(&["bash", "-c", shell, "bash"])
        .ready()
        .await;
    let (soft, hard) = limit(server.pid(), "Max open files");
    assert_ne!(soft, "200");
    assert_eq!(soft, hard);
    assert_eq!(
        limit(server.pid(), "Max core file size"),
        ("0".to_owned(), "0".to_owned())
    );
}
