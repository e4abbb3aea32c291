//! A flood of log-ins: so many per second, whether or not answers come.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use symbolon_testkit::http::{Ask, Client};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Who logs in, in turn.
pub(crate) const ACCOUNTS: u32 = 20;
/// The password of all of them.
pub(crate) const PASSWORD: &str = "not a secret, only for measuring";

/// The name of one of them.
pub(crate) fn account(number: u32) -> String {
    format!("flood-{}", number % ACCOUNTS)
}

/// Log-ins per second, by what became of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flooded {
    /// Sent.
    pub(crate) offered: f64,
    /// Answered 200.
    pub(crate) done: f64,
    /// Answered 429 or 503: come again later.
    pub(crate) put_off: f64,
    /// Anything else.
    pub(crate) other: f64,
}

/// Floods a server from this process and prints what became of it.
pub(crate) fn send(address: SocketAddr, rate: u32, seconds: u32) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answers = runtime.block_on(send_all(address, rate, rate * seconds))?;
    let count = |statuses: &[u16]| {
        statuses
            .iter()
            .filter_map(|status| answers.get(status))
            .sum::<u32>()
    };
    let (done, put_off) = (count(&[200]), count(&[429, 503]));
    let offered: u32 = answers.values().sum();
    let seconds = f64::from(seconds);
    let figures = [offered, done, put_off, offered - done - put_off].map(|count| f64::from(count) / seconds);
    println!("{} {} {} {}", figures[0], figures[1], figures[2], figures[3]);
    Ok(())
}

/// How many log-ins had which status; 0: no answer.
async fn send_all(address: SocketAddr, rate: u32, count: u32) -> anyhow::Result<BTreeMap<u16, u32>> {
    let idle = Arc::new(Mutex::new(Vec::new()));
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for number in 0..count {
        ticks.tick().await;
        let idle = Arc::clone(&idle);
        under_way.spawn(async move {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut client = kept.unwrap_or_else(|| Client::new(address));
            let body = json!({ "username": account(number), "password": PASSWORD });
            let answer = client.try_send(Ask::post("/v1/login", &body)).await;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
            answer.map_or(0, |answer| answer.status)
        });
    }
    let mut answers = BTreeMap::new();
    while let Some(status) = under_way.join_next().await {
        *answers.entry(status?).or_default() += 1;
    }
    Ok(answers)
}

/// Begins to flood a server from a process of its own.
pub(crate) fn begin(address: SocketAddr, rate: u32, seconds: u32) -> anyhow::Result<Child> {
    let own = std::env::current_exe().context("find this program")?;
    let arguments = [address.to_string(), rate.to_string(), seconds.to_string()];
    let child = Command::new(own)
        .arg("flood")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    child.context("start the flood")
}

/// Waits for the end of a flood.
pub(crate) fn end(flood: Child) -> anyhow::Result<Flooded> {
    let output = flood.wait_with_output().context("wait for the flood")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [offered, done, put_off, other] = figures[..] else {
        anyhow::bail!("the flood said {text:?}")
    };
    Ok(Flooded {
        offered,
        done,
        put_off,
        other,
    })
}
