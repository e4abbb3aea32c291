use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::sync::futures::OwnedNotified;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};

use super::ListenLimits;
use super::drain::{Drain, Stage, poll_stage};
use super::pulse::{Phase, Pulse};

/// Looks in a row that must find an idle connection without a request before it is closed.
const QUIET_LOOKS: u8 = 4;

/// A connection of hyper's, of either version, as far as it is watched.
pub(super) trait Closes: Future<Output = hyper::Result<()>> {
    /// Answers what is in flight, takes no more, ends.
    fn close_gracefully(self: Pin<&mut Self>);
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// By itself, or because it was told to drain.
    Served(hyper::Result<()>),
    /// Cut off in this phase, because it took too long in it.
    Overdue(Phase),
    /// Cut off because the drain's time was over.
    CutOff,
}

pin_project! {
    /// A connection with its limits of time and its end.
    ///
    /// The timer and the notice are polled when they are set and then left alone: a spawned task has one waker for
    /// its life, so they wake it whenever they are due. In between a poll costs two loads here.
    pub(super) struct Watched<C> {
        #[pin]
        connection: C,
        #[pin]
        timer: Sleep,
        #[pin]
        notice: OwnedNotified,
        pulse: Arc<Pulse>,
        limits: Arc<ListenLimits>,
        drain: Arc<Drain>,
        watch: Watch,
    }
}

/// What the timer was set for, and what has been seen since.
struct Watch {
    set_for: Phase,
    stage: Stage,
    started: bool,
    quiet: u8,
    requests: u32,
}

impl<C: Closes> Watched<C> {
    pub(super) fn new(
        connection: C,
        pulse: Arc<Pulse>,
        limits: Arc<ListenLimits>,
        drain: Arc<Drain>,
    ) -> Self {
        Self {
            connection,
            timer: tokio::time::sleep(look_every(&limits)),
            notice: drain.watch(),
            pulse,
            limits,
            drain,
            watch: Watch {
                set_for: Phase::Idle,
                stage: Stage::Serving,
                started: false,
                quiet: 0,
                requests: 0,
            },
        }
    }
}

/// Between two looks at an idle connection.
fn look_every(limits: &ListenLimits) -> Duration {
    limits.idle / u32::from(QUIET_LOOKS)
}

impl<C: Closes> Future for Watched<C> {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        if !self.watch.started {
            self.as_mut().start(cx);
        }
        if self.drain.stage() != self.watch.stage && self.as_mut().turn_stage(cx) == Stage::Closing {
            return Poll::Ready(End::CutOff);
        }
        loop {
            if let Poll::Ready(served) = self.as_mut().project().connection.poll(cx) {
                return Poll::Ready(End::Served(served));
            }
            match self.as_mut().look(cx) {
                Look::Fine => return Poll::Pending,
                Look::Overdue(phase) => return Poll::Ready(End::Overdue(phase)),
                Look::Quiet => self.as_mut().close(),
            }
        }
    }
}

enum Look {
    Fine,
    /// Idle for too long: it may close politely.
    Quiet,
    Overdue(Phase),
}

impl<C: Closes> Watched<C> {
    /// Registers the timer and the notice with this task.
    fn start(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let this = self.project();
        this.watch.started = true;
        // Both are just made: if one were due already, the look below or the stage above would see it.
        register(this.timer, cx);
        let _ = poll_stage(this.drain, this.notice, cx);
    }

    fn turn_stage(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Stage {
        let this = self.as_mut().project();
        let stage = poll_stage(this.drain, this.notice, cx);
        this.watch.stage = stage;
        if stage == Stage::Draining {
            self.close();
        }
        stage
    }

    fn close(self: Pin<&mut Self>) {
        let this = self.project();
        if this.pulse.phase() == Phase::Idle {
            this.pulse.close_briskly();
        }
        this.connection.close_gracefully();
    }

    /// The connection has nothing to do just now: is that all right?
    fn look(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Look {
        let mut this = self.project();
        let phase = this.pulse.phase();
        let limit = match phase {
            Phase::Idle | Phase::Working => None,
            Phase::Header(_) => Some(this.limits.header),
            Phase::Stuck(_) => Some(this.limits.write),
            Phase::Lingering => Some(this.limits.linger),
        };
        if let Some(limit) = limit
            && phase != this.watch.set_for
        {
            set(this.timer.as_mut(), limit, cx);
            this.watch.set_for = phase;
            this.watch.quiet = 0;
        }
        if !this.timer.is_elapsed() {
            return Look::Fine;
        }
        if limit.is_some() {
            return Look::Overdue(phase);
        }
        let look = this.watch.count(phase, this.pulse.requests());
        set(this.timer, look_every(this.limits), cx);
        this.watch.set_for = Phase::Idle;
        look
    }
}

impl Watch {
    /// One more look at a connection that is idle or at work. Counting looks instead of reading a clock at each
    /// request makes the limit a quarter longer at most, and the request cheaper.
    fn count(&mut self, phase: Phase, requests: u32) -> Look {
        let same = phase == Phase::Idle && self.set_for == Phase::Idle && requests == self.requests;
        self.requests = requests;
        self.quiet = if same { self.quiet.saturating_add(1) } else { 0 };
        match self.quiet {
            0..QUIET_LOOKS => Look::Fine,
            // It was asked to close and did not within one more look.
            quiet if quiet > QUIET_LOOKS => Look::Overdue(phase),
            _ => Look::Quiet,
        }
    }
}

/// Sets the timer anew and registers it with this task.
fn set(mut timer: Pin<&mut Sleep>, after: Duration, cx: &mut Context<'_>) {
    timer.as_mut().reset(Instant::now() + after);
    register(timer, cx);
}

/// Unconstrained: a task that has used up its budget would be told "pending" without being registered, and would
/// never be woken for a timer that is not polled again.
fn register(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) {
    let _ = pin!(unconstrained(timer)).poll(cx);
}
