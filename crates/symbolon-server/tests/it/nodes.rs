//! Several servers on one store.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::Postgres;
use symbolon_testkit::wait::until;
use tokio::time::{Instant, sleep};

use crate::place::{BINARY, Place};

const KEY: &str = "8f3c1d5a7be2906f4d1b8a3c5e7092d46f8b1c3a5d7e9f0213457698badcfe01";

/// The lease of the nodes: the longest that one which hangs delays a revocation is 2.6 s.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// What a revocation waits at the most.
pub(crate) const WAIT_MAX: Duration = Duration::from_millis(2_600);

/// A file with a master key that every node of a test is told.
pub(crate) struct Keys(tempfile::TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shared.key");
        std::fs::write(&file, KEY).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self) -> String {
        self.0.path().join("shared.key").display().to_string()
    }
}

/// Nodes that share a store.
pub(crate) struct Nodes {
    pub(crate) all: Vec<Server>,
    pub(crate) key: String,
    env: Vec<(String, String)>,
    _keys: Keys,
}

/// What a client keeps of a session.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Pair {
    pub(crate) fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl Nodes {
    /// As many nodes on a schema of their own in the PostgreSQL that all tests share.
    pub(crate) async fn start(count: usize) -> Self {
        let server = Postgres::shared();
        Self::on(&server.url_of(&server.schema()), count, &[]).await
    }

    /// On that store, with these settings besides. They all begin at once.
    pub(crate) async fn on(url: &str, count: usize, settings: &[(&str, &str)]) -> Self {
        Self::each_on(url, count, settings, |_, start| start).await
    }

    /// The same, each with what it has of its own.
    pub(crate) async fn each_on(
        url: &str,
        count: usize,
        settings: &[(&str, &str)],
        own: impl Fn(usize, Start) -> Start,
    ) -> Self {
        let keys = Keys::new();
        let mut env = vec![
            ("SYMBOLON_STORE__URL".to_owned(), url.to_owned()),
            ("SYMBOLON_KEYS__MASTER_FILE".to_owned(), keys.file()),
            ("SYMBOLON_NODE__LEASE".to_owned(), "2s".to_owned()),
            ("SYMBOLON_STORE__CONNECTIONS".to_owned(), "4".to_owned()),
            ("SYMBOLON_LOGIN__ARGON2__MEMORY".to_owned(), "7MiB".to_owned()),
            ("SYMBOLON_LOGIN__ARGON2__ITERATIONS".to_owned(), "1".to_owned()),
        ];
        env.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let start = |node| {
            let bare = own(node, Start::binary(BINARY));
            env.iter()
                .fold(bare, |start, (name, value)| start.env(name, value))
                .begin()
        };
        let mut all: Vec<Server> = (0..count).map(start).collect();
        for server in &mut all {
            server.until_ready().await;
        }
        let key = all[0].api_key("test", "issue,verify,revoke,admin");
        Self {
            all,
            key,
            env,
            _keys: keys,
        }
    }

    /// A command beside a node.
    pub(crate) fn beside(&self, node: usize) -> Place {
        self.with_env(Place::of(&self.all[node]))
    }

    /// A command where no node runs.
    pub(crate) fn elsewhere(&self) -> Place {
        self.with_env(Place::fresh())
    }

    fn with_env(&self, place: Place) -> Place {
        self.env
            .iter()
            .fold(place, |place, (name, value)| place.env(name, value))
    }

    /// A session that a service begins on a node.
    pub(crate) async fn issue(&self, node: usize, subject: &str) -> Pair {
        let body = json!({ "subject": subject });
        let ask = Ask::post("/v1/service/sessions", &body).bearer(&self.key);
        let answer = self.all[node].client().send(ask).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Pair::of(&answer)
    }

    /// What a gateway before a node is told of a token.
    pub(crate) async fn verify(&self, node: usize, access: &str) -> u16 {
        let ask = Ask::get("/verify").bearer(access);
        self.all[node].client().send(ask).await.status
    }

    /// What every node says of a token.
    pub(crate) async fn verify_all(&self, access: &str) -> Vec<u16> {
        let mut said = Vec::new();
        for node in 0..self.all.len() {
            said.push(self.verify(node, access).await);
        }
        said
    }

    pub(crate) async fn refresh(&self, node: usize, refresh: &str) -> Answer {
        let ask = Ask::post("/v1/refresh", &json!({ "refresh_token": refresh }));
        self.all[node].client().send(ask).await
    }

    pub(crate) async fn log_out(&self, node: usize, access: &str, query: &str) -> Answer {
        let ask = Ask::new(Method::POST, format!("/v1/logout{query}")).bearer(access);
        self.all[node].client().send(ask).await
    }

    /// As an operator.
    pub(crate) async fn ask(&self, node: usize, ask: Ask) -> Answer {
        self.all[node].client().send(ask.bearer(&self.key)).await
    }

    /// The nodes as one of them sees them.
    pub(crate) async fn members(&self, node: usize) -> Vec<Value> {
        let answer = self.ask(node, Ask::get("/v1/admin/nodes")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// A figure that a node counts.
    pub(crate) async fn figure(&self, node: usize, series: &str) -> f64 {
        let scrape = self.all[node].client().send(Ask::get("/metrics")).await.text();
        let line = scrape
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        let line = line.unwrap_or_else(|| panic!("no {series} in\n{scrape}"));
        line.parse().unwrap()
    }

    /// Waits until a node has made so many heartbeats more.
    pub(crate) async fn until_beaten(&self, node: usize, times: u32) {
        let beats = r#"symbolon_heartbeats_total{result="renewed"}"#;
        let enough = self.figure(node, beats).await + f64::from(times);
        until("further heartbeats", async || {
            self.figure(node, beats).await >= enough
        })
        .await;
    }

    /// Waits until every node is ready.
    pub(crate) async fn until_ready(&self) {
        for server in &self.all {
            until("it is ready", async || {
                server.client().send(Ask::get("/readyz")).await.status == 200
            })
            .await;
        }
    }

    /// Waits until a node says so of the nodes.
    pub(crate) async fn until_members(&self, node: usize, is_so: impl Fn(&[Value]) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let members = self.members(node).await;
            if is_so(&members) {
                return;
            }
            assert!(Instant::now() < end, "{members:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
