//! A small reader of Rust: enough to tell code from comments, strings and tests, and to find items. It reads what
//! rustc has already accepted, so it does not judge the grammar.

mod glob;
mod items;
mod lexer;
mod tests_cut;
mod walk;

pub(crate) use glob::matches as path_matches;
pub(crate) use items::{Function, PublicItem, functions, public_items};
pub(crate) use lexer::{Kind, Token, lex};
pub(crate) use tests_cut::cut;
pub(crate) use walk::{Part, Source, walk};

/// The index just behind the bracket that closes the one at `open`; the end of the tokens if none does.
pub(crate) fn behind_group(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.mark() {
            Some('(' | '[' | '{') => depth += 1,
            Some(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Whether the tokens at `index` read as `pattern`, word by word and mark by mark.
pub(crate) fn reads(tokens: &[Token<'_>], index: usize, pattern: &[&str]) -> bool {
    tokens.get(index..index + pattern.len()).is_some_and(|window| {
        window
            .iter()
            .zip(pattern)
            .all(|(token, wanted)| token.is_code() && token.text == *wanted)
    })
}
