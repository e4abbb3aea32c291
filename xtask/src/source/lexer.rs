//! Text to tokens: comments fall away (doc comments stay), strings and characters become one token each.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword; a raw identifier keeps its `r#`.
    Word,
    /// `'a`.
    Lifetime,
    /// A string, byte string, C string, character or byte, raw or not.
    Text,
    Number,
    /// One character of punctuation: `::` is two of them.
    Mark,
    /// `///` or `/** */`.
    OuterDoc,
    /// `//!` or `/*! */`.
    InnerDoc,
}

/// One token and the line, from 1, on which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

impl Token<'_> {
    /// The character of a mark.
    pub(crate) fn mark(&self) -> Option<char> {
        if self.kind == Kind::Mark {
            self.text.chars().next()
        } else {
            None
        }
    }

    /// A word or a mark: what patterns are made of. Text in a string is never code.
    pub(crate) fn is_code(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark)
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// The tokens of `text`.
pub(crate) fn lex(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { rest: text, line: 1 };
    let mut tokens = Vec::new();
    if text.starts_with("#!") && !text.starts_with("#![") {
        lexer.advance(line_length(text));
    }
    while !lexer.rest.is_empty() {
        let (length, kind) = measure(lexer.rest);
        if let Some(kind) = kind {
            tokens.push(Token {
                kind,
                text: &lexer.rest[..length],
                line: lexer.line,
            });
        }
        lexer.advance(length);
    }
    tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    fn advance(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

/// The length in bytes of what `rest` starts with, and its kind; none for white space and plain comments.
fn measure(rest: &str) -> (usize, Option<Kind>) {
    let mut characters = rest.chars();
    let Some(first) = characters.next() else {
        return (0, None);
    };
    let second = characters.next();
    match (first, second) {
        ('/', Some('/')) => (line_length(rest), line_comment_kind(rest)),
        ('/', Some('*')) => (block_comment_length(rest), block_comment_kind(rest)),
        ('"', _) => (quoted_length(rest, '"'), Some(Kind::Text)),
        ('\'', _) => quote(rest),
        _ if first.is_whitespace() => (first.len_utf8(), None),
        _ if first.is_ascii_digit() => (number_length(rest), Some(Kind::Number)),
        _ if starts_word(first) => word_or_prefixed_text(rest),
        _ => (first.len_utf8(), Some(Kind::Mark)),
    }
}

fn starts_word(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

fn continues_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word_length(rest: &str) -> usize {
    rest.find(|character| !continues_word(character))
        .unwrap_or(rest.len())
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// `////` is a plain comment again: a rule drawn across the page.
fn line_comment_kind(rest: &str) -> Option<Kind> {
    match rest {
        _ if rest.starts_with("//!") => Some(Kind::InnerDoc),
        _ if rest.starts_with("///") && !rest.starts_with("////") => Some(Kind::OuterDoc),
        _ => None,
    }
}

/// `/**/` is empty and `/***` is a rule: neither is a doc comment.
fn block_comment_kind(rest: &str) -> Option<Kind> {
    match rest {
        _ if rest.starts_with("/*!") => Some(Kind::InnerDoc),
        _ if rest.starts_with("/**/") || rest.starts_with("/***") => None,
        _ if rest.starts_with("/**") => Some(Kind::OuterDoc),
        _ => None,
    }
}

/// Block comments nest in Rust.
fn block_comment_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (b'*', Some(b'/')) => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a text with escapes, from its opening quote to behind its closing one.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A quote starts a character if it is closed behind one character or an escape; otherwise a lifetime.
fn quote(rest: &str) -> (usize, Option<Kind>) {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => (quoted_length(rest, '\''), Some(Kind::Text)),
        _ => (1 + word_length(&rest[1..]), Some(Kind::Lifetime)),
    }
}

/// `1.5` is one number, but `1..5` and `1.max(5)` start with the number `1`.
fn number_length(rest: &str) -> usize {
    let whole = word_length(rest);
    let mut behind = rest[whole..].chars();
    if behind.next() == Some('.') && behind.next().is_some_and(|digit| digit.is_ascii_digit()) {
        return whole + 1 + word_length(&rest[whole + 1..]);
    }
    whole
}

/// A word, or a text whose prefix looks like a word: `b'x'`, `c"x"`, `r#"x"#`, `br"x"`; `r#type` is a word.
fn word_or_prefixed_text(rest: &str) -> (usize, Option<Kind>) {
    let length = word_length(rest);
    let (word, behind) = rest.split_at(length);
    let text = |text_length: usize| (length + text_length, Some(Kind::Text));
    match word {
        "b" if behind.starts_with('\'') => text(quoted_length(behind, '\'')),
        "b" | "c" if behind.starts_with('"') => text(quoted_length(behind, '"')),
        "r" | "br" | "cr" => match raw_text_length(behind) {
            Some(raw) => text(raw),
            None if word == "r" && behind.starts_with('#') => {
                (length + 1 + word_length(&behind[1..]), Some(Kind::Word))
            }
            None => (length, Some(Kind::Word)),
        },
        _ => (length, Some(Kind::Word)),
    }
}

/// The length of `"…"` or `#"…"#` behind a raw prefix; none if no quote follows the hashes.
fn raw_text_length(behind: &str) -> Option<usize> {
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    let inside = behind[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::{Kind, lex};

    fn texts(source: &str) -> Vec<(Kind, &str)> {
        lex(source)
            .into_iter()
            .map(|token| (token.kind, token.text))
            .collect()
    }

    fn words(source: &str) -> Vec<&str> {
        lex(source)
            .into_iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_fall_away_even_nested_ones() {
        assert_eq!(
            words("a // fn b\n c /* d /* e */ f */ g /**/ h /*** i */ j //// k"),
            ["a", "c", "g", "h", "j"]
        );
    }

    #[test]
    fn doc_comments_stay() {
        let expected = [
            (Kind::InnerDoc, "//! room"),
            (Kind::OuterDoc, "/// item"),
            (Kind::OuterDoc, "/** item */"),
            (Kind::InnerDoc, "/*! room */"),
        ];
        assert_eq!(texts("//! room\n/// item\n/** item */ /*! room */"), expected);
    }

    #[test]
    fn braces_and_quotes_inside_a_text_are_text() {
        let source = r##"x("}\" {", '{', '\'', '"', b'}', b"\"{", c"{", 'é', '\u{7d}')"##;
        let marks: String = lex(source).iter().filter_map(|token| token.mark()).collect();
        assert_eq!(marks, "(,,,,,,,,)");
        assert_eq!(
            lex(source)
                .iter()
                .filter(|token| token.kind == Kind::Text)
                .count(),
            9
        );
    }

    #[test]
    fn raw_texts_end_at_as_many_hashes_as_they_began_with() {
        let source = "r\"\\\" r#\"a \" b\"# br##\"\"# {\"## cr#\"}\"# end";
        let expected = [
            (Kind::Text, "r\"\\\""),
            (Kind::Text, "r#\"a \" b\"#"),
            (Kind::Text, "br##\"\"# {\"##"),
            (Kind::Text, "cr#\"}\"#"),
            (Kind::Word, "end"),
        ];
        assert_eq!(texts(source), expected);
    }

    #[test]
    fn a_raw_identifier_is_a_word_and_no_text() {
        assert_eq!(words("r#type + r + br + r#fn"), ["r#type", "r", "br", "r#fn"]);
    }

    #[test]
    fn a_lifetime_is_no_character() {
        let expected = [
            (Kind::Mark, "&"),
            (Kind::Lifetime, "'a"),
            (Kind::Word, "str"),
            (Kind::Mark, ","),
            (Kind::Lifetime, "'_"),
            (Kind::Mark, ","),
            (Kind::Text, "'_'"),
            (Kind::Mark, ","),
            (Kind::Lifetime, "'outer"),
            (Kind::Mark, ":"),
            (Kind::Word, "loop"),
        ];
        assert_eq!(texts("&'a str, '_, '_', 'outer: loop"), expected);
    }

    #[test]
    fn a_range_and_a_method_end_a_number() {
        let numbers = |source| -> Vec<&str> {
            lex(source)
                .into_iter()
                .filter(|token| token.kind == Kind::Number)
                .map(|token| token.text)
                .collect()
        };
        assert_eq!(
            numbers("1..25 0x1f_u8 1.5e3 7.max(2) 3. a1"),
            ["1", "25", "0x1f_u8", "1.5e3", "7", "2", "3"]
        );
    }

    #[test]
    fn lines_are_counted_through_texts_and_comments() {
        let lines: Vec<(usize, &str)> = lex("#!/bin/x\na\n\"\n\n\" b /*\n*/ c")
            .iter()
            .map(|token| (token.line, token.text))
            .collect();
        assert_eq!(lines, [(2, "a"), (3, "\"\n\n\""), (5, "b"), (6, "c")]);
    }

    #[test]
    fn a_text_that_never_ends_ends_with_the_file() {
        assert_eq!(words("a \"b\nc"), ["a"]);
        assert_eq!(words("a /* b\nc"), ["a"]);
        assert_eq!(words("a r#\"b\"\nc"), ["a"]);
    }
}
