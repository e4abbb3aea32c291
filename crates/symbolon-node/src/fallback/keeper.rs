//! Who notices that the store is away, or back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{MarkChange, Mirror, Mirrored, PurgeOrder, StoreError};
use tokio::time::{Instant, sleep, timeout};

use super::Fallback;
use super::event::FallbackEvent;
use super::standing::Standing;

/// How often the store is looked at when nothing is said of it.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a look may take. With [`MISSES`] of them, and what is between, log-in goes on within a second.
const LOOK_DEADLINE: Duration = Duration::from_millis(200);
/// How many looks in a row fail before the store counts as away: one lost answer is no absence.
const MISSES: u32 = 3;
/// Between two looks at a store that does not answer.
const BETWEEN_MISSES: Duration = Duration::from_millis(50);
/// How often a store that is away is tried.
const TRY_EVERY: Duration = Duration::from_millis(250);
/// How many looks in a row succeed before the store counts as back.
const HITS: u32 = 2;
/// How often it is looked at who the other members are.
const MEMBERS_EVERY: Duration = Duration::from_secs(1);
/// How often the mirror is told how far the log is known, so that a start finds what is new since then in the log: far
/// below the least time for which that keeps its rows.
const NOTE_EVERY: Duration = Duration::from_secs(15);
/// How many sessions one step of that removes.
const CLEAN_BATCH: u32 = 1_000;
/// How often the mirror's sessions are counted.
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// How long a row of the mirror's log stays: until the store has it.
const FOR_EVER: Duration = Duration::from_millis(i64::MAX as u64);

/// What the keeper remembers between two turns.
struct Turns {
    misses: u32,
    hits: u32,
    /// That it may not go on was said.
    said: bool,
    members_at: Option<Instant>,
    noted_at: Option<Instant>,
    cleaned_at: Instant,
    counted_at: Option<Instant>,
    /// Everything was copied since the start.
    copied: bool,
    /// What this node's row in the store says; `None`: not known.
    row_says: Option<bool>,
    /// That coming home was interrupted was said.
    interrupted: bool,
}

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    pub(super) async fn keep_on(&self) {
        let mut turns = Turns {
            misses: 0,
            hits: 0,
            said: false,
            members_at: None,
            noted_at: None,
            cleaned_at: Instant::now(),
            counted_at: None,
            copied: false,
            row_says: None,
            interrupted: false,
        };
        loop {
            if self.inner.mode.is_home() {
                self.at_home(&mut turns).await;
            } else {
                self.while_away(&mut turns).await;
            }
        }
    }

    async fn at_home(&self, turns: &mut Turns) {
        let rest = if turns.misses == 0 {
            LOOK_EVERY
        } else {
            BETWEEN_MISSES
        };
        // Cancel-safe: a doubt that is not heard now is heard the next time.
        tokio::select! {
            () = sleep(rest) => {}
            () = self.inner.doubt.notified(), if turns.misses == 0 => {}
        }
        match self.look().await {
            Ok(()) => {
                turns.misses = 0;
                turns.said = false;
                self.prepare(turns).await;
            }
            Err(error) => {
                turns.misses = turns.misses.saturating_add(1);
                if turns.misses >= MISSES {
                    self.leave_home(turns, &error).await;
                }
            }
        }
    }

    /// Whether the store answers.
    async fn look(&self) -> Result<(), StoreError> {
        let store = self.home("look at the store")?;
        timeout(LOOK_DEADLINE, store.ping())
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn leave_home(&self, turns: &mut Turns, error: &StoreError) {
        let detail = error.to_string();
        if !self.inner.alone.load(Ordering::Acquire) {
            if !turns.said {
                turns.said = true;
                self.say(&FallbackEvent::MayNot { detail });
            }
            return;
        }
        if let Err(error) = self.go_away().await {
            if !turns.said {
                turns.said = true;
                let detail = error.to_string();
                self.say(&FallbackEvent::NoMirror { detail });
            }
            return;
        }
        (turns.misses, turns.hits, turns.said) = (0, 0, false);
        turns.cleaned_at = Instant::now();
        self.say(&FallbackEvent::WentAway { detail });
    }

    /// From here on steps go to the mirror.
    async fn go_away(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let _closed = inner.gate.close().await;
        // What is said from now on is said of the mirror's log.
        inner.tail.fall_silent();
        inner.tail.leave_log();
        let place = inner.tail.place();
        let anchor = place.and_then(|place| place.anchor);
        let change = MarkChange {
            anchor,
            ..MarkChange::default()
        };
        inner.mirror.change_mark(change).await?;
        let applied = inner.tail.applied();
        let mut position = RevocationSeq(inner.position.load(Ordering::Acquire));
        let heard = inner.tail.overlay().heard().max(position).max(applied);
        // Before it has read the log it knows what its mirror knows, wherever it began.
        if place.is_some() {
            position = position.max(applied);
        }
        inner.mirror.go_away(position, heard).await?;
        inner.position.fetch_max(position.0, Ordering::AcqRel);
        self.set_standing(Standing::Degraded);
        inner.tail.ring();
        Ok(())
    }

    /// Sees to it that this node could go on without the store, as long as it is the only member.
    async fn prepare(&self, turns: &mut Turns) {
        if turns.members_at.is_some_and(|at| at.elapsed() < MEMBERS_EVERY) {
            return;
        }
        turns.members_at = Some(Instant::now());
        if let Err(error) = self.look_at_members(turns).await {
            tracing::debug!(%error, "whether this node is the only member cannot be said");
        }
    }

    async fn look_at_members(&self, turns: &mut Turns) -> Result<(), StoreError> {
        let inner = &self.inner;
        let store = self.home("list the members")?;
        let Some(own) = inner.own.lock().clone() else {
            return Ok(());
        };
        let applied = inner.tail.applied();
        let members = self.heed(store.list_members().await)?;
        let mine = inner.incarnations.lock().clone();
        let mut rows = members.iter().filter(|member| !member.evicted);
        let others = rows.any(|member| !mine.contains(&member.incarnation));
        let is_there = members.iter().any(|member| member.incarnation == own.incarnation);
        if !is_there {
            return Ok(());
        }
        if others {
            // The mirror first: from then on this node does not go on alone, also after a restart.
            if inner.marked_alone.load(Ordering::Acquire) {
                self.mark_alone(false, None).await?;
                self.say(&FallbackEvent::NotAlone);
            }
            return self.tell_row(store, turns, false).await;
        }
        // The row first: before it says so nobody may be waited for by time.
        self.tell_row(store, turns, true).await?;
        if !turns.copied || !inner.alone.load(Ordering::Acquire) {
            let position = self.copy_all(store).await?;
            self.mark_alone(true, Some(position)).await?;
            turns.copied = true;
            self.say(&FallbackEvent::Prepared);
        }
        // Nobody else is there: what came until then is its own, and is copied.
        if turns.noted_at.is_none_or(|at| at.elapsed() >= NOTE_EVERY) {
            self.note_position(applied).await?;
            turns.noted_at = Some(Instant::now());
        }
        Ok(())
    }

    pub(super) async fn mark_alone(
        &self,
        alone: bool,
        position: Option<RevocationSeq>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        if !alone {
            inner.alone.store(false, Ordering::Release);
        }
        let change = MarkChange {
            alone: Some(alone),
            position,
            ..MarkChange::default()
        };
        inner.mirror.change_mark(change).await?;
        if let Some(position) = position {
            inner.position.fetch_max(position.0, Ordering::AcqRel);
        }
        inner.marked_alone.store(alone, Ordering::Release);
        inner.alone.store(alone, Ordering::Release);
        Ok(())
    }

    /// Lets this node's row say whether it may fall back.
    async fn tell_row(&self, store: &P, turns: &mut Turns, may: bool) -> Result<(), StoreError> {
        let own = self.inner.own.lock().clone();
        let Some(own) = own.filter(|own| turns.row_says != Some(may) || own.may_fall_back != may) else {
            return Ok(());
        };
        self.heed(store.set_may_fall_back(own.incarnation, may).await)?;
        if let Some(own) = self.inner.own.lock().as_mut() {
            own.may_fall_back = may;
        }
        turns.row_says = Some(may);
        Ok(())
    }

    async fn while_away(&self, turns: &mut Turns) {
        self.count(turns).await;
        if turns.cleaned_at.elapsed() >= self.inner.clean_every {
            turns.cleaned_at = Instant::now();
            self.clean_now().await;
        }
        sleep(TRY_EVERY).await;
        if self.find_store().await.is_err() || self.look().await.is_err() {
            turns.hits = 0;
            self.make_again().await;
            return;
        }
        turns.hits += 1;
        if turns.hits < HITS {
            return;
        }
        turns.hits = 0;
        match self.come_home().await {
            Ok(()) => {
                (turns.misses, turns.copied, turns.row_says) = (0, false, None);
                turns.members_at = None;
                turns.interrupted = false;
            }
            Err(error) => {
                self.set_standing(Standing::Degraded);
                if !turns.interrupted {
                    turns.interrupted = true;
                    let detail = error.to_string();
                    self.say(&FallbackEvent::Interrupted { detail });
                }
            }
        }
    }

    /// Makes a store that has lost everything anew: what the mirror has is then written there.
    async fn make_again(&self) {
        let Some(store) = self.inner.primary.get() else {
            return;
        };
        if let Ok(Ok(true)) = timeout(LOOK_DEADLINE, store.make_again(self.now())).await {
            self.say(&FallbackEvent::MadeAnew);
        }
    }

    /// Opens the store, where it was not yet.
    async fn find_store(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        if let (None, Some(open)) = (inner.primary.get(), &inner.opener) {
            let store = open().await?;
            // Nobody else opens it.
            let _first = inner.primary.set(store);
        }
        Ok(())
    }

    async fn count(&self, turns: &mut Turns) {
        if turns.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY) {
            return;
        }
        turns.counted_at = Some(Instant::now());
        if let Ok(count) = self.inner.mirror.count_sessions(self.now()).await {
            self.inner.sessions.store(count, Ordering::Relaxed);
        }
    }

    /// Removes expired sessions. Of the log nothing goes: the store must have it first.
    pub async fn clean_now(&self) {
        let _pass = self.inner.gate.pass().await;
        let order = PurgeOrder {
            now: self.now(),
            keep_ended: Duration::ZERO,
            keep_log: FOR_EVER,
            keep_audit: FOR_EVER,
            batch: CLEAN_BATCH,
        };
        let mut sessions = 0;
        loop {
            match self.inner.mirror.purge(order).await {
                Ok(purged) => {
                    sessions += purged.sessions;
                    if purged.sessions < u64::from(CLEAN_BATCH) {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "expired sessions could not be removed from the mirror");
                    break;
                }
            }
        }
        if sessions > 0 {
            self.say(&FallbackEvent::Cleaned { sessions });
        }
    }
}

/// The store has not answered in time.
pub(super) fn late() -> StoreError {
    StoreError::Unavailable {
        operation: "look at the store",
        detail: format!("no answer within {} ms", LOOK_DEADLINE.as_millis()),
    }
}
