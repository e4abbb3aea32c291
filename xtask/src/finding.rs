//! A broken rule: where it is, what is wrong and how to mend it.

use std::fmt;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `path:line`, or a path or a crate's name where no line is to blame.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// What the author does now.
    pub(crate) mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}\n    mend: {}", self.place, self.what, self.mend)
    }
}

/// Prints the findings of `check` and answers whether there were none.
pub(crate) fn report(check: &str, findings: &[Finding]) -> bool {
    for finding in findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("{check}: no rule is broken"),
        1 => println!("{check}: 1 rule is broken"),
        count => println!("{check}: {count} rules are broken"),
    }
    findings.is_empty()
}
