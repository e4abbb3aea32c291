//! I12: no secret in logs, answers, metrics or the store's files.

use std::collections::HashMap;
use std::path::Path;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

use super::{Findings, Invariant};

/// What is looked for: in one pass over an artefact, however many there are.
#[derive(Default)]
pub struct Secrets {
    /// The forms of secrets by their first bytes.
    forms: HashMap<[u8; WINDOW], Vec<Form>>,
    count: usize,
}

/// One spelling of a secret, and the secret's number.
struct Form {
    bytes: Vec<u8>,
    secret: usize,
}

/// The first bytes by which a form is found; no form is shorter.
const WINDOW: usize = 8;
/// Where the secret half of a token's text begins and ends: after prefix, key id, session and
/// generation, which are public, and before the tag. The last character carries bits of both.
const VERIFIER_TEXT: std::ops::Range<usize> = 32..74;
/// The same in the bytes that the text spells.
const VERIFIER: std::ops::Range<usize> = 21..53;

impl Secrets {
    /// Looks for a password or any other text of eight bytes or more.
    pub fn add(&mut self, text: &str) {
        self.count += 1;
        self.form(text.as_bytes());
    }

    /// Looks for the secret half of a token as text, as bytes and in hexadecimal digits.
    pub fn add_token(&mut self, token: &str) {
        self.count += 1;
        self.form(&token.as_bytes()[VERIFIER_TEXT]);
        let body = BASE64URL_NOPAD.decode(&token.as_bytes()[4..]).unwrap();
        let verifier = &body[VERIFIER];
        self.form(verifier);
        self.form(HEXLOWER.encode(verifier).as_bytes());
        self.form(HEXUPPER.encode(verifier).as_bytes());
    }

    fn form(&mut self, form: &[u8]) {
        let first = form.first_chunk::<WINDOW>();
        let first =
            first.unwrap_or_else(|| panic!("a secret of less than {WINDOW} bytes is found everywhere"));
        let forms = self.forms.entry(*first).or_default();
        forms.push(Form {
            bytes: form.to_vec(),
            secret: self.count,
        });
    }
}

/// All that was written below a folder: each file's path and bytes.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files_below(&path));
        } else if path.is_file() {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

/// Looks for the secrets in each artefact, given with its name. A finding does not repeat the secret.
#[must_use]
pub fn find<'a>(secrets: &Secrets, artefacts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Findings {
    let mut findings = Findings::default();
    for (name, bytes) in artefacts {
        for _ in 0..secrets.count {
            findings.look(Invariant::I12);
        }
        for (place, window) in bytes.windows(WINDOW).enumerate() {
            let key: Option<&[u8; WINDOW]> = window.first_chunk();
            for form in key.and_then(|key| secrets.forms.get(key)).into_iter().flatten() {
                if bytes[place..].starts_with(&form.bytes) {
                    let seen = format!("secret {} in {name} at byte {place}", form.secret);
                    findings.broken(Invariant::I12, "", seen);
                }
            }
        }
    }
    findings
}
