//! A wall clock of a process's own, which a test sets ahead or back while the process runs.
//!
//! It stands in a file that libfaketime reads whenever the process asks for the time. The steady clocks, `CLOCK_MONOTONIC` and
//! `CLOCK_BOOTTIME`, stay the machine's: no one can set those.

use std::path::{Path, PathBuf};

/// What the file is called, in the folder of the process.
const FILE: &str = "wall-clock";

/// What a process has in its environment so that it goes by the clock in `folder`.
pub(crate) fn env(folder: &Path) -> [(&'static str, String); 5] {
    [
        ("LD_PRELOAD", library().display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", folder.join(FILE).display().to_string()),
        // Each question reads the file: a clock that is set is set at once.
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

/// Sets the clock in `folder`: by so many seconds ahead of the machine's, or behind it.
pub(crate) fn set(folder: &Path, ahead: i64) {
    // Whoever reads it meanwhile reads the old one or the new one.
    let new = folder.join(format!("{FILE}.new"));
    std::fs::write(&new, format!("{ahead:+}\n")).unwrap();
    std::fs::rename(new, folder.join(FILE)).unwrap();
}

/// The library, for programs with threads: Debian has a folder for each architecture.
pub(crate) fn library() -> PathBuf {
    let mut places = std::fs::read_dir("/usr/lib").unwrap().filter_map(Result::ok);
    let library = places.find_map(|place| {
        let library = place.path().join("faketime/libfaketimeMT.so.1");
        library.exists().then_some(library)
    });
    match library {
        Some(library) => library,
        None => panic!("libfaketime is not there: apt-get install faketime"),
    }
}
