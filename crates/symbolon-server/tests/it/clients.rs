//! Clients that nobody here wrote, in Python, in the environment that xtask makes.

use std::path::{Path, PathBuf};
use std::process::Command;

use symbolon_testkit::server::Server;

use crate::place::BINARY;

/// What the environment is made of; it says so itself.
const REQUIREMENTS: &str = include_str!("../clients/requirements.txt");

/// The folder of the scripts.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// A program of the environment, with nothing of the caller's own Python.
pub(crate) fn program(name: &str) -> Command {
    let environment = Path::new(BINARY)
        .ancestors()
        .map(|folder| folder.join("python-clients"))
        .find(|folder| folder.is_dir());
    let made_of = |folder: &PathBuf| std::fs::read_to_string(folder.join("made-of.txt")).ok();
    let Some(environment) = environment.filter(|folder| made_of(folder).as_deref() == Some(REQUIREMENTS))
    else {
        panic!(
            "the Python packages of tests/clients/requirements.txt are not there; `cargo xtask test` installs them"
        )
    };
    let mut command = Command::new(environment.join("bin").join(name));
    command
        // What it keeps between runs is no part of the project.
        .current_dir(std::env::temp_dir())
        .env_remove("PYTHONHOME")
        .env("PYTHONPATH", scripts())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Whoever comes through a proxy to a package index has no business with it here.
        .env("NO_PROXY", "*");
    command
}

/// Runs a command to its end. A failed one ends the test with all it said.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{:?}: {}\n{said}\n{}",
        command.get_program(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    said
}
/// Runs a script against the server, with these variables beside the server's own.
pub(crate) fn script(server: &Server, name: &str, variables: &[(&str, &str)]) -> String {
    let mut command = program("python");
    command
        .arg(scripts().join(name))
        .env("SERVER_URL", server.base_url())
        .env("SERVER_PROGRAM", BINARY)
        .env("SYMBOLON_DATA_DIR", server.data_dir())
        .env("SYMBOLON_HTTP__LISTEN", server.address().to_string())
        .envs(variables.iter().copied());
    succeed(&mut command)
}
