//! What no file may have: panics by another name, silenced lints, skipped tests, rooms without a name.

use super::exceptions::{Breach, Rule};
use crate::finding::Finding;
use crate::source::{Kind, Part, Source, Token, behind_group, cut, lex, path_matches, reads};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

/// Calls that end the process instead of answering.
const PANICS: &[&str] = &["unwrap", "expect", "unwrap_err", "expect_err"];

/// What breaks the law in `sources`.
pub(crate) fn check(sources: &[Source]) -> Vec<Breach> {
    sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Breach> {
    let all = lex(&source.text);
    let mut breaches: Vec<Breach> = file_name(source).into_iter().chain(test_binary(source)).collect();
    breaches.extend(attributes(source, &all));
    breaches.extend(skipped_examples(source, &all));
    breaches.extend(modules(source, &all));
    if source.part == Part::Product {
        let product = cut(&all, source.text.lines().count()).tokens;
        breaches.extend(panics(source, &product));
        breaches.extend(globs(source, &product));
    }
    breaches
}

fn file_name(source: &Source) -> Option<Breach> {
    if source.path.ends_with("/mod.rs") {
        let mend = "name it after its folder: foo.rs beside foo/";
        return Some(breach(
            source,
            Rule::FileName,
            1,
            "mod.rs",
            "a room has its name on the door",
            mend,
        ));
    }
    None
}

/// Each test binary is linked by itself, which is most of the time of a build: one for each crate.
fn test_binary(source: &Source) -> Option<Breach> {
    let is_binary = path_matches("**/tests/*.rs", &source.path) && !source.path.contains("/src/");
    let is_inner = source.path.matches("/tests/").count() > 1;
    if !is_binary || is_inner || source.path.ends_with("/tests/it.rs") {
        return None;
    }
    let name = source.path.rsplit('/').next().unwrap_or(&source.path);
    let mend = "move it to tests/it/ and name it in tests/it.rs";
    Some(breach(
        source,
        Rule::TestBinary,
        1,
        name,
        "a second test binary of its crate",
        mend,
    ))
}

fn attributes(source: &Source, tokens: &[Token<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let open = match () {
            () if reads(tokens, at, &["#", "["]) => at + 1,
            () if reads(tokens, at, &["#", "!", "["]) => at + 2,
            () => continue,
        };
        let attribute = &tokens[open..behind_group(tokens, open)];
        let (law, item, mend) = match () {
            () if has_call(attribute, "allow") => (
                "a lint is silenced for good",
                "allow",
                "use #[expect(…, reason = \"…\")], or mend the code",
            ),
            () if skips_test(attribute) => (
                "a test is skipped in silence",
                "ignore",
                "let it run; a missing server is an error that says how to get it",
            ),
            () => continue,
        };
        breaches.push(breach(source, Rule::Attribute, token.line, item, law, mend));
    }
    breaches
}

/// `#[ignore]`, also behind a condition; an attribute of another crate may have an `ignore` of its own.
fn skips_test(attribute: &[Token<'_>]) -> bool {
    reads(attribute, 1, &["ignore"])
        || (reads(attribute, 1, &["cfg_attr"]) && attribute.iter().any(|token| token.is_word("ignore")))
}

/// An example that is not even compiled.
fn skipped_examples(source: &Source, tokens: &[Token<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for token in tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::OuterDoc | Kind::InnerDoc))
    {
        if token.text.contains("```") && token.text.contains("ignore") {
            let mend = "let it compile (`no_run`, `compile_fail`), or mark it as `text`";
            let law = "an example is skipped in silence";
            breaches.push(breach(
                source,
                Rule::Attribute,
                token.line,
                "```ignore",
                law,
                mend,
            ));
        }
    }
    breaches
}

fn has_call(tokens: &[Token<'_>], name: &str) -> bool {
    (0..tokens.len()).any(|at| reads(tokens, at, &[name, "("]))
}

fn modules(source: &Source, tokens: &[Token<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = tokens.get(at + 1).filter(|_| token.is_word("mod")) else {
            continue;
        };
        if EMPTY_NAMES.contains(&name.text) {
            let law = "the name does not say what is inside";
            breaches.push(breach(
                source,
                Rule::FileName,
                token.line,
                name.text,
                law,
                "name it after its one idea",
            ));
        }
    }
    breaches
}

fn panics(source: &Source, tokens: &[Token<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(call) = PANICS.iter().find(|call| reads(tokens, at, &[".", call, "("])) else {
            continue;
        };
        let mend = "answer with an error, or show by the types that it cannot happen";
        breaches.push(breach(
            source,
            Rule::Panic,
            token.line,
            call,
            "product code does not panic",
            mend,
        ));
    }
    breaches
}

fn globs(source: &Source, tokens: &[Token<'_>]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        // `a::*;`, `a::{b, c::*}`; a product is never behind `::`.
        if reads(tokens, at, &[":", ":", "*"]) {
            let law = "an import of everything hides where a name comes from";
            breaches.push(breach(
                source,
                Rule::Glob,
                token.line,
                "*",
                law,
                "import the names",
            ));
        }
    }
    breaches
}

fn breach(source: &Source, rule: Rule, line: usize, item: &str, law: &str, mend: &str) -> Breach {
    let finding = Finding {
        place: format!("{}:{line}", source.path),
        what: format!("`{item}`: {law}"),
        mend: mend.to_owned(),
    };
    Breach {
        rule,
        path: source.path.clone(),
        item: item.to_owned(),
        finding,
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::source::Source;

    /// The line and the item of each breach in one file.
    fn broken(path: &str, text: &str) -> Vec<String> {
        let breaches = check(&[Source::new(path, text)]);
        breaches
            .into_iter()
            .map(|breach| {
                format!(
                    "{} {}",
                    breach.finding.place.rsplit(':').next().unwrap(),
                    breach.item
                )
            })
            .collect()
    }

    #[test]
    fn product_code_does_not_panic_but_tests_may() {
        let text = "fn a() {\n b.unwrap();\n c\n  .expect(\"\");\n d.unwrap_or(1);\n \".unwrap()\";\n}\n\
            #[cfg(test)]\nmod tests { fn e() { f.unwrap() } }\n";
        assert_eq!(broken("crates/a/src/b.rs", text), ["2 unwrap", "4 expect"]);
        assert_eq!(broken("crates/a/tests/it/b.rs", text), [""; 0]);
    }

    #[test]
    fn no_lint_is_allowed_and_no_test_ignored_anywhere() {
        let text = "#![allow(a)]\n#[cfg_attr(b, allow(c))]\n#[ignore = \"slow\"]\n#[expect(d, reason = \"allow(e)\")]\n\
            // #[allow(f)]\n#[serde(ignore)]\nfn ignore() { allow(g) }\n#[cfg_attr(h, ignore)]\n/// ```ignore\n";
        assert_eq!(
            broken("crates/a/tests/it/b.rs", text),
            ["1 allow", "2 allow", "3 ignore", "8 ignore", "9 ```ignore"]
        );
    }

    #[test]
    fn a_room_has_a_name() {
        assert_eq!(broken("crates/a/src/b/mod.rs", ""), ["1 mod.rs"]);
        assert_eq!(
            broken(
                "crates/a/tests/it.rs",
                "mod common;\nmod users;\npub(crate) mod utils {}\n"
            ),
            ["1 common", "3 utils"]
        );
    }

    #[test]
    fn a_crate_has_one_test_binary() {
        assert_eq!(broken("crates/a/tests/it.rs", ""), [""; 0]);
        assert_eq!(broken("crates/a/tests/it/tests/b.rs", ""), [""; 0]);
        assert_eq!(broken("crates/a/tests/login.rs", ""), ["1 login.rs"]);
    }

    #[test]
    fn an_import_of_everything_is_found_but_no_product() {
        assert_eq!(
            broken("xtask/src/a.rs", "use b::{c::*, d};\nlet e = F::G * 2;\n"),
            ["1 *"]
        );
    }
}
