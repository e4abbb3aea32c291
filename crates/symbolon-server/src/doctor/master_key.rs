use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Patient;
use super::finding::{About, Finding};
use super::store::Existing;
use crate::compose::StorePlace;
use crate::config::files;
use crate::messages::doctor as text;

const NAME: &str = "master key";

/// The file of the master key: is it there where it must be, is it a key, and who may read it.
pub(super) fn check(patient: &Patient<'_>, store: Existing) -> Finding {
    let about = About::new(NAME, patient.locale);
    let composition = &patient.composition;
    let Some(file) = composition.master_key_file() else {
        return about.ok(text::KEY_NONE, &[]);
    };
    let shown = file.display();
    if file.try_exists().is_ok_and(|there| !there) && !composition.names_master_key() {
        return match (store, composition.store()) {
            (Existing::Unknown, _) => about.unknown(text::KEY_UNKNOWN, &[("file", &shown)]),
            (Existing::No, _) => about.ok(text::KEY_NOT_YET, &[("file", &shown)]),
            (Existing::Yes, StorePlace::Server(_) | StorePlace::Redis(_)) => {
                about.fail(text::KEY_ELSEWHERE, text::KEY_COPY, &[("file", &shown)])
            }
            (Existing::Yes, _) => about.fail(text::KEY_MISSING, text::KEY_RESTORE, &[("file", &shown)]),
        };
    }
    if let Err(why) = files::read_master_key(&file) {
        return about.failed_with(why.say(patient.locale));
    }
    let mode = fs::metadata(&file).map_or(0, |found| found.permissions().mode() & 0o777);
    match mode & 0o077 {
        0 => about.ok(text::KEY_GOOD, &[("file", &shown)]),
        _ => {
            let mode = format!("{mode:04o}");
            about.fail(
                text::KEY_OPEN,
                text::KEY_CHMOD,
                &[("file", &shown), ("mode", &mode)],
            )
        }
    }
}
