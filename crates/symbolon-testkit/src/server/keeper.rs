//! What stays behind a process that is killed, so that its servers do not.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The folder of all folders of this process, and the shell that waits for its end.
///
/// The shell holds the other end of a pipe and nothing else of ours. However this process ends, the pipe ends with it;
/// the shell then kills whoever works in the folder, and removes it. A process is known by its working folder, so none
/// can be mistaken for another that was given its number.
struct Keeper {
    parent: TempDir,
    // Ends with the process, as statics are not dropped.
    _shell: Child,
}

/// Its argument is the folder. It is a process group of its own: what ends a whole group does not end it.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
working() {
    find /proc/[0-9]*/cwd -maxdepth 0 '(' -lname "$1" -o -lname "$1/*" -o -lname "$1 *" ')' 2>/dev/null
}
tries=0
# Its exit status tells of processes that ended meanwhile.
while found=$(working "$1"); [ -n "$found" ] && [ $tries -lt 100 ]; do
    for cwd in $found; do
        process=${cwd#/proc/}
        kill -9 "${process%/cwd}" 2>/dev/null
    done
    tries=$((tries + 1))
    sleep 0.05
done
rm -rf "$1"
"#;

impl Keeper {
    fn start() -> Self {
        let parent = TempDir::with_prefix("symbolon-").unwrap();
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            // As the kernel names it.
            .arg(parent.path().canonicalize().unwrap())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            parent,
            _shell: shell,
        }
    }
}

/// Where this process has its folders.
fn parent() -> &'static Path {
    static KEEPER: OnceLock<Keeper> = OnceLock::new();
    KEEPER.get_or_init(Keeper::start).parent.path()
}

/// A new folder. It is gone when it is dropped, or when this process is; and so is who works in it then.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in(parent()).unwrap()
}
