use std::net::SocketAddr;

use super::Patient;
use super::finding::{About, Finding};
use crate::messages::doctor as text;
use crate::opening::StoreHolder;
use crate::port_holder::{self, Holder};

/// Each address that the server would listen at: free, its own, or somebody else's.
pub(super) fn check(patient: &Patient<'_>, store: Option<&StoreHolder>) -> Vec<Finding> {
    let about = About::new("port", patient.locale);
    let listeners = patient.composition.listeners();
    listeners
        .into_iter()
        .map(|listener| port(patient, about, listener.addr, listener.setting, store))
        .collect()
}

fn port(
    patient: &Patient<'_>,
    about: About,
    addr: SocketAddr,
    setting: &'static str,
    store: Option<&StoreHolder>,
) -> Finding {
    let holder = port_holder::holder_of(addr);
    let server = store
        .and_then(|store| store.process.as_ref())
        .map(|process| process.pid);
    match holder {
        None if store.is_some() => about.warn(text::PORT_SILENT, text::PORT_LOOK, &[("address", &addr)]),
        None => about.ok(text::PORT_FREE, &[("address", &addr)]),
        Some(holder) if holder.pid().is_some() && holder.pid() == server => about.ok(
            text::PORT_OURS,
            &[("address", &addr), ("holder", &holder.words(patient.locale))],
        ),
        Some(holder) => taken(patient, about, addr, setting, &holder),
    }
}

fn taken(patient: &Patient<'_>, about: About, addr: SocketAddr, setting: &str, holder: &Holder) -> Finding {
    let words = holder.words(patient.locale);
    let values: super::finding::Values<'_> = &[("address", &addr), ("holder", &words), ("setting", &setting)];
    about.fail(text::PORT_TAKEN, text::PORT_STOP, values)
}
