//! The nodes that share the store.

use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use symbolon::SeenMember;
use symbolon::member::Incarnation;

use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::instant::Rfc3339;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::AdminJson;
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::routes::in_path::InPath;

/// All nodes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Nodes)]
pub(crate) struct NodesBody {
    /// The oldest position of the log that every node which is not evicted has applied; left out without nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by_all: Option<u64>,
    /// The nodes; none where the store is one node's own.
    items: Vec<NodeBody>,
}

/// A node that shares the store.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeBody {
    /// What operators call it (`node.name`).
    #[schema(example = "web-1-5000")]
    node: String,
    /// Which start of it.
    #[schema(example = "00016162636465666768696a6b6cfeff")]
    incarnation: String,
    /// It is the node that answers.
    #[serde(rename = "self")]
    is_self: bool,
    /// `active`; `silent`: no heartbeat was seen for longer than its lease, so it answers nothing from memory;
    /// `evicted`: nobody waits for it any more.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// Where it listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// How long it may answer from memory after a heartbeat, in milliseconds.
    lease_ms: u64,
    /// Its memory holds every row of the revocation log up to here.
    applied: u64,
    /// How many heartbeats it has made.
    heartbeats: u64,
    /// When it made the last one, by its own clock.
    seen_at: Rfc3339,
    /// For how long the node that answers has seen no new heartbeat of it, in milliseconds; left out where it has not
    /// watched it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_for_ms: Option<u64>,
    /// It may go on without the store: no time that passes shows that it has stopped.
    may_fall_back: bool,
}

/// What became of a node.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Evicted)]
pub(crate) struct EvictedBody {
    /// Nobody waits for it any more.
    evicted: bool,
}

/// List the nodes.
///
/// Each with its lease and its position in the revocation log. A node that was evicted is kept for a while.
#[utoipa::path(
    get, path = "/v1/admin/nodes", tag = tag::OPERATORS,
    responses((status = 200, description = "All of them", body = NodesBody)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_nodes(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<NodesBody>, Problem> {
    known(query.as_deref(), [])?;
    let members = app.symbolon().members().await;
    let members = members.map_err(|error| app.undecided(error))?;
    let there = members.iter().filter(|seen| !seen.member.evicted);
    Ok(Json(NodesBody {
        applied_by_all: there.map(|seen| seen.member.applied.0).min(),
        items: members.iter().map(NodeBody::from).collect(),
    }))
}

/// Evict a node.
///
/// Nobody waits for it any more: revocations are effective at once again. It is done by itself when a node has been
/// silent for as long as a revocation waits. Before that, and for one that may go on without the store, it takes the
/// word of an operator who has seen that its process is gone (`checked=true`): a node that still runs would go on
/// accepting what is revoked until its lease is over. A node that was evicted and runs joins anew by itself.
#[utoipa::path(
    delete, path = "/v1/admin/nodes/{incarnation}", tag = tag::OPERATORS,
    params(
        ("incarnation" = String, Path, description = "Its `incarnation`", example = "00016162636465666768696a6b6cfeff"),
        ("checked" = Option<bool>, Query, description = "`true`: its process is gone, somebody has looked"),
    ),
    responses(
        (status = 200, description = "It is evicted", body = EvictedBody),
        (status = 404, description = "there is no node of that incarnation"),
        (status = 409, description = "`conflict`: it has made a heartbeat, or may go on without the store"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn evict_node(
    State(app): State<App>,
    _caller: Allowed<Admin>,
    InPath(text): InPath,
    RawQuery(query): RawQuery,
    _body: Option<AdminJson<Nothing>>,
) -> Result<Json<EvictedBody>, Problem> {
    let [checked] = known(query.as_deref(), ["checked"])?;
    let checked = match checked.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid_request("checked must be true or false")),
    };
    let incarnation = Incarnation::parse(&text).ok_or_else(no_node)?;
    let members = app.symbolon().members().await;
    let members = members.map_err(|error| app.undecided(error))?;
    let of_it = |seen: &&SeenMember| seen.member.incarnation == incarnation;
    let seen = members.iter().find(of_it).ok_or_else(no_node)?;
    may_evict(seen, checked)?;
    let evicted = seen.member.evicted || {
        let done = app.symbolon().evict_member(incarnation).await;
        done.map_err(|error| app.undecided(error))?
    };
    match evicted {
        true => Ok(Json(EvictedBody { evicted })),
        false => Err(Problem::conflict("it has just made a heartbeat: it lives")),
    }
}

/// Whether nobody could be hurt, or somebody has looked.
fn may_evict(seen: &SeenMember, checked: bool) -> Result<(), Problem> {
    if checked || seen.member.evicted {
        return Ok(());
    }
    if seen.is_self {
        return Err(Problem::conflict("it is the node that answers: it lives"));
    }
    if seen.member.may_fall_back {
        return Err(Problem::conflict(
            "it may go on without the store: look that its process is gone, then give checked=true (--i-checked)",
        ));
    }
    match is_silent(seen) {
        true => Ok(()),
        false => Err(Problem::conflict(
            "its lease may still hold: look that its process is gone, then give checked=true (--i-checked)",
        )),
    }
}

/// Whether its lease is over, by its own clock and by ours.
fn is_silent(seen: &SeenMember) -> bool {
    let longest = seen.member.lease.mul_f64(1.25).saturating_add(MARGIN);
    !seen.is_self && seen.silent.is_some_and(|silent| silent >= longest)
}

/// What a revocation waits beyond the lease of a node by the slower of two clocks.
const MARGIN: Duration = Duration::from_millis(100);

fn no_node() -> Problem {
    Problem::not_found("there is no node of that incarnation")
}

impl From<&SeenMember> for NodeBody {
    fn from(seen: &SeenMember) -> Self {
        let member = &seen.member;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            node: member.node.as_str().to_owned(),
            incarnation: member.incarnation.to_string(),
            is_self: seen.is_self,
            state: match member.evicted {
                true => "evicted",
                false if is_silent(seen) => "silent",
                false => "active",
            },
            address: member.addr.clone(),
            lease_ms: millis(member.lease),
            applied: member.applied.0,
            heartbeats: member.beat,
            seen_at: Rfc3339(member.seen_at),
            silent_for_ms: seen.silent.map(millis),
            may_fall_back: member.may_fall_back,
        }
    }
}

#[cfg(test)]
mod tests {
    use symbolon::clock::Timestamp;
    use symbolon::member::{Member, NodeName};
    use symbolon::revocation::RevocationSeq;

    use super::*;

    fn seen(silent: Option<u64>) -> SeenMember {
        SeenMember {
            member: Member {
                node: NodeName::new("web-1").unwrap(),
                incarnation: Incarnation::from_bytes([7; 16]),
                lease: Duration::from_secs(10),
                beat: 3,
                applied: RevocationSeq(9),
                evicted: false,
                may_fall_back: false,
                addr: None,
                seen_at: Timestamp(0),
            },
            is_self: false,
            silent: silent.map(Duration::from_millis),
        }
    }

    fn refusal(seen: &SeenMember, checked: bool) -> Option<String> {
        may_evict(seen, checked)
            .err()
            .map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_node_is_evicted_when_its_lease_is_over_for_sure_or_somebody_has_looked() {
        let doubtful =
            "its lease may still hold: look that its process is gone, then give checked=true (--i-checked)";
        for silent in [None, Some(0), Some(12_599)] {
            assert_eq!(refusal(&seen(silent), false).as_deref(), Some(doubtful));
            assert_eq!(refusal(&seen(silent), true), None);
        }
        assert_eq!(refusal(&seen(Some(12_600)), false), None);
        let mut falls_back = seen(Some(3_600_000));
        falls_back.member.may_fall_back = true;
        assert!(refusal(&falls_back, false).unwrap().contains("without the store"));
        assert_eq!(refusal(&falls_back, true), None);
        let mut own = seen(Some(0));
        own.is_self = true;
        assert_eq!(
            refusal(&own, false).as_deref(),
            Some("it is the node that answers: it lives")
        );
    }

    #[test]
    fn a_node_is_told_with_its_lease_and_its_position() {
        let body = serde_json::to_value(NodeBody::from(&seen(Some(12_600)))).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "node": "web-1", "incarnation": "07".repeat(16), "self": false, "state": "silent", "lease_ms": 10_000,
                "applied": 9, "heartbeats": 3, "seen_at": "1970-01-01T00:00:00.000Z", "silent_for_ms": 12_600,
                "may_fall_back": false,
            })
        );
        assert_eq!(NodeBody::from(&seen(None)).state, "active");
    }
}
