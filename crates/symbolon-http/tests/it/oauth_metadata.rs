//! Metadata (RFC 8414).

use http::Method;
use symbolon::session::TokenStyle;
use symbolon_http::client_addr::TrustedProxies;

use crate::served::{Answer, Ask, Served, Setup};

const PLACE: &str = "/.well-known/oauth-authorization-server";

fn expected(issuer: &str, base: &str) -> String {
    format!(
        concat!(
            r#"{{"issuer":"{issuer}","token_endpoint":"{base}/oauth2/token","#,
            r#""token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","none"],"#,
            r#""jwks_uri":"{base}/.well-known/jwks.json","#,
            r#""grant_types_supported":["refresh_token"],"revocation_endpoint":"{base}/oauth2/revoke","#,
            r#""revocation_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","none"],"#,
            r#""introspection_endpoint":"{base}/oauth2/introspect","#,
            r#""introspection_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","Bearer"],"#,
            r#""service_documentation":"{base}/docs"}}"#,
        ),
        issuer = issuer,
        base = base,
    )
}

async fn metadata(served: &Served, headers: &[(&'static str, &str)]) -> Answer {
    let mut ask = Ask::new(Method::GET, PLACE);
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    served.ask(ask).await
}

async fn with_issuer(issuer: &str) -> Served {
    Setup::default().signed(issuer, TokenStyle::Opaque).start().await
}

#[tokio::test]
async fn the_issuer_is_the_configured_address_letter_for_letter() {
    for (issuer, base) in [
        ("https://auth.example", "https://auth.example"),
        ("https://auth.example/", "https://auth.example"),
        ("https://auth.example/tenant", "https://auth.example/tenant"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ] {
        let served = with_issuer(issuer).await;
        let answer = metadata(&served, &[("x-forwarded-proto", "https")]).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, &*expected(issuer, base))
        );
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn an_issuer_that_is_a_mere_name_gives_the_address_that_was_asked() {
    let served = with_issuer("symbolon").await;
    let answer = metadata(&served, &[]).await;
    let plain = expected("http://symbolon.test", "http://symbolon.test");
    assert_eq!((answer.status, answer.body.as_str()), (200, plain.as_str()));
    // What anyone can write has no say.
    for headers in [
        [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ],
        [
            ("forwarded", "host=evil.example;proto=https"),
            ("x-forwarded-port", "1"),
        ],
    ] {
        assert_eq!(metadata(&served, &headers).await.body, plain);
    }
}

#[tokio::test]
async fn a_trusted_proxy_says_the_scheme_and_nobody_says_the_host() {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    let served = setup.start().await;
    for (said, scheme) in [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http, https", "https"),
        ("https, http", "http"),
        ("gopher", "http"),
    ] {
        let headers = [("x-forwarded-proto", said), ("x-forwarded-host", "evil.example")];
        let base = format!("{scheme}://symbolon.test");
        assert_eq!(
            metadata(&served, &headers).await.body,
            expected(&base, &base),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_none_is_not_repeated() {
    let served = Served::start().await;
    for host in ["a b", "user:secret@evil.example", "<x>", ""] {
        let mut ask = Ask::new(Method::GET, PLACE);
        let headers = ask.0.headers_mut();
        headers.insert("host", host.parse().unwrap());
        let answer = served.ask(ask).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{host}");
        assert!(!answer.body.contains("evil"), "{}", answer.body);
    }
}
