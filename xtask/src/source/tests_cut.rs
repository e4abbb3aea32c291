//! Cuts test code out of a product file: every item under `#[cfg(test)]`, or the whole file under `#![cfg(test)]`.

use super::lexer::{Kind, Token};
use super::{behind_group, reads};

/// A file without its tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut<'a> {
    /// The tokens of what is shipped.
    pub(crate) tokens: Vec<Token<'a>>,
    /// How many of the file's lines are tests.
    pub(crate) test_lines: usize,
}

/// Words that an item starts with; anything else under an attribute is a field, a variant, an arm or an expression.
const ITEM_WORDS: &[&str] = &[
    "pub",
    "fn",
    "mod",
    "use",
    "impl",
    "struct",
    "enum",
    "union",
    "const",
    "static",
    "type",
    "trait",
    "async",
    "unsafe",
    "extern",
    "let",
    "macro_rules",
];

/// Cuts `tokens`, which are those of a file of `lines` lines.
pub(crate) fn cut<'a>(tokens: &[Token<'a>], lines: usize) -> Cut<'a> {
    let (mut kept, mut test_lines, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        if is_test_attribute(tokens, at, &["#", "!", "["]) {
            return Cut {
                tokens: Vec::new(),
                test_lines: lines,
            };
        }
        if is_test_attribute(tokens, at, &["#", "["]) {
            let end = behind_item(tokens, at);
            let start = drop_docs(&mut kept).unwrap_or(tokens[at]);
            test_lines += tokens[end - 1].line - start.line + 1;
            at = end;
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    Cut {
        tokens: kept,
        test_lines,
    }
}

/// Takes the doc comments off the end of `kept`, since what they speak of is cut; gives the first of them.
fn drop_docs<'a>(kept: &mut Vec<Token<'a>>) -> Option<Token<'a>> {
    let mut first = None;
    while let Some(doc) = kept.pop_if(|token| token.kind == Kind::OuterDoc) {
        first = Some(doc);
    }
    first
}

/// `cfg(test)` or `cfg(all(test, …))` behind `opening`.
fn is_test_attribute(tokens: &[Token<'_>], at: usize, opening: &[&str]) -> bool {
    let inside = at + opening.len();
    reads(tokens, at, opening)
        && (reads(tokens, inside, &["cfg", "(", "test", ")"])
            || reads(tokens, inside, &["cfg", "(", "all", "(", "test"]))
}

/// The index behind what the attribute at `at` stands on.
fn behind_item(tokens: &[Token<'_>], at: usize) -> usize {
    let mut start = at;
    while reads(tokens, start, &["#", "["]) {
        start = behind_group(tokens, start + 1);
    }
    let Some(first) = tokens.get(start) else {
        return tokens.len();
    };
    let is_item = ITEM_WORDS.iter().any(|word| first.is_word(word));
    // The braces of `use a::{b, c};` and of `const A: B = B { … };` are not the end yet.
    let ends_in_semicolon = tokens[start..]
        .iter()
        .take_while(|token| !matches!(token.mark(), Some('{' | ';' | '=')))
        .any(|token| token.is_word("use"))
        || is_value(tokens, start);
    let mut index = start;
    while let Some(token) = tokens.get(index) {
        match token.mark() {
            Some(';') => return index + 1,
            Some(',') if !is_item => return index + 1,
            Some('}' | ')' | ']') => return index,
            Some('{') if is_item && !ends_in_semicolon => return behind_group(tokens, index),
            Some('{' | '(' | '[') => index = behind_group(tokens, index),
            _ => index += 1,
        }
    }
    tokens.len()
}

/// `const A`, `static A` or `let a`, but not `const fn`.
fn is_value(tokens: &[Token<'_>], start: usize) -> bool {
    let head = tokens[start..]
        .iter()
        .take_while(|token| !matches!(token.mark(), Some(':' | '=' | '{')));
    let words: Vec<&str> = head.map(|token| token.text).collect();
    let has = |wanted: &str| words.contains(&wanted);
    !has("fn") && !has("impl") && (has("const") || has("static") || has("let"))
}

#[cfg(test)]
mod tests {
    use super::cut;
    use crate::source::lex;

    fn kept(source: &str) -> (String, usize) {
        let cut = cut(&lex(source), source.lines().count());
        let texts: Vec<&str> = cut.tokens.iter().map(|token| token.text).collect();
        (texts.join(" "), cut.test_lines)
    }

    #[test]
    fn a_test_module_is_cut_with_all_that_it_holds() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { \"}\" }\n}\nfn c() {}";
        assert_eq!(kept(source), ("fn a ( ) { } fn c ( ) { }".to_owned(), 4));
    }

    #[test]
    fn an_import_a_constant_and_a_module_file_end_at_their_semicolon() {
        assert_eq!(kept("#[cfg(test)] use a::{b, c}; x").0, "x");
        assert_eq!(kept("#[cfg(test)] pub(crate) const A: B = B { c: 1 }; x").0, "x");
        assert_eq!(kept("#[cfg(test)] mod tests; x").0, "x");
        assert_eq!(kept("#[cfg(test)] struct A(u8, u8); x").0, "x");
    }

    #[test]
    fn functions_and_impls_end_at_their_brace() {
        assert_eq!(
            kept("#[cfg(test)] const fn a<A, B>() -> [u8; 2] { [1; 2] } x").0,
            "x"
        );
        assert_eq!(
            kept("#[cfg(test)] #[derive(A)] impl<const N: usize> A<N> { fn b() {} } x").0,
            "x"
        );
    }

    #[test]
    fn a_field_and_an_arm_end_at_their_comma_or_before_the_closing_brace() {
        assert_eq!(
            kept("{ a: A, #[cfg(test)] b: B<C>, d: D }").0,
            "{ a : A , d : D }"
        );
        assert_eq!(kept("{ a: A, #[cfg(test)] b: B }").0, "{ a : A , }");
    }

    #[test]
    fn a_file_under_an_inner_attribute_is_all_test() {
        assert_eq!(kept("#![cfg(test)]\nfn a() {}\n"), (String::new(), 2));
    }

    #[test]
    fn the_documentation_of_a_test_goes_with_it() {
        assert_eq!(
            kept("a\n/// Doc.\n/// Doc.\n#[cfg(test)]\nfn b() {}\nc"),
            ("a c".to_owned(), 4)
        );
    }

    #[test]
    fn other_conditions_stay() {
        assert_eq!(kept("#[cfg(all(test, unix))] fn a() {} x").0, "x");
        let source = "# [ cfg ( not ( test ) ) ] fn a ( ) { }";
        assert_eq!(kept(source).0, source);
    }
}
