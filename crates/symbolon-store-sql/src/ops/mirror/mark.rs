//! The mark of a mirror: single facts in `meta`.

use std::collections::BTreeMap;

use symbolon_core::member::Incarnation;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{MarkChange, MirrorMark};

use crate::hex::{hex, unhex};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};

const ALONE: &str = "mirror_alone";
const AWAY: &str = "mirror_away";
const POSITION: &str = "mirror_position";
const ANCHOR: &str = "mirror_anchor";
const PUSHED: &str = "mirror_pushed";
const RESTORING: &str = "mirror_restoring";
const INCARNATIONS: &str = "mirror_incarnations";
const CLUSTER: &str = "mirror_cluster_id";
const YES: &str = "yes";

/// Reads the mark.
pub(crate) struct ReadMark;
/// Changes the mark.
pub(crate) struct ChangeMark(pub(crate) MarkChange);

static READ: Statement = Statement::new("SELECT k, v FROM meta WHERE k >= 'mirror_' AND k < 'mirror`'");
static READ_ONE: Statement = Statement::new("SELECT v FROM meta WHERE k = ?");
static REMOVE: Statement = Statement::new("DELETE FROM meta WHERE k = ?");
static WRITE: Statement = Statement::new("INSERT INTO meta (k, v) VALUES (?, ?)");

impl Operation for ReadMark {
    type Answer = MirrorMark;
    const NAME: &'static str = "read the mirror's mark";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<MirrorMark, SqlError> {
        let read = tx.link.query(&READ, &[], |fields| {
            Ok((fields.text("k")?.to_owned(), fields.text("v")?.to_owned()))
        });
        let found: BTreeMap<_, _> = read.await?.into_iter().collect();
        let is = |key: &str| found.get(key).is_some_and(|value| value == YES);
        let bad = |key: &str| SqlError::Damaged(format!("{key} cannot be read"));
        let seq = |key: &str| match found.get(key) {
            Some(text) => text.parse().map(RevocationSeq).map_err(|_| bad(key)),
            None => Ok(RevocationSeq::ZERO),
        };
        let words = found.get(INCARNATIONS).map(String::as_str).unwrap_or_default();
        let incarnations = words.split_whitespace().map(Incarnation::parse);
        let cluster_id = match found.get(CLUSTER) {
            Some(text) => Some(unhex(text).ok_or_else(|| bad(CLUSTER))?),
            None => None,
        };
        let anchor = match found.get(ANCHOR) {
            Some(text) => Some(read_row(text).ok_or_else(|| bad(ANCHOR))?),
            None => None,
        };
        Ok(MirrorMark {
            alone: is(ALONE),
            away: is(AWAY),
            position: seq(POSITION)?,
            anchor,
            pushed: seq(PUSHED)?,
            restoring: is(RESTORING),
            incarnations: incarnations
                .collect::<Option<_>>()
                .ok_or_else(|| bad(INCARNATIONS))?,
            cluster_id,
        })
    }
}

impl Operation for ChangeMark {
    type Answer = ();
    const NAME: &'static str = "change the mirror's mark";
    // What is acknowledged elsewhere stands here first: it gets through a flood of log-ins.
    const LANE: Lane = Lane::Revoke;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        let MarkChange {
            alone,
            position,
            anchor,
            pushed,
            restoring,
            incarnations,
            cluster_id,
        } = &self.0;
        if let Some(alone) = alone {
            set(tx.link, ALONE, word(*alone)).await?;
        }
        if let Some(position) = position {
            raise_position(tx.link, *position).await?;
        }
        if let Some((seq, id)) = anchor {
            set(tx.link, ANCHOR, &format!("{} {}", seq.0, hex(id))).await?;
        }
        if let Some(pushed) = pushed {
            raise(tx.link, PUSHED, *pushed).await?;
        }
        if let Some(restoring) = restoring {
            set(tx.link, RESTORING, word(*restoring)).await?;
        }
        if let Some(incarnations) = incarnations {
            let names: Vec<_> = incarnations.iter().map(ToString::to_string).collect();
            set(tx.link, INCARNATIONS, &names.join(" ")).await?;
        }
        if let Some(id) = cluster_id {
            set(tx.link, CLUSTER, &hex(id)).await?;
        }
        Ok(())
    }
}

/// A row's position and id.
fn read_row(text: &str) -> Option<(RevocationSeq, [u8; 16])> {
    let (seq, id) = text.split_once(' ')?;
    Some((RevocationSeq(seq.parse().ok()?), unhex(id)?))
}

fn word(yes: bool) -> &'static str {
    if yes { YES } else { "no" }
}

/// Says whether the node is away, in the step that makes it so.
pub(super) async fn set_away<L: Link>(link: &mut L, away: bool) -> Result<(), SqlError> {
    set(link, AWAY, word(away)).await
}

/// Moves the position on, in the step that knows of it.
pub(super) async fn raise_position<L: Link>(link: &mut L, position: RevocationSeq) -> Result<(), SqlError> {
    raise(link, POSITION, position).await
}

async fn raise<L: Link>(link: &mut L, key: &str, seq: RevocationSeq) -> Result<(), SqlError> {
    let params = [key.into()];
    let found = link.find(&READ_ONE, &params, |fields| Ok(fields.text("v")?.to_owned()));
    let before = found.await?.and_then(|text| text.parse().ok()).unwrap_or(0);
    set(link, key, &seq.0.max(before).to_string()).await
}

async fn set<L: Link>(link: &mut L, key: &str, value: &str) -> Result<(), SqlError> {
    link.execute(&REMOVE, &[key.into()]).await?;
    link.change_one(&WRITE, &[key.into(), value.into()]).await
}
