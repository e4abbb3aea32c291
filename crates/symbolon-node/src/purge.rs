//! Removes what is old: a little all the time, and all of it once a day.

use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::store::{PurgeOrder, Purged, StoreError, Upkeep};
use tokio_util::sync::CancellationToken;

use crate::clock::{Drift, SteadyClock, wall_clock};
use crate::overlay::RETENTION;
use crate::tail::Tail;

/// Between two bounded steps.
const STEP_EVERY: Duration = Duration::from_secs(60);
/// How many rows of each kind one step removes: a few milliseconds of the writer's time.
const BATCH: u32 = 500;
/// Between two batches of the daily run, so that log-ins pass between them.
const PAUSE: Duration = Duration::from_millis(20);
/// How long nothing is purged after the wall clock has jumped: an operator may put it back.
const PAUSE_AFTER_JUMP: Duration = Duration::from_secs(24 * 60 * 60);

/// When and how much is removed.
#[derive(Clone, Debug)]
pub struct PurgePlan {
    /// When everything that is old is removed.
    pub schedule: Cron,
    /// How long an ended session stays.
    pub keep_ended: Duration,
    /// How long a row of the revocation log stays.
    pub keep_log: Duration,
    /// How long an audit entry stays.
    pub keep_audit: Duration,
}

/// Purges until `cancel`; also lets the overlay forget and keeps the clock near the wall clock.
pub async fn run<S: Upkeep>(
    store: S,
    tail: Arc<Tail>,
    clock: Arc<SteadyClock>,
    plan: PurgePlan,
    cancel: CancellationToken,
) {
    let mut next_full = next_run(&plan.schedule, clock.now());
    let mut not_before = Timestamp(0);
    loop {
        // Cancel-safe: neither branch holds anything across the wait.
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(STEP_EVERY) => {}
        }
        let now = clock.now();
        tail.forget_before(now.before(RETENTION));
        if let Drift::Jumped(by) = clock.follow(wall_clock()) {
            tracing::warn!(
                jump_ms = by,
                "the wall clock has jumped and is not followed; restart to adopt it"
            );
            not_before = now.after(PAUSE_AFTER_JUMP);
        }
        if now < not_before {
            continue;
        }
        let full = next_full.is_some_and(|at| now >= at);
        if full {
            next_full = next_run(&plan.schedule, now);
        }
        match sweep(&store, &plan, now, full).await {
            Ok(removed) if removed != Purged::default() => {
                tracing::info!(
                    sessions = removed.sessions,
                    log = removed.log,
                    audit = removed.audit,
                    bans = removed.bans,
                    "old rows were removed"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "old rows could not be removed; the next try follows in a minute");
            }
        }
    }
}

/// Removes one batch, or batch after batch until nothing old is left (`full`).
///
/// # Errors
/// When the store does not answer; what was removed stays removed.
pub async fn sweep<S: Upkeep>(
    store: &S,
    plan: &PurgePlan,
    now: Timestamp,
    full: bool,
) -> Result<Purged, StoreError> {
    let order = PurgeOrder {
        now,
        keep_ended: plan.keep_ended,
        keep_log: plan.keep_log,
        keep_audit: plan.keep_audit,
        batch: BATCH,
    };
    let mut total = Purged::default();
    loop {
        let step = store.purge(order).await?;
        total.sessions += step.sessions;
        total.log += step.log;
        total.audit += step.audit;
        total.bans += step.bans;
        total.attempts += step.attempts;
        if !full || !step.reached(BATCH) {
            return Ok(total);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The next run after `now`, in UTC.
fn next_run(schedule: &Cron, now: Timestamp) -> Option<Timestamp> {
    let now = jiff::Timestamp::from_millisecond(now.0)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let next = schedule.find_next_occurrence(&now, false).ok()?;
    Some(Timestamp(next.timestamp().as_millisecond()))
}
