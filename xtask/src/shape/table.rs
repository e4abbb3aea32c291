//! The figures as a table.

use super::limits::{
    Aim, DOCUMENTED_PER_MILLE_MIN, FILE_LINES_AIM, FILE_LINES_MAX, FUNCTION_LINES_AIM, FUNCTION_LINES_MAX,
    TESTS_PER_MILLE_AIM, TESTS_PER_MILLE_MIN,
};
use super::measure::{Measured, Shape};
use super::spread::Spread;

/// The table, and below it the longest file and function.
pub(crate) fn table(shape: &Shape) -> String {
    let documented = shape.public_items - shape.undocumented.len();
    let rows = [
        ["figure", "median", "p90", "max", "aim", "stop"].map(str::to_owned),
        spread_row("file lines", shape.file_lines(), &FILE_LINES_AIM, FILE_LINES_MAX),
        spread_row(
            "function lines",
            shape.function_lines(),
            &FUNCTION_LINES_AIM,
            FUNCTION_LINES_MAX,
        ),
        ratio_row(
            "public items documented",
            shape.documented_per_mille(),
            1000,
            DOCUMENTED_PER_MILLE_MIN,
        ),
        ratio_row(
            "tests ÷ product lines",
            shape.tests_per_mille(),
            TESTS_PER_MILLE_AIM,
            TESTS_PER_MILLE_MIN,
        ),
    ];
    let mut text = String::new();
    for [figure, median, p90, max, aim, stop] in rows {
        text += &format!("{figure:<24}{median:>8}{p90:>8}{max:>8}  {aim:<12}{stop}\n");
    }
    text += &format!(
        "{} product files, {} functions, {documented} of {} public items documented, {} product lines, {} test lines\n",
        shape.files.len(),
        shape.functions.len(),
        shape.public_items,
        shape.product_lines(),
        shape.test_lines
    );
    text += &longest("file", &shape.files);
    text += &longest("function", &shape.functions);
    text
}

fn spread_row(name: &str, spread: Spread, aim: &Aim, stop: usize) -> [String; 6] {
    [
        name.to_owned(),
        spread.median.to_string(),
        spread.p90.to_string(),
        spread.max.to_string(),
        format!("≤ {}, {}", aim.median, aim.p90),
        format!("> {stop}"),
    ]
}

/// One figure: it stands in the first column, so that the eye finds it.
fn ratio_row(name: &str, per_mille: usize, aim: usize, stop: usize) -> [String; 6] {
    let value = decimal(per_mille);
    [
        name.to_owned(),
        value,
        String::new(),
        String::new(),
        format!("≥ {}", decimal(aim)),
        format!("< {}", decimal(stop)),
    ]
}

/// `1234` thousandths are `1.23`.
fn decimal(per_mille: usize) -> String {
    format!("{}.{:02}", per_mille / 1000, per_mille % 1000 / 10)
}

fn longest(kind: &str, things: &[Measured]) -> String {
    things
        .iter()
        .max_by_key(|thing| thing.lines)
        .map_or_else(String::new, |thing| {
            let name = if thing.name.is_empty() {
                String::new()
            } else {
                format!(" {}", thing.name)
            };
            format!(
                "longest {kind}: {}:{}{name} ({} lines)\n",
                thing.path, thing.line, thing.lines
            )
        })
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::shape::measure::measure;
    use crate::source::Source;

    #[test]
    fn the_table_gives_each_figure_its_aim_and_its_stop() {
        let shape = measure(&[
            Source::new("crates/a/src/lib.rs", "//! Doc.\n\n/// Doc.\npub fn a() {\n}\n"),
            Source::new("crates/a/tests/it.rs", "fn c() {\n}\n"),
        ]);
        let expected = "\
figure                    median     p90     max  aim         stop
file lines                     5       5       5  ≤ 120, 350  > 500
function lines                 2       2       2  ≤ 9, 40     > 70
public items documented     1.00                  ≥ 1.00      < 0.95
tests ÷ product lines       0.40                  ≥ 1.00      < 0.00
1 product files, 1 functions, 1 of 1 public items documented, 5 product lines, 2 test lines
longest file: crates/a/src/lib.rs:1 (5 lines)
longest function: crates/a/src/lib.rs:4 a (2 lines)
";
        assert_eq!(table(&shape), expected);
    }
}
