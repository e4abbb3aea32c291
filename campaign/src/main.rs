//! The campaign: real nodes over a real store, load whose times nobody but the clients chooses, faults, and a checker of
//! all that the clients saw.
//!
//! In reading order: [`scene`] is a cluster, [`round`] one nemesis from quiet to verdict, [`nemesis`] what breaks,
//! [`promises`] what each store keeps then, [`driver`] who asks, [`report`] what is written; [`mutations`] shows that it would see a broken promise.
//! `cargo xtask campaign` builds the server and starts this.
#![expect(
    clippy::unwrap_used,
    reason = "the tool of a test stops where product code has to answer"
)]

mod cli;
mod driver;
mod mutations;
mod nemesis;
mod promises;
mod report;
mod round;
mod scene;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, StoreName};
use mutations::Search;
use report::{Figures, excerpt, lost, picture, said, table, violations};
use round::Outcome;
use scene::{REVOKE_WAIT, Scene};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.until_input_ends {
        std::thread::spawn(end_with_input);
    }
    let good = if cli.mutations {
        search(&cli).await
    } else {
        campaign(&cli).await
    };
    ExitCode::from(u8::from(!good))
}

/// Ends this process when its standard input ends. What it has started goes with it.
fn end_with_input() {
    // A fault of the pipe is an end of it too.
    let _read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).is_ok();
    eprintln!("the standard input has ended: stopped");
    std::process::exit(1);
}

/// Plays every nemesis on every store; whether each promise was kept.
async fn campaign(cli: &Cli) -> bool {
    let bug = cli.bug.as_deref().map(|bug| ("WRONG_VARIANT", bug));
    let mut outcomes = Vec::new();
    for (store, nemeses) in cli.scenes() {
        for round in 0..cli.rounds {
            let cache = cli.has_cache(store);
            let mut scene = Scene::start(cli, (store, round), cache, bug.as_slice()).await;
            for nemesis in &nemeses {
                outcomes.push(scene.play(*nemesis).await);
                // What is known by now is not lost with what comes.
                write(&cli.out, &outcomes);
            }
        }
    }
    println!("\n{}\nwritten to {}", told(&outcomes), cli.out.display());
    !outcomes.is_empty() && outcomes.iter().all(Outcome::is_good)
}

/// Looks for every wrong variant; whether each was found.
async fn search(cli: &Cli) -> bool {
    let mut searches = Vec::new();
    let store = cli.store.first().copied().unwrap_or(StoreName::Postgres);
    let chosen = mutations::ALL
        .into_iter()
        .filter(|mutation| cli.bug.as_deref().is_none_or(|bug| mutation.bug == bug));
    for mutation in chosen {
        println!("{}", mutation.bug);
        let mut round = 0;
        let search = Search::run(mutation, async |variables, nemesis| {
            // Without Redis: over it a node that cannot reach the store would still hear of every end.
            let mut scene = Scene::start(cli, (store, round), false, variables).await;
            round += 1;
            let outcome = scene.play(nemesis).await;
            let broken = outcome.findings.violations.iter();
            broken.map(|one| one.invariant).collect()
        });
        searches.push(search.await);
    }
    let text = mutations::table(&searches);
    std::fs::create_dir_all(&cli.out).unwrap();
    std::fs::write(cli.out.join("mutations.md"), &text).unwrap();
    println!("\n{text}");
    searches.iter().all(Search::is_good)
}

/// The table, and what was broken.
fn told(outcomes: &[Outcome]) -> String {
    let rows: Vec<Figures> = outcomes
        .iter()
        .map(|outcome| Figures::of(outcome, REVOKE_WAIT))
        .collect();
    let broken: String = outcomes.iter().map(violations).collect();
    let verdict = match outcomes.iter().find(|outcome| !outcome.shows_something()) {
        _ if !broken.is_empty() => format!("```text\n{broken}```\n"),
        Some(silent) => format!(
            "{}: nobody asked about an ended session. That shows nothing.\n",
            silent.name()
        ),
        None => "No promise was broken.\n".to_owned(),
    };
    let lost: String = outcomes.iter().map(lost).collect();
    format!("{}\n{verdict}{lost}", table(&rows))
}

fn write(out: &Path, outcomes: &[Outcome]) {
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(out.join("campaign.md"), told(outcomes)).unwrap();
    let excerpts: String = outcomes.iter().map(excerpt).collect();
    std::fs::write(out.join("excerpts.txt"), excerpts).unwrap();
    let said: String = outcomes.iter().map(said).collect();
    std::fs::write(out.join("nodes.txt"), said).unwrap();
    std::fs::write(out.join("campaign.svg"), picture(outcomes, REVOKE_WAIT)).unwrap();
}
