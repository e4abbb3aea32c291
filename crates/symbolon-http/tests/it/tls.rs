//! TLS with a certificate that the test makes.

use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use symbolon_http::listen::{ListenLimits, Tls};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::running::{Raw, Running, SHORT, eventually, in_time, patient};

struct Files {
    folder: TempDir,
    root: CertificateDer<'static>,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["symbolon.test".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self {
            folder,
            root: made.cert.der().clone(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self) -> Tls {
        Tls::from_pem_files(&self.path("cert.pem"), &self.path("key.pem")).unwrap()
    }

    fn start(&self, limits: ListenLimits) -> Running {
        let tls = self.tls();
        Running::start_with(limits, |listener| listener.with_tls(tls))
    }

    async fn connect(&self, server: &Running, alpn: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let tcp = TcpStream::connect(server.addr.unwrap()).await.unwrap();
        let name = ServerName::try_from("symbolon.test").unwrap();
        in_time(TlsConnector::from(Arc::new(config)).connect(name, tcp))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn http1_over_tls_is_served_and_the_service_knows_that_it_is_tls() {
    let files = Files::new();
    let server = files.start(patient());
    let mut raw = Raw(files.connect(&server, &[]).await);
    raw.send("GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    let answer = raw.rest().await;
    assert!(answer.ends_with("\r\n\r\nSome(127.0.0.1) true"), "{answer}");
}

#[tokio::test]
async fn http2_is_agreed_on_by_alpn() {
    let files = Files::new();
    let server = files.start(patient());
    let stream = files.connect(&server, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    assert_eq!(crate::http2::get(stream, "/ok").await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn a_large_answer_over_tls_that_nobody_takes_is_closed_at_the_write_limit() {
    let files = Files::new();
    let server = files.start(ListenLimits {
        write: SHORT,
        ..patient()
    });
    let mut deaf = Raw(files.connect(&server, &[]).await);
    deaf.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually("it is asked", || !server.desk.seen().is_empty()).await;
    eventually("its place is free", || server.gate.connections() == 0).await;
}

#[tokio::test]
async fn a_handshake_that_stalls_is_closed_at_its_limit() {
    let files = Files::new();
    let server = files.start(ListenLimits {
        tls: SHORT,
        ..patient()
    });
    let begin = Instant::now();
    assert_eq!(server.connect().await.rest().await, "");
    assert!(begin.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_peer_that_sends_nothing_after_the_handshake_is_closed_at_the_first_byte_limit() {
    let files = Files::new();
    let server = files.start(ListenLimits {
        first_byte: SHORT,
        ..patient()
    });
    let mut silent = Raw(files.connect(&server, &[]).await);
    assert_eq!(silent.rest().await, "");
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_not_served() {
    let files = Files::new();
    let server = files.start(patient());
    let mut raw = server.connect().await;
    raw.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(!raw.rest().await.contains("HTTP/1.1 200"));
    assert!(server.desk.seen().is_empty());
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_handshake() {
    let files = Files::new();
    let server = files.start(patient());
    let mut stalled = server.connect().await;
    eventually("it is in", || server.gate.connections() == 1).await;
    assert_eq!(server.stop().await.cut_off, 0);
    assert_eq!(stalled.rest().await, "");
}

#[test]
fn files_that_cannot_be_used_are_named_and_never_quoted() {
    let (files, other) = (Files::new(), Files::new());
    let (cert, key, absent) = (
        files.path("cert.pem"),
        files.path("key.pem"),
        files.path("absent.pem"),
    );
    let fault = |cert: &PathBuf, key: &PathBuf| Tls::from_pem_files(cert, key).unwrap_err().to_string();
    let read_cert = |path: &PathBuf| format!("read certificates from {}: ", path.display());
    let read_key = |path: &PathBuf| format!("read private key from {}: ", path.display());
    assert!(fault(&absent, &key).starts_with(&read_cert(&absent)));
    assert!(fault(&cert, &absent).starts_with(&read_key(&absent)));
    assert_eq!(
        fault(&key, &key),
        format!("{}there is none in it", read_cert(&key))
    );
    assert!(fault(&cert, &cert).starts_with(&read_key(&cert)));
    assert!(fault(&cert, &other.path("key.pem")).starts_with("use the certificate and its key: "));
    assert_eq!(format!("{:?}", files.tls()), "Tls");
}
