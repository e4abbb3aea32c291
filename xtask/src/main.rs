//! The project's own commands: `cargo xtask test | ci | campaign | layers | shape`.
//!
//! In reading order: [`test`] runs every test, [`ci`] is what `.ci/run` calls, [`campaign`] breaks real nodes,
//! [`layers`] and [`shape`] hold the house's rules, and [`source`] is the small reader of Rust that both of them look through.

mod campaign;
mod ci;
mod fault;
mod finding;
mod layers;
mod needs;
mod process;
mod python;
mod shape;
mod source;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fault::Fault;

/// The command line was not understood (`EX_USAGE` of sysexits.h).
const EXIT_USAGE: u8 = 64;

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask <COMMAND>

Commands:
  test [-- ARGS]  Install what the tests need (Debian packages, when root; Python packages below target/), then
                  run every test.
                  ARGS go to `cargo test`; a package chosen with -p takes the place of the workspace.
  ci              Format, clippy, layers, shape, then the same test command and the campaign in its short form; prints
                  the time of each.
  campaign [--long] [ARGS]
                  Break what real nodes stand on while clients ask, and check what those saw; below target/campaign/
                  then lie a table and a picture. In its short form, four minutes, each fault strikes once.
                  --long takes an hour: a release build, on each store a minute and more for each fault.
                  ARGS go to the campaign, such as --nemesis n2 or --seconds 30; its --help tells them all.
  layers          Check who may depend on whom, the banned crates, and the invariants that a search can prove.
  shape           Print the figures of the code (lines, documentation, tests) and stop at the hard limits.
  help            Print this text.

Examples:
  cargo xtask test
  cargo xtask test -- -p symbolon-core
  cargo xtask test -- a_refresh_repeated -- --nocapture
  cargo xtask campaign --nemesis n1 --nemesis n11

Exit codes: 0 all is well, 1 a check or a test failed, 64 the command line was not understood.
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Test(Vec<String>),
    Ci,
    Campaign(Vec<String>),
    Layers,
    Shape,
    Help,
}

fn main() -> ExitCode {
    let task = match parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("error: {message}\n\n{HELP}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match run(&task, &root()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task, root: &Path) -> Result<bool, Fault> {
    match task {
        Task::Test(extra) => test::run(root, extra),
        Task::Ci => ci::run(root),
        Task::Campaign(arguments) => campaign::run(root, arguments),
        Task::Layers => layers::run(root),
        Task::Shape => shape::run(root),
        Task::Help => {
            print!("{HELP}");
            Ok(true)
        }
    }
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut arguments = arguments.into_iter();
    let command = arguments.next().ok_or("no command given")?;
    let rest: Vec<String> = arguments.collect();
    // Its own help is the campaign's.
    if command == "campaign" {
        return Ok(Task::Campaign(rest));
    }
    if rest
        .first()
        .is_some_and(|first| first == "--help" || first == "-h")
    {
        return Ok(Task::Help);
    }
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "test" => match rest.split_first() {
            None => Ok(Task::Test(Vec::new())),
            Some((dashes, extra)) if dashes == "--" => Ok(Task::Test(extra.to_vec())),
            Some((stray, _)) => Err(format!("`test` takes its arguments after `--`, found `{stray}`")),
        },
        "ci" => alone(Task::Ci, &command, &rest),
        "layers" => alone(Task::Layers, &command, &rest),
        "shape" => alone(Task::Shape, &command, &rest),
        _ => Err(format!("unknown command `{command}`")),
    }
}

fn alone(task: Task, command: &str, rest: &[String]) -> Result<Task, String> {
    match rest.first() {
        None => Ok(task),
        Some(stray) => Err(format!("`{command}` takes no argument, found `{stray}`")),
    }
}

/// The root of the checkout: cargo says at run time where xtask's manifest is, so a moved checkout needs no rebuild.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|manifest| Path::new(&manifest).parent().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
}

#[cfg(test)]
mod tests {
    use super::{Task, parse};

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn each_command_is_understood() {
        assert_eq!(parsed("test"), Ok(Task::Test(Vec::new())));
        assert_eq!(parsed("ci"), Ok(Task::Ci));
        assert_eq!(
            parsed("campaign --long --help"),
            Ok(Task::Campaign(vec!["--long".to_owned(), "--help".to_owned()]))
        );
        assert_eq!(parsed("layers"), Ok(Task::Layers));
        assert_eq!(parsed("shape"), Ok(Task::Shape));
        assert_eq!(parsed("--help"), Ok(Task::Help));
        assert_eq!(parsed("shape --help"), Ok(Task::Help));
    }

    #[test]
    fn what_stands_after_the_dashes_goes_to_cargo_test() {
        let extra = vec![
            "-p".to_owned(),
            "symbolon-core".to_owned(),
            "--".to_owned(),
            "--nocapture".to_owned(),
        ];
        assert_eq!(
            parsed("test -- -p symbolon-core -- --nocapture"),
            Ok(Task::Test(extra))
        );
    }

    #[test]
    fn a_line_that_is_not_understood_says_which_word() {
        assert_eq!(parsed(""), Err("no command given".to_owned()));
        assert_eq!(parsed("tset"), Err("unknown command `tset`".to_owned()));
        assert_eq!(
            parsed("ci fast"),
            Err("`ci` takes no argument, found `fast`".to_owned())
        );
        assert_eq!(
            parsed("test name"),
            Err("`test` takes its arguments after `--`, found `name`".to_owned())
        );
    }
}
