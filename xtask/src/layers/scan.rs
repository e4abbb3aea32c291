//! Looks for the words of a ban in the product code.

use super::bans::Ban;
use crate::finding::Finding;
use crate::source::{Part, Source, cut, lex, reads};

/// Where the words of a ban stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) path: String,
    pub(crate) line: usize,
    /// The words that were found.
    pub(crate) words: String,
    /// The file is one of those that the ban names.
    pub(crate) allowed: bool,
}

/// Every site of `ban`, the allowed ones too; tests are exempt.
pub(crate) fn sites(ban: &Ban, sources: &[Source]) -> Vec<Site> {
    let product = sources.iter().filter(|source| source.part == Part::Product);
    product
        .filter(|source| ban.is_about(&source.path))
        .flat_map(|source| sites_in(ban, source))
        .collect()
}

/// A finding for each site that is not allowed.
pub(crate) fn check(ban: &Ban, sites: &[Site]) -> Vec<Finding> {
    let refused = sites.iter().filter(|site| !site.allowed);
    refused
        .map(|site| Finding {
            place: format!("{}:{}", site.path, site.line),
            what: format!("invariant {}: `{}` {}", ban.invariant, site.words, ban.law),
            mend: mend(ban),
        })
        .collect()
}

fn mend(ban: &Ban) -> String {
    let mut mend = format!("{}; exemptions are in xtask/src/layers/bans.rs", ban.mend);
    for allowed in ban.allowed {
        mend += &format!("\n    exempt: {} ({})", allowed.files.join(", "), allowed.reason);
    }
    mend
}

/// One line: how many sites there are, and in which files.
pub(crate) fn summary(ban: &Ban, sites: &[Site]) -> String {
    let mut files: Vec<&str> = sites.iter().map(|site| site.path.as_str()).collect();
    files.dedup();
    let counted: Vec<String> = files
        .iter()
        .map(|file| {
            format!(
                "{file} {}",
                sites.iter().filter(|site| site.path == *file).count()
            )
        })
        .collect();
    let list = if counted.is_empty() {
        "none".to_owned()
    } else {
        counted.join(", ")
    };
    format!("{} {}: {list}", ban.invariant, ban.subject)
}

fn sites_in(ban: &Ban, source: &Source) -> Vec<Site> {
    let all = lex(&source.text);
    let tokens = cut(&all, source.text.lines().count()).tokens;
    let allowed = ban.allows(&source.path);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if let Some(words) = ban.words.iter().find(|words| reads(&tokens, at, words)) {
            found.push(Site {
                path: source.path.clone(),
                line: token.line,
                words: words.concat(),
                allowed,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{check, sites, summary};
    use crate::layers::bans::{Allowed, Ban};
    use crate::source::Source;

    const BAN: Ban = Ban {
        invariant: "A0",
        subject: "calls of expose",
        words: &[&[".", "expose", "("], &["reveal", ":", ":"]],
        within: &["crates/**"],
        allowed: &[Allowed {
            files: &["crates/core/src/token/**"],
            reason: "it makes the digest",
        }],
        law: "is not for this file",
        mend: "ask the digest",
    };

    fn source(path: &str) -> Source {
        let text = "//! x.expose()\nfn a() {\n  b.expose();\n  \".expose(\";\n}\n\
            #[cfg(test)]\nmod tests { fn c() { d.expose() } }\n";
        Source::new(path, text)
    }

    #[test]
    fn a_site_outside_the_allowed_files_is_found_with_its_line() {
        let sites = sites(&BAN, &[source("crates/http/src/lib.rs")]);
        let findings = check(&BAN, &sites);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].to_string(),
            "crates/http/src/lib.rs:3: invariant A0: `.expose(` is not for this file\n    \
             mend: ask the digest; exemptions are in xtask/src/layers/bans.rs\n    \
             exempt: crates/core/src/token/** (it makes the digest)"
        );
    }

    #[test]
    fn an_allowed_file_is_counted_but_not_refused() {
        let sites = sites(&BAN, &[source("crates/core/src/token/digest.rs")]);
        assert_eq!(check(&BAN, &sites), []);
        assert_eq!(
            summary(&BAN, &sites),
            "A0 calls of expose: crates/core/src/token/digest.rs 1"
        );
    }

    #[test]
    fn tests_and_other_folders_are_exempt() {
        let sources = [source("crates/http/tests/it/a.rs"), source("xtask/src/main.rs")];
        assert_eq!(summary(&BAN, &sites(&BAN, &sources)), "A0 calls of expose: none");
    }

    #[test]
    fn words_are_found_across_lines() {
        let split = Source::new(
            "crates/http/src/a.rs",
            "fn a() {\n  b\n    .\n    expose\n    ();\n reveal::x }",
        );
        let found: Vec<(usize, String)> = sites(&BAN, &[split])
            .into_iter()
            .map(|site| (site.line, site.words))
            .collect();
        assert_eq!(found, [(3, ".expose(".to_owned()), (6, "reveal::".to_owned())]);
    }
}
