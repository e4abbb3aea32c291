//! The heartbeat: what gives a member the right to answer from memory. The order of its steps is the protocol.

mod saying;

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::clock::{Clock as _, Timestamp};
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::random::Randomness;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{Heartbeat, Store, StoreError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Membership;
use super::figures::count;
use super::follow::{Follower, Unbeaten, in_time};
use super::rhythm::Rhythm;
use super::roll::count_members;
use crate::bug::{self, Bug};
use crate::clock::{Pace, SteadyClock, StoreTime, boottime_nanos, wall_clock};
use crate::fallback::Standing;
use crate::lease::Lease;
use crate::tail::Tail;
use saying::Saying;

/// How often one heartbeat joins anew: an operator may evict it once more, and then something is wrong.
const JOINS_MAX: usize = 3;
/// How long a look at the other members may take.
const LOOK_DEADLINE: Duration = Duration::from_millis(200);
/// How long leaving may take.
const LEAVE_DEADLINE: Duration = Duration::from_secs(1);

/// What a heart is made of.
pub(crate) struct HeartParts<S> {
    pub(crate) store: S,
    pub(crate) tail: Arc<Tail>,
    pub(crate) lease: Arc<Lease>,
    pub(crate) clock: Arc<SteadyClock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) membership: Arc<Membership>,
}

/// The heartbeat of a member, on a thread of its own.
pub(crate) struct Heart<S> {
    follower: Follower<S>,
    lease: Arc<Lease>,
    clock: Arc<SteadyClock>,
    randomness: Arc<dyn Randomness>,
    membership: Arc<Membership>,
    incarnation: Option<Incarnation>,
    /// The incarnation that is being written: it may be there already, where the answer was lost.
    joining: Option<Incarnation>,
    /// How many heartbeats this incarnation has made.
    beat: u64,
    /// Heartbeats were made without the store: it does not know of them, and the incarnation is over when it is back.
    apart: bool,
    /// A heartbeat whose answer was lost: it may have been counted.
    doubt: Option<Heartbeat>,
    /// What the store knows of how far this node is.
    told: RevocationSeq,
    /// What was signalled of it last.
    acknowledged: RevocationSeq,
    /// When the other members were looked at last.
    looked: i64,
    /// How fast time passes here and in the store.
    pace: Pace,
    saying: Saying,
}

/// What became of a heartbeat in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Beat {
    Counted,
    /// It was counted, and time has stood still here before: it says nothing about the lease.
    AfterPause,
    /// The incarnation is over.
    Over,
}

impl<S: Store> Heart<S> {
    pub(crate) fn new(parts: HeartParts<S>) -> Self {
        let time = Arc::clone(&parts.clock);
        Self {
            follower: Follower::new(parts.store, parts.tail, time, Arc::clone(&parts.membership)),
            lease: parts.lease,
            clock: parts.clock,
            randomness: parts.randomness,
            membership: parts.membership,
            incarnation: None,
            joining: None,
            beat: 0,
            apart: false,
            doubt: None,
            told: RevocationSeq::ZERO,
            acknowledged: RevocationSeq::ZERO,
            looked: i64::MIN,
            pace: Pace::default(),
            saying: Saying::default(),
        }
    }

    /// Beats until `cancel`, and then leaves.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        // A step that is under way is dropped: it has renewed nothing yet.
        cancel.run_until_cancelled(self.beat_on()).await;
        self.leave().await;
    }

    async fn beat_on(&mut self) {
        let parts = &self.membership.parts;
        let mut rhythm = Rhythm::new(parts.lease, parts.signals.is_some());
        let (membership, tail) = (Arc::clone(&self.membership), Arc::clone(&self.follower.tail));
        loop {
            self.turn(&mut rhythm).await;
            // Cancel-safe: a bell or a wish that is not heard now is heard the next time.
            tokio::select! {
                () = tokio::time::sleep(rhythm.rest(boottime_nanos())) => {}
                () = tail.rung() => rhythm.rung(boottime_nanos()),
                () = membership.wish.notified() => if !self.lease.load().holds() {
                    rhythm.wished(boottime_nanos());
                },
            }
        }
    }

    /// Does what is due.
    async fn turn(&mut self, rhythm: &mut Rhythm) {
        let now = boottime_nanos();
        if rhythm.beat_is_due(now) {
            self.membership.attempt_begins();
            let beaten = self.beat().await;
            rhythm.beaten(now, boottime_nanos(), beaten.is_ok());
            self.saying
                .heartbeat(&beaten, &self.lease, &self.membership.counts);
            self.membership.attempt_is_over();
            if beaten.is_ok() {
                self.look_after_others().await;
            }
        } else if rhythm.read_is_due(now) {
            // One that has not joined has nothing to follow yet; a reading that fails is said by the next heartbeat.
            let grown = match self.incarnation {
                Some(_) => self.follower.read_to_head().await.unwrap_or(false),
                None => false,
            };
            rhythm.read(boottime_nanos(), grown);
        }
        if self.applied() > self.told {
            rhythm.untold();
        }
        if self.applied() != self.acknowledged {
            self.acknowledged = self.applied();
            self.follower.tail.acknowledge();
        }
        let holds = self.lease.load().holds();
        self.saying.lease(holds, &self.membership.counts);
    }

    /// One heartbeat. The lease counts from before anything is sent, and is renewed when everything that the store had
    /// committed by then is applied; a member that was evicted begins anew, since nobody waits for it any more.
    async fn beat(&mut self) -> Result<(), Unbeaten> {
        for _ in 0..=JOINS_MAX {
            let begun = boottime_nanos();
            let Some(incarnation) = self.incarnation else {
                self.join().await?;
                continue;
            };
            let counted = self.count_beat(incarnation, begun).await?;
            if counted == Beat::Over && !bug::is(Bug::IgnoresEviction) {
                self.end_incarnation(incarnation);
                continue;
            }
            if counted == Beat::AfterPause {
                continue;
            }
            if bug::is(Bug::LeaseBeforeLog) {
                self.lease.renew(begun, self.membership.parts.lease);
            }
            bug::pause(Bug::LeaseBeforeLog);
            self.follower.read_to_head().await?;
            bug::pause(Bug::LeaseFromReceipt);
            let begun = if bug::is(Bug::LeaseFromReceipt) {
                boottime_nanos()
            } else {
                begun
            };
            self.lease.renew(begun, self.membership.parts.lease);
            return Ok(());
        }
        Err(Unbeaten::Evicted)
    }

    /// Writes a new incarnation.
    async fn join(&mut self) -> Result<(), Unbeaten> {
        let incarnation = match self.joining {
            Some(begun) => begun,
            None => Incarnation::random(&*self.randomness).map_err(|_| Unbeaten::Randomness)?,
        };
        self.joining = Some(incarnation);
        let parts = &self.membership.parts;
        let member = Member {
            node: parts.name.clone(),
            incarnation,
            lease: parts.lease,
            beat: 0,
            applied: RevocationSeq::ZERO,
            evicted: false,
            may_fall_back: false,
            addr: parts.addr.clone(),
            seen_at: self.present(),
        };
        in_time("join", self.follower.store.join(member)).await?;
        tracing::info!(
            node = parts.name.as_str(),
            %incarnation,
            lease_ms = parts.lease.as_millis(),
            "this node has joined"
        );
        count(&self.membership.counts.incarnations);
        (self.incarnation, self.joining) = (Some(incarnation), None);
        (self.beat, self.told, self.apart) = (0, RevocationSeq::ZERO, false);
        self.membership.set_own(self.incarnation);
        if let Some(signals) = &parts.signals {
            self.follower.tail.speak_as(Arc::clone(signals), incarnation);
        }
        Ok(())
    }

    fn end_incarnation(&mut self, incarnation: Incarnation) {
        let beats = self.beat;
        if self.apart {
            tracing::info!(%incarnation, beats, "the store is back: this node joins it anew");
        } else {
            tracing::warn!(
                %incarnation,
                beats,
                "this incarnation is over: it was evicted, or a copy of this node runs elsewhere; it joins anew"
            );
        }
        // Nobody waits for it any more, whatever its lease says.
        self.lease.drop_now();
        self.incarnation = None;
        self.doubt = None;
        self.membership.set_own(None);
    }

    /// Counts a heartbeat in the store.
    async fn count_beat(&mut self, incarnation: Incarnation, begun: i64) -> Result<Beat, Unbeaten> {
        self.clear_doubt().await?;
        let heartbeat = Heartbeat {
            incarnation,
            beat: self.beat,
            // What the position says was applied before.
            applied: self.applied(),
            at: self.present(),
        };
        self.doubt = Some(heartbeat);
        let apart = self.is_apart();
        let counted = in_time("make a heartbeat", self.follower.store.heartbeat(heartbeat)).await?;
        self.apart |= counted.is_some() && (apart || self.is_apart());
        self.doubt = None;
        let Some(said) = counted else {
            return Ok(Beat::Over);
        };
        self.beat += 1;
        self.told = heartbeat.applied;
        let time = StoreTime {
            said,
            asked: begun,
            answered: boottime_nanos(),
            wall: wall_clock(),
        };
        if let Some(heard) = self.clock.hear(time) {
            self.saying.clock(heard, &self.membership.counts);
        }
        match self.pace.hear(time) {
            Some(stood) => {
                self.note_pause(stood);
                Ok(Beat::AfterPause)
            }
            None => Ok(Beat::Counted),
        }
    }

    /// Whether this node goes on without the store.
    fn is_apart(&self) -> bool {
        let apart = self.membership.parts.apart.as_ref();
        apart.is_some_and(|apart| apart.state().standing != Standing::Healthy)
    }

    /// The lease, also the one that this heartbeat would bring, may be longer than it says: others may have stopped to
    /// wait for this node. It is given up, and the next heartbeat begins after the pause.
    fn note_pause(&mut self, stood: i64) {
        self.lease.drop_now();
        count(&self.membership.counts.clock_freezes);
        tracing::warn!(
            alarm = "clock_freeze",
            paused_ms = stood,
            "more time has passed in the store than here: this machine was paused, or the store's clock was set ahead; the \
             lease begins anew"
        );
    }

    /// The present, once it is the store's: the store keeps the newest that it is told, and this machine's clock may be wrong.
    fn present(&self) -> Timestamp {
        if self.clock.is_led() {
            self.clock.now()
        } else {
            Timestamp(0)
        }
    }

    /// Finds out whether a heartbeat was counted whose answer was lost. The lease is renewed by the next one alone, so that
    /// of a node and a copy of it only one goes on; but each store that restarts would else end the incarnations of all
    /// its nodes, and every revocation would wait for those.
    async fn clear_doubt(&mut self) -> Result<(), Unbeaten> {
        let Some(sent) = self.doubt else { return Ok(()) };
        let members = in_time("list the members", self.follower.store.list_members()).await?;
        let own = members
            .iter()
            .find(|member| member.incarnation == sent.incarnation);
        let is_sent = |member: &&Member| {
            let counted = member.beat == sent.beat + 1;
            counted && member.seen_at == sent.at && member.applied == sent.applied
        };
        if own.filter(is_sent).is_some() {
            self.beat = sent.beat + 1;
            self.told = sent.applied;
        }
        self.doubt = None;
        Ok(())
    }

    /// How far this node is; nowhere as long as it has not begun to follow.
    fn applied(&self) -> RevocationSeq {
        let tail = &self.follower.tail;
        tail.place().map_or(RevocationSeq::ZERO, |place| place.applied)
    }

    /// Evicts members whose lease must be over. What fails here is tried again with the next heartbeat.
    async fn look_after_others(&mut self) {
        let now = boottime_nanos();
        let since = Duration::from_nanos(u64::try_from(now.saturating_sub(self.looked)).unwrap_or(0));
        // Of two heartbeats that follow each other to tell a position one is enough.
        if since < self.membership.parts.lease / 8 {
            return;
        }
        self.looked = now;
        let (store, membership) = (&self.follower.store, &self.membership);
        let done = async {
            // It uses the way of the heartbeats, so it may not keep the next one waiting.
            let listing = timeout(LOOK_DEADLINE, membership.roll.list(store, now));
            let Ok(listing) = listing.await else { return Ok(()) };
            let listing = listing?;
            count_members(&membership.counts.members, &listing.members);
            let silent = membership
                .roll
                .look(&listing, self.incarnation, membership.parts.lease);
            for one in silent {
                let Member {
                    node,
                    incarnation,
                    beat,
                    ..
                } = &one.member;
                if in_time("evict a member", store.evict(*incarnation, *beat, false)).await? {
                    count(&membership.counts.evictions);
                    tracing::warn!(
                        node = node.as_str(),
                        %incarnation,
                        silent_ms = one.silent.as_millis(),
                        "a member that makes no heartbeats was evicted"
                    );
                }
            }
            Ok::<(), StoreError>(())
        };
        let looked = done.await;
        self.saying.others(&looked);
    }

    /// Gives the lease up first: from then on nobody needs to wait for this node.
    async fn leave(&mut self) {
        self.lease.drop_now();
        self.follower.tail.fall_silent();
        let Some(incarnation) = self.incarnation.take() else {
            return;
        };
        let left = timeout(LEAVE_DEADLINE, self.follower.store.leave(incarnation)).await;
        match left {
            Ok(Ok(())) => tracing::info!(%incarnation, "this node has left"),
            _ => tracing::warn!(%incarnation, "this node could not say that it leaves; the others evict it"),
        }
    }
}
