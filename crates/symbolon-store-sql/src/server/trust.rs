//! Which authorities are trusted to vouch for a server.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora, SUSE, macOS.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The authorities in a PEM file, or the system's. The error says which file is wrong.
pub(crate) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => system_bundle()?,
    };
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut understood = Vec::new();
    let certificates = CertificateDer::pem_file_iter(&file).map_err(|error| fault(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| fault(&error))?;
        // A system's bundle has old ones that are not understood; those can vouch for nobody.
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            understood.push(certificate);
        }
    }
    if understood.is_empty() {
        return Err(fault(&"it has no certificate"));
    }
    Ok(understood)
}

fn system_bundle() -> Result<PathBuf, String> {
    let found = SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|file| file.is_file());
    found.ok_or_else(|| "the system has no file of trusted authorities".to_owned())
}
