use serde_json::json;

use super::finding::{Finding, Health};
use crate::config::tree::Locale;
use crate::exit::Failure;
use crate::messages::doctor as text;
use crate::terminal::Terminal;

/// What is being done, while it is.
pub(super) fn title(locale: Locale) -> &'static str {
    text::EXAMINING.get(locale)
}

/// One line for each finding, and one below it for what to do.
pub(super) fn print(findings: &[Finding], terminal: Terminal) -> Result<(), Failure> {
    if terminal.json {
        let checks: Vec<_> = findings.iter().map(Finding::json).collect();
        return terminal.print_json(&json!({ "health": worst(findings).as_str(), "checks": checks }));
    }
    for finding in findings {
        let health = terminal.painted(finding.health.as_str(), colour(finding.health));
        // The colour has no width: so the word is padded by hand.
        let pad = " ".repeat(5 - finding.health.as_str().len());
        terminal.print(&format!("{health}{pad}{:<14} {}", finding.about, finding.message))?;
        if let Some(advice) = &finding.advice {
            terminal.print(&format!("{:20}→ {advice}", ""))?;
        }
    }
    Ok(())
}

/// The worst of all; what could not be looked at is no matter.
fn worst(findings: &[Finding]) -> Health {
    let is = |health| findings.iter().any(|finding| finding.health == health);
    match (is(Health::Fail), is(Health::Warn)) {
        (true, _) => Health::Fail,
        (false, true) => Health::Warn,
        (false, false) => Health::Ok,
    }
}

/// The number of the colour on a terminal (ECMA-48, SGR).
fn colour(health: Health) -> u8 {
    match health {
        Health::Ok => 32,
        Health::Warn => 33,
        Health::Fail => 31,
        Health::Unknown => 90,
    }
}
