//! TLS, always verified.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use symbolon_core::shared::SharedCache as _;
use symbolon_redis::{RedisCache, Standing};
use symbolon_testkit::servers::StartRedis;
use tempfile::TempDir;

use crate::it::given::{fact, id, kept, opened, options, until};

/// A certificate of an authority for that name, and the authority's own.
fn certified(name: &str) -> (String, String, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    (certificate.pem(), key.serialize_pem(), authority.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_named_vouches_for_the_server() {
    let (certificate, key, authority) = certified("127.0.0.1");
    let redis = StartRedis::default().tls(&certificate, &key).start();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority).unwrap();
    let cache = opened(format!("{}?ca_file={}", redis.url(), file.display())).await;
    kept(&cache, 1).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_vouches_for_is_not_used() {
    let (certificate, key, _) = certified("127.0.0.1");
    let redis = StartRedis::default().tls(&certificate, &key).start();
    let (_, _, stranger) = certified("127.0.0.1");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, stranger).unwrap();
    let cache = RedisCache::open(options(format!("{}?ca_file={}", redis.url(), file.display()))).unwrap();
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    let said = format!("{:?}", cache.standing().borrow().clone());
    assert!(said.contains("certificate"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_not_taken() {
    let (certificate, key, authority) = certified("redis.example");
    let redis = StartRedis::default().tls(&certificate, &key).start();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority).unwrap();
    let cache = RedisCache::open(options(format!("{}?ca_file={}", redis.url(), file.display()))).unwrap();
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    let said = format!("{:?}", cache.standing().borrow().clone());
    assert!(said.contains("not valid for name"), "{said}");
}
