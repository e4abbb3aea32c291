//! Bans.

use redis::Value;
use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::Ban;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{BanStore, BanSubject, Banned, ListBans, StoreError};
use symbolon_core::subject::SubjectId;

use super::fault::Fault;
use super::handle::RedisStore;
use super::record::audit::add_audit;
use super::record::ban::read_ban;
use super::reply::{flag, list, number, tuple};
use super::script::{Call, Script, script};
use super::sessions::WITHOUT_END;

static BAN: Script =
    script!("ban a subject": "base" "log" "audit" "sessions" "alive" "cuts" "bans" "ban_subject");
static LIFT: Script = script!("lift a ban": "base" "audit" "bans" "lift_ban");
static LIST: Script = script!("list bans": "base" "bans" "list_bans");

impl BanStore for RedisStore {
    async fn ban_subject(&self, ban: BanSubject) -> Result<Banned, StoreError> {
        let mut call = Call::of(&BAN);
        add_audit(&mut call, &ban.audit);
        call.arg(ban.subject.as_str())
            .text(ban.until.unwrap_or(WITHOUT_END).0)
            .maybe_text(ban.until.map(|until| until.0))
            .arg(ban.note.as_str());
        let (answer, _) = self.change(call).await?;
        read_banned(answer).map_err(|fault| fault.in_step(BAN.does))
    }

    async fn lift_ban(&self, subject: SubjectId, audit: AuditEntry) -> Result<bool, StoreError> {
        let mut call = Call::of(&LIFT);
        add_audit(&mut call, &audit);
        call.arg(subject.as_str());
        let lifted = self.ask_at_length(&call).await?;
        flag(&lifted).map_err(|fault| fault.in_step(LIFT.does))
    }

    async fn list_bans(&self, listed: ListBans) -> Result<Vec<Ban>, StoreError> {
        let mut call = Call::of(&LIST);
        // One that ends at that instant is not in force.
        let ends_from = listed.in_force_at.map(|at| at.0.saturating_add(1));
        call.maybe_text(ends_from)
            .maybe_text(listed.after.map(|after| after.ends_at.0))
            .maybe_text(listed.after.map(|after| after.seq.0))
            .text(listed.limit);
        let found = self.ask(&call).await?;
        let read = list(found).and_then(|all| all.into_iter().map(read_ban).collect());
        read.map_err(|fault| fault.in_step(LIST.does))
    }
}

fn read_banned(answer: Value) -> Result<Banned, Fault> {
    let [seq, already, count] = tuple(answer)?;
    Ok(Banned {
        seq: RevocationSeq(number(seq)?),
        already: flag(&already)?,
        count: number(count)?,
    })
}
