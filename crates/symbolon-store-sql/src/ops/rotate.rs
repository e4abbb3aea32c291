//! Changes of a session that goes on: its next pair, its lives and claims.

use std::collections::BTreeMap;

use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{ChangeSession, RotateSession};
use symbolon_core::token::Generation;

use super::revoke::{lock_free_sessions, lock_session};
use super::subjects::{newest_cut, of_newest_epoch};
use crate::link::{Link, SqlError, Statement, Value};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::{insert_audit, insert_audits};
use crate::record::place::Ip;
use crate::record::session::{ends_by, ip_of, live_until, rounded_end};

pub(super) static WRITE_TOKENS: Statement = Statement::new(concat!(
    "UPDATE sessions SET last_seen_at = ?, idle_expires_at = ?, live_until = {least}(expires_at, ?), ip = ?, user_agent = ?, \
     kid = ?, generation = ?, generation_floor = ?, access_digest = ?, access_expires_at = ?, \
     prev_access_digest = ?, prev_access_expires_at = ?, refresh_digest = ?, refresh_expires_at = ?, \
     prev_refresh_digest = ?, rotation_nonce = ?, rotated_at = ?, \
     successor_used_at = coalesce(CASE WHEN ? = 1 THEN successor_used_at END, ?) \
     WHERE session_id = ? AND generation = ? AND state = 'active' AND ",
    of_newest_epoch!(),
));

// Most of the time the bound stays, and with it both entries in the indexes.
static MOVE_BOUND: Statement = Statement::new(
    "UPDATE sessions SET ends_by = {least}(expires_at, ?) \
     WHERE session_id = ? AND ends_by <> {least}(expires_at, ?)",
);

/// Writes the tokens of a session if it is active, of the generation `from`, and no cut has
/// ended it.
pub(super) async fn write_tokens<L: Link>(
    link: &mut L,
    session: &Session,
    from: Generation,
) -> Result<bool, SqlError> {
    let ip = ip_of(session);
    if link
        .execute(&WRITE_TOKENS, &token_params(session, from, &ip))
        .await?
        == 0
    {
        return Ok(false);
    }
    let bound = Value::from(rounded_end(session.idle_expires_at));
    link.execute(&MOVE_BOUND, &[bound, (&session.id).into(), bound])
        .await?;
    Ok(true)
}

fn token_params<'v>(session: &'v Session, from: Generation, ip: &'v Ip) -> [Value<'v>; 21] {
    let tokens = &session.tokens;
    [
        session.last_seen_at.into(),
        session.idle_expires_at.into(),
        session.idle_expires_at.into(),
        ip.value(),
        session.seen_from.user_agent.as_deref().into(),
        i64::from(tokens.key_id.0).into(),
        tokens.generation.0.into(),
        tokens.generation_floor.0.into(),
        tokens.access.digest.as_bytes().into(),
        tokens.access.expires_at.into(),
        tokens
            .previous_access
            .as_ref()
            .map(|old| old.digest.as_bytes())
            .into(),
        tokens.previous_access.map(|old| old.expires_at).into(),
        tokens
            .refresh
            .as_ref()
            .map(|current| current.digest.as_bytes())
            .into(),
        tokens.refresh.map(|current| current.expires_at).into(),
        tokens.previous_refresh.as_ref().map(|old| old.as_bytes()).into(),
        tokens.nonce.as_ref().map(|nonce| &nonce.0).into(),
        tokens.rotated_at.into(),
        // The same pair again: a first use that was marked meanwhile stays marked.
        i64::from(tokens.generation == from).into(),
        tokens.successor_used_at.into(),
        (&session.id).into(),
        from.0.into(),
    ]
}

impl Operation for RotateSession {
    type Answer = bool;
    const NAME: &'static str = "rotate a session's tokens";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let written = write_tokens(tx.link, &self.session, self.from).await?;
        if written {
            insert_audit(tx.link, &self.audit).await?;
        }
        Ok(written)
    }

    const TOGETHER: bool = true;

    async fn run_together<L: Link>(
        group: &[&Self],
        tx: &mut Tx<'_, L>,
    ) -> Result<Vec<Option<bool>>, SqlError> {
        // Of two that rotate the same session, one is done alone, and finds it rotated.
        let by_id: BTreeMap<SessionId, usize> = (0..)
            .zip(group)
            .map(|(at, rotate)| (rotate.session.id, at))
            .collect();
        let ids: Vec<_> = by_id.keys().copied().collect();
        let locked = lock_free_sessions(tx.link, &ids).await?;
        let places: Vec<_> = locked
            .iter()
            .filter_map(|(id, _)| by_id.get(id).copied())
            .collect();
        let orders: Vec<_> = places.iter().map(|at| group[*at]).collect();
        let written = write_all_tokens(tx.link, &orders).await?;
        let mut answers: Vec<_> = group.iter().map(|_| None).collect();
        for (at, written) in places.into_iter().zip(written) {
            answers[at] = Some(written);
        }
        Ok(answers)
    }
}

/// The same as [`write_tokens`] for sessions that are locked, with their audit entries.
async fn write_all_tokens<L: Link>(link: &mut L, orders: &[&RotateSession]) -> Result<Vec<bool>, SqlError> {
    let ips: Vec<_> = orders.iter().map(|order| ip_of(&order.session)).collect();
    let params = orders.iter().zip(&ips);
    let params: Vec<_> = params
        .map(|(order, ip)| token_params(&order.session, order.from, ip))
        .collect();
    let changed = link.execute_each(&WRITE_TOKENS, &params).await?;
    let written: Vec<_> = changed.into_iter().map(|changed| changed > 0).collect();
    let done = orders.iter().zip(&written).filter(|(_, written)| **written);
    let done: Vec<_> = done.map(|(order, _)| order).collect();
    let bounds: Vec<_> = done
        .iter()
        .map(|order| {
            let bound = Value::from(rounded_end(order.session.idle_expires_at));
            [bound, (&order.session.id).into(), bound]
        })
        .collect();
    link.execute_each(&MOVE_BOUND, &bounds).await?;
    let audits: Vec<_> = done.iter().map(|order| order.audit.clone()).collect();
    insert_audits(link, &audits).await?;
    Ok(written)
}

pub(super) static WRITE_LIVES: Statement = Statement::new(
    "UPDATE sessions SET expires_at = ?, idle_expires_at = ?, live_until = ?, ends_by = ?, access_ttl = ?, \
     refresh_ttl = ?, idle_ttl = ?, absolute_ttl = ?, claims = ?, \
     access_expires_at = CASE WHEN generation = ? THEN ? ELSE access_expires_at END \
     WHERE session_id = ? AND state = 'active'",
);

impl Operation for ChangeSession {
    type Answer = Option<LogRow>;
    const NAME: &'static str = "change a session";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<LogRow>, SqlError> {
        let session = &self.session;
        let Some(stored) = lock_session(tx.link, &session.id).await? else {
            return Ok(None);
        };
        let cut = newest_cut(tx.link, &stored.subject).await?;
        if !stored.is_live(cut, self.audit.at) {
            return Ok(None);
        }
        write_lives(tx.link, session).await?;
        insert_audit(tx.link, &self.audit).await?;
        Ok(Some(say_stale(tx, session.id, &self.audit).await?))
    }
}

/// Says in the log that what is cached of a session is stale.
pub(super) async fn say_stale<L: Link>(
    tx: &mut Tx<'_, L>,
    id: SessionId,
    audit: &AuditEntry,
) -> Result<LogRow, SqlError> {
    tx.append(Entry {
        kind: LogKind::StaleSession(id),
        at: audit.at,
        reason: RevocationReason::Revoked,
        actor: &audit.actor.to_text(),
    })
    .await
}

async fn write_lives<L: Link>(link: &mut L, session: &Session) -> Result<(), SqlError> {
    let lives = &session.lives;
    link.change_one(
        &WRITE_LIVES,
        &[
            session.expires_at.into(),
            session.idle_expires_at.into(),
            live_until(session).into(),
            ends_by(session).into(),
            Value::millis(lives.access_ttl),
            lives.refresh_ttl.map_or(Value::Null, Value::millis),
            Value::millis(lives.idle_timeout),
            Value::millis(lives.absolute_timeout),
            session.claims.as_json().into(),
            session.tokens.generation.0.into(),
            session.tokens.access.expires_at.into(),
            (&session.id).into(),
        ],
    )
    .await
}
