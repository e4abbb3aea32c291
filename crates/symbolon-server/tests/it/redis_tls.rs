//! A Redis that is the store and is reached by TLS, through the real binary.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use symbolon_testkit::server::Start;
use symbolon_testkit::servers::{Redis, StartRedis};
use tempfile::TempDir;

use crate::administrator::{log_in, log_out, verify};
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
            .durable()
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
    assert_eq!(log_out(&server, &gone).await["effective"], "now");
    // Away and back, by TLS as well.
    server.until_said("this node would go on without redis").await;
    tls.redis.kill9();
    server.until_said("this node goes on without redis").await;
    let local = log_in(&server).await;
    tls.redis.start_again();
    server.until_said("redis has all sessions again").await;
    server.kill9().await;
    server.restart().await;
    for (pair, wanted) in [(&kept, 200), (&local, 200), (&gone, 401)] {
        assert_eq!(verify(&server, pair).await, wanted);
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
