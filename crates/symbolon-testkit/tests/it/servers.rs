//! Servers of others: they stand, they can be broken, and they leave nothing behind.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use symbolon_testkit::cluster::Failover;
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

    #[test]
    fn the_wall_clock_of_a_server_is_set_while_it_runs() {
        super::goes_by_its_own_clock::<super::PostgreSql>("extract(epoch FROM clock_timestamp())");
    }

    #[test]
    fn a_server_on_a_full_disk_refuses_what_grows_and_goes_on_when_there_is_room() {
        super::has_a_disk_of_its_own::<super::PostgreSql>(
            "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 2000)",
        );
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

    #[test]
    fn the_wall_clock_of_a_server_is_set_while_it_runs() {
        super::goes_by_its_own_clock::<super::Maria>("unix_timestamp(sysdate())");
    }

    #[test]
    fn a_server_on_a_full_disk_refuses_what_grows_and_goes_on_when_there_is_room() {
        super::has_a_disk_of_its_own::<super::Maria>(
            "INSERT INTO t SELECT repeat('x', 1000) FROM seq_1_to_2000",
        );
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

fn goes_by_its_own_clock<E: Engine>(clock: &str) {
    let server = Start::<E>::default().own_clock().start();
    let ahead = || {
        let said: f64 = server.sql(&format!("SELECT {clock}")).parse().unwrap();
        let here = Command::new("date").arg("+%s.%N").output().unwrap();
        let here: f64 = String::from_utf8(here.stdout).unwrap().trim().parse().unwrap();
        said - here
    };
    for (set, expected) in [(0, 0.0), (3_600, 3_600.0), (-3_600, -3_600.0)] {
        server.set_clock(set);
        // Both are asked at about the same time.
        assert!((ahead() - expected).abs() < 60.0, "{set}: {}", ahead());
    }
}

fn has_a_disk_of_its_own<E: Engine>(grow: &str) {
    let server = Start::<E>::default().disk(128).start();
    server.sql("CREATE TABLE t (c VARCHAR(1000)); INSERT INTO t VALUES ('first')");
    server.fill_disk();
    assert!(!server.try_sql(grow));
    server.sql("UPDATE t SET c = 'second'");
    server.free_disk();
    server.sql(grow);
    assert_eq!(server.sql("SELECT c FROM t WHERE c LIKE 'sec%'"), "second");
    let folder = server.folder().to_owned();
    let own = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(
        !own.contains(&folder.display().to_string()),
        "only the server sees it"
    );
    assert!(is_mounted(&folder));
    drop(server);
    until_gone(&folder);
    assert!(!is_mounted(&folder));
}

/// Whether some process sees a disk in a folder.
fn is_mounted(folder: &Path) -> bool {
    let folder = folder.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let seen = |process: std::fs::DirEntry| std::fs::read_to_string(process.path().join("mounts"));
    processes
        .filter_map(|process| seen(process).ok())
        .any(|mounts| mounts.contains(&folder))
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
fn of_two_redis_the_one_that_follows_leads_when_the_other_is_killed_or_cut_off() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let both = Failover::start(&StartRedis::default().setting("appendonly", "yes"));
    for (is_cut, value) in [(false, "1"), (true, "2")] {
        let (first, next) = (both.leader().address(), both.follower().address());
        both.leader().cli(&["SET", "a", value]);
        until(|| both.follower().cli(&["GET", "a"]) == value);
        if is_cut {
            runtime.block_on(both.cut());
        } else {
            both.leader().kill9();
        }
        both.wait_for_failover();
        let said = both.follower().cli(&["INFO", "replication"]);
        assert!(said.contains("role:master"), "{said}");
        if is_cut {
            runtime.block_on(both.mend());
        } else {
            both.leader().start_again();
        }
        both.settle();
        let now = (both.leader().address(), both.follower().address());
        assert_eq!(now, (next, first), "the one that is back follows");
        assert_eq!(both.follower().cli(&["GET", "a"]), value);
        assert_eq!(both.leader().cli(&["GET", "a"]), value);
    }
}

/// Looks until it is so, at the most for half a minute: no server tells when it has changed its place.
fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_500 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it is not so after half a minute");
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
