//! Finds functions and public items among the tokens of a file.

use super::lexer::{Kind, Token};
use super::{behind_group, reads};

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where its `fn` stands.
    pub(crate) line: usize,
    /// From its `fn` to its closing brace, both counted.
    pub(crate) lines: usize,
}

/// Something that another crate may name. Variants and the methods of a public trait are left to rustc's
/// `missing_docs`, which sees what is truly reachable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicItem {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) documented: bool,
    /// `pub mod name;`: its documentation may stand at the top of its own file.
    pub(crate) is_module_file: bool,
}

/// What may stand between `pub` and the word that says what the item is.
const MODIFIERS: &[&str] = &["async", "unsafe", "extern"];

const ITEM_KINDS: &[&str] = &[
    "fn", "struct", "enum", "trait", "type", "const", "static", "mod", "union", "macro",
];

/// The functions of `tokens`, those inside of others too.
pub(crate) fn functions(tokens: &[Token<'_>]) -> Vec<Function> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at = next(tokens, at);
        let (true, Some(name)) = (token.is_word("fn"), tokens.get(at)) else {
            continue;
        };
        if name.kind != Kind::Word {
            continue;
        }
        if let Some(body) = body(tokens, at) {
            let last = tokens[behind_group(tokens, body) - 1];
            let lines = last.line - token.line + 1;
            found.push(Function {
                name: name.text.to_owned(),
                line: token.line,
                lines,
            });
        }
    }
    found
}

/// The public items and named public fields of `tokens`.
pub(crate) fn public_items(tokens: &[Token<'_>]) -> Vec<PublicItem> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.is_word("pub")
            && let Some(name) = name_of_public(tokens, at)
        {
            let is_module_file = tokens[name - 1].is_word("mod") && reads(tokens, name + 1, &[";"]);
            let documented = is_documented(tokens, at) || is_documented_inside(tokens, name);
            let text = tokens[name].text.to_owned();
            found.push(PublicItem {
                name: text,
                line: token.line,
                documented,
                is_module_file,
            });
        }
        at = next(tokens, at);
    }
    found
}

/// The index of the token behind `at`; the body of a `macro_rules!` is a pattern, not items, and is passed over.
fn next(tokens: &[Token<'_>], at: usize) -> usize {
    if reads(tokens, at, &["macro_rules", "!"]) {
        behind_group(tokens, at + 3)
    } else {
        at + 1
    }
}

/// The opening brace of the function whose name is at `name`; none for a declaration in a trait.
fn body(tokens: &[Token<'_>], name: usize) -> Option<usize> {
    let mut at = name;
    loop {
        match tokens.get(at)?.mark() {
            Some(';') => return None,
            // `Bits<{ N + 1 }>`: a constant in a type, not yet the body.
            Some('{') if tokens[at - 1].mark() == Some('<') => at = behind_group(tokens, at),
            Some('{') => return Some(at),
            Some('(' | '[') => at = behind_group(tokens, at),
            _ => at += 1,
        }
    }
}

/// The index of the name of the item or field that the `pub` at `at` makes public; none for `pub(crate)`, a
/// re-export, or the field of a tuple.
fn name_of_public(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut index = at + 1;
    loop {
        let token = tokens.get(index)?;
        let is_modifier = MODIFIERS.iter().any(|word| token.is_word(word)) || token.kind == Kind::Text;
        let is_const_of_fn = token.is_word("const")
            && tokens
                .get(index + 1)
                .is_some_and(|word| ["fn", "unsafe", "async", "extern"].contains(&word.text));
        if !is_modifier && !is_const_of_fn {
            break;
        }
        index += 1;
    }
    let token = tokens.get(index)?;
    if ITEM_KINDS.iter().any(|word| token.is_word(word)) {
        let name = if reads(tokens, index + 1, &["mut"]) {
            index + 2
        } else {
            index + 1
        };
        return tokens
            .get(name)
            .filter(|word| word.kind == Kind::Word)
            .map(|_| name);
    }
    let is_field =
        token.kind == Kind::Word && reads(tokens, index + 1, &[":"]) && !reads(tokens, index + 2, &[":"]);
    is_field.then_some(index)
}

/// Whether a doc comment or `#[doc…]` stands before `at`, among the attributes there.
fn is_documented(tokens: &[Token<'_>], at: usize) -> bool {
    let mut before = at;
    while let Some(token) = before.checked_sub(1).and_then(|index| tokens.get(index)) {
        if token.kind == Kind::OuterDoc {
            return true;
        }
        let Some(open) = (token.mark() == Some(']'))
            .then(|| attribute_start(tokens, before))
            .flatten()
        else {
            return false;
        };
        if reads(tokens, open, &["#", "[", "doc"]) {
            return true;
        }
        before = open;
    }
    false
}

/// The `#` of the attribute that ends just before `end`.
fn attribute_start(tokens: &[Token<'_>], end: usize) -> Option<usize> {
    (0..end)
        .rev()
        .find(|&at| reads(tokens, at, &["#", "["]) && behind_group(tokens, at + 1) == end)
}

/// `pub mod name { //! … }`.
fn is_documented_inside(tokens: &[Token<'_>], name: usize) -> bool {
    reads(tokens, name + 1, &["{"])
        && tokens
            .get(name + 2)
            .is_some_and(|token| token.kind == Kind::InnerDoc)
}

#[cfg(test)]
mod tests {
    use super::{functions, public_items};
    use crate::source::lex;

    fn measured(source: &str) -> Vec<(String, usize, usize)> {
        functions(&lex(source))
            .into_iter()
            .map(|found| (found.name, found.line, found.lines))
            .collect()
    }

    /// Names of the documented items, then of the others.
    fn documented(source: &str) -> (Vec<String>, Vec<String>) {
        let (yes, no): (Vec<_>, Vec<_>) = public_items(&lex(source))
            .into_iter()
            .partition(|item| item.documented);
        (
            yes.into_iter().map(|item| item.name).collect(),
            no.into_iter().map(|item| item.name).collect(),
        )
    }

    #[test]
    fn a_function_reaches_from_its_fn_to_its_brace() {
        let source = "/// Doc.\n#[inline]\npub fn a(\n  b: u8,\n) -> u8 {\n  \"}\"\n}\nfn c() {}";
        assert_eq!(measured(source), [("a".to_owned(), 3, 5), ("c".to_owned(), 8, 1)]);
    }

    #[test]
    fn a_function_in_a_function_is_counted_in_both() {
        let source = "fn a() {\n  fn b() {\n  }\n}";
        assert_eq!(measured(source), [("a".to_owned(), 1, 4), ("b".to_owned(), 2, 2)]);
    }

    #[test]
    fn braces_in_a_signature_are_not_the_body() {
        let source = "fn a<const N: usize>(b: [u8; { N }]) -> Bits<{ N + 1 }> where Self: B<C>, {\n}";
        assert_eq!(measured(source), [("a".to_owned(), 1, 2)]);
    }

    #[test]
    fn declarations_pointers_and_macros_are_no_functions() {
        assert_eq!(measured("trait A { fn b(&self); } type C = fn(u8) -> u8;"), []);
        assert_eq!(
            measured("macro_rules! m { ($n:ident) => { fn $n() {} fn fixed() {} } }"),
            []
        );
    }

    #[test]
    fn documentation_counts_through_attributes() {
        let source = "/// Doc.\n#[derive(A)]\n#[must_use]\npub struct A { /// Doc.\n pub b: u8, pub c: D<E> }\n\
            #[doc = \"x\"] pub const fn d() {}\n#[inline] pub const E: u8 = 1;";
        let expected = (
            vec!["A".to_owned(), "b".to_owned(), "d".to_owned()],
            vec!["c".to_owned(), "E".to_owned()],
        );
        assert_eq!(documented(source), expected);
    }

    #[test]
    fn what_no_other_crate_can_name_needs_no_documentation() {
        assert_eq!(
            documented("pub(crate) fn a() {} pub use b::c; pub(in d) struct E(pub F, pub g::H);").1,
            [""; 0]
        );
    }

    #[test]
    fn modifiers_are_not_names() {
        let source =
            "pub unsafe extern \"C\" fn a() {} pub static mut B: u8 = 0; pub async fn c() {} pub union D {}";
        assert_eq!(documented(source).1, ["a", "B", "c", "D"]);
    }

    #[test]
    fn a_module_is_documented_from_inside_too() {
        assert_eq!(documented("pub mod a { //! Doc.\n }").0, ["a"]);
        let items = public_items(&lex("pub mod b;"));
        assert!(items.iter().all(|item| item.is_module_file && !item.documented));
    }
}
