//! Subjects: the newest cut of each, and the row that stands for it when it must be locked.

use std::collections::{BTreeSet, HashMap};

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::Cut;
use symbolon_core::subject::SubjectId;

use crate::link::{Fields, Link, SqlError, Statement, Value};
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
    /// One that had no row.
    const NEW: Self = Self {
        cut: Cut::NONE,
        is_new: true,
        banned_until: None,
    };

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
        return Ok(LockedSubject::NEW);
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

pub(super) static SUBJECT_CUTS: Statement =
    Statement::new("SELECT subject, epoch, epoch_at, epoch_reason FROM subjects WHERE subject IN ({ids})");

/// The newest cut of everyone, and of some subjects.
pub(super) struct Cuts {
    everyone: Cut,
    own: HashMap<String, Cut>,
}

impl Cuts {
    /// The newer of a subject's own and everyone's.
    pub(super) fn of(&self, subject: &SubjectId) -> Cut {
        let own = self.own.get(subject.as_str()).copied();
        self.everyone.newer(own.unwrap_or(Cut::NONE))
    }
}

/// The newest cuts that concern some subjects, without a lock.
pub(super) async fn newest_cuts<'s, L: Link>(
    link: &mut L,
    subjects: impl Iterator<Item = &'s SubjectId>,
) -> Result<Cuts, SqlError> {
    let names: BTreeSet<_> = subjects.map(SubjectId::as_str).collect();
    let keys: Vec<_> = names.into_iter().map(Value::from).collect();
    let own = link.query_in(&SUBJECT_CUTS, &keys, &[], |fields| {
        Ok((fields.text("subject")?.to_owned(), read_cut(fields)?))
    });
    let own = own.await?.into_iter().collect();
    let everyone = global_cut(link).await?;
    Ok(Cuts { everyone, own })
}

pub(super) static LOCK_SUBJECTS: Statement = Statement::new(
    "SELECT subject, epoch, epoch_at, epoch_reason, banned_until FROM subjects \
     WHERE subject IN ({ids}) ORDER BY subject {skip_locked}",
);

static SUBJECTS_THERE: Statement = Statement::new("SELECT subject FROM subjects WHERE subject IN ({ids})");

/// Reads and locks the rows of those subjects that nobody holds, and makes those that are missing.
pub(super) async fn lock_free_subjects(
    link: &mut impl Link,
    subjects: &BTreeSet<&str>,
) -> Result<HashMap<String, LockedSubject>, SqlError> {
    let keys: Vec<_> = subjects.iter().copied().map(Value::from).collect();
    let locked = link.query_in(&LOCK_SUBJECTS, &keys, &[], |fields| {
        Ok((fields.text("subject")?.to_owned(), read_subject(fields)?))
    });
    let mut locked: HashMap<_, _> = locked.await?.into_iter().collect();
    let mut missing: Vec<_> = subjects
        .iter()
        .filter(|name| !locked.contains_key(**name))
        .collect();
    // Those that are there are held by somebody; an engine would wait for him before it ignores an INSERT.
    let keys: Vec<_> = missing.iter().map(|name| Value::from(**name)).collect();
    let there = link.query_in(&SUBJECTS_THERE, &keys, &[], |fields| {
        Ok(fields.text("subject")?.to_owned())
    });
    let there: BTreeSet<_> = there.await?.into_iter().collect();
    missing.retain(|name| !there.contains(**name));
    let params: Vec<_> = missing.iter().map(|name| [Value::from(**name)]).collect();
    let made = link.insert(&MAKE_SUBJECT, &params).await?;
    // Else somebody has just made some of them, and holds them: which, each finds out alone.
    if made == params.len() as u64 {
        let new = missing
            .into_iter()
            .map(|name| ((*name).to_owned(), LockedSubject::NEW));
        locked.extend(new);
    }
    Ok(locked)
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
