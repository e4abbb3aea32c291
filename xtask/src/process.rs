//! Programs that the commands start: always without standard input, so that nothing waits for an answer in CI.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::fault::Fault;

/// A cargo of the same toolchain that runs this program, in `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

/// Runs `command` with its output shown, and answers whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, Fault> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|source| start_fault(command, source))?;
    Ok(status.success())
}

/// The same for a program that ends when its standard input does: however this program ends, that one does not go on.
pub(crate) fn succeeds_while_this_runs(command: &mut Command) -> Result<bool, Fault> {
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|source| start_fault(command, source))?;
    // Held here: a wait would close it.
    let pipe = child.stdin.take();
    let status = child.wait().map_err(|source| start_fault(command, source))?;
    drop(pipe);
    Ok(status.success())
}

/// Runs `command` and gives its standard output; a failure is a fault with what it said on standard error.
pub(crate) fn answer(command: &mut Command) -> Result<String, Fault> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| start_fault(command, source))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Fault::Failed {
        command: line(command),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

fn start_fault(command: &Command, source: std::io::Error) -> Fault {
    Fault::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}
