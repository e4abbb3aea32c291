//! Bans as operators send and read them.

use serde::{Deserialize, Serialize};
use symbolon::ban::{Ban, BanNote};
use symbolon::clock::Timestamp;

use crate::bodies::instant::Rfc3339;
use crate::problem::Problem;
use crate::refusal::bad_name;

/// A ban to make, or the new end and note of one that is in force.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBan)]
pub(super) struct NewBanBody {
    /// When it ends by itself; left out: never.
    #[serde(default)]
    until: Option<Rfc3339>,
    /// Why, for those who read the list later. The subject never sees it.
    #[schema(min_length = 1, max_length = 1000, example = "sells stolen goods, case 4711")]
    note: String,
}

impl NewBanBody {
    /// The end and the note.
    ///
    /// # Errors
    /// 400 when the end is not to come, or the note is none.
    pub(super) fn read(self, now: Timestamp) -> Result<(Option<Timestamp>, BanNote), Problem> {
        let until = self.until.map(|instant| instant.0);
        if until.is_some_and(|until| until <= now) {
            return Err(Problem::invalid_request("until must be an instant to come"));
        }
        let note = BanNote::new(self.note).map_err(|error| bad_name("note", error))?;
        Ok((until, note))
    }
}

/// A ban.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Ban)]
pub(super) struct BanBody {
    /// Who is banned.
    #[schema(example = "user-1024")]
    subject: String,
    /// Whether it is in force now.
    active: bool,
    /// Since when.
    banned_at: Rfc3339,
    /// When it ends by itself; null: never.
    until: Option<Rfc3339>,
    /// Why.
    note: String,
    /// Who did it.
    #[schema(example = "subject:root")]
    banned_by: String,
    /// When somebody ended it; null: nobody has.
    lifted_at: Option<Rfc3339>,
    /// Who ended it.
    lifted_by: Option<String>,
    /// The position in the revocation log of the end of its sessions.
    seq: u64,
}

impl BanBody {
    /// The ban as it stands at `now`.
    pub(super) fn of(ban: Ban, now: Timestamp) -> Self {
        let (lifted_at, lifted_by) = match &ban.lifted {
            Some(lifted) => (Some(Rfc3339(lifted.at)), Some(lifted.by.clone())),
            None => (None, None),
        };
        Self {
            active: ban.is_in_force(now),
            subject: ban.subject.as_str().to_owned(),
            banned_at: Rfc3339(ban.banned_at),
            until: ban.until.map(Rfc3339),
            note: ban.note.as_str().to_owned(),
            banned_by: ban.banned_by,
            lifted_at,
            lifted_by,
            seq: ban.seq.0,
        }
    }
}

/// Some bans of the list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BanPage)]
pub(super) struct BanPage {
    /// The bans.
    pub(super) items: Vec<BanBody>,
    /// The `cursor` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// What became of a ban that was to be lifted.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BanLifted)]
pub(super) struct LiftedBody {
    /// Whether it was lifted; `false`: the subject is not banned.
    pub(super) lifted: bool,
}
