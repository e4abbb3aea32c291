//! Subjects: the newest cut of each, and the row that stands for it when it must be locked.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::Cut;
use symbolon_core::subject::SubjectId;

use crate::link::{Fields, Link, SqlError, Statement};
use crate::record::cut::read_cut;

/// The ban that has no end, as it stands in `banned_until`.
pub(super) const WITHOUT_END: Timestamp = Timestamp(i64::MAX);

/// A subject's row, locked.
pub(super) struct LockedSubject {
    /// The subject's own newest cut.
    pub(super) cut: Cut,
    /// It was made by this very step: nothing of the subject was there before.
    pub(super) is_new: bool,
    banned_until: Option<Timestamp>,
}

/// A ban that is in force.
pub(super) struct Ban {
    /// Until when; `None`: without end.
    pub(super) until: Option<Timestamp>,
}

impl LockedSubject {
    /// The ban in force at `now`.
    pub(super) fn ban(&self, now: Timestamp) -> Option<Ban> {
        let until = self.banned_until.filter(|until| now < *until)?;
        Some(Ban {
            until: (until != WITHOUT_END).then_some(until),
        })
    }
}

static READ_SUBJECT: Statement = Statement::new(
    "SELECT epoch, epoch_at, epoch_reason, banned_until FROM subjects WHERE subject = ? {for_update}",
);
static MAKE_SUBJECT: Statement = Statement::new(
    "INSERT {ignore} INTO subjects (subject, epoch, epoch_at, epoch_reason, claims_version) \
     VALUES (?, 0, 0, 'revoked', 0) {or_ignore}",
);

/// Reads and locks a subject's row. A subject that has none gets one, so that there is always a row
/// that a log-in and a cut of the same subject meet at.
pub(super) async fn lock_subject<L: Link>(
    link: &mut L,
    subject: &SubjectId,
) -> Result<LockedSubject, SqlError> {
    let params = [subject.as_str().into()];
    if let Some(found) = link.find(&READ_SUBJECT, &params, read_subject).await? {
        return Ok(found);
    }
    if link.execute(&MAKE_SUBJECT, &params).await? == 1 {
        return Ok(LockedSubject {
            cut: Cut::NONE,
            is_new: true,
            banned_until: None,
        });
    }
    // Somebody else made it between the two.
    link.get(&READ_SUBJECT, &params, read_subject).await
}

fn read_subject(fields: &mut Fields<'_>) -> Result<LockedSubject, SqlError> {
    Ok(LockedSubject {
        cut: read_cut(fields)?,
        is_new: false,
        banned_until: fields.maybe_instant("banned_until")?,
    })
}

static SUBJECT_CUT: Statement =
    Statement::new("SELECT epoch, epoch_at, epoch_reason FROM subjects WHERE subject = ?");
static GLOBAL_CUT: Statement =
    Statement::new("SELECT epoch, epoch_at, epoch_reason FROM global_epoch WHERE one = 1");

/// The newest cut of everyone.
pub(super) async fn global_cut<L: Link>(link: &mut L) -> Result<Cut, SqlError> {
    link.get(&GLOBAL_CUT, &[], read_cut).await
}

/// The newer of a subject's cut and everyone's, without a lock.
pub(super) async fn newest_cut<L: Link>(link: &mut L, subject: &SubjectId) -> Result<Cut, SqlError> {
    let own = link
        .find(&SUBJECT_CUT, &[subject.as_str().into()], read_cut)
        .await?
        .unwrap_or(Cut::NONE);
    Ok(global_cut(link).await?.newer(own))
}

/// The condition, in a change of `sessions`, that no cut has ended the session.
macro_rules! of_newest_epoch {
    () => {
        "epoch >= (SELECT g.epoch FROM global_epoch AS g WHERE g.one = 1) \
         AND NOT EXISTS (SELECT u.subject FROM subjects AS u \
         WHERE u.subject = sessions.subject AND u.epoch > sessions.epoch)"
    };
}
pub(super) use of_newest_epoch;
