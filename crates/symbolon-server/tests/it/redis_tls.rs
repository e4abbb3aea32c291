//! A Redis that is the store and is reached by TLS, through the real binary.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use tempfile::TempDir;
use tokio::time::{Duration, Instant, sleep};

use crate::place::{BINARY, Place};

/// A Redis with a certificate of its own authority, and files of that authority and of another.
struct Certified {
    redis: Redis,
    folder: TempDir,
}

impl Certified {
    /// The certificate is for that name.
    fn start(name: &str) -> Self {
        let (authority, stranger) = (authority(), authority());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        std::fs::write(folder.path().join("other.pem"), stranger.pem()).unwrap();
        let redis = StartRedis::default()
            .setting("appendonly", "yes")
            .setting("appendfsync", "always")
            .tls(&certificate.pem(), &key.serialize_pem())
            .start();
        Self { redis, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, authority: &str) -> String {
        format!("{}?ca_file={}", self.redis.url(), self.file(authority).display())
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

async fn log_in(server: &Server) -> String {
    let body = json!({ "username": "admin", "password": server.first_password().await });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn verify(server: &Server, token: &str) -> u16 {
    server
        .client()
        .send(Ask::get("/verify").bearer(token))
        .await
        .status
}

/// What is said at a start that is refused as a fault of the configuration.
fn refused(url: &str) -> String {
    let done = Place::fresh()
        .env("SYMBOLON_STORE__URL", url)
        .run("serve")
        .failed(78);
    done.err
}

#[tokio::test]
async fn over_tls_with_an_authority_of_its_own_sessions_begin_end_and_outlive_both() {
    let tls = Certified::start("127.0.0.1");
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", tls.url("ca.pem"))
        .ready()
        .await;
    let (kept, gone) = (log_in(&server).await, log_in(&server).await);
    let out = Ask::post("/v1/logout", &json!({})).bearer(&gone);
    assert_eq!(server.client().send(out).await.json()["effective"], "now");
    // Away and back, by TLS as well.
    until_said(&server, "this node would go on without redis").await;
    tls.redis.kill9();
    until_said(&server, "this node goes on without redis").await;
    let local = log_in(&server).await;
    tls.redis.start_again();
    until_said(&server, "redis has all sessions again").await;
    server.kill9().await;
    server.restart().await;
    for (token, wanted) in [(&kept, 200), (&local, 200), (&gone, 401)] {
        assert_eq!(verify(&server, token).await, wanted);
    }
}

async fn until_said(server: &Server, words: &str) {
    let begun = Instant::now();
    while !server.stderr().contains(words) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{words}: {}",
            server.stderr()
        );
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_redis_that_nobody_trusted_vouches_for_is_refused_with_the_setting_and_the_remedy() {
    let tls = Certified::start("127.0.0.1");
    for url in [tls.url("other.pem"), tls.redis.url()] {
        let said = refused(&url);
        for words in ["cannot be trusted", "certificate", "store.url", "ca_file="] {
            assert!(said.contains(words), "{words:?} is not in {said:?}");
        }
    }
    let elsewhere = Certified::start("redis.example");
    let said = refused(&elsewhere.url("ca.pem"));
    assert!(
        said.contains("not valid for name") && said.contains("the host as the certificate has it"),
        "{said}"
    );
    let chinese = Place::fresh()
        .env("SYMBOLON_STORE__URL", &tls.url("other.pem"))
        .env("SYMBOLON_LOG__LOCALE", "zh-CN")
        .run("serve")
        .failed(78);
    assert!(chinese.err.contains("无法信任 Redis"), "{chinese:?}");
}

#[test]
fn a_file_of_authorities_that_is_not_there_or_holds_none_is_named() {
    let tls = Certified::start("127.0.0.1");
    std::fs::write(tls.file("empty.pem"), "").unwrap();
    for name in ["absent.pem", "empty.pem"] {
        let said = refused(&tls.url(name));
        assert!(said.contains("store.url") && said.contains(name), "{said}");
    }
}

#[test]
fn tls_where_none_is_spoken_and_none_where_it_is_are_refused() {
    let plain = StartRedis::default().start();
    let tls = Certified::start("127.0.0.1");
    for url in [
        plain.url().replace("redis://", "rediss://"),
        tls.redis.url().replace("rediss://", "redis://"),
    ] {
        let done = Place::fresh().env("SYMBOLON_STORE__URL", &url).run("serve");
        // One that waits for more of what it does not understand cannot be told from one that is away.
        assert!(matches!(done.code, Some(69 | 78)), "{done:?}");
        assert!(done.err.contains("store.url"), "{done:?}");
    }
}
