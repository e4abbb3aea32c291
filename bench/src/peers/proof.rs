//! That a server does what is measured of it: else a refusal or an empty answer would be quick, too.

use anyhow::ensure;
use symbolon_testkit::http::{Answer, Client};

use super::Step;
use super::holder::{Holder, log_in};
use super::stand::{OF_EACH, Stand};

const SUBJECT: &str = "proof";

/// Has it do each step with a subject of its own, and looks at the answers.
pub(super) async fn prove(stand: &Stand<'_>) -> anyhow::Result<()> {
    let mut client = Client::new(stand.target().address);
    let mut holders = Vec::new();
    for _ in 0..OF_EACH {
        let holder = Holder::of(&client.send(log_in(stand.key(), SUBJECT).ask()).await)?;
        ensure!(
            !holders.contains(&holder),
            "two log-ins are given the same session"
        );
        lets_in(&mut client, &holder).await?;
        keeps_out(&mut client, &holder.forged()).await?;
        holders.push(holder);
    }
    if stand.contestant.steps().contains(&Step::List) {
        for holder in &holders {
            lists_all(&client.send(holder.list().ask()).await)?;
        }
    }
    if stand.contestant.steps().contains(&Step::Refresh) {
        for old in &holders {
            refreshes(&mut client, old).await?;
        }
    }
    Ok(())
}

/// Symbolon names the subject in a header field, the others in the body.
async fn lets_in(client: &mut Client, holder: &Holder) -> anyhow::Result<()> {
    let answer = client.send(holder.verify().ask()).await;
    let body = answer.json();
    let named = answer.header("x-symbolon-subject").or(body["subject"].as_str());
    ensure!(
        answer.status == 200 && named == Some(SUBJECT),
        "a session is answered with {} and the subject {named:?}",
        answer.status
    );
    Ok(())
}

async fn keeps_out(client: &mut Client, holder: &Holder) -> anyhow::Result<()> {
    let answer = client.send(holder.verify().ask()).await;
    ensure!(
        answer.status == 401,
        "what is void is answered with {}",
        answer.status
    );
    Ok(())
}

/// Symbolon lets the token before the current one in to its end, for requests that are under way: so a second refresh is
/// made before the first token is void.
async fn refreshes(client: &mut Client, old: &Holder) -> anyhow::Result<()> {
    let mut known = vec![old.clone()];
    for _ in 0..2 {
        let last = known.last().unwrap_or(old);
        let new = Holder::of(&client.send(last.refresh().ask()).await)?;
        ensure!(
            !known.contains(&new),
            "a refresh gives a session that was given before"
        );
        lets_in(client, &new).await?;
        known.push(new);
    }
    keeps_out(client, old).await
}

fn lists_all(answer: &Answer) -> anyhow::Result<()> {
    let body = answer.json();
    let listed = body["items"].as_array().map(Vec::len);
    ensure!(
        answer.status == 200 && listed == Some(OF_EACH),
        "{OF_EACH} sessions are listed with {}: {}",
        answer.status,
        answer.text()
    );
    Ok(())
}
