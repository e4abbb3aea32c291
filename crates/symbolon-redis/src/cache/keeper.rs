//! The one that tries Redis while the breaker is open, and looks after the connection while it is closed.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::fleet::{Newcomers, Node};
use super::gate::{Passage, Trouble};
use super::shared::Shared;

/// How long the breaker stays open before the next try.
pub(crate) const OPEN_FOR: Duration = Duration::from_millis(500);

/// How often a quiet connection is used: servers close idle ones, and a flush is found by it.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// For how long a Redis that was away is to answer before that is said, so that one that comes and goes is not said
/// over and over.
const STEADY: Duration = Duration::from_secs(2);

/// What an operator is to be told of a Redis, once for each change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was not tried yet.
    Untried,
    /// It is used.
    Here,
    /// It is not, and why.
    Away(String),
}

/// Looks after every server that comes, until it is dropped.
pub(crate) async fn keep_all(shared: Arc<Shared>, mut newcomers: Newcomers) {
    let mut keepers = JoinSet::new();
    while let Some(node) = newcomers.recv().await {
        keepers.spawn(keep(Arc::clone(&shared), node));
    }
    // No more come; those that are here stay.
    keepers.join_all().await;
}

/// Tries one server and looks after it.
async fn keep(shared: Arc<Shared>, node: Arc<Node>) {
    loop {
        let pause = sleep(OPEN_FOR);
        match reach(&shared, &node).await {
            Ok(passage) => {
                node.gate.set(Arc::clone(&passage));
                let by_faults = attend(&shared, &passage).await;
                node.gate.clear();
                if by_faults {
                    away(&shared, "it does not answer in time");
                    sleep(OPEN_FOR).await;
                }
            }
            Err(reason) => away(&shared, &reason),
        }
        pause.await;
    }
}

/// A connection that has answered.
async fn reach(shared: &Shared, node: &Node) -> Result<Arc<Passage>, String> {
    let line = node
        .server
        .connect(None)
        .await
        .map_err(|error| error.to_string())?;
    let passage = Passage::new(line, Arc::clone(&shared.counters));
    // The connection was made within a longer time than a command has.
    let probed = passage.ask(&redis::cmd("PING")).await;
    probed.map_err(|trouble| trouble.to_string())?;
    Ok(Arc::new(passage))
}

/// Stays with a connection until it is over; gives whether that was for its faults.
async fn attend(shared: &Shared, passage: &Passage) -> bool {
    let looking = async {
        if matches!(*shared.standing.borrow(), Standing::Away(_)) {
            look(shared, passage).await;
            sleep(STEADY).await;
        }
        here(shared);
        loop {
            look(shared, passage).await;
            sleep(LOOK_EVERY).await;
        }
    };
    // The look may be given up at any point: it only asks.
    tokio::select! {
        by_faults = passage.over() => by_faults,
        () = looking => false,
    }
}

/// Uses the connection until it has answered once, or is over.
async fn look(shared: &Shared, passage: &Passage) {
    let marker = &shared.marker;
    while passage.is_open() {
        match passage.ask(&marker.question()).await {
            Ok(answer) => return marker.found(&shared.keys.fact, &answer),
            // Another server of the cluster has it, and looks for itself. Or whether it allows this or not, it is there.
            Err(Trouble::Said(refusal)) => {
                drop(shared.fleet.moved(marker.name(), &refusal));
                return;
            }
            Err(Trouble::Late) => {}
        }
    }
}

/// Redis is there.
fn here(shared: &Shared) {
    shared
        .standing
        .send_if_modified(|standing| std::mem::replace(standing, Standing::Here) != Standing::Here);
}

/// Redis is not there, unless another server of it is. The first reason is the one that is told.
fn away(shared: &Shared, reason: &str) {
    if shared.fleet.any().is_some() {
        return;
    }
    shared.standing.send_if_modified(|standing| {
        let changed = !matches!(standing, Standing::Away(_));
        if changed {
            *standing = Standing::Away(reason.to_owned());
        }
        changed
    });
}
