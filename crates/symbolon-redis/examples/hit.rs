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
use symbolon_redis::{OpenRedisError, RedisCache, RedisKeys, RedisOptions};
use symbolon_testkit::contract::sample::{at, full_session, session};
use symbolon_testkit::servers::StartRedis;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const SESSIONS: u32 = 1_000;
const HITS: u32 = 10_000;
const ROUNDS: usize = 41;

type Fault = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let redis = StartRedis::default().start();
    let cache = Arc::new(open(redis.url())?);
    while !cache.figures().here {
        sleep(Duration::from_millis(5)).await;
    }
    let ids: Arc<Vec<SessionId>> = Arc::new((0..SESSIONS).map(|number| keep(&cache, number)).collect());
    while cache.figures().written < u64::from(SESSIONS) {
        sleep(Duration::from_millis(5)).await;
    }
    let bytes = redis.cli(&["STRLEN", &format!("sy:f:{}", ids[0])]);
    println!("{SESSIONS} sessions of {bytes} bytes; CPU is that of this process alone");
    let bare = bare(redis.address()).await?;
    for asking in [1, 16, 64] {
        let (mut rates, mut costs) = (Vec::new(), Vec::new());
        let (mut plain_cpu, mut found_cpu) = (Vec::new(), Vec::new());
        // In turns, so that what else the machine does falls on both.
        for _ in 0..ROUNDS {
            let (line, all) = (bare.clone(), Arc::clone(&ids));
            let plain = measure(asking, move |number| get(line.clone(), all[number])).await;
            let (asked, all) = (Arc::clone(&cache), Arc::clone(&ids));
            let found = measure(asking, move |number| find(Arc::clone(&asked), all[number])).await;
            rates.push(found.rate / plain.rate);
            costs.push(found.cpu - plain.cpu);
            plain_cpu.push(plain.cpu);
            found_cpu.push(found.cpu);
        }
        println!(
            "{asking:>2} at once, medians of {ROUNDS}: GET {:.2} µs CPU, find {:.2} µs CPU, {:+.2} µs each; rate {:.3} of GET's",
            median(plain_cpu),
            median(found_cpu),
            median(costs),
            median(rates)
        );
    }
    Ok(())
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

async fn get(mut bare: MultiplexedConnection, id: SessionId) -> Option<()> {
    let mut get = redis::cmd("GET");
    get.arg(format!("sy:f:{id}"));
    let value: Vec<u8> = get.query_async(&mut bare).await.ok()?;
    (!value.is_empty()).then_some(())
}

async fn find(cache: Arc<RedisCache>, id: SessionId) -> Option<()> {
    cache.find(id).await.map(drop)
}

fn open(url: String) -> Result<RedisCache, OpenRedisError> {
    RedisCache::open(RedisOptions {
        url,
        prefix: "sy".to_owned(),
        keys: RedisKeys::derive(&MasterKey::from_bytes([7; 32]), &[1; 16], ""),
        sink: None,
    })
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

async fn bare(address: std::net::SocketAddr) -> Result<MultiplexedConnection, Fault> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1_024);
    let (connection, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(driver);
    tasks.detach_all();
    Ok(connection)
}

struct Measured {
    rate: f64,
    /// Microseconds of CPU each.
    cpu: f64,
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
