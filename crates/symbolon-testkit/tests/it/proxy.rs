//! Each fault of the proxy, seen from both sides of it with plain sockets, and with a real PostgreSQL where it is about
//! a commit.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon_testkit::proxy::{Fault, Proxy, Trigger, Way};
use symbolon_testkit::servers::Postgres;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_postgres::NoTls;

/// Long enough for anything that comes at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// What has not come after this does not come: on one machine a line takes a thousandth of it.
const SILENCE: Duration = Duration::from_millis(150);

/// A server that repeats each line, and keeps what it was sent and how its connections ended.
struct Echo {
    proxy: Proxy,
    heard: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Echo {
    async fn new() -> Self {
        Self::named("").await
    }

    /// One that says its name before each line.
    async fn named(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::before(listener.local_addr().unwrap()).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let all = Arc::clone(&heard);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(echo(stream, name, Arc::clone(&all)));
            }
        });
        Self {
            proxy,
            heard,
            _tasks: tasks,
        }
    }

    async fn client(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.proxy.address()).await.unwrap())
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    async fn until_heard(&self, line: &str) {
        let heard = async {
            while !self.heard().iter().any(|one| one == line) {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, heard).await.unwrap();
    }
}

async fn echo(stream: TcpStream, name: &str, heard: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        let end = match stream.read_line(&mut line).await {
            Ok(0) => "(end)".to_owned(),
            Ok(_) => String::new(),
            Err(error) => format!("({:?})", error.kind()),
        };
        if !end.is_empty() {
            heard.lock().unwrap().push(end);
            return;
        }
        heard.lock().unwrap().push(line.trim_end().to_owned());
        drop(stream.write_all(format!("{name}{line}").as_bytes()).await);
    }
}

async fn say(client: &mut BufReader<TcpStream>, line: &str) {
    client.write_all(format!("{line}\n").as_bytes()).await.unwrap();
}

async fn answer(client: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    let read = timeout(PATIENCE, client.read_line(&mut line)).await.unwrap();
    read.map(|_| line.trim_end().to_owned())
}

async fn ask(client: &mut BufReader<TcpStream>, line: &str) -> String {
    say(client, line).await;
    answer(client).await.unwrap()
}

async fn is_silent(client: &mut BufReader<TcpStream>) -> bool {
    timeout(SILENCE, client.read_u8()).await.is_err()
}

async fn is_reset(client: &mut BufReader<TcpStream>) -> bool {
    answer(client)
        .await
        .is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[tokio::test]
async fn without_a_fault_everything_passes_and_an_end_is_an_end() {
    let server = Echo::new().await;
    let mut client = server.client().await;
    assert_eq!(ask(&mut client, "a").await, "a");
    let long = "b".repeat(300_000);
    assert_eq!(ask(&mut client, &long).await, long);
    client.shutdown().await.unwrap();
    assert_eq!(answer(&mut client).await.unwrap(), "");
    server.until_heard("(end)").await;
    assert_eq!(server.proxy.fired(), 0);
}

#[tokio::test]
async fn refused_is_nobody_listening_and_open_connections_are_reset() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    assert_eq!(ask(&mut open, "a").await, "a");
    server.proxy.set(Fault::Refuse).await;
    assert!(is_reset(&mut open).await);
    let refused = TcpStream::connect(server.proxy.address()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    server.proxy.set(Fault::Pass).await;
    assert_eq!(ask(&mut server.client().await, "b").await, "b");
}

#[tokio::test]
async fn reset_ends_open_connections_and_each_new_one() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    assert_eq!(ask(&mut open, "a").await, "a");
    server.proxy.set(Fault::Reset).await;
    assert!(is_reset(&mut open).await);
    server.until_heard("(ConnectionReset)").await;
    assert!(is_reset(&mut server.client().await).await);
    assert!(server.proxy.fired() >= 2);
    server.proxy.set(Fault::Pass).await;
    assert_eq!(ask(&mut server.client().await, "b").await, "b");
}

#[tokio::test]
async fn a_black_hole_upwards_swallows_what_is_asked_and_resets_at_its_end() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    assert_eq!(ask(&mut open, "a").await, "a");
    server.proxy.set(Fault::Blackhole(Way::Up)).await;
    say(&mut open, "lost").await;
    assert!(is_silent(&mut open).await);
    server.proxy.set(Fault::Pass).await;
    assert!(is_reset(&mut open).await);
    assert_eq!(ask(&mut server.client().await, "b").await, "b");
    assert!(!server.heard().contains(&"lost".to_owned()));
}

#[tokio::test]
async fn a_black_hole_downwards_lets_what_is_asked_happen() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    assert_eq!(ask(&mut open, "a").await, "a");
    server.proxy.set(Fault::Blackhole(Way::Down)).await;
    say(&mut open, "done").await;
    server.until_heard("done").await;
    assert!(is_silent(&mut open).await);
    server.proxy.set(Fault::Pass).await;
    assert!(is_reset(&mut open).await);
}

#[tokio::test]
async fn a_connection_begun_in_a_black_hole_goes_on_after_it_and_an_idle_one_lives() {
    let server = Echo::new().await;
    let mut idle = server.client().await;
    assert_eq!(ask(&mut idle, "a").await, "a");
    server.proxy.set(Fault::Blackhole(Way::Both)).await;
    let mut begun = server.client().await;
    say(&mut begun, "b").await;
    assert!(is_silent(&mut begun).await);
    server.proxy.set(Fault::Pass).await;
    assert_eq!(answer(&mut begun).await.unwrap(), "b");
    assert_eq!(ask(&mut idle, "c").await, "c");
}

#[tokio::test]
async fn frozen_nothing_moves_and_nothing_is_lost() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    assert_eq!(ask(&mut open, "a").await, "a");
    server.proxy.set(Fault::Freeze).await;
    say(&mut open, "b").await;
    let mut begun = server.client().await;
    say(&mut begun, "c").await;
    assert!(is_silent(&mut open).await);
    assert!(is_silent(&mut begun).await);
    assert_eq!(server.heard(), ["a"]);
    server.proxy.set(Fault::Pass).await;
    assert_eq!(answer(&mut open).await.unwrap(), "b");
    assert_eq!(answer(&mut begun).await.unwrap(), "c");
}

#[tokio::test]
async fn a_delay_holds_each_piece_that_long() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    let delay = Duration::from_millis(60);
    server.proxy.set(Fault::Delay(delay)).await;
    let begun = Instant::now();
    assert_eq!(ask(&mut open, "a").await, "a");
    assert!(begun.elapsed() >= delay * 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn corrupted_bytes_are_others_of_the_same_number_in_their_way_alone() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    server.proxy.set(Fault::Corrupt(Way::Down, 1_000)).await;
    say(&mut open, "aaaaaaaaaa").await;
    let mut back = [0; 11];
    timeout(PATIENCE, open.read_exact(&mut back))
        .await
        .unwrap()
        .unwrap();
    let changed = back
        .iter()
        .zip(b"aaaaaaaaaa\n")
        .filter(|(one, other)| one != other);
    assert_eq!(changed.count(), 1, "{back:?}");
    assert_eq!(server.heard(), ["aaaaaaaaaa"]);
    assert_eq!(server.proxy.fired(), 1);
}

#[tokio::test]
async fn a_cut_comes_after_the_pattern_has_reached_the_server() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    server.proxy.set(Fault::CutAfter(Trigger::on(*b"bye\n"))).await;
    assert_eq!(ask(&mut open, "a").await, "a");
    say(&mut open, "bye").await;
    assert!(is_reset(&mut open).await);
    server.until_heard("bye").await;
    assert_eq!(server.proxy.fired(), 1);
    assert_eq!(ask(&mut server.client().await, "b").await, "b");
}

#[tokio::test]
async fn a_dropped_reply_was_given_and_the_connection_is_cut() {
    let server = Echo::new().await;
    let mut open = server.client().await;
    server
        .proxy
        .set(Fault::DropReplyAfter(Trigger::on(*b"do\n")))
        .await;
    assert_eq!(ask(&mut open, "a").await, "a");
    say(&mut open, "do").await;
    assert!(is_reset(&mut open).await);
    assert!(server.heard().contains(&"do".to_owned()));
    assert_eq!(server.proxy.fired(), 1);
}

#[tokio::test]
async fn one_in_some_fires_sometimes() {
    let server = Echo::new().await;
    server
        .proxy
        .set(Fault::DropReplyAfter(Trigger::on(*b"do\n").one_in(3)))
        .await;
    let mut lost = 0;
    for _ in 0..30 {
        let mut client = server.client().await;
        say(&mut client, "do").await;
        lost += u64::from(answer(&mut client).await.is_err());
    }
    assert_eq!(server.proxy.fired(), lost);
    assert!((1..30).contains(&lost), "{lost}");
}

#[tokio::test]
async fn pointed_elsewhere_it_passes_new_connections_to_the_other_server() {
    let (first, second) = (Echo::named("1").await, Echo::named("2").await);
    let mut open = first.client().await;
    assert_eq!(ask(&mut open, "a").await, "1a");
    first.proxy.point_at(second.proxy.address()).await;
    assert_eq!(ask(&mut first.client().await, "b").await, "2b");
    assert_eq!(ask(&mut open, "c").await, "1c");
}

#[tokio::test]
async fn a_server_that_is_away_resets() {
    let server = Echo::new().await;
    server
        .proxy
        .point_at(symbolon_testkit::server::free_address())
        .await;
    assert!(is_reset(&mut server.client().await).await);
}

/// COMMIT as PostgreSQL is sent it; the word alone is also in READ COMMITTED.
const COMMIT: &[u8] = b"COMMIT\0";

/// Writes one row in a transaction of its own over a proxy with this fault, and answers whether its commit was
/// answered and how many rows there are.
async fn commits_under(fault: Fault) -> (bool, String) {
    let postgres = Postgres::shared();
    let schema = postgres.schema();
    postgres.sql(&format!("CREATE TABLE {schema}.t (c INT)"));
    let proxy = Proxy::before(postgres.address()).await;
    let url = postgres.url_at(proxy.address());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let mut driver = JoinSet::new();
    driver.spawn(async move { drop(connection.await) });
    let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED; INSERT INTO {schema}.t VALUES (1)");
    proxy.set(fault).await;
    client.batch_execute(&begin).await.unwrap();
    let committed = timeout(PATIENCE, client.batch_execute("COMMIT")).await.unwrap();
    assert_eq!(proxy.fired(), u64::from(committed.is_err()));
    (
        committed.is_ok(),
        postgres.sql(&format!("SELECT count(*) FROM {schema}.t")),
    )
}

#[tokio::test]
async fn postgresql_has_committed_when_the_reply_is_lost() {
    let (answered, rows) = commits_under(Fault::Pass).await;
    assert_eq!((answered, rows.as_str()), (true, "1"));
    let lost = Fault::DropReplyAfter(Trigger::on(COMMIT));
    let (answered, rows) = commits_under(lost).await;
    assert_eq!((answered, rows.as_str()), (false, "1"));
}
