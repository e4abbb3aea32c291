//! What the tests need besides a Rust toolchain: the one table, and how its packages come here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::{process, python};

/// A command that some test starts, or a file that it gives a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need {
    /// Looked up in `PATH` and in [`EXTRA_DIRS`].
    command: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
    /// Which tests need it.
    purpose: &'static str,
}

/// One row for each command that a test starts. A test that starts something new adds its row in the same commit, not
/// before.
const NEEDS: &[Need] = &[
    Need {
        command: "faketime",
        package: "faketime",
        purpose: "clocks that are set, of nodes and of servers (libfaketimeMT.so.1)",
    },
    Need {
        command: "curl",
        package: "curl",
        purpose: "the commands of the README's tour",
    },
    Need {
        command: "nginx",
        package: "nginx-light",
        purpose: "the recipe in deploy/nginx",
    },
    Need {
        command: "caddy",
        package: "caddy",
        purpose: "the recipe in deploy/caddy",
    },
    Need {
        command: "haproxy",
        package: "haproxy",
        purpose: "the recipe in deploy/haproxy",
    },
    Need {
        command: "chromium",
        package: "chromium",
        purpose: "a person with cookies in a real browser",
    },
    Need {
        command: "axios.js",
        package: "node-axios",
        purpose: "clients/js within axios",
    },
    Need {
        command: "initdb",
        package: "postgresql",
        purpose: "the store in PostgreSQL",
    },
    Need {
        command: "redis-server",
        package: "redis-server",
        purpose: "the cache that nodes share",
    },
    Need {
        command: "mariadbd",
        package: "mariadb-server",
        purpose: "the store in MariaDB",
    },
];

/// Debian's python3 comes without what makes environments, so that the command is there says too little.
const PYTHON: Need = Need {
    command: "python3",
    package: "python3-venv",
    purpose: "clients in Python that hold the server to its documents and to the standards",
};

/// Where Debian puts servers that are not in an ordinary user's `PATH`, and libraries for browsers.
const EXTRA_DIRS: &[&str] = &[
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/usr/share/nodejs/axios/dist",
];

/// Where Debian puts the programs of each version of PostgreSQL, in `VERSION/bin`.
const POSTGRES_DIR: &str = "/usr/lib/postgresql";

/// While this file is there, Debian's PostgreSQL makes no cluster of its own when it is installed. The tests make theirs,
/// and leave none.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/symbolon-tests.conf";

/// What is to be done about the missing commands.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Nothing,
    Install(Vec<&'static str>),
    Refuse(String),
}

/// Makes sure that every command of the table is here.
///
/// Installs missing packages with apt-get when root; otherwise the fault names them and the command to type.
pub(crate) fn provide() -> Result<(), Fault> {
    let missing = missing_here();
    match plan(&missing, can_install()) {
        Plan::Nothing => return Ok(()),
        Plan::Refuse(message) => return Err(Fault::Missing(message)),
        Plan::Install(packages) => install(&packages)?,
    }
    let still: Vec<&str> = missing_here().iter().map(|need| need.command).collect();
    if still.is_empty() {
        return Ok(());
    }
    Err(Fault::Missing(format!(
        "still not found after apt-get install: {}",
        still.join(", ")
    )))
}

fn missing_here() -> Vec<Need> {
    let mut missing = missing(NEEDS, &search_dirs());
    if !python::makes_environments() {
        missing.push(PYTHON);
    }
    missing
}

fn missing(needs: &[Need], dirs: &[PathBuf]) -> Vec<Need> {
    needs
        .iter()
        .filter(|need| !dirs.iter().any(|dir| dir.join(need.command).is_file()))
        .copied()
        .collect()
}

fn plan(missing: &[Need], may_install: bool) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    let packages = packages(missing);
    if may_install {
        return Plan::Install(packages);
    }
    let mut message = String::from("the tests need commands that are not here:\n");
    for need in missing {
        message += &format!(
            "  {} (Debian package {}): {}\n",
            need.command, need.package, need.purpose
        );
    }
    message += &format!(
        "install them with: sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    Plan::Refuse(message)
}

fn packages(missing: &[Need]) -> Vec<&'static str> {
    let mut packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn install(packages: &[&str]) -> Result<(), Fault> {
    println!("installing for the tests: {}", packages.join(" "));
    apt_get(&["update", "-qq"])?;
    let arguments = [&["install", "-y", "-qq", "--no-install-recommends"], packages].concat();
    if packages.contains(&"postgresql") {
        without_cluster(|| apt_get(&arguments))
    } else {
        apt_get(&arguments)
    }
}

/// Installs while [`NO_CLUSTER`] is there. It is gone afterwards, so that who makes a cluster later has the system's
/// own defaults.
fn without_cluster(install: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    let file = Path::new(NO_CLUSTER);
    let fault = |error: std::io::Error| Fault::Missing(format!("{NO_CLUSTER}: {error}"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    std::fs::write(file, "create_main_cluster = off\n").map_err(fault)?;
    let installed = install();
    std::fs::remove_file(file).map_err(fault)?;
    installed
}

fn apt_get(arguments: &[&str]) -> Result<(), Fault> {
    let mut command = Command::new("apt-get");
    // Debian starts a server that it installs, but not in the single-user runlevel. The tests start their own.
    command
        .env("RUNLEVEL", "1")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(arguments);
    process::answer(&mut command).map(drop)
}

/// Root, on a system with apt-get. The owner of `/proc/self` is the effective user.
fn can_install() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root && search_dirs().iter().any(|dir| dir.join("apt-get").is_file())
}

fn search_dirs() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(EXTRA_DIRS.iter().map(|dir| Path::new(dir).to_path_buf()))
        .chain(versions_of(Path::new(POSTGRES_DIR)))
        .collect()
}

fn versions_of(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir(folder).into_iter().flatten();
    versions.filter_map(|version| Some(version.ok()?.path().join("bin")))
}

#[cfg(test)]
mod tests {
    use super::{NEEDS, Need, Plan, missing, plan};

    const SH: Need = Need {
        command: "sh",
        package: "dash",
        purpose: "scripts",
    };
    const ABSENT: Need = Need {
        command: "no-such-server",
        package: "zz-server",
        purpose: "test T",
    };
    const ABSENT_TOO: Need = Need {
        command: "no-such-client",
        package: "zz-server",
        purpose: "test U",
    };

    #[test]
    fn only_what_is_in_no_folder_is_missing() {
        assert_eq!(
            missing(&[SH, ABSENT], &["/nowhere".into(), "/bin".into()]),
            [ABSENT]
        );
        assert_eq!(missing(&[SH], &["/nowhere".into()]), [SH]);
    }

    #[test]
    fn root_installs_each_package_once() {
        assert_eq!(
            plan(&[ABSENT, ABSENT_TOO, SH], true),
            Plan::Install(vec!["dash", "zz-server"])
        );
    }

    #[test]
    fn another_user_is_told_the_packages_and_the_command() {
        let message = "the tests need commands that are not here:\n\
            \x20 no-such-server (Debian package zz-server): test T\n\
            \x20 no-such-client (Debian package zz-server): test U\n\
            install them with: sudo apt-get install -y --no-install-recommends zz-server";
        assert_eq!(
            plan(&[ABSENT, ABSENT_TOO], false),
            Plan::Refuse(message.to_owned())
        );
    }

    #[test]
    fn nothing_is_done_when_nothing_is_missing() {
        assert_eq!(plan(&[], true), Plan::Nothing);
        assert_eq!(plan(&[], false), Plan::Nothing);
    }

    #[test]
    fn no_command_stands_twice_in_the_table() {
        let mut commands: Vec<&str> = NEEDS.iter().map(|need| need.command).collect();
        commands.sort_unstable();
        commands.dedup();
        assert_eq!(commands.len(), NEEDS.len());
    }
}
