use serde_json::{Value as Json, json};

use super::{Desk, field, instant};
use crate::cli::NodeCommand;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::transport::{Call, encoded};

const NODES: &str = "/v1/admin/nodes";

pub(super) async fn run(desk: &Desk<'_>, command: NodeCommand) -> Result<(), Failure> {
    match command {
        NodeCommand::List => list(desk).await,
        NodeCommand::Evict { node, i_checked } => evict(desk, &node, i_checked).await,
    }
}

/// The nodes, but for this process where it is one just for this command.
async fn nodes(desk: &Desk<'_>) -> Result<Vec<Json>, Failure> {
    let mut answer = desk.ask(Call::get(NODES)).await?;
    let mut items = match answer.get_mut("items").map(Json::take) {
        Some(Json::Array(items)) => items,
        _ => Vec::new(),
    };
    if desk.transport.is_in_process() {
        items.retain(|node| node.get("self") != Some(&Json::Bool(true)));
    }
    Ok(items)
}

async fn list(desk: &Desk<'_>) -> Result<(), Failure> {
    let items = nodes(desk).await?;
    let terminal = desk.terminal;
    if terminal.json {
        return terminal.print_json(&json!({ "items": items }));
    }
    if items.is_empty() {
        return terminal.print(text::NONE.get(terminal.locale));
    }
    let rows = items.iter().map(|node| {
        [
            field(node, "node"),
            field(node, "state"),
            field(node, "address"),
            seconds(node, "lease_ms"),
            field(node, "applied"),
            instant(node, "seen_at"),
            field(node, "incarnation"),
        ]
    });
    terminal.print_table(
        [
            "node",
            "state",
            "address",
            "lease",
            "applied",
            "seen",
            "incarnation",
        ],
        rows,
    )
}

async fn evict(desk: &Desk<'_>, name: &str, checked: bool) -> Result<(), Failure> {
    let locale = desk.terminal.locale;
    let items = nodes(desk).await?;
    let is_meant = |node: &&Json| {
        let there = field(node, "state") != "evicted" && field(node, "node") == name;
        there || field(node, "incarnation") == name
    };
    let meant: Vec<String> = items
        .iter()
        .filter(is_meant)
        .map(|node| field(node, "incarnation"))
        .collect();
    let incarnation = match meant.as_slice() {
        [one] => one,
        [] => {
            return Err(Failure::failed(
                text::NODE_UNKNOWN.fill(locale, &[("node", &name)]),
            ));
        }
        several => {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("node", &name), ("which", &several.join(", "))];
            return Err(Failure::usage(text::NODE_SEVERAL.fill(locale, &values)));
        }
    };
    let query = if checked { "?checked=true" } else { "" };
    let call = Call::delete(format!("{NODES}/{}{query}", encoded(incarnation)));
    let answer = desk.ask(call).await?;
    desk.done(&answer, &text::NODE_EVICTED.fill(locale, &[("node", &name)]))
}

/// A time in milliseconds as seconds.
fn seconds(node: &Json, name: &str) -> String {
    let millis = node.get(name).and_then(Json::as_u64).unwrap_or_default();
    format!("{} s", std::time::Duration::from_millis(millis).as_secs_f64())
}
