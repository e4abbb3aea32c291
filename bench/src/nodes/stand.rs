//! The store, the nodes and what they are compared with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use serde_json::json;
use symbolon_bench::filled::Tokens;
use symbolon_testkit::cluster::Store;
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Options;
use crate::limits;
use crate::load::SCRIPT;
use crate::process::{Running, Target};
use crate::run::target;

/// The master key of the nodes: nothing that is measured is secret.
const MASTER_KEY: &str = "6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d6b6d\n";

/// How many clients issue at a time.
const ISSUERS: usize = 64;

/// Everything that runs while there is load.
pub(super) struct Stand<'a> {
    pub(super) options: &'a Options,
    pub(super) hyper: Running,
    /// One GET of a Redis for each request.
    pub(super) redis_get: Running,
    /// That Redis.
    limit_redis: Redis,
    pub(super) nodes: Vec<Server>,
    /// One more node, which has no near cache.
    pub(super) cold: Server,
    key: String,
    /// wrk's script.
    pub(super) script: PathBuf,
    _store: Store,
    _cache: Option<Redis>,
}

impl<'a> Stand<'a> {
    /// Starts everything.
    pub(super) fn set_up(runtime: &Runtime, options: &'a Options) -> anyhow::Result<Self> {
        let folder = &options.work;
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        fs::create_dir_all(folder)?;
        let folder = std::path::absolute(folder)?;
        let (script, key_file) = (folder.join("load.lua"), folder.join("master.key"));
        fs::write(&script, SCRIPT)?;
        fs::write(&key_file, MASTER_KEY)?;
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600))?;
        let store = Store::start(options.store.kind());
        let cache = options.store.has_cache().then(|| StartRedis::default().start());
        let binary = options.binary.canonicalize()?;
        let mut start = Start::binary(binary)
            .env("SYMBOLON_STORE__URL", store.url_at(store.address()))
            .env("SYMBOLON_KEYS__MASTER_FILE", key_file.display().to_string())
            .env("SYMBOLON_DEBUG__TIER", "true");
        if let Some(cache) = &cache {
            start = start.env("SYMBOLON_CACHE__REDIS_URL", cache.url());
        }
        let nodes: Vec<_> = (0..options.nodes)
            .map(|_| runtime.block_on(start.clone().ready()))
            .collect();
        let cold = start.env("SYMBOLON_NODE__NEAR_CAPACITY", "1");
        let cold = runtime.block_on(cold.ready());
        let limit_redis = StartRedis::default().start();
        Ok(Self {
            options,
            hyper: limits::hyper::start()?,
            redis_get: limits::redis::start(&limit_redis.url())?,
            limit_redis,
            key: nodes
                .first()
                .context("there must be a node")?
                .api_key("bench", "issue,verify"),
            nodes,
            cold,
            script,
            _store: store,
            _cache: cache,
        })
    }

    /// Issues sessions on the first node; the others know them from the store.
    pub(super) async fn issue(&self, count: usize) -> anyhow::Result<Vec<Tokens>> {
        let address = self.nodes[0].address();
        let mut tasks = JoinSet::new();
        for task in 0..ISSUERS {
            let key = self.key.clone();
            tasks.spawn(async move {
                let mut client = Client::new(address);
                let mut tokens = Vec::new();
                for number in (task..count).step_by(ISSUERS) {
                    let body = json!({ "subject": format!("user-{number}") });
                    let ask = Ask::post("/v1/service/sessions", &body).bearer(&key);
                    let answer = client.send(ask).await;
                    ensure!(
                        answer.status == 200 || answer.status == 201,
                        "an issue is answered with {}: {}",
                        answer.status,
                        answer.text()
                    );
                    let body = answer.json();
                    let text = |name: &str| body[name].as_str().map(str::to_owned).context("a token");
                    tokens.push(Tokens {
                        access: text("access_token")?,
                        refresh: text("refresh_token")?,
                    });
                }
                Ok(tokens)
            });
        }
        let mut tokens = Vec::with_capacity(count);
        while let Some(done) = tasks.join_next().await {
            tokens.append(&mut done??);
        }
        let authorizations = tokens.iter().map(|tokens| format!("Bearer {}", tokens.access));
        limits::redis::fill(&self.limit_redis.url(), authorizations).await?;
        Ok(tokens)
    }

    /// A file of requests.
    pub(super) fn write(&self, name: &str, lines: &str) -> anyhow::Result<PathBuf> {
        let path = std::path::absolute(&self.options.work)?.join(name);
        fs::write(&path, lines).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// The service's key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// What is loaded.
    pub(super) fn targets(&self) -> Vec<Target> {
        let limits = [self.hyper.target(), self.redis_get.target()];
        let nodes = self.nodes.iter().chain([&self.cold]).map(target);
        limits.into_iter().chain(nodes).collect()
    }
}
