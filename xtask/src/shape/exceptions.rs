//! The named lines that may break a rule of shape, each with its reason.

use crate::finding::Finding;

/// The rules that an exception can be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    FileLines,
    FunctionLines,
    Documentation,
    Tests,
    Panic,
    Attribute,
    FileName,
    Glob,
    TestBinary,
}

/// A broken rule, before the exceptions are taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) rule: Rule,
    pub(crate) path: String,
    /// The function or item, or the word that is forbidden.
    pub(crate) item: String,
    pub(crate) finding: Finding,
}

/// One line that may break one rule.
pub(crate) struct Exception {
    pub(crate) rule: Rule,
    pub(crate) path: &'static str,
    /// As in [`Breach::item`].
    pub(crate) item: &'static str,
    /// Why mending it would make the code worse.
    pub(crate) reason: &'static str,
}

pub(crate) const EXCEPTIONS: &[Exception] = &[];

/// The findings of `breaches` that no exception covers, and one for each exception that covers nothing any more.
pub(crate) fn without_exceptions(breaches: Vec<Breach>, exceptions: &[Exception]) -> Vec<Finding> {
    let is_stale = |exception: &&Exception| !breaches.iter().any(|breach| covers(exception, breach));
    let stale: Vec<Finding> = exceptions.iter().filter(is_stale).map(stale).collect();
    let left = breaches
        .into_iter()
        .filter(|breach| !exceptions.iter().any(|exception| covers(exception, breach)));
    left.map(|breach| breach.finding).chain(stale).collect()
}

fn covers(exception: &Exception, breach: &Breach) -> bool {
    exception.rule == breach.rule && exception.path == breach.path && exception.item == breach.item
}

fn stale(exception: &Exception) -> Finding {
    Finding {
        place: exception.path.to_owned(),
        what: format!(
            "the exception {:?} of `{}` ({}) is no longer needed",
            exception.rule, exception.item, exception.reason
        ),
        mend: "take it out of xtask/src/shape/exceptions.rs".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Breach, Exception, Rule, without_exceptions};
    use crate::finding::Finding;

    const EXCEPTION: Exception = Exception {
        rule: Rule::FunctionLines,
        path: "a.rs",
        item: "table",
        reason: "a table reads as one",
    };

    fn breach(item: &str) -> Breach {
        let finding = Finding {
            place: "a.rs:1".to_owned(),
            what: item.to_owned(),
            mend: String::new(),
        };
        Breach {
            rule: Rule::FunctionLines,
            path: "a.rs".to_owned(),
            item: item.to_owned(),
            finding,
        }
    }

    #[test]
    fn an_exception_covers_its_own_line_only() {
        let left = without_exceptions(vec![breach("table"), breach("other")], &[EXCEPTION]);
        assert_eq!(
            left.iter()
                .map(|finding| finding.what.as_str())
                .collect::<Vec<_>>(),
            ["other"]
        );
    }

    #[test]
    fn an_exception_that_covers_nothing_is_a_finding() {
        let left = without_exceptions(Vec::new(), &[EXCEPTION]);
        assert_eq!(
            left.iter()
                .map(|finding| finding.what.as_str())
                .collect::<Vec<_>>(),
            ["the exception FunctionLines of `table` (a table reads as one) is no longer needed"]
        );
    }
}
