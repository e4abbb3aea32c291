use std::sync::Arc;
use std::time::Duration;

use symbolon_testkit::history::Nanos;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{Shared, families, sessions, subjects};

/// How much is asked, per second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rates {
    pub(crate) verify: f64,
    pub(crate) issue: f64,
    pub(crate) log_in: f64,
    pub(crate) log_out: f64,
    pub(crate) family: f64,
    pub(crate) kick: f64,
    pub(crate) account: f64,
}

impl Rates {
    /// What two cores carry, all servers and this driver on them; times a factor.
    pub(crate) fn times(factor: f64) -> Self {
        Self {
            verify: 80.0 * factor,
            issue: 6.0 * factor,
            log_in: 3.0 * factor,
            log_out: 4.0 * factor,
            family: 4.0 * factor,
            kick: 0.5 * factor,
            account: 0.6 * factor,
        }
    }

    fn of(&self, step: Step) -> f64 {
        match step {
            Step::Verify => self.verify,
            Step::Issue => self.issue,
            Step::LogIn => self.log_in,
            Step::LogOut => self.log_out,
            Step::Family => self.family,
            Step::Kick => self.kick,
            Step::Account => self.account,
        }
    }
}

/// What begins at a time of its own.
#[derive(Clone, Copy)]
enum Step {
    Verify,
    Issue,
    LogIn,
    LogOut,
    Family,
    Kick,
    Account,
}

const STEPS: [Step; 7] = [
    Step::Verify,
    Step::Issue,
    Step::LogIn,
    Step::LogOut,
    Step::Family,
    Step::Kick,
    Step::Account,
];

/// So many steps are under way at the most: many times what a hung node holds up.
const UNDER_WAY_MAX: usize = 3_000;

/// Begins each step at its time, whatever became of those before.
pub(super) async fn run(shared: Arc<Shared>) {
    let begin = shared.now();
    let mut due: Vec<(Nanos, Step)> = STEPS
        .iter()
        .map(|step| (begin + pause(&shared, *step), *step))
        .collect();
    let mut under_way = JoinSet::new();
    while !shared.is_stopping() {
        let now = shared.now();
        let Some(next) = due.iter_mut().min_by_key(|(at, _)| *at) else {
            break;
        };
        if next.0 > now {
            sleep(Duration::from_nanos((next.0 - now).max(1_000_000))).await;
            continue;
        }
        let (at, step) = *next;
        next.0 += pause(&shared, step);
        while let Some(ended) = under_way.try_join_next() {
            ended.unwrap();
        }
        if under_way.len() < UNDER_WAY_MAX {
            under_way.spawn(begin_step(Arc::clone(&shared), step, at));
        }
    }
    while let Some(ended) = under_way.join_next().await {
        ended.unwrap();
    }
}

/// Until the next of its kind: as requests of many independent clients come.
fn pause(shared: &Shared, step: Step) -> Nanos {
    let rate = shared.plan.rates.of(step);
    if rate <= 0.0 {
        return Nanos::MAX / 2;
    }
    let chance =
        f64::from(u32::try_from(1 + shared.chance.below(1 << 31)).unwrap_or(1)) / f64::from(1_u32 << 31);
    super::nanos(Duration::from_secs_f64((-chance.ln() / rate).min(60.0)))
}

async fn begin_step(shared: Arc<Shared>, step: Step, at: Nanos) {
    match step {
        Step::Verify => sessions::verify(&shared, at).await,
        Step::Issue => sessions::issue(&shared).await,
        Step::LogIn => subjects::log_in(&shared, at).await,
        Step::LogOut => sessions::log_out(&shared, at).await,
        Step::Family => families::refresh(&shared).await,
        Step::Kick => subjects::kick(&shared).await,
        Step::Account => subjects::race(&shared).await,
    }
}
