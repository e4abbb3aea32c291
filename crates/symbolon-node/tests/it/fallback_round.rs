//! Many rounds: the store is cut off under load, the node ends and starts in between, the store is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use symbolon_core::session::SessionId;
use symbolon_node::Issued;
use symbolon_node::fallback::Standing;
use symbolon_testkit::faulty::Fault;
use tokio::task::JoinSet;

use super::away::{Alone, Home, there};
use super::cluster::{LONG, eventually};

/// How many clients there are; each acts alone on its own sessions.
const CLIENTS: usize = 6;
const ROUNDS: u64 = 3;
/// Of how many subjects the sessions of a client are: of none as many as take the place of the oldest.
const SUBJECTS: u64 = 25;

/// What a client knows of a session.
enum Known {
    Live,
    /// It has asked for the end, and has no answer.
    Undecided,
    Ended,
}

struct Mine {
    issued: Issued,
    known: Known,
    /// It was begun, or was ended, in a round in which the store was away.
    subject: String,
}

#[derive(Default)]
struct Seen {
    begun: u64,
    refused_live: Vec<(SessionId, &'static str)>,
    revived: Vec<SessionId>,
    unavailable: u64,
}

/// A small generator: the same seed gives the same choices.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Acts until it is told to stop; gives back what it has, so that it goes on after a restart.
async fn act(a: Arc<Alone>, mut mine: Vec<Mine>, stop: Arc<AtomicBool>, seed: u64) -> (Vec<Mine>, Seen) {
    let (mut dice, mut seen) = (
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
        Seen::default(),
    );
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        match dice.throw(10) {
            0..3 => {
                number += 1;
                let subject = format!("user-{seed}-{}", number % SUBJECTS);
                match a.try_issue(&subject).await {
                    Ok(issued) => {
                        seen.begun += 1;
                        mine.push(Mine {
                            issued,
                            known: Known::Live,
                            subject,
                        });
                    }
                    Err(_) => seen.unavailable += 1,
                }
            }
            3..5 => refresh_one(&a, &mut mine, &mut dice, &mut seen).await,
            5 => end_one(&a, &mut mine, &mut dice).await,
            6 if dice.throw(4) == 0 => kick_one(&a, &mut mine, &mut dice).await,
            _ => look_at_one(&a, &mut mine, &mut dice, &mut seen).await,
        }
        tokio::time::sleep(Duration::from_millis(dice.throw(8))).await;
    }
    (mine, seen)
}

fn pick<'m>(mine: &'m mut [Mine], dice: &mut Dice) -> Option<&'m mut Mine> {
    let count = u64::try_from(mine.len()).unwrap();
    let at = usize::try_from(dice.throw(count.max(1))).unwrap();
    mine.get_mut(at)
}

async fn refresh_one(a: &Alone, mine: &mut [Mine], dice: &mut Dice, seen: &mut Seen) {
    let Some(one) = pick(mine, dice) else { return };
    match (a.refresh(&one.issued.pair.refresh).await, &one.known) {
        (Ok(next), Known::Live | Known::Undecided) => one.issued = *next,
        (Ok(_), Known::Ended) => seen.revived.push(one.issued.session.id),
        (Err("undecided"), _) => seen.unavailable += 1,
        (Err(reason), Known::Live) => {
            seen.refused_live.push((one.issued.session.id, reason));
        }
        (Err(_), _) => {}
    }
}

async fn end_one(a: &Alone, mine: &mut [Mine], dice: &mut Dice) {
    let Some(one) = pick(mine, dice).filter(|one| !matches!(one.known, Known::Ended)) else {
        return;
    };
    one.known = match a.try_revoke(&one.issued).await {
        Ok(_) => Known::Ended,
        Err(_) => Known::Undecided,
    };
}

async fn kick_one(a: &Alone, mine: &mut [Mine], dice: &mut Dice) {
    let Some(subject) = pick(mine, dice).map(|one| one.subject.clone()) else {
        return;
    };
    let kicked = a.try_kick(&subject).await;
    for one in mine.iter_mut().filter(|one| one.subject == subject) {
        one.known = match (&kicked, &one.known) {
            (Ok(_), _) | (Err(_), Known::Ended) => Known::Ended,
            (Err(_), _) => Known::Undecided,
        };
    }
}

async fn look_at_one(a: &Alone, mine: &mut [Mine], dice: &mut Dice, seen: &mut Seen) {
    let Some(one) = pick(mine, dice) else { return };
    let said = a.says(&one.issued.pair.access).await;
    match (said, &one.known) {
        ("active", Known::Ended) => seen.revived.push(one.issued.session.id),
        ("undecided" | "no lease", _) => seen.unavailable += 1,
        ("active", _) | (_, Known::Ended | Known::Undecided) => {}
        (reason, Known::Live) => {
            seen.refused_live.push((one.issued.session.id, reason));
        }
    }
}

/// All clients, for as long as `meanwhile` takes.
async fn under_load(
    a: &Arc<Alone>,
    clients: Vec<Vec<Mine>>,
    seed: u64,
    meanwhile: impl AsyncFnOnce(),
) -> (Vec<Vec<Mine>>, Vec<Seen>) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut acting = JoinSet::new();
    for (number, mine) in (0..).zip(clients) {
        acting.spawn(act(
            Arc::clone(a),
            mine,
            Arc::clone(&stop),
            seed * 100 + number + 1,
        ));
    }
    meanwhile().await;
    stop.store(true, Ordering::Relaxed);
    acting.join_all().await.into_iter().unzip()
}

async fn ms(time: u64) {
    tokio::time::sleep(Duration::from_millis(time)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_trips_under_load_lose_no_log_in_revive_nothing_and_refuse_nobody() {
    let home = Home::new();
    let mut a = Arc::new(home.start().await);
    let mut clients: Vec<Vec<Mine>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    let mut seen: Vec<Seen> = Vec::new();
    for round in 1..=ROUNDS {
        a.until_prepared().await;
        // Of two rounds one loses answers, one loses questions.
        let fault = if round % 2 == 0 {
            Fault::Before
        } else {
            Fault::After
        };
        let (kept, saw) = under_load(&a, clients, round * 10, async || {
            ms(300).await;
            a.faults.cut_off(fault);
            eventually(LONG, async || a.standing() == Standing::Degraded).await;
            ms(700).await;
            // Back for a moment, and away in the midst of the way home.
            a.faults.heal();
            ms(400 + 120 * round).await;
            a.faults.cut_off(fault);
            ms(500).await;
        })
        .await;
        seen.extend(saw);
        let faults = a.faults.clone();
        let is_degraded = a.standing() != Standing::Healthy;
        let Ok(old) = Arc::try_unwrap(a) else {
            panic!("every client has ended")
        };
        old.end_now().await;
        // One that was home, and not yet prepared anew, may not start without its store.
        let started = home.start_with(faults.clone(), true).await;
        a = match started {
            Ok(alone) => Arc::new(alone),
            Err(_) if !is_degraded => {
                faults.heal();
                Arc::new(home.start_with(faults, false).await.unwrap())
            }
            Err(error) => panic!("{error}"),
        };
        let (kept, saw) = under_load(&a, kept, round * 10 + 5, async || {
            ms(500).await;
            a.faults.heal();
            eventually(LONG, async || a.standing() == Standing::Healthy).await;
            ms(400).await;
        })
        .await;
        seen.extend(saw);
        clients = kept;
    }
    assert_eq!(a.left_in_mirror().await, (0, 0));
    let begun: u64 = seen.iter().map(|saw| saw.begun).sum();
    let unavailable: u64 = seen.iter().map(|saw| saw.unavailable).sum();
    let refused: Vec<_> = seen.iter().flat_map(|saw| &saw.refused_live).collect();
    let revived: Vec<_> = seen.iter().flat_map(|saw| &saw.revived).collect();
    assert!(refused.is_empty(), "refused without proof: {refused:?}");
    assert!(revived.is_empty(), "alive after their end: {revived:?}");
    let store = home.look();
    let (mut live, mut ended) = (0, 0);
    for one in clients.iter().flatten() {
        let lives = there(&store, &one.issued).await.is_some_and(|(_, lives)| lives);
        match one.known {
            Known::Live => {
                assert!(lives, "an acknowledged log-in is lost: {}", one.issued.session.id);
                eventually(LONG, async || a.says(&one.issued.pair.access).await == "active").await;
                live += 1;
            }
            Known::Ended => {
                assert!(!lives, "{} lives again", one.issued.session.id);
                assert_ne!(a.says(&one.issued.pair.access).await, "active");
                ended += 1;
            }
            Known::Undecided => {}
        }
    }
    println!("begun {begun}, alive {live}, ended {ended}, without an answer {unavailable}");
    assert!(live > 50 && ended > 20, "{live} {ended}");
}
