//! Counts the lines of files and functions, what is documented, and the tests.

use std::collections::HashSet;

use super::spread::Spread;
use crate::source::{Function, Kind, Part, PublicItem, Source, Token, cut, functions, lex, public_items};

/// A file, a function or an item, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) path: String,
    pub(crate) line: usize,
    /// Empty for a file.
    pub(crate) name: String,
    pub(crate) lines: usize,
}

/// The figures of the whole project.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Product files, without their tests.
    pub(crate) files: Vec<Measured>,
    pub(crate) functions: Vec<Measured>,
    pub(crate) public_items: usize,
    pub(crate) undocumented: Vec<Measured>,
    /// Lines of test files and of test modules within product files.
    pub(crate) test_lines: usize,
    /// Files that are neither product nor test: in no ratio, yet no longer than others may be.
    pub(crate) other_files: Vec<Measured>,
    pub(crate) other_functions: Vec<Measured>,
}

impl Shape {
    pub(crate) fn product_lines(&self) -> usize {
        self.files.iter().map(|file| file.lines).sum()
    }

    pub(crate) fn file_lines(&self) -> Spread {
        Spread::of(self.files.iter().map(|file| file.lines))
    }

    pub(crate) fn function_lines(&self) -> Spread {
        Spread::of(self.functions.iter().map(|function| function.lines))
    }

    /// All of nothing is documented.
    pub(crate) fn documented_per_mille(&self) -> usize {
        let documented = self.public_items - self.undocumented.len();
        (documented * 1000).checked_div(self.public_items).unwrap_or(1000)
    }

    pub(crate) fn tests_per_mille(&self) -> usize {
        (self.test_lines * 1000)
            .checked_div(self.product_lines())
            .unwrap_or(1000)
    }
}

/// Measures `sources`; those that are neither product nor test count in no ratio.
pub(crate) fn measure(sources: &[Source]) -> Shape {
    let mut shape = Shape::default();
    let documented_files = files_with_documentation(sources);
    for source in sources {
        let lines = source.text.lines().count();
        match source.part {
            Part::Product => measure_product(source, lines, &documented_files, &mut shape),
            Part::Test => shape.test_lines += lines,
            Part::Other => measure_other(source, lines, &mut shape),
        }
    }
    shape
}

fn measure_product(source: &Source, lines: usize, documented_files: &HashSet<&str>, shape: &mut Shape) {
    let all = lex(&source.text);
    let product = cut(&all, lines);
    shape.test_lines += product.test_lines;
    shape
        .files
        .push(sized(source, 1, String::new(), lines - product.test_lines));
    shape.functions.extend(sized_functions(source, &product.tokens));
    for item in public_items(&product.tokens) {
        shape.public_items += 1;
        if !item.documented && !is_documented_in_its_file(&item, &source.path, documented_files) {
            shape.undocumented.push(sized(source, item.line, item.name, 1));
        }
    }
}

fn measure_other(source: &Source, lines: usize, shape: &mut Shape) {
    let all = lex(&source.text);
    let code = cut(&all, lines);
    shape
        .other_files
        .push(sized(source, 1, String::new(), lines - code.test_lines));
    shape
        .other_functions
        .extend(sized_functions(source, &code.tokens));
}

fn sized_functions(source: &Source, tokens: &[Token<'_>]) -> Vec<Measured> {
    let sized = |function: Function| sized(source, function.line, function.name, function.lines);
    functions(tokens).into_iter().map(sized).collect()
}

fn sized(source: &Source, line: usize, name: String, lines: usize) -> Measured {
    Measured {
        path: source.path.clone(),
        line,
        name,
        lines,
    }
}

fn files_with_documentation(sources: &[Source]) -> HashSet<&str> {
    let starts_with_doc =
        |tokens: &[Token<'_>]| tokens.first().is_some_and(|token| token.kind == Kind::InnerDoc);
    sources
        .iter()
        .filter(|source| starts_with_doc(&lex(&source.text)))
        .map(|source| source.path.as_str())
        .collect()
}

/// Whether the file of `pub mod name;` in the file at `path` starts with its own documentation.
fn is_documented_in_its_file(item: &PublicItem, path: &str, documented_files: &HashSet<&str>) -> bool {
    let stem = path.trim_end_matches(".rs");
    let folder = stem
        .strip_suffix("/lib")
        .or_else(|| stem.strip_suffix("/main"))
        .unwrap_or(stem);
    item.is_module_file && documented_files.contains(format!("{folder}/{}.rs", item.name).as_str())
}

#[cfg(test)]
mod tests {
    use super::measure;
    use crate::shape::spread::Spread;
    use crate::source::Source;

    #[test]
    fn product_and_tests_are_counted_apart() {
        let shape = measure(&[
            Source::new(
                "crates/a/src/lib.rs",
                "fn a() {\n}\n\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n",
            ),
            Source::new("crates/a/tests/it.rs", "fn c() {\n\n\n}\n"),
            Source::new("bench/src/lib.rs", "fn d() {}\n"),
        ]);
        assert_eq!(
            (shape.product_lines(), shape.test_lines, shape.tests_per_mille()),
            (3, 8, 2666)
        );
        assert_eq!(
            shape.file_lines(),
            Spread {
                median: 3,
                p90: 3,
                max: 3
            }
        );
        let names: Vec<&str> = shape
            .functions
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        assert_eq!(names, ["a"]);
        assert_eq!(shape.function_lines().max, 2);
    }

    #[test]
    fn a_module_may_be_documented_at_the_top_of_its_file() {
        let sources = [
            Source::new("crates/a/src/lib.rs", "pub mod b;\npub mod c;\n"),
            Source::new("crates/a/src/b.rs", "//! Doc.\npub mod d;\n"),
            Source::new("crates/a/src/b/d.rs", "//! Doc.\n"),
            Source::new("crates/a/src/c.rs", "// no doc\n"),
        ];
        let shape = measure(&sources);
        let undocumented: Vec<&str> = shape.undocumented.iter().map(|item| item.name.as_str()).collect();
        assert_eq!((shape.public_items, undocumented), (3, vec!["c"]));
        assert_eq!(shape.documented_per_mille(), 666);
    }

    #[test]
    fn an_empty_project_breaks_no_ratio() {
        let shape = measure(&[]);
        assert_eq!(
            (shape.documented_per_mille(), shape.tests_per_mille()),
            (1000, 1000)
        );
    }
}
