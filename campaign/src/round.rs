//! One round: a nemesis strikes again and again while clients ask, then all is mended, read and checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use symbolon_testkit::cluster::Cluster;
use symbolon_testkit::history::recovery::{self, Limits, Outage};
use symbolon_testkit::history::stops::{self, Stop};
use symbolon_testkit::history::{self, Findings, History, Invariant, Nanos, audit, honesty, leaks};
use symbolon_testkit::randomness::Seeded;
use tokio::time::sleep;

use crate::cli::StoreName;
use crate::driver::{Driver, Plan, Sample, nanos};
use crate::nemesis::{Nemesis, Wound};
use crate::promises::{self, Lost, Strike};

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
    /// What each node has said in the round.
    pub(crate) said: Vec<String>,
    /// When each node became ready, and when it was no longer.
    pub(crate) turns: Vec<Vec<(Nanos, bool)>>,
    pub(crate) findings: Findings,
    /// What the store lost, which it does not promise to keep.
    pub(crate) lost: Lost,
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
    let silent = said_after(cluster, &[]);
    let lengths: Vec<usize> = silent.iter().map(String::len).collect();
    let (name, chance) = (plan.name.clone(), Seeded::new(!plan.seed));
    let mut driver = Driver::begin(plan).await;
    sleep(times.quiet).await;
    let (mut outages, mut strikes, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
    let begun = driver.now();
    while driver.now() - begun < nanos(times.strikes) {
        let (struck, outage) = strike(cluster, &driver, (nemesis, times), &chance, &mut stopped).await;
        strikes.push(struck);
        outages.push(outage);
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
    let (broken, lost) = promises::of(store, nemesis).part(&history, &strikes, findings.violations);
    findings.violations = broken;
    Outcome {
        store,
        nemesis,
        samples: driver.samples(),
        faults: outages.len() as u64 * u64::from(nemesis != Nemesis::N0) + cluster.fired() - fired,
        history,
        outages,
        said: said_after(cluster, &lengths),
        turns: driver.turns(),
        findings,
        lost,
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
) -> (Strike, Outage) {
    let from = driver.now();
    let wound = nemesis.strike(cluster, chance, || driver.now()).await;
    if let Wound::Rolled(rolled) = &wound {
        stopped.extend(rolled);
    }
    let struck = driver.now();
    sleep(times.fault.saturating_sub(Duration::from_nanos(struck - from))).await;
    // A store that is started again is mended when it has started, a node is at once.
    let is_node = nemesis.ends_with_a_node();
    let before = driver.now();
    wound.heal(cluster).await;
    let healed = if is_node { before } else { driver.now() };
    sleep(times.ready_max() + times.fault / 2).await;
    let ready = driver.ready_since(healed);
    let strike = Strike { from, struck, healed };
    (strike, Outage { from, healed, ready })
}

fn limits(times: &Times) -> Limits {
    Limits {
        ready: nanos(times.ready_max()),
        verify: nanos(VERIFY_MAX),
        revocation: nanos(REVOCATION_MAX),
    }
}

/// What each node has written to standard error, after so much of it.
fn said_after(cluster: &Cluster, lengths: &[usize]) -> Vec<String> {
    let nodes = cluster.nodes().iter().enumerate();
    let said = nodes.map(|(number, node)| {
        let said = node.server.stderr();
        let begin = lengths.get(number).copied().unwrap_or(0);
        said.get(begin..).unwrap_or_default().to_owned()
    });
    said.collect()
}

fn is_of(entry: &audit::Entry, driver: &Driver, name: &str) -> bool {
    let subject = entry.subject.as_deref();
    subject.is_some_and(|subject| subject.starts_with(name))
        || entry
            .session
            .as_deref()
            .is_some_and(|session| driver.knows(session))
}

/// All that is in a folder and below it.
fn files_below(folder: &Path) -> Vec<u8> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let places = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let read = |place: PathBuf| {
        if place.is_dir() {
            files_below(&place)
        } else {
            // One that is gone by now is looked through the next time.
            std::fs::read(place).unwrap_or_default()
        }
    };
    places.flat_map(read).collect()
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
        artefacts.push((
            format!("the files of node {number}"),
            files_below(&node.server.data_dir()),
        ));
    }
    let artefacts = artefacts.iter().map(|(name, bytes)| (&**name, &**bytes));
    leaks::find(&driver.secrets(), artefacts)
}
