//! What becomes of steps when the way to Redis is broken, or nobody waits for them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{MemberStore as _, Revoked, SessionStore as _, StoreError};
use symbolon_redis::RedisStore;
use symbolon_testkit::contract::Recorded;
use symbolon_testkit::contract::sample::{insert, revoke, session};
use symbolon_testkit::proxy::{Fault, Proxy, Trigger, Way};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::given::{begin, options, prefix, shared, told};
use crate::it::given::until;

/// A store behind a proxy.
async fn opened() -> (RedisStore, Arc<Recorded>, Proxy) {
    let proxy = Proxy::before(shared().address()).await;
    let sink = Arc::new(Recorded::default());
    let options = told(
        format!("redis://{}", proxy.address()),
        &prefix(),
        Arc::clone(&sink) as _,
    );
    let (store, _) = RedisStore::open(options).await.unwrap();
    (store, sink, proxy)
}

/// Ends a session as soon as the way is there again.
async fn end_at_last(store: &RedisStore, number: u32) -> Revoked {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match store.revoke_session(revoke(session("alice", number).id)).await {
            Ok(ended) => return ended,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// It was done and nobody here was told: the log tells it.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_whose_answer_was_lost_is_in_the_log_and_said_when_it_is_asked_for_again() {
    let (store, sink, proxy) = opened().await;
    begin(&store, &session("alice", 0)).await;
    proxy.set(Fault::DropReplyAfter(Trigger::on("logged_out"))).await;
    let lost = store.revoke_session(revoke(session("alice", 0).id)).await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    proxy.set(Fault::Pass).await;
    let Revoked::Already { seq, .. } = end_at_last(&store, 0).await else {
        panic!("it was done");
    };
    let rows = store.read_log(RevocationSeq::ZERO, 10).await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [seq]);
    assert_eq!(sink.rows(), [], "what is not known to be done is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_left_within_the_deadlines() {
    let (store, _, proxy) = opened().await;
    begin(&store, &session("alice", 0)).await;
    begin(&store, &session("alice", 1)).await;
    proxy.set(Fault::Blackhole(Way::Both)).await;
    let asked = Instant::now();
    assert!(store.find_session(session("alice", 0).id).await.is_err());
    assert!(
        asked.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        asked.elapsed()
    );
    let asked = Instant::now();
    let ended = store.revoke_session(revoke(session("alice", 0).id)).await;
    assert!(ended.is_err(), "{ended:?}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    proxy.set(Fault::Pass).await;
    end_at_last(&store, 0).await;
    assert!(matches!(end_at_last(&store, 1).await, Revoked::Done(_)));
}

/// The server is reached, and the network is cut before it has said what it is. Nothing ends that connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_cut_while_a_connection_is_made_keeps_nobody_waiting_once_it_is_mended() {
    let way = LossyWay::to(shared().address()).await;
    let url = format!("redis://{}", way.address);
    let (store, _) = RedisStore::open(options(url, &prefix())).await.unwrap();
    begin(&store, &session("alice", 0)).await;
    way.loses(true);
    assert!(store.find_session(session("alice", 0).id).await.is_err());
    let lost = || way.shared.hellos.load(Ordering::SeqCst) > 0;
    until("a new connection is made, and its question is lost", lost).await;
    way.loses(false);
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = store.find_session(session("alice", 0).id).await {
        assert!(Instant::now() < deadline, "{error}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A way to a server that loses, while it is told to, what a connection is asked once it has its name, and never ends one.
struct LossyWay {
    address: SocketAddr,
    shared: Arc<Losses>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Losses {
    loses: AtomicBool,
    /// How often the question was lost which server it is.
    hellos: AtomicU32,
}

impl LossyWay {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Losses>::default();
        let losses = Arc::clone(&shared);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, server, Arc::clone(&losses)));
            }
        });
        Self {
            address,
            shared,
            _task: task,
        }
    }

    fn loses(&self, loses: bool) {
        self.shared.loses.store(loses, Ordering::SeqCst);
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, losses: Arc<Losses>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 16_384], vec![0; 16_384]);
    let mut named = false;
    loop {
        // Both may be given up: a read that was given up has read nothing.
        tokio::select! {
            length = client.read(&mut asked) => {
                let Ok(length @ 1..) = length else { return };
                let says = |word: &[u8]| asked[..length].windows(word.len()).any(|part| part == word);
                if named && losses.loses.load(Ordering::SeqCst) {
                    losses.hellos.fetch_add(u32::from(says(b"HELLO")), Ordering::SeqCst);
                    continue;
                }
                named |= says(b"SETNAME");
                server.write_all(&asked[..length]).await.unwrap();
            }
            length = server.read(&mut answered) => {
                let Ok(length @ 1..) = length else { return };
                client.write_all(&answered[..length]).await.unwrap();
            }
        }
    }
}

/// Answers come in the order of the questions; one that nobody waits for any more is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn l16_steps_given_up_at_any_point_never_answer_another_question() {
    let (store, _, _proxy) = opened().await;
    for number in 0..8 {
        begin(&store, &session("alice", number)).await;
    }
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        tasks.spawn(ask_impatiently(store.clone(), task));
    }
    let answered: u32 = tasks.join_all().await.into_iter().sum();
    assert!((3_000..9_900).contains(&answered), "{answered} of 10000");
}

/// Asks for one session after the other, twice of three times with less patience than most answers take; gives how many
/// answered.
async fn ask_impatiently(store: RedisStore, task: u64) -> u32 {
    let mut answered = 0;
    for step in 0..1_250_u64 {
        let id = session("alice", u32::try_from((task + step) % 8).unwrap()).id;
        let patience = match step % 3 {
            0 => Duration::from_secs(20),
            _ => Duration::from_micros((task * 97 + step * 31) % 2_000),
        };
        if let Ok(found) = timeout(patience, store.find_session(id)).await {
            assert_eq!(found.unwrap().unwrap().session.id, id);
            answered += 1;
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_taken_is_done_and_told_even_if_nobody_waits() {
    let (store, sink, _proxy) = opened().await;
    for number in 0..20 {
        begin(&store, &session("alice", number)).await;
    }
    for number in 0..20 {
        let ending = store.revoke_session(revoke(session("alice", number).id));
        // Asked once, then given up.
        drop(timeout(Duration::ZERO, ending).await);
    }
    until("all are ended and told", || sink.rows().len() == 20).await;
    let replaced = insert(session("alice", 30));
    drop(timeout(Duration::ZERO, store.insert_session(replaced)).await);
    while store
        .find_session(session("alice", 30).id)
        .await
        .unwrap()
        .is_none()
    {
        sleep(Duration::from_millis(2)).await;
    }
}
