use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The certificate and the key that a listener shows.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
}

/// Why a certificate and its key cannot be used. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is missing, unreadable or no PEM.
    #[error("read certificates from {path}: {cause}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// The certificate file holds none.
    #[error("read certificates from {path}: there is none in it")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The key file is missing, unreadable or holds no private key. Its content is never part of the message.
    #[error("read private key from {path}: {cause}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: pem::Error,
    },
    /// The two do not belong together, or rustls cannot use them.
    #[error("use the certificate and its key: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Tls {
    /// Reads a chain of certificates (the server's own first) and its private key (PKCS#8, PKCS#1 or SEC1), both PEM.
    /// TLS 1.2 and 1.3; HTTP/2 and HTTP/1.1 are offered by ALPN.
    ///
    /// # Errors
    /// When a file cannot be read, or the key is not the certificate's.
    pub fn from_pem_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(certificates)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|cause| TlsError::Key {
            path: key.to_path_buf(),
            cause,
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
        })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |cause| TlsError::Certificates {
        path: path.to_path_buf(),
        cause,
    };
    let chain = CertificateDer::pem_file_iter(path).map_err(fault)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(fault)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            path: path.to_path_buf(),
        });
    }
    Ok(chain)
}

impl std::fmt::Debug for Tls {
    /// Without the configuration: it holds the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
