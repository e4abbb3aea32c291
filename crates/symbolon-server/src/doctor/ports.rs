use std::net::{Ipv4Addr, SocketAddr};

use super::Patient;
use super::finding::{About, Finding};
use crate::compose::ListenerPlan;
use crate::config::url::StoreUrl;
use crate::messages::doctor as text;
use crate::port_holder::{self, Holder};
use crate::transport::Server;

/// Each address that the server would listen at: free, its own, or somebody else's. `server`: the one that answers at the
/// socket.
pub(super) fn check(patient: &Patient<'_>, server: Option<&Server>) -> Vec<Finding> {
    let plans = patient.composition.listeners();
    plans
        .into_iter()
        .map(|plan| port(patient, plan, server))
        .collect()
}

fn port(patient: &Patient<'_>, plan: ListenerPlan, server: Option<&Server>) -> Finding {
    let about = About::new("port", patient.locale);
    let addr = plan.addr;
    match port_holder::holder_of(addr) {
        None if server.is_some() => about.warn(text::PORT_SILENT, text::PORT_LOOK, &[("address", &addr)]),
        None => about.ok(text::PORT_FREE, &[("address", &addr)]),
        Some(holder) if is_of(&holder, server) => about.ok(
            text::PORT_OURS,
            &[("address", &addr), ("holder", &holder.words(patient.locale))],
        ),
        Some(holder) => taken(patient, about, plan, &holder),
    }
}

fn is_of(holder: &Holder, server: Option<&Server>) -> bool {
    let pid = server.and_then(Server::pid);
    pid.is_some() && holder.pid() == pid
}

fn taken(patient: &Patient<'_>, about: About, plan: ListenerPlan, holder: &Holder) -> Finding {
    let words = holder.words(patient.locale);
    let values: super::finding::Values<'_> = &[
        ("address", &plan.addr),
        ("holder", &words),
        ("setting", &plan.setting),
    ];
    about.fail(text::PORT_TAKEN, text::PORT_STOP, values)
}

/// Where a Redis listens unless it is told otherwise.
const REDIS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 6_379);
/// Programs that speak as Redis does, by the beginning of their names.
const REDIS_NAMES: [&str; 4] = ["redis", "valkey", "keydb", "dragonfly"];

/// Who has the port of a Redis on this machine: systems that people move in from fail to start where it is taken.
pub(super) fn of_redis(patient: &Patient<'_>) -> Finding {
    let about = About::new("redis port", patient.locale);
    let is_store = matches!(patient.composition.config().store_url, StoreUrl::Redis(_));
    let Some(holder) = port_holder::holder_of(REDIS) else {
        let free = if is_store {
            text::REDIS_FREE_STORE
        } else {
            text::REDIS_FREE
        };
        return about.ok(free, &[("address", &REDIS)]);
    };
    let words = holder.words(patient.locale);
    let values: super::finding::Values<'_> = &[("address", &REDIS), ("holder", &words)];
    match &holder.process {
        None => about.unknown(text::REDIS_UNKNOWN, values),
        Some(process) if REDIS_NAMES.iter().any(|name| process.name.starts_with(name)) => {
            let there = if is_store {
                text::REDIS_THERE_STORE
            } else {
                text::REDIS_THERE
            };
            about.ok(there, values)
        }
        Some(_) => about.warn(text::REDIS_TAKEN, text::REDIS_STOP, values),
    }
}
