//! Going on without Redis under load: clients that never pause, the real binary and a real Redis that dies and comes back.

#[path = "fallback_load/bans.rs"]
mod bans;
#[path = "fallback_load/seen.rs"]
mod seen;
#[path = "fallback_load/trip.rs"]
mod trip;

use symbolon_testkit::history::{Answered, Invariant, Op};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::time::{Duration, Instant, sleep_until};

use bans::{assert_banned, assert_bans_wait, ban};
use trip::Trip;

/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(30);
/// Enough that every kind of step was asked for many times.
const MANY: u64 = 600;

const PHASES: [&str; 4] = ["at home", "away", "away, node started anew", "back"];

/// A Redis that has on disk what it acknowledged, in a file that only grows.
fn kept() -> Redis {
    StartRedis::default()
        .durable()
        .setting("auto-aof-rewrite-percentage", "0")
        .start()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_2_s1_3_redis_away_for_30_s_under_load_and_the_node_killed_meanwhile_lose_and_revive_nothing() {
    let mut trip = Trip::begin(kept()).await;
    let barred = ban(&trip).await;
    trip.work(MANY).await;
    let killed = Instant::now();
    trip.lose_redis().await;
    assert_banned(&trip, &barred).await;
    assert_bans_wait(&trip).await;
    sleep_until(killed + AWAY * 2 / 5).await;
    trip.lose_node().await;
    assert_banned(&trip, &barred).await;
    trip.work(MANY).await;
    sleep_until(killed + AWAY).await;
    trip.redis_back().await;
    trip.work(MANY).await;
    assert_banned(&trip, &barred).await;
    assert_eq!(trip.administrators(), 1, "no second one is made");
    let seen = trip.end().await;
    assert_eq!(seen.findings.violations, []);
    seen.assert_worked(&PHASES);
}

/// What Redis has forgotten of a phase: sessions that began in it, and pairs that were handed out.
fn touched(op: &Op) -> bool {
    matches!(op.answered, Answered::Issued(..) | Answered::Refreshed(_))
}

/// Redis is away, and there is a copy of what it had on disk some time before.
async fn lost_after_a_copy() -> Trip {
    let mut trip = Trip::begin(kept()).await;
    trip.work(MANY).await;
    trip.phase("after the copy");
    trip.redis.copy_disk();
    trip.work(MANY).await;
    trip.lose_redis().await;
    trip.work(MANY).await;
    trip
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_back_with_an_old_file_under_load_revives_nothing_and_keeps_what_began_without_it() {
    let mut trip = lost_after_a_copy().await;
    trip.redis.put_disk_back();
    trip.redis_back().await;
    assert!(
        trip.server
            .stderr()
            .contains("redis came back without the end of its log")
    );
    trip.work(MANY).await;
    let seen = trip.end().await;
    seen.assert_worked(&["at home", "after the copy", "away", "back"]);
    // What Redis itself had acknowledged and has lost: nothing of it can be known.
    let lost = seen.sessions("after the copy", touched);
    seen.assert_lost_alone(&lost, &[Invariant::I2, Invariant::I3, Invariant::I4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_back_with_an_old_file_after_the_node_was_killed_revives_nothing() {
    let mut trip = lost_after_a_copy().await;
    trip.lose_node().await;
    trip.work(MANY).await;
    trip.redis.put_disk_back();
    trip.redis_back().await;
    trip.work(MANY).await;
    let seen = trip.end().await;
    seen.assert_worked(&[
        "at home",
        "after the copy",
        "away",
        "away, node started anew",
        "back",
    ]);
    // Nobody remembers which ends Redis has lost, so that it ends all that it had.
    let mut lost = seen.sessions("at home", touched);
    lost.extend(seen.sessions("after the copy", touched));
    seen.assert_lost_alone(&lost, &[Invariant::I2, Invariant::I3, Invariant::I4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_back_empty_under_load_revives_nothing_and_keeps_what_began_without_it() {
    let mut trip = Trip::begin(StartRedis::default().start()).await;
    let barred = ban(&trip).await;
    trip.work(MANY).await;
    trip.lose_redis().await;
    trip.work(MANY).await;
    trip.lose_node().await;
    trip.work(MANY).await;
    trip.redis_back().await;
    assert!(trip.server.stderr().contains("redis came back empty"));
    trip.work(MANY).await;
    assert_banned(&trip, &barred).await;
    let seen = trip.end().await;
    seen.assert_worked(&PHASES);
    let lost = seen.sessions("at home", touched);
    seen.assert_lost_alone(&lost, &[Invariant::I2, Invariant::I3]);
}
