//! An entry of the audit record: eight texts, an absent one empty.

use symbolon_core::audit::AuditEntry;

use crate::store::script::Call;

/// Adds an entry, as `take_audit` takes it.
pub(crate) fn add_audit(call: &mut Call, entry: &AuditEntry) {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    call.text(entry.at.0)
        .arg(entry.event.as_str())
        .arg(entry.actor.to_text())
        .arg(entry.seen_from.ip.map(|ip| ip.to_string()).unwrap_or_default())
        .arg(text(entry.seen_from.user_agent.as_deref()))
        .arg(text(entry.subject.as_ref().map(|subject| subject.as_str())))
        .arg(entry.session_id.map(|id| id.to_string()).unwrap_or_default())
        .arg(text(entry.detail.as_deref()));
}
