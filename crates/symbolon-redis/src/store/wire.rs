//! The connection to the store's Redis, and who looks after it.
//!
//! One connection carries all that is asked at the same time; answers come in the order of the questions. A keeper makes
//! it, finds out when it is over, and makes the next one. While there is none, whoever asks is told so at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use symbolon_core::revocation::RevocationSeq;
use tokio::sync::watch;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::fault::Fault;
use super::ground::{Ground, Stand};
use super::script::{Batch, Call, Place, Script};
use super::thread::Thread;
use crate::hello::Hello;
use crate::line::Line;
use crate::server::Server;

/// How long it is until a server that was not reached is tried again.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// How often the Sentinels are asked whether the primary is another. What a node does at an old one until then is lost
/// with it, and the others wait for that node no longer than for its lease and a quarter more.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long a server that was reached may take to say what it is. A network that is cut at that moment would else be waited
/// for as long as its connections last, which is minutes after it is mended.
const HELLO_MAX: Duration = Duration::from_millis(500);

/// A connection, as it is just now.
#[derive(Clone)]
enum State {
    /// One is being made.
    Making,
    /// It is there.
    Here(Arc<Held>),
    /// There is none, and why.
    Away(Arc<str>),
}

/// A connection that was made.
struct Held {
    line: Line,
    stand: Stand,
    over: CancellationToken,
}

/// What asks over a connection that is looked after.
pub(super) struct Wire {
    place: Place,
    ground: Ground,
    state: watch::Receiver<State>,
    /// The newest position that this process has seen.
    seen: Arc<AtomicU64>,
    /// The keeper ends with it.
    _kept: DropGuard,
}

impl Wire {
    /// Begins to look after a connection, on that thread. Others with the same ground go to the same primary.
    pub(super) fn new(
        (server, ground): (Arc<Server>, Ground),
        place: Place,
        seen: Arc<AtomicU64>,
        thread: &Thread,
    ) -> Self {
        let (sender, state) = watch::channel(State::Making);
        let end = CancellationToken::new();
        let kept = end.clone().drop_guard();
        let shared = ground.clone();
        // The thread outlives every wire on it; its end is the keeper's too.
        drop(thread.run(async move {
            // What the keeper holds at any point is closed with it.
            tokio::select! {
                () = end.cancelled() => {}
                () = keep(server, shared, sender) => {}
            }
        }));
        Self {
            place,
            ground,
            state,
            seen,
            _kept: kept,
        }
    }

    /// The newest position that this process has seen.
    pub(super) fn seen(&self) -> RevocationSeq {
        RevocationSeq(self.seen.load(Ordering::Acquire))
    }

    /// Notes a position.
    pub(super) fn has_seen(&self, seq: RevocationSeq) {
        self.seen.fetch_max(seq.0, Ordering::AcqRel);
    }

    /// Has a script run, and gives what it answers.
    pub(super) async fn ask(&self, call: &Call, limit: Duration) -> Result<Value, Fault> {
        let turn = self.turn(limit).await?;
        let asking = async {
            let held = &turn.held;
            name_script(held, call.script).await?;
            match held.call(&call.command(&self.place, false)).await {
                // It knew the script's name and has forgotten it since.
                Err(Fault::UnknownScript) => held.call(&call.command(&self.place, true)).await,
                answer => answer,
            }
        };
        let answer = turn.judge(timeout_at(turn.end, asking).await)?;
        self.check(&turn.held.stand).map(|()| answer)
    }

    /// Has scripts run one after the other; gives what each call is answered, and by whom, which is to be
    /// [checked](Self::check). A script that Redis had forgotten runs after the others.
    pub(super) async fn ask_all(
        &self,
        batches: &[Batch<'_>],
        limit: Duration,
    ) -> Result<(Vec<Result<Value, Fault>>, Stand), Fault> {
        let turn = self.turn(limit).await?;
        let asking = async {
            let held = &turn.held;
            for batch in batches {
                name_script(held, batch.script).await?;
            }
            let mut answers = held.call_all(&self.pipeline(batches.iter(), false)).await?;
            let unknown = |answer: &Result<Value, Fault>| *answer == Err(Fault::UnknownScript);
            let again: Vec<_> = (0..answers.len()).filter(|at| unknown(&answers[*at])).collect();
            if !again.is_empty() {
                let batches = again.iter().map(|at| &batches[*at]);
                let repeated = held.call_all(&self.pipeline(batches, true)).await?;
                for (at, answer) in again.into_iter().zip(repeated) {
                    answers[at] = answer;
                }
            }
            let answers: Vec<_> = batches
                .iter()
                .zip(answers)
                .flat_map(|(batch, answer)| batch.answers(answer))
                .collect();
            if let Some(fault) = answers.iter().find_map(|answer| answer.as_ref().err()) {
                turn.leave_if_elsewhere(fault);
            }
            Ok(answers)
        };
        let answers = turn.judge(timeout_at(turn.end, asking).await)?;
        Ok((answers, turn.held.stand.clone()))
    }

    /// Whether that is the primary still. An answer of another is none: what was done there may be lost.
    pub(super) fn check(&self, stand: &Stand) -> Result<(), Fault> {
        if self.ground.is(stand) {
            return Ok(());
        }
        let moved = "another redis is the primary by now: it may not have been done there";
        Err(Fault::Unavailable(moved.to_owned()))
    }

    /// Whether there is a connection just now.
    pub(super) fn is_here(&self) -> bool {
        matches!(*self.state.borrow(), State::Here(_))
    }

    fn pipeline<'b>(&self, batches: impl Iterator<Item = &'b Batch<'b>>, whole: bool) -> Pipeline {
        let mut pipeline = Pipeline::new();
        for batch in batches {
            pipeline.add_command(batch.command(&self.place, whole));
        }
        pipeline
    }

    async fn turn(&self, limit: Duration) -> Result<Turn, Fault> {
        let end = Instant::now() + limit;
        let held = timeout_at(end, self.held()).await;
        let held = held.map_err(|_| late(limit))??;
        Ok(Turn { held, end, limit })
    }

    /// The connection, waited for while it is made.
    async fn held(&self) -> Result<Arc<Held>, Fault> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| !matches!(state, State::Making)).await;
        match settled.as_deref() {
            Ok(State::Here(held)) => Ok(Arc::clone(held)),
            Ok(State::Away(reason)) => Err(Fault::Unavailable(reason.to_string())),
            Ok(State::Making) | Err(_) => Err(Fault::Unavailable("the store was closed".to_owned())),
        }
    }
}

/// One question's use of a connection.
struct Turn {
    held: Arc<Held>,
    end: Instant,
    limit: Duration,
}

impl Turn {
    fn judge<T>(&self, answer: Result<Result<T, Fault>, Elapsed>) -> Result<T, Fault> {
        match answer {
            // What this connection still answers is nobody's.
            Err(_) => {
                self.held.over.cancel();
                Err(late(self.limit))
            }
            Ok(answer) => answer.inspect_err(|fault| self.leave_if_elsewhere(fault)),
        }
    }

    /// Another server may be the primary now.
    fn leave_if_elsewhere(&self, fault: &Fault) {
        if matches!(fault, Fault::NotPrimary(_)) {
            self.held.over.cancel();
        }
    }
}

fn late(limit: Duration) -> Fault {
    Fault::Unavailable(format!("redis does not answer in {} ms", limit.as_millis()))
}

impl Held {
    async fn call(&self, command: &Cmd) -> Result<Value, Fault> {
        self.line.call(command).await.map_err(|error| Fault::of(&error))
    }

    /// What the server refuses is among the answers.
    async fn call_all(&self, commands: &Pipeline) -> Result<Vec<Result<Value, Fault>>, Fault> {
        let answers = self.line.call_all(commands).await;
        let answers = answers.map_err(|error| Fault::of(&error))?;
        let judged = answers
            .into_iter()
            .map(|answer| answer.extract_error().map_err(|error| Fault::of(&error)));
        Ok(judged.collect())
    }
}

/// Gives Redis a script that this process has not named yet.
async fn name_script(held: &Held, script: &Script) -> Result<(), Fault> {
    if let Some(load) = script.load() {
        let sha = held.call(&load).await?;
        script.is_named(super::reply::text(sha)?);
    }
    Ok(())
}

/// Makes connections, one after the other.
async fn keep(server: Arc<Server>, ground: Ground, state: watch::Sender<State>) {
    loop {
        match connect(&server).await {
            Ok((line, stand)) => {
                let over = CancellationToken::new();
                let held = Arc::new(Held {
                    line,
                    stand,
                    over: over.clone(),
                });
                ground.enter(&held.stand);
                state.send_replace(State::Here(Arc::clone(&held)));
                // All may be given up.
                let moved = tokio::select! {
                    () = held.line.ended() => false,
                    () = over.cancelled() => false,
                    () = ground.left(&held.stand) => true,
                };
                state.send_replace(State::Making);
                if moved {
                    // Two that are led to different servers again and again must not chase each other.
                    sleep(TRY_EVERY).await;
                }
            }
            Err(reason) => {
                state.send_replace(State::Away(reason.into()));
                sleep(TRY_EVERY).await;
            }
        }
    }
}

/// Asks the Sentinels again and again; where they name another than the one that is used, and that takes writes, all
/// connections go there.
pub(super) async fn follow_sentinels(server: Arc<Server>, ground: Ground) {
    loop {
        sleep(LOOK_EVERY).await;
        let (used, named) = (ground.host(), server.named().await);
        if used.is_none() || named.is_none() || used == named {
            continue;
        }
        if let Ok((_line, stand)) = connect(&server).await {
            ground.enter(&stand);
        }
    }
}

/// A connection to a server that takes writes.
async fn connect(server: &Server) -> Result<(Line, Stand), String> {
    let line = server.connect(None).await.map_err(|error| error.to_string())?;
    let stand = timeout(HELLO_MAX, stand_of(server, &line)).await;
    let stand = stand.map_err(|_late| format!("it does not answer in {} ms", HELLO_MAX.as_millis()))??;
    Ok((line, stand))
}

/// What a server says of itself, if it takes writes.
async fn stand_of(server: &Server, line: &Line) -> Result<Stand, String> {
    let hello = line.call(&redis::cmd("HELLO")).await;
    let hello = Hello::read(&hello.map_err(|error| error.to_string())?);
    if hello.is_replica() {
        return Err(format!("{} is a replica: its data may be old", server.place()));
    }
    let mut info = redis::cmd("INFO");
    info.arg("server");
    let said = line.call(&info).await.map_err(|error| match Fault::of(&error) {
        Fault::Unavailable(why) => why,
        _ => error.to_string(),
    })?;
    let said: Option<String> = redis::from_redis_value(said).ok();
    let run = said.and_then(|said| run_of(&said));
    Ok(Stand {
        run: run.ok_or_else(|| format!("{} does not say which run of it this is", server.place()))?,
        host: line.host().cloned(),
    })
}

/// What a server calls its run, in its answer to `INFO server`.
fn run_of(said: &str) -> Option<String> {
    let mut lines = said.lines();
    lines
        .find_map(|line| line.strip_prefix("run_id:"))
        .map(str::to_owned)
}
