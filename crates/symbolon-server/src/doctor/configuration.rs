use super::finding::{About, Finding};
use crate::compose::Composition;
use crate::config::Loaded;
use crate::config::fault::Fault;
use crate::config::tree::Locale;
use crate::messages::doctor as text;

const NAME: &str = "configuration";

/// The configuration that was read, with what is doubtful in it and what this version does not have.
pub(super) fn of_loaded(loaded: &Loaded, locale: Locale) -> Vec<Finding> {
    let about = About::new(NAME, locale);
    let faults = loaded.not_yet();
    let mut findings: Vec<_> = faults
        .iter()
        .map(|fault| about.failed_with(fault.say(locale)))
        .collect();
    if let Err(error) = Composition::of(&loaded.config).tls() {
        findings.push(about.failed_with(format_args!("http.tls: {error}")));
    }
    findings.extend(
        loaded
            .warnings
            .iter()
            .map(|doubt| about.warned_with(doubt.say(locale))),
    );
    if findings.is_empty() {
        findings.push(match &loaded.file {
            Some(file) => about.ok(text::CONFIG_FILE, &[("file", &file.display())]),
            None => about.ok(text::CONFIG_DEFAULTS, &[]),
        });
    }
    findings
}

/// A configuration that cannot be used.
pub(super) fn of_faults(faults: &[Fault], locale: Locale) -> Vec<Finding> {
    let about = About::new(NAME, locale);
    let findings = faults.iter().map(|fault| about.failed_with(fault.say(locale)));
    findings.collect()
}
