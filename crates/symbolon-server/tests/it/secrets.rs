//! Nothing that is written down holds a secret.

use std::collections::BTreeSet;

use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::Start;

use crate::place::{BINARY, OTHER_PASSWORD, PASSWORD, Place, admin_password};

#[tokio::test]
async fn a_log_of_everything_holds_no_token_and_no_password() {
    for format in ["pretty", "json"] {
        let start = Start::binary(BINARY)
            .env("SYMBOLON_LOG__LEVEL", "trace")
            .env("SYMBOLON_LOG__FORMAT", format);
        let mut server = start.ready().await;
        let place = Place::of(&server);
        let admin = admin_password(&server).await;
        let mut secrets = BTreeSet::from([PASSWORD.to_owned(), OTHER_PASSWORD.to_owned()]);
        place.run_with("account add ann", PASSWORD).ok();
        secrets.insert(server.api_key("shop", "issue,verify,revoke"));
        let mut client = server.client();
        let log_in = |password: &str| {
            Ask::post(
                "/v1/login",
                &json!({ "username": "ann", "password": password, "device": { "name": "phone" } }),
            )
        };
        let pair = client.send(log_in(PASSWORD)).await.json();
        let wrong = client.send(log_in("a wrong password of ann")).await;
        assert_eq!(wrong.status, 401);
        secrets.insert("a wrong password of ann".to_owned());
        let next = client
            .send(Ask::post(
                "/v1/refresh",
                &json!({ "refresh_token": pair["refresh_token"] }),
            ))
            .await
            .json();
        for pair in [&pair, &next] {
            for name in ["access_token", "refresh_token"] {
                secrets.insert(pair[name].as_str().unwrap().to_owned());
            }
        }
        let bearer = next["access_token"].as_str().unwrap();
        assert_eq!(client.send(Ask::get("/verify").bearer(bearer)).await.status, 200);
        assert_eq!(
            client
                .send(Ask::get(format!("/v1/session?access_token={bearer}")))
                .await
                .status,
            400
        );
        place.run_with("account passwd ann", OTHER_PASSWORD).ok();
        assert_eq!(client.send(Ask::get("/verify").bearer(bearer)).await.status, 401);
        server.sigterm();
        server.wait_exit().await;

        let log = server.stderr();
        assert!(log.len() > 500, "{log}");
        for secret in &secrets {
            assert!(!log.contains(secret.as_str()), "{format}: {secret} is in the log");
        }
        // The one that is said once is said once, and is in no event.
        assert_eq!(log.matches(&admin).count(), 1);
    }
}

#[tokio::test]
async fn the_data_folder_holds_no_token_and_no_password() {
    let mut server = Start::binary(BINARY).ready().await;
    let place = Place::of(&server);
    place.run_with("account add ann", PASSWORD).ok();
    let key = server.api_key("shop", "issue");
    let log_in = Ask::post("/v1/login", &json!({ "username": "ann", "password": PASSWORD }));
    let pair = server.client().send(log_in).await.json();
    let admin = admin_password(&server).await;
    server.sigterm();
    server.wait_exit().await;
    let secrets = [
        PASSWORD,
        &key,
        &admin,
        pair["access_token"].as_str().unwrap(),
        pair["refresh_token"].as_str().unwrap(),
    ];
    let mut files = 0;
    for entry in std::fs::read_dir(server.data_dir()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        files += 1;
        for secret in secrets {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret}"
            );
        }
    }
    assert!(files >= 2);
}
