//! TLS to the server, verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::address::{Address, Way};
use crate::options::OpenRedisError;

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora, SUSE, macOS.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What encrypts the way to that address; `None`: it goes plain.
pub(crate) fn connector(address: &Address) -> Result<Option<TlsConnector>, OpenRedisError> {
    let Way::Verified(authorities) = &address.way else {
        return Ok(None);
    };
    let config = config(authorities.as_deref()).map_err(|detail| OpenRedisError::Tls {
        place: address.place.clone(),
        detail,
    })?;
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

fn config(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let file = match authorities {
        Some(file) => file.to_owned(),
        None => system_bundle()?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(read_roots(&file)?)
        .with_no_client_auth();
    Ok(config)
}

fn system_bundle() -> Result<PathBuf, String> {
    let found = SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|file| file.is_file());
    found.ok_or_else(|| "the system has no file of trusted authorities".to_owned())
}

fn read_roots(file: &Path) -> Result<RootCertStore, String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| fault(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| fault(&error))?;
        // A system's bundle has old ones that are not understood; those can vouch for nobody.
        let (_added, _ignored) = roots.add_parsable_certificates([certificate]);
    }
    if roots.is_empty() {
        return Err(fault(&"it has no certificate"));
    }
    Ok(roots)
}
