//! The files and the folder that settings name, looked at before anything is opened.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::disk;
use super::fault::Findings;
use super::resolve::Resolved;
use super::tree::{Config, Profile};
use crate::messages::{Message, Text, config as text};

/// 64 digits and room for the newline and a stray space.
const MASTER_FILE_BYTES_MAX: usize = 128;
/// Of 32 random bytes at least 16 differ, but once in some 10^15 keys: one with fewer was typed by hand.
const DIFFERENT_BYTES_MIN: usize = 16;

/// Looks at every file and folder that the settings name.
pub(crate) fn check(config: &Config, values: &Resolved, found: &mut Findings) {
    if let Some(file) = &config.master_file {
        master_file(file, config.profile, values, found);
    }
    if let Some(tls) = &config.http.tls {
        for (path, file) in [("http.tls.cert", &tls.cert), ("http.tls.key", &tls.key)] {
            if let Err(error) = disk::open(file) {
                found.faults.push(values.fault(path, disk::unread(file, &error)));
            }
        }
        warn_if_open(&tls.key, "http.tls.key", values, found);
    }
    for entry in values.entries() {
        if let Some(file) = &entry.file {
            warn_if_open(file, entry.setting.path, values, found);
        }
    }
    let folder = &config.data_dir;
    if fs::metadata(folder).is_ok_and(|metadata| !metadata.is_dir()) {
        found.faults.push(values.fault(
            "data_dir",
            text::FILE_FOR_FOLDER.with(&[("folder", &folder.display())]),
        ));
    }
}

/// A file with a secret that everyone on this machine may read. A group may: that is how a secret is shared on purpose.
fn warn_if_open(file: &Path, path: &str, values: &Resolved, found: &mut Findings) {
    if fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0) {
        let why = text::KEY_OPEN.with(&[("file", &file.display())]);
        found.warnings.push(values.fault(path, why));
    }
}

fn master_file(file: &Path, profile: Profile, values: &Resolved, found: &mut Findings) {
    const PATH: &str = "keys.master_file";
    match read_master_key(file) {
        Err(why) => return found.faults.push(values.fault(PATH, why)),
        Ok(key) if !is_random(&key) => {
            let why = text::KEY_REPEATS.with(&[("file", &file.display())]);
            let list = if profile == Profile::Production {
                &mut found.faults
            } else {
                &mut found.warnings
            };
            list.push(values.fault(PATH, why));
        }
        Ok(_) => {}
    }
    if fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
        let why = text::KEY_OPEN.with(&[("file", &file.display())]);
        found.warnings.push(values.fault(PATH, why));
    }
}

/// Reads a file of 64 hex digits, which may end with a newline.
///
/// # Errors
/// What is wrong with the file; nothing of its content.
pub(crate) fn read_master_key(file: &Path) -> Result<Zeroizing<[u8; 32]>, Message> {
    let bytes = disk::read(file, MASTER_FILE_BYTES_MAX);
    let bytes = Zeroizing::new(bytes.map_err(|error| disk::unread(file, &error))?);
    let wrong = |said: Text| said.with(&[("file", &file.display())]);
    match bytes.trim_ascii() {
        [] => Err(wrong(text::KEY_EMPTY)),
        digits => from_hex(digits).ok_or_else(|| wrong(text::KEY_NOT_HEX)),
    }
}

fn from_hex(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut key = Zeroizing::new([0; 32]);
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    (digits.len() == 64).then_some(key)
}

fn is_random(key: &[u8; 32]) -> bool {
    let is_first = |(index, byte): &(usize, &u8)| !key[..*index].contains(byte);
    key.iter().enumerate().filter(is_first).count() >= DIFFERENT_BYTES_MIN
}
