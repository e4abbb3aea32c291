//! What is prepared before the first measurement: a store with many sessions, and the requests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use symbolon::account::Role;
use symbolon::api_key::{Scope, Scopes};
use symbolon::{DATABASE_FILE, NewAccount, Password, Symbolon};
use symbolon_bench::filled::{Tokens, fill};
use symbolon_bench::stopwatch;

use crate::flood;
use crate::load::SCRIPT;
use crate::process::copy_folder;
use crate::requests::{issues, refreshes, verifies};
use crate::run::Options;

/// How many tokens take turns where the load is to stay in a core's caches.
pub(crate) const FEW: usize = 10_000;

/// The files of a run.
pub(crate) struct Stage {
    /// All of them.
    pub(crate) folder: PathBuf,
    /// The data of the server with the default settings.
    pub(crate) data: PathBuf,
    /// The same data, for a server without a near cache.
    pub(crate) cold: PathBuf,
    /// The same database, for plain SQLite.
    pub(crate) database: PathBuf,
    /// The script of wrk.
    pub(crate) script: PathBuf,
    /// Verify, the same [`FEW`] tokens in turn.
    pub(crate) few: PathBuf,
    /// Verify, the token of every session.
    pub(crate) all: PathBuf,
    /// Issue, to many subjects in turn.
    pub(crate) issues: PathBuf,
    /// Refresh, with refresh tokens that were not used yet: one file for each round.
    pub(crate) refreshes: Vec<PathBuf>,
    /// One line of each kind that a server must answer before it is loaded.
    pub(crate) sample: Tokens,
    /// How many sessions a second were issued by the library alone, without HTTP.
    pub(crate) filled_per_second: f64,
}

impl Stage {
    /// Makes everything anew in the folder.
    pub(crate) async fn prepare(options: &Options) -> anyhow::Result<Self> {
        let folder = &options.work;
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let [data, cold, limit] = ["data", "cold", "limit"].map(|name| folder.join(name));
        let (mut tokens, key, filled_per_second) = make_store(&data, options.sessions).await?;
        copy_folder(&data, &cold)?;
        copy_folder(&data, &limit)?;
        let sample = tokens.pop().context("no session was issued")?;
        let write = |name: &str, lines: String| {
            let path = folder.join(name);
            fs::write(&path, lines)
                .with_context(|| format!("write {}", path.display()))
                .map(|()| path)
        };
        let (few, rest) = tokens.split_at(FEW.min(tokens.len() / 2));
        let share = rest.len().div_ceil(options.rounds).max(1);
        let parts = rest.chunks(share).enumerate();
        let refreshes = parts.map(|(part, tokens)| write(&format!("refresh-{part}.txt"), refreshes(tokens)));
        Ok(Self {
            folder: folder.clone(),
            script: write("load.lua", SCRIPT.to_owned())?,
            few: write("few.txt", verifies(few))?,
            all: write("all.txt", verifies(&tokens))?,
            issues: write("issue.txt", issues(&key))?,
            refreshes: refreshes.collect::<anyhow::Result<_>>()?,
            database: limit.join(DATABASE_FILE),
            data,
            cold,
            sample,
            filled_per_second,
        })
    }
}

/// A store with sessions, a service's key and the accounts of the flood.
async fn make_store(data: &Path, sessions: usize) -> anyhow::Result<(Vec<Tokens>, String, f64)> {
    let (symbolon, _) = Symbolon::builder().data_dir(data).open().await?;
    let origin = symbolon.origin_of_system();
    let scopes = Scopes::of(&[Scope::Issue, Scope::Verify]);
    let (_, key) = symbolon
        .add_api_key("bench", scopes, None, None, &origin)
        .await??;
    for number in 0..flood::ACCOUNTS {
        let account = NewAccount {
            name: flood::account(number),
            password: Password::new(flood::PASSWORD)?,
            subject: None,
            role: Role::User,
        };
        symbolon
            .add_account(account, &origin)
            .await?
            .map_err(|fault| anyhow!("make an account: {fault}"))?;
    }
    let start = stopwatch::now();
    let tokens = fill(&symbolon, sessions).await?;
    let rate = sessions as f64 / start.elapsed().as_secs_f64();
    symbolon.stop().await;
    Ok((tokens, key.expose().to_string(), rate))
}
