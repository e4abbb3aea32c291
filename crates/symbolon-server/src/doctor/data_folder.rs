use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access, access};

use super::Patient;
use super::finding::{About, Finding};
use crate::compose::StorePlace;
use crate::messages::doctor as text;

const NAME: &str = "data folder";
/// Below this a busy hour may fill the disk.
const SPACE_WARN: u64 = 1 << 30;
/// Below this SQLite's write-ahead log has no room for a burst, and the next commits fail.
const SPACE_FAIL: u64 = 64 << 20;

/// The folder: is it there, whose is it, who may enter, can we write, is there room, and on what kind of disk.
pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let about = About::new(NAME, patient.locale);
    let folder = patient.composition.data_dir();
    let found = match fs::metadata(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return vec![not_there(about, folder)],
        Err(error) => {
            return vec![about.fail(
                text::FOLDER_CLOSED,
                text::FOLDER_OWN,
                &[("folder", &folder.display()), ("error", &error)],
            )];
        }
    };
    // Where the store is on a server, only the key and the socket are here.
    let keeps_sessions = matches!(patient.composition.store(), StorePlace::File(_));
    let (space, disk) = match keeps_sessions {
        true => (space(about, folder), disk(about, folder)),
        false => (None, None),
    };
    let findings = [access_of(about, folder, &found), space, disk];
    let mut findings: Vec<_> = findings.into_iter().flatten().collect();
    if findings.is_empty() {
        let good = if keeps_sessions {
            text::FOLDER_GOOD
        } else {
            text::FOLDER_OURS
        };
        findings.push(about.ok(good, &[("folder", &folder.display())]));
    }
    findings
}

/// The first start makes the folder, where it may.
fn not_there(about: About, folder: &Path) -> Finding {
    let shown = folder.display();
    let is_there = |path: &&Path| path.exists() || path.as_os_str().is_empty();
    let parent = folder
        .ancestors()
        .skip(1)
        .find(is_there)
        .unwrap_or(Path::new("."));
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    match access(parent, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => about.ok(text::FOLDER_NOT_YET, &[("folder", &shown)]),
        Err(error) => {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("folder", &parent.display()), ("error", &error)];
            about.fail(text::FOLDER_CLOSED, text::FOLDER_OWN, &values)
        }
    }
}

fn access_of(about: About, folder: &Path, found: &fs::Metadata) -> Option<Finding> {
    let shown = folder.display();
    let own = rustix::process::geteuid().as_raw();
    let mode = found.permissions().mode() & 0o777;
    if let Err(error) = access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        return Some(about.fail(
            text::FOLDER_CLOSED,
            text::FOLDER_OWN,
            &[("folder", &shown), ("error", &error)],
        ));
    }
    if found.uid() != own {
        let values: super::finding::Values<'_> =
            &[("folder", &shown), ("owner", &found.uid()), ("uid", &own)];
        return Some(about.warn(text::FOLDER_OF_OTHER, text::FOLDER_RUN_AS, values));
    }
    (mode & 0o077 != 0).then(|| {
        let mode = format!("{mode:04o}");
        about.warn(
            text::FOLDER_OPEN,
            text::FOLDER_CHMOD,
            &[("folder", &shown), ("mode", &mode)],
        )
    })
}

fn space(about: About, folder: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let shown = folder.display();
    let mib = free >> 20;
    let values: super::finding::Values<'_> = &[("folder", &shown), ("mib", &mib)];
    match free {
        ..SPACE_FAIL => Some(about.fail(text::SPACE_LOW, text::SPACE_FREE, values)),
        SPACE_FAIL..SPACE_WARN => Some(about.warn(text::SPACE_LOW, text::SPACE_FREE, values)),
        _ => None,
    }
}

/// What the file system promises, by the numbers of `statfs(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    /// Locks and shared memory do not reach across the network as SQLite needs them.
    Network(&'static str),
    /// Gone at the next boot.
    Memory,
    /// As usual.
    Local,
}

const NETWORKS: [(u64, &str); 6] = [
    (0x6969, "NFS"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x517b, "SMB"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "Ceph"),
];
const TMPFS: u64 = 0x0102_1994;

fn kind_of(magic: u64) -> Disk {
    match NETWORKS.iter().find(|(known, _)| *known == magic) {
        Some((_, name)) => Disk::Network(name),
        None if magic == TMPFS => Disk::Memory,
        None => Disk::Local,
    }
}

#[cfg(target_os = "linux")]
fn disk(about: About, folder: &Path) -> Option<Finding> {
    let found = rustix::fs::statfs(folder).ok()?;
    // The kernel keeps 32 bits of it; some platforms widen them with their sign.
    let magic = u64::try_from(found.f_type).ok()? & 0xffff_ffff;
    let shown = folder.display();
    match kind_of(magic) {
        Disk::Network(kind) => Some(about.fail(
            text::DISK_NETWORK,
            text::DISK_LOCAL,
            &[("folder", &shown), ("kind", &kind)],
        )),
        Disk::Memory => Some(about.warn(text::DISK_MEMORY, text::DISK_LOCAL, &[("folder", &shown)])),
        Disk::Local => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn disk(_: About, _: &Path) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_disks_and_memory_are_told_from_others() {
        assert_eq!(kind_of(0x6969), Disk::Network("NFS"));
        assert_eq!(kind_of(0xff53_4d42), Disk::Network("SMB"));
        assert_eq!(kind_of(TMPFS), Disk::Memory);
        assert_eq!(kind_of(0xef53), Disk::Local);
    }
}
