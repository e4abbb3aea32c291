//! A Symbolon with many sessions.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use symbolon::subject::SubjectId;
use symbolon::{NewSession, Symbolon};
use tokio::task::JoinSet;

/// How many sessions are issued at a time, so that many share one commit: a store that syncs each
/// by itself would take minutes for a million.
const TASKS: usize = 512;

/// The tokens of a session, as its holder has them.
pub struct Tokens {
    /// For each request.
    pub access: String,
    /// For the next pair.
    pub refresh: String,
}

/// Issues `count` sessions, each to a subject of its own, and gives their tokens in an order that
/// has nothing to do with that of their issue.
///
/// # Errors
/// When one was not issued.
pub async fn fill(symbolon: &Symbolon, count: usize) -> anyhow::Result<Vec<Tokens>> {
    let symbolon = Arc::new(symbolon.clone());
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let symbolon = Arc::clone(&symbolon);
        tasks.spawn(async move {
            let mut tokens = Vec::with_capacity(count / TASKS + 1);
            for user in (task..count).step_by(TASKS) {
                tokens.push(issue(&symbolon, user).await?);
            }
            anyhow::Ok(tokens)
        });
    }
    let mut tokens = Vec::with_capacity(count);
    while let Some(done) = tasks.join_next().await {
        tokens.append(&mut done??);
    }
    shuffle(&mut tokens);
    Ok(tokens)
}

async fn issue(symbolon: &Symbolon, user: usize) -> anyhow::Result<Tokens> {
    let subject =
        SubjectId::new(format!("user-{user}")).map_err(|error| anyhow!("name a subject: {error}"))?;
    let origin = symbolon.origin_of_system();
    let issued = symbolon
        .issue(NewSession::of(subject), &origin)
        .await
        .context("issue a session")?;
    let issued = issued.map_err(|refused| anyhow!("a session was refused: {refused:?}"))?;
    Ok(Tokens {
        access: issued.pair.access.expose().to_string(),
        refresh: issued.pair.refresh.expose().to_string(),
    })
}

/// Fisher and Yates, with splitmix64 from a fixed seed: each run looks sessions up in another order
/// than that of their ids, and two runs in the same way.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 1_u64;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = last as u64 + 1;
        let at = usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap_or(last);
        items.swap(last, at);
    }
}
