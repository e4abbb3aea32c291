//! The files of the page: part of the program, named by their content, so that a browser may keep them for ever.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Digits of the digest in a file's name: enough to tell the versions of a file apart.
const DIGITS: usize = 16;

/// The look of the page.
pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "css",
        "text/css; charset=utf-8",
        include_str!("assets/viewer.css"),
    )
});

/// The filter and the forms.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "js",
        "text/javascript; charset=utf-8",
        include_str!("assets/viewer.js"),
    )
});

/// A file of the page.
pub(super) struct Asset {
    /// Its name: `viewer-<digest>.css`.
    pub(super) name: String,
    /// What it is.
    pub(super) media_type: &'static str,
    /// What is in it.
    pub(super) text: &'static str,
}

impl Asset {
    fn new(kind: &str, media_type: &'static str, text: &'static str) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        Self {
            name: format!("viewer-{}.{kind}", &digest[..DIGITS]),
            media_type,
            text,
        }
    }

    /// Where it is served.
    pub(super) fn path(&self) -> String {
        format!("/docs/{}", self.name)
    }

    /// The file of that name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        let all: [&'static Self; 2] = [&STYLE, &SCRIPT];
        all.into_iter().find(|asset| asset.name == name)
    }
}
