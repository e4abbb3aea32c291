//! OAuth and the step-up, against the real binary, with clients that the command line made.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::server::{Server, Start};

fn server() -> Start {
    Start::binary(env!("CARGO_BIN_EXE_symbolon"))
        .env("SYMBOLON_TOKEN__ISSUER", "https://auth.example")
        .env("SYMBOLON_TOKEN__AUDIENCE", "api")
}

/// A key of an OAuth client, as an operator makes one.
fn client_key(server: &Server, client: &str, scope: &str) -> String {
    let made = server.run(&["key", "add", "--name", "k", "--scope", scope, "--client", client]);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    let key = said.split_whitespace().find(|word| word.starts_with("syk_"));
    key.unwrap().to_owned()
}

async fn send(server: &Server, route: &str, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
    // Tokens, keys and the names of these tests are the same in percent encoding.
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let ask = Ask::new(Method::POST, route)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(pairs.join("&"));
    let ask = match basic {
        Some((client, key)) => {
            let plain = format!("{client}:{key}");
            ask.header("authorization", format!("Basic {}", base64(plain.as_bytes())))
        }
        None => ask,
    };
    server.client().send(ask).await
}

/// Base64 (RFC 4648, section 4), as HTTP Basic wants it.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk
            .iter()
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sign = SIGNS[(number >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() {
                char::from(sign)
            } else {
                '='
            });
        }
    }
    text
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {body}"))
}

async fn issue(server: &Server, client: &str) -> Value {
    let key = server.api_key("issuer", "issue");
    let body = json!({"subject": "user-1024", "client_id": client, "scope": "read"});
    let answer = server
        .client()
        .send(Ask::post("/v1/service/sessions", &body).bearer(&key))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_client_refreshes_asks_and_revokes_and_no_kill_takes_that_back() {
    let mut server = server().ready().await;
    let key = client_key(&server, "shop", "verify");
    let shop = Some(("shop", key.as_str()));
    let first = issue(&server, "shop").await;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&first, "refresh_token")),
    ];
    let second = send(&server, "/oauth2/token", &refresh, shop).await;
    assert_eq!(second.status, 200, "{}", second.text());
    assert_eq!(second.header("pragma"), Some("no-cache"));
    server.kill9().await;
    server.restart().await;
    let again = send(&server, "/oauth2/token", &refresh, shop).await;
    let (second, again) = (second.json(), again.json());
    for name in ["access_token", "refresh_token", "scope", "session_id"] {
        assert_eq!(again[name], second[name], "{name}");
    }
    let access = [("token", text(&second, "access_token"))];
    let told = send(&server, "/oauth2/introspect", &access, shop).await.json();
    let expected = json!({
        "active": true, "sub": "user-1024", "sid": second["session_id"], "client_id": "shop", "iat": told["iat"],
        "exp": told["exp"], "token_type": "Bearer", "scope": "read", "aud": "api", "iss": "https://auth.example",
        "jti": format!("{}.1", text(&second, "session_id")), "auth_time": told["auth_time"],
    });
    assert_eq!(told, expected);
    assert_eq!(
        told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(),
        1_800
    );
    let revoked = send(&server, "/oauth2/revoke", &access, shop).await;
    assert_eq!((revoked.status, revoked.text()), (200, String::new()));
    server.kill9().await;
    server.restart().await;
    for name in ["access_token", "refresh_token"] {
        for pair in [&first, &second] {
            let form = [("token", text(pair, name))];
            let told = send(&server, "/oauth2/introspect", &form, shop).await;
            assert_eq!((told.status, told.text().as_str()), (200, r#"{"active":false}"#));
        }
    }
    let refused = send(&server, "/oauth2/token", &refresh, shop).await;
    assert_eq!(
        (refused.status, refused.text().as_str()),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"the refresh token is refused: logged_out"}"#
        )
    );
    let said = server.stdout() + &server.stderr();
    for secret in [key.as_str(), access[0].1, refresh[1].1] {
        assert!(!said.contains(secret), "a secret is in the log");
    }
}

#[tokio::test]
async fn a_client_is_one_that_must_prove_itself_from_its_first_key_on() {
    let server = server().ready().await;
    let pair = issue(&server, "spa").await;
    let alone = async |token: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "spa"),
        ];
        send(&server, "/oauth2/token", &form, None).await
    };
    let next = alone(text(&pair, "refresh_token")).await;
    assert_eq!(next.status, 200, "{}", next.text());
    let key = client_key(&server, "spa", "verify");
    let next = next.json();
    let refused = alone(text(&next, "refresh_token")).await;
    assert_eq!(
        (refused.status, refused.text().as_str()),
        (
            401,
            r#"{"error":"invalid_client","error_description":"the client must prove itself by its key"}"#
        )
    );
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&next, "refresh_token")),
    ];
    let proven = send(&server, "/oauth2/token", &form, Some(("spa", &key))).await;
    assert_eq!(proven.status, 200, "{}", proven.text());
}

#[tokio::test]
async fn the_metadata_names_routes_that_are_there() {
    let server = server().ready().await;
    let place = "/.well-known/oauth-authorization-server";
    let answer = server.client().send(Ask::get(place)).await;
    let metadata = answer.json();
    assert_eq!(metadata["issuer"], "https://auth.example");
    assert_eq!(metadata.get("response_types_supported"), None);
    assert_eq!(metadata["grant_types_supported"], json!(["refresh_token"]));
    for (name, method, status) in [
        ("jwks_uri", Method::GET, 200),
        ("service_documentation", Method::GET, 200),
        ("token_endpoint", Method::GET, 405),
        ("revocation_endpoint", Method::GET, 405),
        ("introspection_endpoint", Method::GET, 405),
    ] {
        let path = text(&metadata, name)
            .strip_prefix("https://auth.example")
            .unwrap();
        let answer = server.client().send(Ask::new(method, path)).await;
        assert_eq!(answer.status, status, "{name}");
    }
}

#[tokio::test]
async fn a_confirmed_password_renews_the_proof_and_no_kill_brings_the_old_pair_back() {
    let mut server = server().ready().await;
    let password = server.first_password().await;
    let body = json!({"username": "admin", "password": password});
    let first = server.client().send(Ask::post("/v1/login", &body)).await.json();
    server.kill9().await;
    server.restart_at("+10m").await;
    let recent = async |token: &str| {
        let ask = Ask::get("/verify?max_age=300").bearer(token);
        server.client().send(ask).await
    };
    let refused = recent(text(&first, "access_token")).await;
    assert_eq!(
        (refused.status, text(&refused.json(), "code")),
        (401, "reauth_required")
    );
    assert_eq!(
        refused.header("www-authenticate"),
        Some(r#"Bearer realm="symbolon", error="insufficient_user_authentication", max_age="300""#)
    );
    let confirm = async |password: &str| {
        let ask = Ask::post("/v1/session/confirm", &json!({"password": password}));
        server
            .client()
            .send(ask.bearer(text(&first, "access_token")))
            .await
    };
    assert_eq!(confirm("not the password").await.status, 401);
    let second = confirm(&password).await;
    assert_eq!(second.status, 200, "{}", second.text());
    let second = second.json();
    assert_eq!(second["session_id"], first["session_id"]);
    assert_eq!(recent(text(&second, "access_token")).await.status, 200);
    server.kill9().await;
    server.restart().await;
    let verify = async |token: &str| server.client().send(Ask::get("/verify").bearer(token)).await;
    assert_eq!(verify(text(&second, "access_token")).await.status, 200);
    let old = verify(text(&first, "access_token")).await;
    assert_eq!((old.status, text(&old.json(), "reason")), (401, "superseded"));
}
