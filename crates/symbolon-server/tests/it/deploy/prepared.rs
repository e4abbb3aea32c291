//! A copy of `deploy/` in which `prepare.sh` was run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::root;

/// The folder; it is removed with the value.
pub(super) struct Prepared(TempDir);

impl Prepared {
    pub(super) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["prepare.sh", "compose.yaml", "redis.conf", "Dockerfile"] {
            fs::copy(root().join("deploy").join(name), folder.path().join(name)).unwrap();
        }
        let prepared = Self(folder);
        let ran = prepared.prepare();
        assert!(ran.status.success(), "{ran:?}");
        prepared
    }

    fn prepare(&self) -> Output {
        let script = self.path("prepare.sh");
        // From elsewhere: it looks for its own folder.
        Command::new("sh").arg(script).current_dir("/").output().unwrap()
    }

    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The password that it made for Redis.
    pub(super) fn password(&self) -> String {
        let line = self.read("secrets/redis-password.conf");
        line.trim_end().strip_prefix("requirepass ").unwrap().to_owned()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_prepared_is_secret_random_and_made_once() {
    let prepared = Prepared::new();
    for folder in ["secrets", "data", "data/redis", "data/symbolon"] {
        assert_eq!(mode(&prepared.path(folder)), 0o700, "{folder}");
    }
    for file in fs::read_dir(prepared.path("secrets")).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let (password, key) = (prepared.password(), prepared.read("secrets/master-key"));
    let is_hex = |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    assert!(is_hex(&password) && is_hex(key.trim_end()) && password != key.trim_end());
    assert_eq!(
        prepared.read("secrets/store-url"),
        format!("redis://:{password}@redis:6379/0\n")
    );
    let again = prepared.prepare();
    assert!(!again.status.success() && !again.stderr.is_empty());
    assert_eq!(
        prepared.read("secrets/master-key"),
        key,
        "a second run changes nothing"
    );
    let other = Prepared::new();
    assert_ne!(other.password(), password);
}
