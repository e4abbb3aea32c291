//! Who shares the store: a row for each start of each node, counted on by its heartbeat.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::store::Heartbeat;

use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::member::{read_incarnation, read_member};

/// Writes a member.
pub(crate) struct Join(pub(crate) Member);

/// Reads all members.
pub(crate) struct ListMembers;

/// Evicts a member.
pub(crate) struct Evict {
    /// Which.
    pub(crate) incarnation: Incarnation,
    /// How many heartbeats it has made, as who evicts it has seen for long enough.
    pub(crate) beat: u64,
    /// Whether it may be one that goes on without the store.
    pub(crate) by_operator: bool,
}

/// Removes a member.
pub(crate) struct Leave(pub(crate) Incarnation);

static JOIN: Statement = Statement::new(
    "INSERT {ignore} INTO nodes (node_id, inc, lease_ms, hb, applied, evicted, may_fall_back, addr, seen_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) {or_ignore}",
);
static FIND_LEASE: Statement = Statement::new("SELECT lease_ms FROM nodes WHERE inc = ?");

impl Operation for Join {
    type Answer = ();
    const NAME: &'static str = "join the members";
    const LANE: Lane = Lane::Member;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        let member = &self.0;
        let inc = member.incarnation.as_bytes().into();
        let params = [
            member.node.as_str().into(),
            inc,
            Value::millis(member.lease),
            count(member.beat),
            member.applied.into(),
            flag(member.evicted),
            flag(member.may_fall_back),
            member.addr.as_deref().into(),
            member.seen_at.into(),
        ];
        if tx.link.execute(&JOIN, &params).await? == 1 {
            return Ok(());
        }
        // It is there. Others wait by the lease that it was written with; all else the first heartbeat finds out.
        let lease = tx
            .link
            .get(&FIND_LEASE, &[inc], |fields| fields.life("lease_ms"))
            .await?;
        if lease == member.lease {
            Ok(())
        } else {
            Err(SqlError::Damaged(format!(
                "the member {} is there with another lease",
                member.incarnation
            )))
        }
    }
}

/// How much newer than the mark an instant must be to be marked: nodes together then write it once in so long, and a
/// store whose nodes all start anew goes back no further.
const MARK_STEP: Duration = Duration::from_secs(1);

static BEAT: Statement = Statement::new(
    "UPDATE nodes SET hb = hb + 1, applied = ?, seen_at = ? WHERE inc = ? AND hb = ? AND evicted = 0",
);
static READ_CLOCK: Statement = Statement::new("SELECT {clock}, v FROM meta WHERE k = 'time_high_water'");
// Who finds it locked leaves it to the other: a heartbeat waits for nobody.
static LOCK_MARK: Statement = Statement::new("SELECT v FROM meta WHERE k = 'time_high_water' {skip_locked}");
static RAISE_MARK: Statement = Statement::new("UPDATE meta SET v = ? WHERE k = 'time_high_water'");

impl Operation for Heartbeat {
    type Answer = Option<Timestamp>;
    const NAME: &'static str = "make a heartbeat";
    const LANE: Lane = Lane::Member;

    /// Where there is no server the store's writer marks it.
    fn instant(&self) -> Option<Timestamp> {
        Some(self.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<Timestamp>, SqlError> {
        let params = [
            self.applied.into(),
            self.at.into(),
            self.incarnation.as_bytes().into(),
            count(self.beat),
        ];
        if tx.link.execute(&BEAT, &params).await? == 0 {
            return Ok(None);
        }
        let (clock, mark) = tx.link.get(&READ_CLOCK, &[], read_clock).await?;
        if clock.is_some() && self.at >= mark.after(MARK_STEP) {
            raise_mark(tx.link, self.at).await?;
        }
        Ok(Some(clock.unwrap_or(self.at)))
    }
}

fn read_clock(fields: &mut Fields<'_>) -> Result<(Option<Timestamp>, Timestamp), SqlError> {
    Ok((fields.maybe_instant("clock")?, read_mark(fields)?))
}

fn read_mark(fields: &mut Fields<'_>) -> Result<Timestamp, SqlError> {
    let text = fields.text("time_high_water")?;
    let mark = text.parse().map(Timestamp);
    mark.map_err(|_| SqlError::Damaged("time_high_water is not a number".to_owned()))
}

/// Raises the newest instant that the store has seen, so that its time does not go back with a restart of all its
/// nodes.
async fn raise_mark<L: Link>(link: &mut L, at: Timestamp) -> Result<(), SqlError> {
    let mark = link.find(&LOCK_MARK, &[], read_mark).await?;
    if mark.is_some_and(|mark| mark < at) {
        let text = at.0.to_string();
        link.change_one(&RAISE_MARK, &[text.as_str().into()]).await?;
    }
    Ok(())
}

static LIST: Statement = Statement::new(
    "SELECT node_id, inc, lease_ms, hb, applied, evicted, may_fall_back, addr, seen_at \
     FROM nodes ORDER BY node_id, inc",
);

impl Operation for ListMembers {
    type Answer = Vec<Member>;
    const NAME: &'static str = "list the members";
    const LANE: Lane = Lane::Follow;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<Member>, SqlError> {
        tx.link.query(&LIST, &[], read_member).await
    }
}

static EVICT: Statement = Statement::new(
    "UPDATE nodes SET evicted = 1 WHERE inc = ? AND hb = ? AND evicted = 0 AND may_fall_back <= ?",
);
static IS_EVICTED: Statement = Statement::new("SELECT evicted FROM nodes WHERE inc = ?");

impl Operation for Evict {
    type Answer = bool;
    const NAME: &'static str = "evict a member";
    const LANE: Lane = Lane::Member;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let inc = self.incarnation.as_bytes().into();
        let params = [inc, count(self.beat), flag(self.by_operator)];
        if tx.link.execute(&EVICT, &params).await? == 1 {
            return Ok(true);
        }
        let evicted = tx
            .link
            .find(&IS_EVICTED, &[inc], |fields| fields.int("evicted"))
            .await?;
        Ok(evicted == Some(1))
    }
}

static LEAVE: Statement = Statement::new("DELETE FROM nodes WHERE inc = ?");

impl Operation for Leave {
    type Answer = ();
    const NAME: &'static str = "leave the members";
    const LANE: Lane = Lane::Member;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        tx.link.execute(&LEAVE, &[self.0.as_bytes().into()]).await?;
        Ok(())
    }
}

/// Removes members that were evicted and made their last heartbeat at or before an instant.
pub(crate) struct PurgeMembers {
    /// The instant.
    pub(crate) seen_by: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

static OLD_EVICTED: Statement = Statement::new(
    "SELECT inc FROM nodes WHERE evicted = 1 AND seen_at <= ? ORDER BY seen_at LIMIT ? {skip_locked}",
);

impl Operation for PurgeMembers {
    type Answer = ();
    const NAME: &'static str = "remove evicted members";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        let params = [self.seen_by.into(), self.batch.into()];
        let old = tx.link.query(&OLD_EVICTED, &params, read_incarnation).await?;
        let params: Vec<_> = old.iter().map(|inc| [inc.as_bytes().into()]).collect();
        tx.link.change_each(&LEAVE, &params).await
    }
}

fn count(number: u64) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn flag(set: bool) -> Value<'static> {
    Value::Int(i64::from(set))
}
