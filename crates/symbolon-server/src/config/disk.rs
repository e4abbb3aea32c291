//! Small files, read with a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::messages::{Message, Text, config as text};

/// A password is a line; a larger file is the wrong one.
const LINE_BYTES_MAX: usize = 4_096;

/// Opens a file for reading. A folder is an error here, not at the first read.
///
/// # Errors
/// Where the file cannot be opened, or is a folder.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    match file.metadata()?.is_dir() {
        true => Err(io::Error::other("it is a folder, not a file")),
        false => Ok(file),
    }
}

/// The bytes of a file, of which there are at most `bytes_max`.
///
/// # Errors
/// Where the file cannot be read, or is larger.
pub(crate) fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > bytes_max {
        true => Err(io::Error::other(format!("it is larger than {bytes_max} bytes"))),
        false => Ok(bytes),
    }
}

/// The one line of a file that holds a secret, without the newline.
///
/// # Errors
/// What is wrong with the file; nothing of its content.
pub(crate) fn read_line(path: &Path) -> Result<String, Message> {
    let of_file = |said: Text| said.with(&[("file", &path.display())]);
    let bytes = read(path, LINE_BYTES_MAX).map_err(|error| unread(path, &error))?;
    let line = String::from_utf8(bytes).map_err(|_| of_file(text::FILE_NOT_UTF8))?;
    match line.trim_end_matches(['\n', '\r']) {
        "" => Err(of_file(text::FILE_EMPTY)),
        line if line.contains('\n') => Err(of_file(text::FILE_LINES)),
        line => Ok(line.to_owned()),
    }
}

/// Why a file was not read.
pub(crate) fn unread(path: &Path, error: &io::Error) -> Message {
    text::FILE_UNREAD.with(&[("file", &path.display()), ("error", error)])
}
