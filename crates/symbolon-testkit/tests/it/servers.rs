//! Servers of others: they stand, they can be broken, and they leave nothing behind.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use symbolon_testkit::servers::{Database, Engine, Maria, PostgreSql, Start, StartRedis};

/// Set for the process that is killed in the test below.
const VICTIM: &str = "SYMBOLON_TEST_VICTIM";

mod of_postgres {
    #[test]
    fn a_server_keeps_what_was_committed_over_a_kill_and_is_gone_when_it_is_dropped() {
        super::keeps_what_was_committed::<super::PostgreSql>();
    }

    #[test]
    fn a_server_is_gone_when_its_test_is_killed() {
        super::is_gone_with_its_test::<super::PostgreSql>("of_postgres");
    }
}

mod of_mariadb {
    #[test]
    fn a_server_keeps_what_was_committed_over_a_kill_and_is_gone_when_it_is_dropped() {
        super::keeps_what_was_committed::<super::Maria>();
    }

    #[test]
    fn a_server_is_gone_when_its_test_is_killed() {
        super::is_gone_with_its_test::<super::Maria>("of_mariadb");
    }
}

fn keeps_what_was_committed<E: Engine>() {
    let server = Start::<E>::default().start();
    server.sql("CREATE TABLE t (c INT); INSERT INTO t VALUES (7)");
    server.kill9();
    assert!(TcpStream::connect(server.address()).is_err());
    server.start_again();
    assert_eq!(server.sql("SELECT c FROM t"), "7");
    server.stop();
    server.start_again();
    assert_eq!(server.sql("SELECT c, c FROM t"), "7|7");
    let (address, folder) = (server.address(), server.folder().to_owned());
    assert!(folder.exists());
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(!folder.exists());
}

/// The victim is this same test in another process, which starts a server, says where, and is killed.
fn is_gone_with_its_test<E: Engine>(module: &str) {
    if std::env::var_os(VICTIM).is_some() {
        let server = Database::<E>::shared();
        println!("\n{}", server.folder().display());
        std::thread::park();
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            &format!("it::servers::{module}::a_server_is_gone_when_its_test_is_killed"),
            "--nocapture",
        ])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = std::io::BufReader::new(victim.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(said).map(Result::unwrap);
    let prefix = format!("symbolon-{}-", E::NAME);
    let folder = lines.find(|line| line.contains(&prefix)).unwrap();
    let folder = Path::new(&folder);
    assert!(folder.exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
    until_gone(folder);
}

/// Waits until the folder is gone, at the most for ten seconds. The one who removes it is a grandchild that holds no
/// pipe of ours, on purpose, and a folder tells nobody that it goes: there is nothing to wait on but the folder.
fn until_gone(folder: &Path) {
    for _ in 0..2_000 {
        if !folder.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} is still there", folder.display());
}

#[test]
fn a_redis_keeps_what_it_saved_over_a_kill_and_is_gone_when_it_is_dropped() {
    let server = StartRedis::default().user("guest", "on >pw ~a* +get").start();
    server.cli(&["SET", "a", "7"]);
    server.cli(&["SAVE"]);
    server.cli(&["SET", "a", "8"]);
    server.kill9();
    assert!(TcpStream::connect(server.address()).is_err());
    server.start_again();
    assert_eq!(server.cli(&["GET", "a"]), "7");
    let as_guest = |command: &[&str]| {
        let login = ["--user", "guest", "--pass", "pw", "--no-auth-warning"];
        server.cli(&[&login, command].concat())
    };
    assert_eq!(as_guest(&["GET", "a"]), "7");
    assert!(as_guest(&["GET", "b"]).starts_with("NOPERM"));
    let (address, folder) = (server.address(), server.folder().to_owned());
    assert!(folder.exists());
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(!folder.exists());
}
