//! Whether the campaign would see it: each wrong variant of the protocol has to be found, and the right one, slowed down
//! in the same places, must keep every promise.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use symbolon_testkit::history::Invariant;

use crate::nemesis::Nemesis;

/// One wrong variant, and what brings it out.
#[derive(Clone, Copy)]
pub(crate) struct Mutation {
    /// Its name, as the server knows it.
    pub(crate) bug: &'static str,
    /// Whether the moment in which it does harm is made long.
    pub(crate) pauses: bool,
    pub(crate) nemesis: Nemesis,
    /// What it breaks.
    breaks: Invariant,
}

const fn mutation(bug: &'static str, nemesis: Nemesis, breaks: Invariant) -> Mutation {
    Mutation {
        bug,
        pauses: false,
        nemesis,
        breaks,
    }
}

const fn slow(bug: &'static str, nemesis: Nemesis) -> Mutation {
    Mutation {
        bug,
        pauses: true,
        nemesis,
        breaks: Invariant::I1,
    }
}

/// All of them.
pub(crate) const ALL: [Mutation; 14] = [
    mutation("no_wait", Nemesis::N0, Invariant::I1),
    mutation("no_asof_filter", Nemesis::N0, Invariant::I1),
    mutation("lease_without_end", Nemesis::N11, Invariant::I1),
    mutation("short_wait", Nemesis::N11, Invariant::I1),
    mutation("retry_is_now", Nemesis::N11, Invariant::I1),
    mutation("early_eviction", Nemesis::N11, Invariant::I1),
    mutation("ignores_eviction", Nemesis::N2, Invariant::I1),
    mutation("errors_are_no", Nemesis::N12, Invariant::I2),
    mutation("no_chain_check", Nemesis::N0, Invariant::I1),
    mutation("members_before_commit", Nemesis::CutAtStart, Invariant::I1),
    slow("ack_before_apply", Nemesis::N0),
    slow("lease_after_look_up", Nemesis::N11),
    slow("lease_before_log", Nemesis::N2),
    slow("lease_from_receipt", Nemesis::N2),
];

/// So long each is looked for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came of one search.
pub(crate) struct Search {
    mutation: Mutation,
    /// After how long it was found, and by which broken promises; `None`: it was not.
    found: Option<(Duration, BTreeSet<Invariant>)>,
    /// What was broken with the pause alone; `None`: it has none.
    control: Option<usize>,
}

impl Search {
    /// Plays rounds until the variant is found or patience ends. `round` plays one with these variables and answers what
    /// was broken.
    #[expect(clippy::disallowed_methods, reason = "the time of a search is measured")]
    pub(crate) async fn run(
        mutation: Mutation,
        mut round: impl AsyncFnMut(&[(&str, &str)], Nemesis) -> Vec<Invariant>,
    ) -> Self {
        let mut variables = Vec::new();
        let mut control = None;
        if mutation.pauses {
            // A pause holds a thread; questions that are not held up need others.
            variables.extend([("WRONG_PAUSE", mutation.bug), ("TOKIO_WORKER_THREADS", "16")]);
            let broken = round(&variables, mutation.nemesis).await;
            // What is slowed down on purpose is slow.
            let broken = broken.iter().filter(|broken| **broken != Invariant::I13);
            control = Some(broken.count());
        }
        variables.push(("WRONG_VARIANT", mutation.bug));
        let begun = Instant::now();
        let mut found = None;
        while found.is_none() && begun.elapsed() < PATIENCE {
            let broken: BTreeSet<Invariant> = round(&variables, mutation.nemesis).await.into_iter().collect();
            if broken.contains(&mutation.breaks) {
                found = Some((begun.elapsed(), broken));
            }
        }
        Self {
            mutation,
            found,
            control,
        }
    }

    /// Whether it says that the campaign sees.
    pub(crate) fn is_good(&self) -> bool {
        self.found.is_some() && self.control.is_none_or(|broken| broken == 0)
    }
}

/// The table of all searches, and the score.
pub(crate) fn table(searches: &[Search]) -> String {
    let mut text = "\
| wrong variant | nemesis | found after, s | by | broken with the pause alone |
|---|---|---:|---|---:|
"
    .to_owned();
    for search in searches {
        let (after, by) = match &search.found {
            Some((after, by)) => (after.as_secs().to_string(), format!("{by:?}")),
            None => ("not found".to_owned(), String::new()),
        };
        let control = search.control.map_or("–".to_owned(), |broken| broken.to_string());
        let Mutation { bug, nemesis, .. } = search.mutation;
        // Writing to a string does not fail.
        let _written = writeln!(
            text,
            "| `{bug}` | {} | {after} | {by} | {control} |",
            nemesis.words()
        );
    }
    let found = searches.iter().filter(|search| search.found.is_some()).count();
    let _written = writeln!(text, "\nMutation score: {found}/{}", searches.len());
    text
}
