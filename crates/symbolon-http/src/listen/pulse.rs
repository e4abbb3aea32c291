use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// What a connection is doing, for the one who decides whether it takes too long.
///
/// Three parts of a connection write here and do not know each other: the bytes ([`super::paced`]), the requests
/// ([`super::guarded`]) and the long work of a handler. [`super::watched`] reads it when the connection has nothing
/// to do. No clock is read here: that is what keeps it free on the hot path. All of it is relaxed, because on
/// HTTP/1.1 one task does everything, and on HTTP/2 a reading that is a moment old only delays a time-out.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Requests handed to the service so far (wraps).
    requests: AtomicU32,
    /// Requests that the service has not answered yet.
    open: AtomicU32,
    /// Guards of long work.
    long: AtomicU32,
    /// How often a write became blocked or free again: odd while one is blocked.
    stalls: AtomicU32,
    /// Bytes have come in since the last request was handed over.
    heard: AtomicBool,
    /// The last answer is out and the connection is only read to its end.
    lingering: AtomicBool,
    /// Nothing is owed to the peer: the end need not be waited for.
    brisk: AtomicBool,
    /// HTTP/2: bytes between requests are frames, not the beginning of a header.
    framed: AtomicBool,
}

/// The phases that have a limit of their own, with a number that tells one occurrence from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is asked and nothing is owed.
    Idle,
    /// A part of a request's header is here.
    Header(u32),
    /// The service works; its own limit is in `guarded`.
    Working,
    /// The peer does not take what is written.
    Stuck(u32),
    /// The last answer is out.
    Lingering,
}

impl Pulse {
    pub(super) fn phase(&self) -> Phase {
        let stalls = self.stalls.load(Relaxed);
        if self.lingering.load(Relaxed) {
            Phase::Lingering
        } else if stalls % 2 == 1 {
            Phase::Stuck(stalls)
        } else if self.open.load(Relaxed) > 0 || self.is_long() {
            Phase::Working
        } else if self.heard.load(Relaxed) && !self.framed.load(Relaxed) {
            Phase::Header(self.requests())
        } else {
            Phase::Idle
        }
    }

    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Relaxed)
    }

    pub(super) fn is_long(&self) -> bool {
        self.long.load(Relaxed) > 0
    }

    pub(super) fn begin_long(&self) {
        self.long.fetch_add(1, Relaxed);
    }

    pub(super) fn end_long(&self) {
        self.long.fetch_sub(1, Relaxed);
    }

    /// A request's header is complete. Bytes of the next one that came with it are not counted as heard: they make
    /// a header that is waited for as soon as one more byte comes.
    pub(super) fn begin_request(&self) {
        // Only the connection's own task calls this, so load and store need not be one step.
        self.requests.store(self.requests().wrapping_add(1), Relaxed);
        self.heard.store(false, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    /// A request is answered or dropped. What was heard meanwhile was its body.
    pub(super) fn end_request(&self) {
        self.open.fetch_sub(1, Relaxed);
        self.heard.store(false, Relaxed);
    }

    pub(super) fn hear(&self) {
        self.heard.store(true, Relaxed);
    }

    pub(super) fn set_framed(&self) {
        self.framed.store(true, Relaxed);
    }

    /// A write became blocked, or free again. Called on the change only.
    pub(super) fn turn_stall(&self) {
        self.stalls
            .store(self.stalls.load(Relaxed).wrapping_add(1), Relaxed);
    }

    pub(super) fn close_briskly(&self) {
        self.brisk.store(true, Relaxed);
    }

    pub(super) fn is_brisk(&self) -> bool {
        self.brisk.load(Relaxed)
    }

    pub(super) fn linger(&self) {
        self.lingering.store(true, Relaxed);
    }
}
