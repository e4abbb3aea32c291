//! The driver of the binary, with a shell in the binary's place.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::wait::until;

use super::peer::{Peer, answer};

/// Set for the process that is killed in a test below.
const VICTIM: &str = "SYMBOLON_TEST_VICTIM";

fn shell(script: &str) -> Start {
    Start::binary("/bin/sh").args(&["-c", script])
}

/// One that has ended and that nobody has asked about yet (`Z`) does not run.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| !rest.starts_with('Z'))
    })
}

async fn said(server: &mut Server) -> (String, String) {
    server.wait_exit().await;
    (server.stdout(), server.stderr())
}

#[tokio::test]
#[should_panic(expected = "no such key")]
async fn a_server_that_ends_at_its_start_ends_the_test_with_what_it_said() {
    drop(shell("echo no such key >&2; exit 78").ready().await);
}

#[tokio::test]
async fn a_server_is_ready_when_it_says_so_and_not_before() {
    let mut server = shell("exec sleep 1000").begin();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let _peer = Peer::on(&server.address().to_string(), move |request| {
        assert!(request.starts_with("GET /readyz HTTP/1.1\r\n"), "{request}");
        let status = match counted.fetch_add(1, Ordering::Relaxed) {
            0..3 => "503 Service Unavailable",
            _ => "200 OK",
        };
        Some(answer(status, "", ""))
    })
    .await;
    server.until_ready().await;
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn what_it_says_is_captured_to_the_last_byte() {
    let mut server = shell("printf 1é; printf 2 >&2; exit 3").begin();
    assert_eq!(server.wait_exit().await.code(), Some(3));
    assert_eq!((server.stdout().as_str(), server.stderr().as_str()), ("1é", "2"));
}

#[tokio::test]
async fn it_gets_its_own_folder_and_port_and_the_environment_that_was_asked_for() {
    let script = "echo $PWD; echo $SYMBOLON_DATA_DIR; echo $SYMBOLON_HTTP__LISTEN; echo $SYMBOLON_LOG__LEVEL";
    let mut server = shell(script).env("SYMBOLON_LOG__LEVEL", "debug").begin();
    let (stdout, _) = said(&mut server).await;
    let folder = server.folder().display();
    let expected = format!(
        "{folder}\n{}\n{}\ndebug\n",
        server.data_dir().display(),
        server.address()
    );
    assert_eq!(stdout, expected);
    assert_eq!(server.base_url(), format!("http://{}", server.address()));
}

#[tokio::test]
async fn the_first_administrators_password_is_read_from_standard_error() {
    let line = "echo 'first administrator: admin  password: Abc123xyzAbc123xyz99' >&2";
    let mut server = shell(&format!("echo starting >&2; {line}; echo more >&2")).begin();
    server.wait_exit().await;
    assert_eq!(server.admin_password().as_deref(), Some("Abc123xyzAbc123xyz99"));
    let mut silent = shell("true").begin();
    silent.wait_exit().await;
    assert_eq!(silent.admin_password(), None);
}

#[tokio::test]
async fn a_killed_server_is_gone_when_the_call_returns() {
    let mut server = shell("exec sleep 1000").begin();
    let pid = server.pid();
    assert!(runs(pid));
    server.kill9().await;
    assert!(!runs(pid));
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_may_say_goodbye() {
    let script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done";
    let mut server = shell(script).begin();
    while server.stdout() != "up\n" {
        tokio::task::yield_now().await;
    }
    server.sigterm();
    assert_eq!(server.wait_exit().await.code(), Some(0));
    assert_eq!(server.stdout(), "up\nbye\n");
}

#[tokio::test]
async fn a_restart_keeps_folder_port_and_what_was_said() {
    let mut server =
        shell("echo $SYMBOLON_X; touch data-of-$SYMBOLON_X; ls; [ -z $SYMBOLON_X ] || exec sleep 1000")
            .begin();
    server.wait_exit().await;
    let (folder, address) = (server.folder().to_owned(), server.address());
    let _peer = Peer::on(&address.to_string(), |_| Some(answer("200 OK", "", ""))).await;
    server.restart_with("SYMBOLON_X", "second").await;
    assert_eq!((server.folder(), server.address()), (&*folder, address));
    while !server.stdout().ends_with("data-of-second\n") {
        tokio::task::yield_now().await;
    }
    server.kill9().await;
    assert_eq!(server.stdout(), "\ndata-of-\nsecond\ndata-of-\ndata-of-second\n");
}

#[tokio::test]
async fn nothing_is_left_behind_also_after_a_failed_test() {
    let failed = tokio::task::JoinSet::from_iter([async {
        let server = shell("exec sleep 1000").begin();
        std::panic::resume_unwind(Box::new((server.pid(), server.folder().to_owned())));
    }])
    .join_next()
    .await
    .unwrap();
    let payload = failed.unwrap_err().into_panic();
    let (pid, folder) = payload.downcast_ref::<(u32, std::path::PathBuf)>().unwrap();
    assert!(!runs(*pid));
    assert!(!folder.exists());
}

/// The victim is this same test in another process, which starts two servers, one of them stopped where it stands, says
/// which and where, and is killed.
#[tokio::test]
async fn nothing_is_left_behind_also_when_the_test_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        let servers = [(); 2].map(|()| shell("exec sleep 1000").begin());
        servers[1].sigstop().await;
        for server in &servers {
            println!("\nserver {} {}", server.pid(), server.folder().display());
        }
        std::thread::park();
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "it::server::nothing_is_left_behind_also_when_the_test_is_killed",
        ])
        .arg("--nocapture")
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(victim.stdout.take().unwrap()).lines();
    let lines = said.map(Result::unwrap);
    let servers: Vec<(u32, String)> = lines
        .filter_map(|line| {
            let (pid, folder) = line.strip_prefix("server ")?.split_once(' ')?;
            Some((pid.parse().unwrap(), folder.to_owned()))
        })
        .take(2)
        .collect();
    assert!(
        servers
            .iter()
            .all(|(pid, folder)| runs(*pid) && Path::new(folder).exists())
    );
    victim.kill().unwrap();
    victim.wait().unwrap();
    let parent = Path::new(&servers[0].1).parent().unwrap();
    // Who cleans up is a stranger's child, and tells nobody.
    until("its folder is gone", async || !parent.exists()).await;
    assert!(servers.iter().all(|(pid, _)| !runs(*pid)));
}

#[tokio::test]
async fn another_command_runs_in_the_same_place() {
    let server = shell("exec sleep 1000").env("SYMBOLON_X", "5").begin();
    let output = server.run(&["-c", "echo $SYMBOLON_X $PWD"]);
    let expected = format!("5 {}\n", server.folder().display());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[tokio::test]
async fn servers_have_ports_of_their_own() {
    let servers: Vec<Server> = (0..5).map(|_| shell("exec sleep 1000").begin()).collect();
    let mut ports: Vec<u16> = servers.iter().map(|server| server.address().port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 5);
    assert!(ports.iter().all(|port| (20_000..32_000).contains(port)));
}
