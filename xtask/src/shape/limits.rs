//! The figures of the project's style: what to aim at, and where the build stops.

use super::exceptions::{Breach, Rule};
use super::measure::{Measured, Shape};
use crate::finding::Finding;

/// The most lines of a file, its tests not counted: beyond, it is more than one idea.
pub(crate) const FILE_LINES_MAX: usize = 500;
/// The most lines of a function, from `fn` to `}`: beyond, it does not fit on a screen.
pub(crate) const FUNCTION_LINES_MAX: usize = 70;
/// The least share of public items that are documented, in thousandths.
pub(crate) const DOCUMENTED_PER_MILLE_MIN: usize = 950;
/// The least ratio of test lines to product lines, in thousandths. The aim is 1000: raise it once that is reached.
pub(crate) const TESTS_PER_MILLE_MIN: usize = 0;

/// What to aim at; not reaching it does not stop the build.
pub(crate) struct Aim {
    pub(crate) median: usize,
    pub(crate) p90: usize,
}

pub(crate) const FILE_LINES_AIM: Aim = Aim {
    median: 120,
    p90: 350,
};
pub(crate) const FUNCTION_LINES_AIM: Aim = Aim { median: 9, p90: 40 };
pub(crate) const TESTS_PER_MILLE_AIM: usize = 1000;

/// What breaks a limit; that of the tests is a parameter, since it is to be raised.
pub(crate) fn check(shape: &Shape, tests_per_mille_min: usize) -> Vec<Breach> {
    let mut breaches = long_files(shape);
    breaches.extend(long_functions(shape));
    if shape.documented_per_mille() < DOCUMENTED_PER_MILLE_MIN {
        breaches.extend(undocumented(shape));
    }
    if shape.tests_per_mille() < tests_per_mille_min {
        breaches.push(too_few_tests(shape));
    }
    breaches
}

fn long_files(shape: &Shape) -> Vec<Breach> {
    let breach = |file: &Measured| {
        let what = format!("the file has {} lines, the limit is {FILE_LINES_MAX}", file.lines);
        breach(
            Rule::FileLines,
            file,
            what,
            "divide it into rooms of one idea each",
        )
    };
    shape
        .files
        .iter()
        .chain(&shape.other_files)
        .filter(|file| file.lines > FILE_LINES_MAX)
        .map(breach)
        .collect()
}

fn long_functions(shape: &Shape) -> Vec<Breach> {
    let breach = |function: &Measured| {
        let Measured { name, lines, .. } = function;
        let what = format!("`{name}` has {lines} lines, the limit is {FUNCTION_LINES_MAX}");
        breach(
            Rule::FunctionLines,
            function,
            what,
            "give a part of it a name of its own",
        )
    };
    shape
        .functions
        .iter()
        .chain(&shape.other_functions)
        .filter(|function| function.lines > FUNCTION_LINES_MAX)
        .map(breach)
        .collect()
}

fn undocumented(shape: &Shape) -> Vec<Breach> {
    let breach = |item: &Measured| {
        let what = format!("the public `{}` has no documentation", item.name);
        breach(
            Rule::Documentation,
            item,
            what,
            "say its shape, units, errors and source",
        )
    };
    shape.undocumented.iter().map(breach).collect()
}

fn too_few_tests(shape: &Shape) -> Breach {
    let finding = Finding {
        place: "workspace".to_owned(),
        what: format!(
            "{} test lines for {} product lines",
            shape.test_lines,
            shape.product_lines()
        ),
        mend: "write the tests that are missing".to_owned(),
    };
    Breach {
        rule: Rule::Tests,
        item: String::new(),
        path: String::new(),
        finding,
    }
}

fn breach(rule: Rule, thing: &Measured, what: String, mend: &str) -> Breach {
    let finding = Finding {
        place: format!("{}:{}", thing.path, thing.line),
        what,
        mend: mend.to_owned(),
    };
    Breach {
        rule,
        path: thing.path.clone(),
        item: thing.name.clone(),
        finding,
    }
}

#[cfg(test)]
mod tests {
    use super::{TESTS_PER_MILLE_MIN, check};
    use crate::shape::measure::measure;
    use crate::source::Source;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let breaches = check(&measure(&[Source::new(path, text)]), TESTS_PER_MILLE_MIN);
        breaches
            .into_iter()
            .map(|breach| format!("{}: {}", breach.finding.place, breach.finding.what))
            .collect()
    }

    #[test]
    fn a_file_may_have_as_many_lines_as_the_limit_and_no_more() {
        assert_eq!(broken("xtask/src/a.rs", &"\n".repeat(500)), [""; 0]);
        assert_eq!(
            broken("xtask/src/a.rs", &"\n".repeat(501)),
            ["xtask/src/a.rs:1: the file has 501 lines, the limit is 500"]
        );
    }

    #[test]
    fn models_benchmarks_and_fuzz_targets_have_the_same_limits() {
        for path in ["models/src/a.rs", "bench/src/a.rs", "fuzz/fuzz_targets/a.rs"] {
            assert_eq!(broken(path, &"\n".repeat(500)), [""; 0]);
            assert_eq!(
                broken(path, &"\n".repeat(501)),
                [format!("{path}:1: the file has 501 lines, the limit is 500")]
            );
            let function = format!("fn long() {{\n{}}}\n", "x;\n".repeat(69));
            assert_eq!(
                broken(path, &function),
                [format!("{path}:1: `long` has 71 lines, the limit is 70")]
            );
        }
    }

    #[test]
    fn the_tests_of_a_file_are_not_counted() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(600));
        assert_eq!(broken("xtask/src/a.rs", &tests), [""; 0]);
        assert_eq!(broken("xtask/tests/a.rs", &"\n".repeat(600)), [""; 0]);
    }

    #[test]
    fn a_function_may_have_as_many_lines_as_the_limit_and_no_more() {
        let function = |lines: usize| format!("\nfn long() {{\n{}}}\n", "x;\n".repeat(lines - 2));
        assert_eq!(broken("xtask/src/a.rs", &function(70)), [""; 0]);
        assert_eq!(
            broken("xtask/src/a.rs", &function(71)),
            ["xtask/src/a.rs:2: `long` has 71 lines, the limit is 70"]
        );
    }

    #[test]
    fn missing_documentation_is_told_where_it_is() {
        let documented = "/// Doc.\npub fn a() {}\n".repeat(19);
        assert_eq!(
            broken("xtask/src/a.rs", &format!("{documented}pub fn b() {{}}\n")),
            [""; 0]
        );
        assert_eq!(
            broken(
                "xtask/src/a.rs",
                &format!("{documented}pub fn b() {{}}\npub fn c() {{}}\n")
            ),
            [
                "xtask/src/a.rs:39: the public `b` has no documentation",
                "xtask/src/a.rs:40: the public `c` has no documentation"
            ]
        );
    }

    #[test]
    fn too_few_tests_stop_the_build_below_the_limit_only() {
        let shape = measure(&[
            Source::new("xtask/src/a.rs", "\n\n"),
            Source::new("xtask/tests/it.rs", "\n"),
        ]);
        assert_eq!(check(&shape, 500), []);
        let whats: Vec<String> = check(&shape, 501)
            .into_iter()
            .map(|breach| breach.finding.what)
            .collect();
        assert_eq!(whats, ["1 test lines for 2 product lines"]);
    }
}
