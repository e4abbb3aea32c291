use std::process::Command;

/// Makes the disk and leaves it again: $1 is the folder that it is to be, $2 how much it holds, and the rest a command that
/// runs on it. The disk is in a mount namespace that only these processes see, and is gone with the last of them, however
/// they end.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
disk=$1 size=$2
shift 2
mkdir "$disk" && mount -t tmpfs -o "size=$size,mode=0755" symbolon-tests "$disk" || exit 1
"$@"
cd /
umount "$disk"
rm -rf "${disk%/*}"
"#;

/// The command under which a shell has the folder `data` in `folder` on a disk of its own that holds so many MiB.
///
/// It takes root, or a system that lets a user have namespaces.
pub(super) fn shell_on(folder: &std::path::Path, mebibytes: u32) -> Command {
    let own = rustix::process::getuid();
    let namespaces: &[&str] = if own.is_root() {
        &["--mount"]
    } else {
        &["--mount", "--user", "--map-root-user"]
    };
    let tried = Command::new("unshare").args(namespaces).arg("true").output();
    let tried = tried.unwrap();
    assert!(
        tried.status.success(),
        "a small disk cannot be made here; run the tests as root with CAP_SYS_ADMIN, or allow user namespaces: {}",
        String::from_utf8_lossy(&tried.stderr)
    );
    let mut command = Command::new("unshare");
    command
        .args(namespaces)
        .args(["sh", "-c", SCRIPT, "disk"])
        .arg(folder.join("data"))
        .arg(format!("{mebibytes}m"));
    if !own.is_root() {
        // No server is started by what it takes for root.
        let group = rustix::process::getgid().as_raw();
        command
            .args(["unshare", "--user"])
            .arg(format!("--map-user={}", own.as_raw()))
            .arg(format!("--map-group={group}"));
    }
    command.arg("sh");
    command
}
