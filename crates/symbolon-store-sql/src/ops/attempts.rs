//! The throttle's counters.

use symbolon_core::clock::Timestamp;
use symbolon_core::throttle::{Attempts, ThrottleKey};

use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};

/// Reads a counter.
pub(crate) struct FindAttempts(pub(crate) ThrottleKey);

/// Sets a counter from what was seen to the next value.
pub(crate) struct ReserveAttempt {
    /// Which.
    pub(crate) key: ThrottleKey,
    /// What was seen.
    pub(crate) seen: Attempts,
    /// What it is to be.
    pub(crate) next: Attempts,
    /// When.
    pub(crate) at: Timestamp,
}

static READ_ATTEMPTS: Statement =
    Statement::new("SELECT fails, next_try_at FROM throttle WHERE throttle_key = ?");
static MOVE_ATTEMPTS: Statement = Statement::new(
    "UPDATE throttle SET fails = ?, next_try_at = ?, updated_at = ? \
     WHERE throttle_key = ? AND fails = ? AND next_try_at = ?",
);
static FIRST_ATTEMPT: Statement = Statement::new(
    "INSERT {ignore} INTO throttle (throttle_key, fails, next_try_at, updated_at) VALUES (?, ?, ?, ?) {or_ignore}",
);
static CLEAR_ATTEMPTS: Statement = Statement::new("DELETE FROM throttle WHERE throttle_key = ?");

/// Clears a counter: one that is not there is zero.
pub(super) async fn clear_attempts<L: Link>(link: &mut L, key: ThrottleKey) -> Result<(), SqlError> {
    link.execute(&CLEAR_ATTEMPTS, &[(&key.0).into()]).await?;
    Ok(())
}

impl Operation for FindAttempts {
    type Answer = Attempts;
    const NAME: &'static str = "read a counter of failed attempts";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Attempts, SqlError> {
        let found = tx
            .link
            .find(&READ_ATTEMPTS, &[(&self.0.0).into()], read_attempts)
            .await?;
        Ok(found.unwrap_or_default())
    }
}

fn read_attempts(fields: &mut Fields<'_>) -> Result<Attempts, SqlError> {
    Ok(Attempts {
        failures: fields.small("fails")?,
        next_try_at: fields.instant("next_try_at")?,
    })
}

impl Operation for ReserveAttempt {
    type Answer = bool;
    const NAME: &'static str = "count an attempt";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let key = &self.key.0;
        let (seen, next) = (self.seen, self.next);
        let moved = tx
            .link
            .execute(
                &MOVE_ATTEMPTS,
                &[
                    next.failures.into(),
                    next.next_try_at.into(),
                    self.at.into(),
                    key.into(),
                    seen.failures.into(),
                    seen.next_try_at.into(),
                ],
            )
            .await?;
        if moved > 0 || seen != Attempts::default() {
            return Ok(moved > 0);
        }
        let made = tx
            .link
            .execute(
                &FIRST_ATTEMPT,
                &[
                    key.into(),
                    next.failures.into(),
                    next.next_try_at.into(),
                    self.at.into(),
                ],
            )
            .await?;
        Ok(made > 0)
    }
}
