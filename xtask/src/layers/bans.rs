//! The invariants that a search proves, as a table to edit: words, where they are banned, and who is exempt and why.

use crate::source::path_matches;

/// Words that may stand in few files, or in none.
pub(crate) struct Ban {
    /// Its number in the table of ARCHITECTURE.md.
    pub(crate) invariant: &'static str,
    /// What is counted, for the summary.
    pub(crate) subject: &'static str,
    /// The sequences of tokens to look for.
    pub(crate) words: &'static [&'static [&'static str]],
    /// The files in which they are looked for.
    pub(crate) within: &'static [&'static str],
    /// The files that may have them.
    pub(crate) allowed: &'static [Allowed],
    /// What a finding says behind the words.
    pub(crate) law: &'static str,
    pub(crate) mend: &'static str,
}

/// Files that a ban does not hold for.
pub(crate) struct Allowed {
    /// `*` within a name, `**` across folders.
    pub(crate) files: &'static [&'static str],
    /// Why they are exempt.
    pub(crate) reason: &'static str,
}

impl Ban {
    pub(crate) fn is_about(&self, path: &str) -> bool {
        self.within.iter().any(|pattern| path_matches(pattern, path))
    }

    pub(crate) fn allows(&self, path: &str) -> bool {
        self.allowed
            .iter()
            .flat_map(|allowed| allowed.files)
            .any(|pattern| path_matches(pattern, path))
    }
}

pub(crate) const BANS: &[Ban] = &[
    Ban {
        invariant: "A2",
        subject: "clear tokens in a store or a cache",
        words: &[&["RawToken"], &["RawSecret"]],
        within: &[
            "crates/symbolon-core/src/store.rs",
            "crates/symbolon-core/src/store/**",
            "crates/symbolon-store-sql/src/**",
            "crates/symbolon-redis/src/**",
            "crates/symbolon-node/src/near.rs",
            "crates/symbolon-node/src/near/**",
        ],
        allowed: &[],
        law: "never crosses a store or a cache",
        mend: "take a TokenDigest or a session id; the use case turns the clear token into a digest first",
    },
    Ban {
        invariant: "A3",
        subject: "calls of expose",
        words: &[&[".", "expose", "("], &[":", ":", "expose"]],
        within: &["crates/*/src/**"],
        allowed: &[
            Allowed {
                files: &[
                    "crates/symbolon-core/src/token.rs",
                    "crates/symbolon-core/src/token/**",
                ],
                reason: "tokens are made and read there",
            },
            Allowed {
                files: &["crates/symbolon/src/presented.rs"],
                reason: "the text of the access token of either style",
            },
            Allowed {
                files: &[
                    "crates/symbolon-http/src/**/bodies.rs",
                    "crates/symbolon-http/src/**/bodies/**",
                ],
                reason: "the answer that issues a token",
            },
            Allowed {
                files: &[
                    "crates/symbolon-http/src/**/cookie*.rs",
                    "crates/symbolon-http/src/**/cookie*/**",
                ],
                reason: "the cookie that issues a token",
            },
        ],
        law: "lets the clear token out where nothing is issued",
        mend: "pass the token on as it is",
    },
    Ban {
        invariant: "A4",
        subject: "status codes",
        words: &[&["StatusCode", ":", ":"]],
        within: &["crates/symbolon-http/src/**"],
        allowed: &[Allowed {
            files: &["crates/symbolon-http/src/problem.rs"],
            reason: "the one table that maps a domain error to a status",
        }],
        law: "belongs to the one table of errors",
        mend: "answer with a problem",
    },
    Ban {
        invariant: "A9",
        subject: "bare spawns",
        words: &[
            &["tokio", ":", ":", "spawn"],
            &["task", ":", ":", "spawn"],
            &["task", ":", ":", "spawn_local"],
        ],
        within: &["crates/*/src/**"],
        allowed: &[Allowed {
            files: &["crates/symbolon-node/src/tasks.rs"],
            reason: "it gives a task its name, cancel token, back-off and metric",
        }],
        law: "starts a task that nobody owns",
        mend: "use the owned tasks of symbolon-node",
    },
];

#[cfg(test)]
mod tests {
    use super::BANS;

    #[test]
    fn every_exemption_lies_where_its_ban_holds() {
        for ban in BANS {
            for pattern in ban.allowed.iter().flat_map(|allowed| allowed.files) {
                assert!(
                    ban.is_about(pattern),
                    "{} does not hold for {pattern}",
                    ban.invariant
                );
            }
        }
    }
}
