//! The Python packages that tests speak to the server with: an environment of their own below the target folder, made
//! once, and anew when what it is made of changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::process;

/// Every package with its version, and those that they need themselves: a run of today and one of next year are alike.
const REQUIREMENTS: &str = "crates/symbolon-server/tests/clients/requirements.txt";

/// The environment, below the target folder. The tests look for it by this name.
const ENVIRONMENT: &str = "python-clients";

/// In the environment: what it was made of. It is written last, so that a half made one has none.
const STAMP: &str = "made-of.txt";

/// Whether there is a Python that makes environments.
pub(crate) fn makes_environments() -> bool {
    process::answer(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_ok()
}

/// Makes sure that the environment is there and is made of what is asked for.
pub(crate) fn provide(root: &Path) -> Result<(), Fault> {
    let asked = root.join(REQUIREMENTS);
    let wanted = std::fs::read_to_string(&asked).map_err(|source| Fault::Read { path: asked, source })?;
    let place = target()?.join(ENVIRONMENT);
    if is_made_of(&place, &wanted) {
        return Ok(());
    }
    println!("making {} for the tests", place.display());
    make(&place, &root.join(REQUIREMENTS)).map_err(advise)?;
    let stamp = place.join(STAMP);
    std::fs::write(&stamp, wanted).map_err(|source| Fault::Write { path: stamp, source })
}

/// An environment whose Python is gone, or cannot be started any more, is made anew as well.
fn is_made_of(place: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(place.join(STAMP)).is_ok_and(|made| made == wanted)
        && process::answer(Command::new(python(place)).args(["-c", ""])).is_ok()
}

fn make(place: &Path, requirements: &Path) -> Result<(), Fault> {
    // `--clear` removes what a start before left half made.
    process::answer(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place))?;
    let mut install = Command::new(python(place));
    // No package is built here, and none is taken that is not in the list.
    let how = [
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
    ];
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(how)
        .arg("--requirement")
        .arg(requirements);
    process::answer(&mut install)?;
    // Says what the list has forgotten.
    process::answer(Command::new(python(place)).args(["-m", "pip", "check"])).map(drop)
}

fn advise(fault: Fault) -> Fault {
    Fault::Missing(format!(
        "the Python packages of the tests cannot be installed: {fault}\n\
         they are in {REQUIREMENTS}; `python3 -m pip` must reach a package index (or have them in PIP_FIND_LINKS)"
    ))
}

fn python(place: &Path) -> PathBuf {
    place.join("bin/python")
}

/// The target folder: this program is in a folder of it, as the binaries of the tests are.
fn target() -> Result<PathBuf, Fault> {
    let own = std::env::current_exe().map_err(|source| Fault::Read {
        path: PathBuf::from("the path of xtask"),
        source,
    })?;
    Ok(own.ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{REQUIREMENTS, STAMP, is_made_of};

    #[test]
    fn every_package_has_one_exact_version() {
        let list = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(REQUIREMENTS);
        let list = std::fs::read_to_string(list).unwrap();
        let mut names = BTreeSet::new();
        for line in list
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("{line}"));
            assert!(names.insert(name.to_lowercase()), "{name} is there twice");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
            assert!(!version.contains(['*', ',', ';', ' ']), "{line}");
        }
        assert!(
            names.contains("authlib") && names.contains("schemathesis"),
            "{names:?}"
        );
    }

    #[test]
    fn a_half_made_environment_is_made_anew() {
        let folder = std::env::temp_dir().join(format!("xtask-python-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        assert!(!is_made_of(&folder, "a==1"), "nothing is there");
        std::fs::write(folder.join(STAMP), "a==1").unwrap();
        assert!(!is_made_of(&folder, "a==1"), "its Python is not there");
        std::os::unix::fs::symlink("/bin/true", folder.join("bin/python")).unwrap();
        assert!(is_made_of(&folder, "a==1"));
        assert!(!is_made_of(&folder, "a==2"), "it is made of something else");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
