//! The members, and the log as they follow it.

use std::time::Duration;

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member, NodeName};
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::store::{Heartbeat, LogPage, MemberStore, StoreError};

use super::fault::Fault;
use super::handle::RedisStore;
use super::record::log::{kind_columns, read_entry};
use super::reply::{array, flag, list, maybe, number, text, tuple};
use super::script::{Call, Script, script};

static JOIN: Script = script!("join the members": "base" "join");
static BEAT: Script = script!("make a heartbeat": "base" "heartbeat");
static FOLLOW: Script = script!("follow the log": "base" "read_log");
static LIST: Script = script!("list the members": "base" "list_members");
static EVICT: Script = script!("evict a member": "base" "evict");
static LEAVE: Script = script!("leave the members": "base" "leave");
static END_AGAIN: Script = script!(
    "end sessions again": "base" "log" "audit" "sessions" "alive" "ends" "again" "end_again"
);
static WRITE_AGAIN: Script = script!(
    "write a revocation again": "base" "log" "audit" "sessions" "alive" "cuts" "again" "write_again"
);

/// How many sessions one script ends again: Redis does nothing else meanwhile.
const AGAIN_MAX: usize = 64;

impl MemberStore for RedisStore {
    async fn join(&self, member: Member) -> Result<(), StoreError> {
        let mut call = Call::of(&JOIN);
        call.text(member.incarnation)
            .arg(member.node.as_str())
            .text(member.lease.as_millis())
            .text(member.beat)
            .text(member.applied.0)
            .text(u8::from(member.evicted))
            .text(u8::from(member.may_fall_back))
            .maybe(member.addr.as_ref())
            .text(member.seen_at.0);
        let joined = flag(&self.ask_heart(&call).await?).map_err(|fault| fault.in_step(JOIN.does))?;
        if joined {
            return Ok(());
        }
        let detail = format!("the member {} is there with another lease", member.incarnation);
        Err(Fault::Damaged(detail).in_step(JOIN.does))
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<Option<Timestamp>, StoreError> {
        let mut call = Call::of(&BEAT);
        call.text(heartbeat.incarnation)
            .text(heartbeat.beat)
            .text(heartbeat.applied.0)
            .text(heartbeat.at.0);
        let clock = maybe(self.ask_heart(&call).await?, number).map_err(|fault| fault.in_step(BEAT.does))?;
        Ok(clock.map(Timestamp))
    }

    async fn read_log(&self, from: RevocationSeq, limit: u32) -> Result<LogPage, StoreError> {
        let mut call = Call::of(&FOLLOW);
        call.text(from.0).text(limit);
        let answer = self.ask_heart(&call).await?;
        let page = read_log_page(answer).map_err(|fault| fault.in_step(FOLLOW.does))?;
        self.has_seen(page.head);
        Ok(page)
    }

    async fn list_members(&self) -> Result<Vec<Member>, StoreError> {
        let answer = self.ask_heart(&Call::of(&LIST)).await?;
        let read = list(answer).and_then(|all| all.into_iter().map(read_member).collect());
        let mut members: Vec<Member> = read.map_err(|fault| fault.in_step(LIST.does))?;
        members.sort_by(|one, other| (&one.node, one.incarnation).cmp(&(&other.node, other.incarnation)));
        Ok(members)
    }

    async fn evict(
        &self,
        incarnation: Incarnation,
        beat: u64,
        by_operator: bool,
    ) -> Result<bool, StoreError> {
        let mut call = Call::of(&EVICT);
        call.text(incarnation).text(beat).text(u8::from(by_operator));
        flag(&self.ask_heart(&call).await?).map_err(|fault| fault.in_step(EVICT.does))
    }

    async fn leave(&self, incarnation: Incarnation) -> Result<(), StoreError> {
        let mut call = Call::of(&LEAVE);
        call.text(incarnation);
        self.ask_heart(&call).await.map(drop)
    }

    async fn propose_again(&self, lost: Vec<LogRow>, at: Timestamp) -> Result<Vec<LogRow>, StoreError> {
        let mut written = Vec::new();
        for call in end_again(&lost, at) {
            written.extend(self.change(call).await?.1);
        }
        let others = lost.iter().filter(|row| !matches!(row.kind, LogKind::Session(_)));
        for row in others {
            written.extend(self.change(write_again(row, at)).await?.1);
        }
        Ok(written)
    }
}

/// Calls that end the sessions of these rows again, each once.
fn end_again(lost: &[LogRow], at: Timestamp) -> Vec<Call> {
    let of_session = |row: &LogRow| match &row.kind {
        LogKind::Session(id) => Some((*id, row.clone())),
        _ => None,
    };
    let mut ends: Vec<_> = lost.iter().filter_map(of_session).collect();
    ends.sort_by_key(|(id, _)| *id);
    ends.dedup_by_key(|(id, _)| *id);
    let steps = ends.chunks(AGAIN_MAX).map(|some| {
        let mut call = Call::of(&END_AGAIN);
        call.text(at.0);
        for (id, row) in some {
            call.text(id).text(row.seq.0).arg(row.id).arg(row.reason.as_str());
        }
        call
    });
    steps.collect()
}

/// The call that writes a row of another kind again.
fn write_again(row: &LogRow, at: Timestamp) -> Call {
    let (kind, session, subject, keep) = kind_columns(&row.kind);
    let mut call = Call::of(&WRITE_AGAIN);
    call.text(at.0)
        .text(row.seq.0)
        .arg(row.id)
        .arg(kind)
        .arg(session)
        .arg(subject)
        .arg(keep)
        .arg(row.reason.as_str());
    call
}

/// Reads rows of the log with its ends.
pub(super) fn read_log_page(answer: Value) -> Result<LogPage, Fault> {
    let [ends, entries] = tuple(answer)?;
    let [head, head_id, floor] = tuple(ends)?;
    let rows: Result<Vec<LogRow>, Fault> = list(entries)?.into_iter().map(read_entry).collect();
    Ok(LogPage {
        head: RevocationSeq(number(head)?),
        head_id: array(head_id)?,
        floor: RevocationSeq(number(floor)?),
        rows: rows?,
    })
}

fn read_member(value: Value) -> Result<Member, Fault> {
    let [incarnation, fields] = tuple(value)?;
    let [node, lease, beat, applied, evicted, may_fall_back, addr, seen] = tuple(fields)?;
    let incarnation = text(incarnation)?;
    let damaged = |what: String| Fault::Damaged(what);
    Ok(Member {
        node: NodeName::new(&text(node)?)
            .map_err(|error| damaged(format!("a member has no name: {error}")))?,
        incarnation: Incarnation::parse(&incarnation)
            .ok_or_else(|| damaged(format!("{incarnation:?} is no incarnation")))?,
        lease: Duration::from_millis(number(lease)?),
        beat: number(beat)?,
        applied: RevocationSeq(number(applied)?),
        evicted: text(evicted)? == "1",
        may_fall_back: text(may_fall_back)? == "1",
        addr: maybe(addr, text)?,
        seen_at: Timestamp(number(seen)?),
    })
}
