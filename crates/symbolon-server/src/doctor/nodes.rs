use serde_json::Value as Json;

use super::Patient;
use super::finding::{About, Finding};
use crate::messages::doctor as text;
use crate::transport::{Call, Server};

/// Nodes that are silent and may go on without the store: no time ends the wait for them, so that each revocation is
/// effective on the node that made it alone. Nothing is said where the server cannot be asked.
pub(super) async fn check(patient: &Patient<'_>, server: Option<&Server>) -> Vec<Finding> {
    let Some(server) = server else {
        return Vec::new();
    };
    let asked = async { server.call(Call::get("/v1/admin/nodes")).await?.success() };
    let Ok(nodes) = asked.await else {
        return Vec::new();
    };
    let items = nodes["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let awaited = items
        .iter()
        .filter(|node| node["may_fall_back"] == Json::Bool(true) && node["state"] == "silent");
    let about = About::new("nodes", patient.locale);
    awaited.map(|node| finding(about, node)).collect()
}

fn finding(about: About, node: &Json) -> Finding {
    let word = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let seconds = node["silent_for_ms"].as_u64().unwrap_or_default() / 1_000;
    about.warn(
        text::NODES_AWAITED,
        text::NODES_EVICT,
        &[
            ("node", &word("node")),
            ("incarnation", &word("incarnation")),
            ("seconds", &seconds),
        ],
    )
}
