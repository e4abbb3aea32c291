//! The log, read to its head, and mended where the store has lost rows of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Clock;
use symbolon_core::revocation::{LogRow, RevocationReason, RevocationSeq};
use symbolon_core::store::{LogPage, Store, StoreError};
use tokio::time::timeout;

use super::Membership;
use super::figures::count;
use crate::chain::{self, Repair};
use crate::tail::{Read, Tail};

/// Rows of one reading.
const PAGE: u32 = 1_000;
/// How many readings one heartbeat makes: more than a node that was away for an hour has to read.
const PAGES_MAX: usize = 2_000;
/// How often one heartbeat mends: the store may be put back once more meanwhile.
const REPAIRS_MAX: u32 = 3;
/// Beyond every position, as stores count them.
const BEYOND: RevocationSeq = RevocationSeq(i64::MAX as u64);
/// How long one step may take. A store gives up by itself before that; a heartbeat that is answered late is worth less,
/// since its lease counts from its beginning.
const STEP_DEADLINE: Duration = Duration::from_secs(5);

/// Why a heartbeat did not renew the lease.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unbeaten {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log grows faster than it can be read")]
    NoEnd,
    #[error("this node was evicted again and again while it joined")]
    Evicted,
    #[error("the operating system gave no randomness")]
    Randomness,
}

/// A member's reading of the log.
pub(super) struct Follower<S> {
    pub(super) store: S,
    pub(super) tail: Arc<Tail>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) membership: Arc<Membership>,
    /// Rows that the store has lost and that were not written again yet.
    lost: Vec<LogRow>,
    /// Rows were lost of which nothing is known: every session is to end.
    owes_cut: bool,
}

impl<S: Store> Follower<S> {
    pub(super) fn new(store: S, tail: Arc<Tail>, clock: Arc<dyn Clock>, membership: Arc<Membership>) -> Self {
        Self {
            store,
            tail,
            clock,
            membership,
            lost: Vec::new(),
            owes_cut: false,
        }
    }

    /// Reads the log to its head and applies it; whether it had grown. As long as this fails no lease is renewed: what is
    /// not known might be a revocation.
    pub(super) async fn read_to_head(&mut self) -> Result<bool, Unbeaten> {
        let mut grown = false;
        let mut repairs = 0;
        for _ in 0..PAGES_MAX {
            self.write_again().await?;
            let Some(place) = self.tail.place() else {
                self.begin_anew().await?;
                continue;
            };
            let page = self.page(place.reads_from()).await?;
            match self.tail.read(place, &page, PAGE) {
                Read::On { news, complete } => {
                    grown |= !news.is_empty();
                    if complete {
                        return Ok(grown);
                    }
                }
                Read::Behind => {
                    tracing::warn!(
                        log.position = place.applied.0,
                        log.floor = page.floor.0,
                        "this node was away for longer than the log is kept; its cache begins anew"
                    );
                    self.begin_anew().await?;
                }
                Read::Hole => {
                    tracing::error!(
                        alarm = "log_hole",
                        log.position = place.applied.0,
                        "a row is missing in the midst of the revocation log; the cache begins anew"
                    );
                    count(&self.membership.counts.repairs);
                    self.begin_anew().await?;
                }
                Read::Lost if repairs < REPAIRS_MAX => {
                    repairs += 1;
                    self.repair().await?;
                }
                // What is known and what is read cannot be brought together.
                Read::Lost => self.begin_anew().await?,
            }
        }
        Err(Unbeaten::NoEnd)
    }

    /// Begins at the head of the log: nothing that was cached before is believed.
    async fn begin_anew(&self) -> Result<(), Unbeaten> {
        let head = self.page(BEYOND).await?.head;
        let page = self.page(head).await?;
        let newest = page.rows.into_iter().next().filter(|row| row.seq == head);
        self.tail.begin_anew(head, newest.as_ref());
        Ok(())
    }

    /// Goes back to where the log and what was known here are the same, and notes what is to be written again.
    async fn repair(&mut self) -> Result<(), Unbeaten> {
        let known = self.tail.known_rows();
        let (floor, log) = self.read_since(known.first()).await?;
        let repair = chain::repair(&known, floor, &log);
        self.say_repair(&repair);
        self.tail.go_back(&repair);
        self.owes_cut |= repair.beyond_memory;
        self.lost.extend(repair.lost);
        Ok(())
    }

    /// The log from a row on, with its floor as it was at the end.
    async fn read_since(&self, first: Option<&LogRow>) -> Result<(RevocationSeq, Vec<LogRow>), Unbeaten> {
        let mut from = first.map_or(BEYOND, |row| row.seq);
        let mut log: Vec<LogRow> = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.page(from).await?;
            let full = page.rows.len() >= PAGE as usize;
            log.extend(page.rows);
            match log.last() {
                Some(last) if full => from = RevocationSeq(last.seq.0.saturating_add(1)),
                _ => return Ok((page.floor, log)),
            }
        }
        Err(Unbeaten::NoEnd)
    }

    fn say_repair(&self, repair: &Repair) {
        let counts = &self.membership.counts;
        count(&counts.repairs);
        let lost = repair.lost.len() as u64;
        counts.rows_lost.fetch_add(lost, Ordering::Relaxed);
        tracing::error!(
            alarm = "log_tail_lost",
            log.common = repair.common.applied.0,
            log.rows_lost = lost,
            log.beyond_memory = repair.beyond_memory,
            "the store has lost the end of its revocation log: it does not keep what it acknowledges, or was put back from a copy"
        );
    }

    /// Writes what the store has lost again. What this node knows of it was in force all the time.
    async fn write_again(&mut self) -> Result<(), Unbeaten> {
        if !self.lost.is_empty() {
            let proposed = self.store.propose_again(self.lost.clone(), self.clock.now());
            let again = in_time("write lost revocations again", proposed).await?;
            tracing::warn!(rows = again.len(), "lost revocations were written again");
            self.tail.replaced(&self.lost, &again);
            self.lost.clear();
        }
        if self.owes_cut {
            self.cut_everyone().await?;
            self.owes_cut = false;
        }
        Ok(())
    }

    /// Ends every session: one that was revoked, and whose revocation nobody remembers, must not live again.
    async fn cut_everyone(&self) -> Result<(), Unbeaten> {
        let reason = RevocationReason::Revoked;
        let origin = Origin::system(self.clock.now());
        let audit = origin
            .entry(AuditEvent::EveryoneRevoked)
            .saying("the store has lost revocations that no node remembers");
        in_time("end every session", self.store.cut_everyone(reason, audit)).await?;
        tracing::error!("every session was ended: the store has lost revocations that no node remembers");
        Ok(())
    }

    async fn page(&self, from: RevocationSeq) -> Result<LogPage, Unbeaten> {
        Ok(in_time("read the log", self.store.read_log(from, PAGE)).await?)
    }
}

/// A step of the store, for as long as one may take.
pub(super) async fn in_time<T>(
    operation: &'static str,
    step: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match timeout(STEP_DEADLINE, step).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Unavailable {
            operation,
            detail: format!("no answer within {} s", STEP_DEADLINE.as_secs()),
        }),
    }
}
