//! The one that tries Redis while the breaker is open, and looks after the connection while it is closed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::gate::Passage;
use crate::shared::Shared;

/// How long the breaker stays open before the next try.
pub(crate) const OPEN_FOR: Duration = Duration::from_millis(500);

/// How often a quiet connection is used: servers close idle ones, and a flush is found by it.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// For how long a Redis that was away is to answer before that is said, so that one that comes and goes is not said
/// over and over.
const STEADY: Duration = Duration::from_secs(2);

/// What an operator is told of a Redis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was not tried yet.
    Untried,
    /// It is used.
    Here,
    /// It is not, and why.
    Away(String),
}

/// Tries and looks until it is dropped.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let mut report = Report(shared.standing.clone());
    loop {
        let pause = sleep(OPEN_FOR);
        match reach(&shared).await {
            Ok(passage) => {
                shared.gate.set(Arc::clone(&passage));
                let by_faults = attend(&shared, &passage, &mut report).await;
                shared.gate.clear();
                if by_faults {
                    report.away("it does not answer in time".to_owned());
                    sleep(OPEN_FOR).await;
                }
            }
            Err(reason) => report.away(reason),
        }
        pause.await;
    }
}

/// A connection that has answered.
async fn reach(shared: &Shared) -> Result<Arc<Passage>, String> {
    let line = shared
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
async fn attend(shared: &Shared, passage: &Passage, report: &mut Report) -> bool {
    let looking = async {
        if matches!(*report.0.borrow(), Standing::Away(_)) {
            look(shared, passage).await;
            sleep(STEADY).await;
        }
        report.here();
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
    while passage.is_open() {
        match passage.ask(&shared.marker.question()).await {
            Ok(answer) => {
                shared.marker.found(&shared.keys.fact, &answer);
                return;
            }
            // Whether it allows this or not, it is there.
            Err(crate::gate::Trouble::Said(_)) => return,
            Err(crate::gate::Trouble::Late) => {}
        }
    }
}

/// Says each change of state once.
struct Report(watch::Sender<Standing>);

impl Report {
    fn here(&mut self) {
        let changed = self.0.send_if_modified(|standing| {
            let changed = *standing != Standing::Here;
            *standing = Standing::Here;
            changed
        });
        if changed {
            tracing::info!("redis is here: sessions are shared through it");
        }
    }

    fn away(&mut self, reason: String) {
        let changed = self.0.send_if_modified(|standing| {
            let changed = !matches!(standing, Standing::Away(_));
            if changed {
                *standing = Standing::Away(reason.clone());
            }
            changed
        });
        if changed {
            tracing::warn!(%reason, "redis is away: sessions are read from the store until it is back");
        }
    }
}
