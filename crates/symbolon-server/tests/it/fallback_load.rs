//! Going on without Redis under load: clients that never pause, the real binary and a real Redis that dies and comes back.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use http::Method;
use serde_json::json;
use symbolon_testkit::history::leaks;
use symbolon_testkit::history::{self, Answered, Asked, Findings, History, Invariant, Op};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::workload::{Plan, Round, Workload};
use tokio::time::{Duration, Instant, sleep, sleep_until};

use crate::place::BINARY;

/// How long anything may take that is waited for.
const LONG: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(30);
/// Enough that every kind of step was asked for many times.
const MANY: u64 = 600;

/// A Redis that has on disk what it acknowledged, in a file that only grows.
fn kept() -> Redis {
    StartRedis::default()
        .setting("appendonly", "yes")
        .setting("appendfsync", "always")
        .setting("auto-aof-rewrite-percentage", "0")
        .start()
}

/// A node that is alone on its Redis, and clients that use it all the time.
struct Trip {
    redis: Redis,
    server: Server,
    workload: Workload,
    round: Round,
    key: String,
    password: String,
    /// The names of the phases, and how many operations were seen before each.
    phases: Vec<(&'static str, usize)>,
}

impl Trip {
    async fn begin(redis: Redis) -> Self {
        let server = Start::binary(BINARY)
            .env("SYMBOLON_STORE__URL", redis.url())
            // Log-ins are to be a part of the load, not the whole of it, and none ends another.
            .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
            .env("SYMBOLON_LOGIN__ARGON2__ITERATIONS", "1")
            .env("SYMBOLON_SESSION__PER_SUBJECT_MAX", "1000")
            .ready()
            .await;
        let password = server.first_password().await;
        let key = server.api_key("workload", "issue,verify,revoke,admin");
        let plan = Plan {
            clients: 12,
            sessions_max: 100_000,
            ops_max: u64::MAX,
            time_max: Duration::from_secs(600),
            account: Some(("admin".to_owned(), password.clone())),
            logins_max: 900,
            ..Plan::default()
        };
        let workload = Workload::new(server.address(), key.clone(), plan);
        let round = workload.begin(0);
        let trip = Self {
            redis,
            server,
            workload,
            round,
            key,
            password,
            phases: vec![("at home", 0)],
        };
        trip.until_said("this node would go on without redis").await;
        trip
    }

    /// From here on it is another phase.
    fn phase(&mut self, name: &'static str) {
        self.phases.push((name, self.workload.history().ops.len()));
    }

    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(
                begun.elapsed() < LONG,
                "{what}: it did not come about\n{}",
                self.server.stderr()
            );
            sleep(LOOK).await;
        }
    }

    async fn until_said(&self, words: &str) {
        self.until(words, async || self.server.stderr().contains(words))
            .await;
    }

    /// Lets the clients work until they have done so many operations more.
    async fn work(&self, operations: u64) {
        let end = self.workload.done() + operations;
        self.until("the load", async || self.workload.done() >= end).await;
    }

    async fn lose_redis(&mut self) {
        self.redis.kill9();
        self.until_said("this node goes on without redis").await;
        self.phase("away");
    }

    /// The process is killed, and started again while Redis is away.
    async fn lose_node(&mut self) {
        self.server.kill9().await;
        self.workload.process_ended();
        self.server.restart().await;
        self.phase("away, node started anew");
    }

    async fn redis_back(&mut self) {
        const HOME: &str = "redis has all sessions again";
        self.redis.start_again();
        self.until_said(HOME).await;
        let said = self.server.stderr();
        println!(
            "{}",
            said.lines().find(|line| line.contains(HOME)).unwrap_or_default()
        );
        self.phase("back");
    }

    /// The clients stop, and every session is read: as the node has it, and then as a node has it that knows nothing but
    /// what is in Redis.
    async fn end(mut self) -> Seen {
        self.round.stop().await;
        self.workload.read_everything().await;
        self.server.kill9().await;
        self.workload.process_ended();
        let mirror = self.server.data_dir().join("fallback");
        let written = all_files(&mirror);
        std::fs::remove_dir_all(mirror).unwrap();
        self.server.restart().await;
        self.workload.read_everything().await;
        let history = self.workload.history();
        let mut secrets = self.workload.secrets();
        secrets.add_token(&self.key);
        let mut findings = history::check(&history);
        let said = ("standard error".to_owned(), self.server.stderr().into_bytes());
        self.redis.stop();
        let artefacts = [written, all_files(self.redis.folder()), vec![said]].concat();
        findings.join(leaks::find(
            &secrets,
            artefacts.iter().map(|(name, bytes)| (&**name, &**bytes)),
        ));
        let seen = Seen {
            history,
            findings,
            phases: self.phases,
        };
        seen.tell();
        seen
    }
}

/// All that was written below a folder.
fn all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(all_files(&path));
        } else if path.is_file() {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

/// What the clients saw, and what is to be said of it.
struct Seen {
    history: History,
    findings: Findings,
    phases: Vec<(&'static str, usize)>,
}

/// What was answered in a phase.
#[derive(Default, Debug)]
struct Tally {
    begun: u64,
    accepted: u64,
    refreshed: u64,
    ended: u64,
    refused: u64,
    undecided: u64,
}

impl Tally {
    fn of(ops: &[Op]) -> Self {
        let mut tally = Self::default();
        for op in ops {
            *match &op.answered {
                Answered::Issued(..) => &mut tally.begun,
                Answered::Accepted(_) => &mut tally.accepted,
                Answered::Refreshed(_) => &mut tally.refreshed,
                Answered::Ended { .. } | Answered::EndedHere | Answered::Reused { .. } => &mut tally.ended,
                Answered::Refused(_) => &mut tally.refused,
                Answered::Undecided | Answered::Unknown => &mut tally.undecided,
            } += 1;
        }
        tally
    }
}

impl Seen {
    /// The operations of a phase.
    fn ops(&self, name: &str) -> &[Op] {
        let at = self.phases.iter().position(|(phase, _)| *phase == name).unwrap();
        let end = self
            .phases
            .get(at + 1)
            .map_or(self.history.ops.len(), |(_, end)| *end);
        &self.history.ops[self.phases[at].1..end]
    }

    fn tally(&self, phase: &str) -> Tally {
        Tally::of(self.ops(phase))
    }

    /// How often a promise was broken, and how often it could have been.
    fn broken(&self, invariant: Invariant) -> (usize, u64) {
        let broken = self.findings.violations.iter();
        let broken = broken.filter(|one| one.invariant == invariant).count();
        (broken, self.findings.chances(invariant))
    }

    fn tell(&self) {
        for (name, _) in &self.phases {
            println!("{name}: {:?}", self.tally(name));
        }
        let (lost, kept) = self.broken(Invariant::I3);
        let (revived, ended) = self.broken(Invariant::I1);
        let (wrong, right) = self.broken(Invariant::I2);
        println!(
            "acknowledged log-ins lost {lost} of {kept}; revived {revived} of {ended} asked; wrong 401 {wrong} of {right}"
        );
    }

    /// The sessions of which that was answered in a phase: what is asked of each operation is whether it counts.
    fn sessions(&self, phase: &str, counts: impl Fn(&Op) -> bool) -> HashSet<String> {
        let ops = self.ops(phase).iter().filter(|op| counts(op));
        ops.filter_map(|op| match (&op.asked, &op.answered) {
            (_, Answered::Issued(identity, _)) => Some(identity.session.clone()),
            (Asked::Refresh { session, .. }, _) => Some(session.clone()),
            _ => None,
        })
        .collect()
    }

    /// Whatever was broken is of one of these sessions, and is nothing but what their loss in Redis explains: an ended one is
    /// never accepted, and nobody is taken for somebody else.
    fn assert_lost_alone(&self, lost: &HashSet<String>, promises: &[Invariant]) {
        for one in &self.findings.violations {
            assert!(promises.contains(&one.invariant), "{one:?}");
            assert!(lost.contains(&one.session), "{one:?}");
        }
    }

    fn assert_worked(&self, phases: &[&str]) {
        for phase in phases {
            let tally = self.tally(phase);
            assert!(
                tally.begun > 10 && tally.accepted > 30 && tally.refreshed > 10 && tally.ended > 3,
                "{phase}: hardly anything was done: {tally:?}"
            );
        }
        for invariant in [Invariant::I1, Invariant::I2, Invariant::I3] {
            assert!(
                self.findings.chances(invariant) > 50,
                "{invariant:?} was hardly tried"
            );
        }
    }
}

const PHASES: [&str; 4] = ["at home", "away", "away, node started anew", "back"];

/// A subject that is banned before: what holds of it while Redis is away.
async fn assert_banned(trip: &Trip, token: &str) {
    let body = json!({ "subject": "barred" });
    let issue = Ask::post("/v1/service/sessions", &body).bearer(&trip.key);
    let mut client = trip.server.client();
    let answer = client.send(issue).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    let status = client.send(Ask::get("/verify").bearer(token)).await.status;
    // After a start nothing is proved of what is in Redis, while that is away.
    assert!([401, 503].contains(&status), "{status}");
}

/// Bans the subject; the access token of a session that it had.
async fn ban(trip: &Trip) -> String {
    let mut client = trip.server.client();
    let issue = Ask::post("/v1/service/sessions", &json!({ "subject": "barred" })).bearer(&trip.key);
    let token = client.send(issue).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let ban = Ask::post("/v1/admin/subjects/barred/ban", &json!({ "note": "a test" })).bearer(&trip.key);
    let answer = client.send(ban).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    token
}

/// A new ban, or the end of one, waits for Redis.
async fn assert_bans_wait(trip: &Trip) {
    let mut client = trip.server.client();
    let path = "/v1/admin/subjects/barred/ban";
    for ask in [
        Ask::post(path, &json!({ "note": "another" })),
        Ask::new(Method::DELETE, path),
    ] {
        let answer = client.send(ask.bearer(&trip.key)).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
    }
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
    let (password, stderr) = (trip.password.clone(), trip.server.stderr());
    let seen = trip.end().await;
    assert_eq!(stderr.matches(&password).count(), 1, "no second administrator");
    assert_eq!(seen.findings.violations, []);
    seen.assert_worked(&PHASES);
}

/// Puts back what Redis had on disk before.
struct Before {
    now: std::path::PathBuf,
    copy: std::path::PathBuf,
}

impl Before {
    /// What it has now. The file only grows, so that a part of it is a file of before.
    fn copy(redis: &Redis) -> Self {
        let before = Self {
            now: redis.folder().join("appendonlydir"),
            copy: redis.folder().join("before"),
        };
        before.cp(&before.now, &before.copy);
        before
    }

    fn put_back(&self) {
        std::fs::remove_dir_all(&self.now).unwrap();
        self.cp(&self.copy, &self.now);
    }

    fn cp(&self, from: &Path, to: &Path) {
        // The files are the server's user's, and stay so.
        let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
        assert!(copied.success());
    }
}

/// What Redis has forgotten of a phase: sessions that began in it, and pairs that were handed out.
fn touched(op: &Op) -> bool {
    matches!(op.answered, Answered::Issued(..) | Answered::Refreshed(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_back_with_an_old_file_under_load_revives_nothing_and_keeps_what_began_without_it() {
    let mut trip = Trip::begin(kept()).await;
    trip.work(MANY).await;
    trip.phase("after the copy");
    let before = Before::copy(&trip.redis);
    trip.work(MANY).await;
    trip.lose_redis().await;
    trip.work(MANY).await;
    before.put_back();
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
    let mut trip = Trip::begin(kept()).await;
    trip.work(MANY).await;
    trip.phase("after the copy");
    let before = Before::copy(&trip.redis);
    trip.work(MANY).await;
    trip.lose_redis().await;
    trip.work(MANY).await;
    trip.lose_node().await;
    trip.work(MANY).await;
    before.put_back();
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
