//! One round: a nemesis strikes again and again while clients ask, then all is mended, read and checked.

use std::time::Duration;

use symbolon_testkit::cluster::Cluster;
use symbolon_testkit::history::recovery::{self, Limits, Outage};
use symbolon_testkit::history::stops::{self, Stop};
use symbolon_testkit::history::{
    self, Findings, History, Invariant, Nanos, Violation, audit, honesty, leaks,
};
use symbolon_testkit::randomness::Seeded;
use tokio::time::sleep;

use crate::cli::StoreName;
use crate::driver::{Driver, Plan, Sample, nanos};
use crate::nemesis::{Nemesis, Wound};

/// What is slower than this after a fault, and twice as slow as before it, has not recovered. Wide, since all servers
/// and the clients share one machine. Where others want that machine too, a witness says so (`driver/witness.rs`).
const VERIFY_MAX: Duration = Duration::from_millis(250);
const REVOCATION_MAX: Duration = Duration::from_secs(1);
/// How much longer than a lease a node may take to be ready.
const READY_MORE: Duration = Duration::from_secs(2);

/// How long everything takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Before the first fault.
    pub(crate) quiet: Duration,
    /// A fault is there for so long.
    pub(crate) fault: Duration,
    /// Faults begin for so long.
    pub(crate) strikes: Duration,
    /// The nodes' lease.
    pub(crate) lease: Duration,
}

impl Times {
    /// How long a revocation waits for a node at the most.
    pub(crate) fn wait_max(&self) -> Duration {
        self.lease.mul_f64(1.25) + Duration::from_millis(100)
    }

    /// Until all is as before.
    fn ready_max(&self) -> Duration {
        self.lease + READY_MORE
    }
}

/// What a round showed.
pub(crate) struct Outcome {
    pub(crate) store: StoreName,
    pub(crate) nemesis: Nemesis,
    pub(crate) history: History,
    pub(crate) samples: Vec<Sample>,
    pub(crate) outages: Vec<Outage>,
    pub(crate) findings: Findings,
    /// What was seen of promises that the store itself has broken.
    pub(crate) excused: Vec<Violation>,
    /// How often something was broken: strikes, and connections that a proxy did harm to.
    pub(crate) faults: u64,
    pub(crate) ended_at: Nanos,
    /// The latest that the machine itself was, once it was late.
    pub(crate) machine_late: Nanos,
}

impl Outcome {
    /// Whether a promise could have been broken, and none was.
    pub(crate) fn is_good(&self) -> bool {
        self.shows_something() && self.findings.violations.is_empty()
    }

    /// Without a question about an ended session the first promise could not have been broken.
    pub(crate) fn shows_something(&self) -> bool {
        self.findings.chances(Invariant::I1) > 0
    }

    /// What was played, in a table's words.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.store.words(), self.nemesis.words())
    }
}

/// Runs one.
pub(crate) async fn run(
    cluster: &mut Cluster,
    (store, nemesis): (StoreName, Nemesis),
    times: &Times,
    plan: Plan,
) -> Outcome {
    let (first_entry, fired) = (cluster.store().audit_end(), cluster.fired());
    let (name, chance) = (plan.name.clone(), Seeded::new(!plan.seed));
    let mut driver = Driver::begin(plan).await;
    sleep(times.quiet).await;
    let (mut outages, mut stopped) = (Vec::new(), Vec::new());
    let begun = driver.now();
    while driver.now() - begun < nanos(times.strikes) {
        outages.push(strike(cluster, &driver, (nemesis, times), &chance, &mut stopped).await);
    }
    // Twice the wait: whoever was waited for has been evicted or is back.
    sleep(times.wait_max()).await;
    driver.stop().await;
    let ended_at = driver.now();
    driver.read_everything().await;
    let history = driver.history();
    let mut findings = history::check(&history);
    for stops in stopped.chunks(cluster.nodes().len()) {
        findings.join(stops::check(&history, &driver.failures(), stops));
    }
    findings.join(honesty::check(&history, &driver.heads()));
    findings.join(recovery::check(
        &history,
        &outages,
        &limits(times),
        &driver.witness(),
    ));
    let mut record = cluster.store().audit_after(first_entry);
    record.retain(|entry| is_of(entry, &driver, &name));
    findings.join(audit::check(&history, &record));
    findings.join(leaks_of(cluster, &driver));
    let is_due = |broken: &Violation| nemesis.keeps(broken.invariant);
    let (broken, excused) = findings.violations.into_iter().partition(is_due);
    findings.violations = broken;
    Outcome {
        store,
        nemesis,
        samples: driver.samples(),
        faults: outages.len() as u64 * u64::from(nemesis != Nemesis::N0) + cluster.fired() - fired,
        history,
        outages,
        findings,
        excused,
        ended_at,
        machine_late: driver.witness().worst(),
    }
}

async fn strike(
    cluster: &mut Cluster,
    driver: &Driver,
    (nemesis, times): (Nemesis, &Times),
    chance: &Seeded,
    stopped: &mut Vec<Stop>,
) -> Outage {
    let from = driver.now();
    let wound = nemesis.strike(cluster, chance, || driver.now()).await;
    if let Wound::Rolled(rolled) = &wound {
        stopped.extend(rolled);
    }
    let struck = Duration::from_nanos(driver.now() - from);
    sleep(times.fault.saturating_sub(struck)).await;
    // A store that is started again is mended when it has started, a node is at once.
    let is_node = nemesis == Nemesis::N1;
    let before = driver.now();
    wound.heal(cluster).await;
    let healed = if is_node { before } else { driver.now() };
    sleep(times.ready_max() + times.fault / 2).await;
    let ready = driver.ready_since(healed);
    Outage { from, healed, ready }
}

fn limits(times: &Times) -> Limits {
    Limits {
        ready: nanos(times.ready_max()),
        verify: nanos(VERIFY_MAX),
        revocation: nanos(REVOCATION_MAX),
    }
}

fn is_of(entry: &audit::Entry, driver: &Driver, name: &str) -> bool {
    let subject = entry.subject.as_deref();
    subject.is_some_and(|subject| subject.starts_with(name))
        || entry
            .session
            .as_deref()
            .is_some_and(|session| driver.knows(session))
}

/// Looks for the round's secrets in all that was written.
fn leaks_of(cluster: &Cluster, driver: &Driver) -> Findings {
    let mut artefacts = vec![("the store".to_owned(), cluster.store().dump())];
    if let Some(cache) = cluster.cache() {
        artefacts.push(("Redis".to_owned(), cache.dump()));
    }
    for (number, node) in cluster.nodes().iter().enumerate() {
        artefacts.push((
            format!("standard output of node {number}"),
            node.server.stdout().into_bytes(),
        ));
        artefacts.push((
            format!("standard error of node {number}"),
            node.server.stderr().into_bytes(),
        ));
    }
    let artefacts = artefacts.iter().map(|(name, bytes)| (&**name, &**bytes));
    leaks::find(&driver.secrets(), artefacts)
}
