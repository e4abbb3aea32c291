//! Revocations: how long each takes until it is effective on every node, alone and many at a time.

use anyhow::ensure;
use serde_json::json;
use symbolon_bench::filled::Tokens;
use symbolon_bench::samples::{Samples, number};
use symbolon_bench::stopwatch;
use symbolon_testkit::http::{Ask, Client};
use tokio::task::JoinSet;

use super::stand::Stand;
use crate::report::{Report, Verdict};

/// Revocations one after the other, in each round.
const ALONE: usize = 300;
/// Clients that revoke at the same time.
const TOGETHER: usize = 256;

/// The rows of the table.
#[derive(Default)]
pub(super) struct Revocations {
    alone: Waits,
    together: Waits,
    rate: Samples,
}

/// How long revocations took, in milliseconds, and how many were not yet effective when they were answered.
#[derive(Default)]
struct Waits {
    milliseconds: Vec<f64>,
    later: usize,
}

impl Waits {
    fn per_mille(&self, share: usize) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = sorted.len() * share / 1_000;
        sorted.get(at).or(sorted.last()).copied().unwrap_or(f64::NAN)
    }

    async fn revoke(&mut self, client: &mut Client, tokens: &Tokens) -> anyhow::Result<()> {
        let begun = stopwatch::now();
        let ask = Ask::post("/v1/logout", &json!({})).bearer(&tokens.access);
        let answer = client.send(ask).await;
        self.milliseconds.push(begun.elapsed().as_secs_f64() * 1e3);
        match answer.status {
            200 => {}
            202 => self.later += 1,
            status => anyhow::bail!("a log-out is answered with {status}: {}", answer.text()),
        }
        Ok(())
    }
}

impl Revocations {
    /// Ends all of the sessions: some one by one, the others together.
    pub(super) async fn round(&mut self, stand: &Stand<'_>, sessions: Vec<Tokens>) -> anyhow::Result<()> {
        ensure!(sessions.len() > ALONE, "there are too few sessions to end");
        let address = stand.nodes[0].address();
        let mut others: Vec<_> = stand
            .nodes
            .iter()
            .skip(1)
            .map(|node| Client::new(node.address()))
            .collect();
        let (alone, together) = sessions.split_at(ALONE);
        let mut client = Client::new(address);
        for tokens in alone {
            self.alone.revoke(&mut client, tokens).await?;
            for other in &mut others {
                let seen = other.send(Ask::get("/verify").bearer(&tokens.access)).await;
                ensure!(
                    seen.status == 401,
                    "an ended session is answered with {} on another node",
                    seen.status
                );
            }
        }
        let begun = stopwatch::now();
        let mut tasks = JoinSet::new();
        let share = together.len().div_ceil(TOGETHER);
        let count = together.len();
        let mut left = sessions;
        left.drain(..ALONE);
        while !left.is_empty() {
            let mine = left.split_off(left.len().saturating_sub(share));
            tasks.spawn(async move {
                let (mut client, mut waits) = (Client::new(address), Waits::default());
                for tokens in &mine {
                    waits.revoke(&mut client, tokens).await?;
                }
                anyhow::Ok(waits)
            });
        }
        while let Some(done) = tasks.join_next().await {
            let mut waits = done??;
            self.together.milliseconds.append(&mut waits.milliseconds);
            self.together.later += waits.later;
        }
        self.rate.push(count as f64 / begun.elapsed().as_secs_f64());
        Ok(())
    }

    pub(super) fn tell(&self, report: &mut Report) {
        let head = [
            "log-out, answered when effective",
            "how many",
            "p50 ms",
            "p99 ms",
            "max ms",
            "answered before (202)",
            "per second",
        ];
        let row = |name: String, waits: &Waits, rate: String| {
            vec![
                name,
                number(waits.milliseconds.len() as f64, 0),
                number(waits.per_mille(500), 2),
                number(waits.per_mille(990), 2),
                number(waits.per_mille(1_000), 2),
                number(waits.later as f64, 0),
                rate,
            ]
        };
        let rows = [
            row("one after the other".to_owned(), &self.alone, "–".to_owned()),
            row(
                format!("{TOGETHER} at a time"),
                &self.together,
                self.rate.spread(0),
            ),
        ];
        report.section("Revocation (P6)", &head, &rows);
        report
            .note("After each of the first kind the session was asked for on every other node, and refused.");
        let alone = |share| self.alone.per_mille(share);
        report.judge(Verdict::at_most(
            "P6",
            "log-out effective everywhere: p50 ms",
            alone(500),
            5.0,
        ));
        report.judge(Verdict::at_most("P6", "the same: p99 ms", alone(990), 50.0));
        report.judge(Verdict::at_least(
            "P6",
            "log-outs a second, many at a time",
            self.rate.median(),
            5_000.0,
        ));
    }
}
