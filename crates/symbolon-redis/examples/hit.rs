//! What a hit in the shared cache costs beside a bare `GET` of the same bytes with the same library:
//! `cargo run --release -p symbolon-redis --example hit`.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ProtocolVersion, RedisConnectionInfo};
use rustix::time::{ClockId, clock_gettime};
use symbolon_core::revocation::{Cut, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::shared::{SharedCache as _, SharedFact};
use symbolon_core::store::FoundSession;
use symbolon_core::token::MasterKey;
use symbolon_redis::{RedisCache, RedisKeys, RedisOptions};
use symbolon_testkit::contract::sample::{at, full_session, session};
use symbolon_testkit::servers::StartRedis;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const SESSIONS: u32 = 1_000;
const HITS: u32 = 100_000;

#[tokio::main]
async fn main() {
    let redis = StartRedis::default().start();
    let cache = Arc::new(open(redis.url()));
    while !cache.figures().here {
        sleep(Duration::from_millis(5)).await;
    }
    let ids: Arc<Vec<SessionId>> = Arc::new((0..SESSIONS).map(|number| keep(&cache, number)).collect());
    while cache.figures().written < u64::from(SESSIONS) {
        sleep(Duration::from_millis(5)).await;
    }
    let bytes = redis.cli(&["STRLEN", &format!("sy:f:{}", ids[0])]);
    println!("{HITS} hits on {SESSIONS} sessions of {bytes} bytes; CPU is that of this process alone");
    let bare = bare(redis.address()).await;
    for round in 1..=3 {
        for asking in [1_u32, 16, 64] {
            let (line, all) = (bare.clone(), Arc::clone(&ids));
            let plain = measure(asking, move |number| {
                let (mut bare, name) = (line.clone(), format!("sy:f:{}", all[number]));
                async move {
                    let mut get = redis::cmd("GET");
                    get.arg(name);
                    let value: Vec<u8> = get.query_async(&mut bare).await.ok()?;
                    (!value.is_empty()).then_some(())
                }
            });
            let plain = plain.await;
            let (asked, all) = (Arc::clone(&cache), Arc::clone(&ids));
            let found = measure(asking, move |number| {
                let (cache, id) = (Arc::clone(&asked), all[number]);
                async move { cache.find(id).await.map(drop) }
            });
            let found = found.await;
            println!(
                "round {round}, {asking:>2} at once: GET {plain}; find {found}; rate {:.3}, CPU {:.3} of GET's",
                found.rate / plain.rate,
                found.cpu / plain.cpu
            );
        }
    }
}

fn open(url: String) -> RedisCache {
    let opened = RedisCache::open(RedisOptions {
        url,
        prefix: "sy".to_owned(),
        keys: RedisKeys::derive(&MasterKey::from_bytes([7; 32]), &[1; 16], ""),
        sink: None,
    });
    opened.unwrap_or_else(|error| panic!("{error}"))
}

fn keep(cache: &RedisCache, number: u32) -> SessionId {
    let mut session = session("alice", number);
    // What people have: a device, an agent, a refresh token.
    let full = full_session();
    (session.device, session.seen_from) = (full.device, full.seen_from);
    session.idle_expires_at = at(86_400_000);
    let id = session.id;
    let found = FoundSession {
        session,
        cut: Cut::NONE,
    };
    cache.keep(
        SharedFact {
            found,
            asof: RevocationSeq(1),
        },
        at(0),
    );
    id
}

async fn bare(address: std::net::SocketAddr) -> MultiplexedConnection {
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    drop(stream.set_nodelay(true));
    let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1_024);
    let made = MultiplexedConnection::new_with_config(&info, stream, config).await;
    let (connection, driver) = made.unwrap_or_else(|error| panic!("{error}"));
    let mut tasks = JoinSet::new();
    tasks.spawn(driver);
    tasks.detach_all();
    connection
}

struct Measured {
    rate: f64,
    /// Microseconds of CPU each.
    cpu: f64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0}/s, {:.2} µs CPU", self.rate, self.cpu)
    }
}

async fn measure<F>(asking: u32, look_up: impl Fn(usize) -> F + Clone + Send + 'static) -> Measured
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut all = JoinSet::new();
    for asker in 0..asking {
        let look_up = look_up.clone();
        all.spawn(async move {
            let mut found = 0;
            for round in 0..HITS / asking {
                let number = (asker * 37 + round) % SESSIONS;
                found += u32::from(look_up(number as usize).await.is_some());
            }
            found
        });
    }
    let found: u32 = all.join_all().await.into_iter().sum();
    assert_eq!(found, HITS / asking * asking);
    Measured {
        rate: f64::from(found) / began.elapsed().as_secs_f64(),
        cpu: (cpu_time() - cpu).as_secs_f64() * 1e6 / f64::from(found),
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
