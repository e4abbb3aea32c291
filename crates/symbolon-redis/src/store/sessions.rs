//! Sessions and their endings.

use redis::Value;
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{KEEP_MAX, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    Activity, ChangeSession, ConfirmSession, CutDone, CutSubject, FoundSession, InsertSession, Inserted,
    ListSessions, RevokeSession, Revoked, RotateSession, SessionStore, StoreError, SuccessorUse,
};
use symbolon_core::throttle::ThrottleKey;

use super::fault::Fault;
use super::handle::RedisStore;
use super::record::audit::add_audit;
use super::record::cut::read_end;
use super::record::session::{add_tokens, ended_at, pack_lives, pack_session, read_found, ttl};
use super::reply::{flag, list, maybe, number, parse, text, tuple};
use super::script::{Call, Script, script};

static INSERT: Script = script!(
    "begin a session": "base" "log" "audit" "attempts" "sessions" "alive" "ends" "insert_session"
)
.taking_many();
static FIND: Script = script!("read a session": "base" "sessions" "found" "find_session");
static FIND_ALL: Script = script!("read sessions": "base" "sessions" "found" "find_sessions");
static LIST: Script = script!("list a subject's sessions": "base" "sessions" "alive" "found" "list_sessions");
static ROTATE: Script = script!(
    "rotate a session's tokens": "base" "audit" "sessions" "alive" "tokens" "commit_rotation"
);
static CONFIRM: Script = script!(
    "confirm a session": "base" "log" "audit" "attempts" "sessions" "alive" "tokens" "confirm_session"
);
static CHANGE: Script = script!("change a session": "base" "log" "audit" "sessions" "alive" "change_session");
static REVOKE: Script =
    script!("end a session": "base" "log" "audit" "sessions" "alive" "ends" "revoke_session");
static CUT: Script =
    script!("end a subject's sessions": "base" "log" "audit" "sessions" "alive" "cuts" "cut_subject");
static CUT_KIND: Script =
    script!("end a subject's sessions": "base" "log" "audit" "sessions" "alive" "ends" "cut_kind");
static CUT_ALL: Script =
    script!("end everyone's sessions": "base" "log" "audit" "sessions" "alive" "cuts" "cut_everyone");
static RECORD: Script = script!("record uses of sessions": "base" "sessions" "alive" "record_activity");
static MARK: Script = script!("record first uses of pairs": "base" "sessions" "alive" "mark_used");
static WIPE: Script = script!("forget nonces": "base" "sessions" "alive" "wipe_nonces");
static AUDIT: Script = script!("write audit entries": "base" "audit" "record_audit");

/// How many sessions one script reads or writes at the most: Redis does nothing else meanwhile.
const PER_SCRIPT_MAX: usize = 250;

/// The end of a ban that has none, as it is kept.
pub(super) const WITHOUT_END: Timestamp = Timestamp(i64::MAX);

impl SessionStore for RedisStore {
    async fn insert_session(&self, insert: InsertSession) -> Result<Inserted, StoreError> {
        let call = self
            .insert_call(&insert)
            .map_err(|fault| fault.in_step(INSERT.does))?;
        let (answer, ended) = self.begin(call).await?;
        read_inserted(answer, ended).map_err(|fault| fault.in_step(INSERT.does))
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<FoundSession>, StoreError> {
        let mut call = Call::of(&FIND);
        call.text(id);
        let found = self.ask(&call).await?;
        maybe(found, read_found).map_err(|fault| fault.in_step(FIND.does))
    }

    async fn find_sessions(&self, ids: Vec<SessionId>) -> Result<Vec<Option<FoundSession>>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(PER_SCRIPT_MAX) {
            let mut call = Call::of(&FIND_ALL);
            for id in some {
                call.text(id);
            }
            let answer = self.ask(&call).await?;
            let read =
                list(answer).and_then(|all| all.into_iter().map(|one| maybe(one, read_found)).collect());
            let read: Vec<_> = read.map_err(|fault| fault.in_step(FIND_ALL.does))?;
            found.extend(read);
        }
        Ok(found)
    }

    async fn commit_rotation(&self, rotate: RotateSession) -> Result<bool, StoreError> {
        let mut call = Call::of(&ROTATE);
        let added = add_tokens(&mut call, &rotate.session, rotate.from);
        added.map_err(|fault| fault.in_step(ROTATE.does))?;
        add_audit(&mut call, &rotate.audit);
        let written = self.ask_at_length(&call).await?;
        flag(&written).map_err(|fault| fault.in_step(ROTATE.does))
    }

    async fn confirm_session(&self, confirm: ConfirmSession) -> Result<Option<LogRow>, StoreError> {
        let mut call = Call::of(&CONFIRM);
        let added = add_tokens(&mut call, &confirm.session, confirm.from);
        added.map_err(|fault| fault.in_step(CONFIRM.does))?;
        add_audit(&mut call, &confirm.audit);
        call.text(confirm.session.authenticated_at.0)
            .arg(throttle_name(confirm.clear_attempts));
        let (_, mut rows) = self.change(call).await?;
        Ok(rows.pop())
    }

    async fn revoke_session(&self, revoke: RevokeSession) -> Result<Revoked, StoreError> {
        let mut call = Call::of(&REVOKE);
        add_audit(&mut call, &revoke.audit);
        call.text(revoke.id).arg(revoke.reason.as_str());
        let (answer, rows) = self.change(call).await?;
        read_revoked(answer, rows).map_err(|fault| fault.in_step(REVOKE.does))
    }

    async fn cut_subject(&self, cut: CutSubject) -> Result<CutDone, StoreError> {
        if let Some(kind) = &cut.device_kind {
            return self.cut_kind(&cut, kind).await;
        }
        let mut call = Call::of(&CUT);
        add_audit(&mut call, &cut.audit);
        call.arg(cut.subject.as_str()).arg(cut.reason.as_str());
        let mut keep = cut.keep;
        keep.sort_unstable();
        keep.dedup();
        for id in keep.iter().take(KEEP_MAX) {
            call.text(id);
        }
        let (count, rows) = self.change(call).await?;
        let count = number(count).map_err(|fault| fault.in_step(CUT.does))?;
        Ok(CutDone { rows, count })
    }

    async fn cut_everyone(&self, reason: RevocationReason, audit: AuditEntry) -> Result<CutDone, StoreError> {
        let mut call = Call::of(&CUT_ALL);
        add_audit(&mut call, &audit);
        call.arg(reason.as_str());
        let (count, rows) = self.change(call).await?;
        let count = number(count).map_err(|fault| fault.in_step(CUT_ALL.does))?;
        Ok(CutDone { rows, count })
    }

    async fn change_session(&self, change: ChangeSession) -> Result<Option<LogRow>, StoreError> {
        let session = &change.session;
        let lives = pack_lives(session).map_err(|fault| fault.in_step(CHANGE.does))?;
        let mut call = Call::of(&CHANGE);
        add_audit(&mut call, &change.audit);
        call.text(session.id)
            .text(session.expires_at.0)
            .text(session.idle_expires_at.0)
            .arg(lives)
            .text(session.tokens.generation.0)
            .text(session.tokens.access.expires_at.0)
            .text(ttl(session, change.audit.at, self.keep_ended()));
        let (_, mut rows) = self.change(call).await?;
        Ok(rows.pop())
    }

    async fn list_sessions(&self, list: ListSessions) -> Result<Vec<FoundSession>, StoreError> {
        let mut page = Vec::new();
        let (mut before, mut left) = (list.before.map(|id| id.to_string()), list.limit as usize);
        while left > 0 {
            let wanted = left.min(PER_SCRIPT_MAX);
            let mut call = Call::of(&LIST);
            call.arg(list.subject.as_str())
                .maybe_text(list.live_at.map(|at| at.0))
                .maybe(before.as_ref())
                .text(wanted);
            let answer = self.ask(&call).await?;
            let (found, more) = read_page(answer).map_err(|fault| fault.in_step(LIST.does))?;
            left = left.saturating_sub(found.len());
            let last = found.last().map(|last| last.session.id.to_string());
            before = more.or(last.filter(|_| found.len() == wanted));
            page.extend(found);
            if before.is_none() {
                break;
            }
        }
        Ok(page)
    }

    async fn record_activity(&self, uses: Vec<Activity>) -> Result<(), StoreError> {
        for some in uses.chunks(PER_SCRIPT_MAX) {
            let mut call = Call::of(&RECORD);
            for used in some {
                call.text(used.session_id)
                    .text(used.seen_at.0)
                    .text(used.idle_expires_at.0);
            }
            self.ask_at_length(&call).await?;
        }
        Ok(())
    }

    async fn mark_successors_used(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        for some in uses.chunks(PER_SCRIPT_MAX) {
            let mut call = Call::of(&MARK);
            for used in some {
                call.text(used.session_id)
                    .text(used.generation.0)
                    .text(used.used_at.0);
            }
            self.ask_at_length(&call).await?;
        }
        Ok(())
    }

    async fn wipe_nonces(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        for some in uses.chunks(PER_SCRIPT_MAX) {
            let mut call = Call::of(&WIPE);
            for used in some {
                call.text(used.session_id).text(used.generation.0);
            }
            self.ask_at_length(&call).await?;
        }
        Ok(())
    }

    async fn record_audit(&self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        for some in entries.chunks(PER_SCRIPT_MAX) {
            let mut call = Call::of(&AUDIT);
            for entry in some {
                add_audit(&mut call, entry);
            }
            self.ask_at_length(&call).await?;
        }
        Ok(())
    }
}

impl RedisStore {
    fn insert_call(&self, insert: &InsertSession) -> Result<Call, Fault> {
        let session = &insert.session;
        let mut call = Call::of(&INSERT);
        add_audit(&mut call, &insert.audit);
        call.text(session.id)
            .arg(session.subject.as_str())
            .text(session.created_at.0)
            .text(insert.per_subject_max)
            .text(u8::from(insert.on_max == OnMax::ReplaceOldest))
            .maybe_text(insert.credential_epoch.map(|epoch| epoch.0))
            .maybe(insert.clear_attempts.map(throttle_name))
            .maybe_text(insert.replaces)
            .text(session.idle_expires_at.min(session.expires_at).0)
            .maybe_text(ended_at(session.state).map(|at| at.0))
            .text(ttl(session, session.created_at, self.keep_ended()))
            .arg(pack_session(session)?);
        Ok(call)
    }

    /// Ends the sessions of one kind of device, some in each step.
    async fn cut_kind(&self, cut: &CutSubject, kind: &str) -> Result<CutDone, StoreError> {
        let mut done = CutDone {
            rows: Vec::new(),
            count: 0,
        };
        let mut after: Option<String> = None;
        loop {
            let mut call = Call::of(&CUT_KIND);
            add_audit(&mut call, &cut.audit);
            call.arg(cut.subject.as_str())
                .arg(cut.reason.as_str())
                .arg(kind)
                .maybe(after.as_ref())
                .text(u8::from(done.rows.is_empty()));
            for id in &cut.keep {
                call.text(id);
            }
            let (answer, rows) = self.change(call).await?;
            done.count += rows.len() as u64;
            done.rows.extend(rows);
            let more = tuple(answer).and_then(|[more, _count]| maybe(more, text));
            after = more.map_err(|fault| fault.in_step(CUT_KIND.does))?;
            if after.is_none() {
                return Ok(done);
            }
        }
    }
}

/// What a counter of the throttle is called.
pub(super) fn throttle_name(key: ThrottleKey) -> String {
    super::identity::hex(&key.0)
}

fn read_inserted(answer: Value, ended: Vec<LogRow>) -> Result<Inserted, Fault> {
    let words: Result<Vec<String>, Fault> = list(answer)?.into_iter().map(text).collect();
    let words = words?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["done", epoch] => Ok(Inserted::Done {
            epoch: RevocationSeq(parse(epoch)?),
            ended,
        }),
        ["full"] => Ok(Inserted::LimitReached),
        ["stale"] => Ok(Inserted::CredentialStale),
        ["banned", until] => {
            let until = Timestamp(parse(until)?);
            Ok(Inserted::Banned {
                until: (until != WITHOUT_END).then_some(until),
            })
        }
        _ => Err(Fault::Damaged(format!("the answer is {words:?}"))),
    }
}

fn read_revoked(answer: Value, mut rows: Vec<LogRow>) -> Result<Revoked, Fault> {
    if let Some(row) = rows.pop() {
        return Ok(Revoked::Done(row));
    }
    let words: Result<Vec<String>, Fault> = list(answer)?.into_iter().map(text).collect();
    match &words?[..] {
        [already, end] if already == "already" => {
            let end = read_end(end)?;
            Ok(Revoked::Already {
                seq: end.seq,
                at: end.at,
                reason: end.reason,
            })
        }
        [unknown] if unknown == "unknown" => Ok(Revoked::Unknown),
        other => Err(Fault::Damaged(format!("the answer is {other:?}"))),
    }
}

/// Reads a page, and after which session to go on if it is not whole.
fn read_page(answer: Value) -> Result<(Vec<FoundSession>, Option<String>), Fault> {
    let [page, more] = tuple(answer)?;
    let found: Result<Vec<_>, _> = list(page)?.into_iter().map(read_found).collect();
    Ok((found?, maybe(more, text)?))
}
