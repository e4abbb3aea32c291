use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use symbolon_testkit::http::{Ask, Client, NoAnswer, exchange};

use super::peer::{Peer, answer};

const ANY: &str = "127.0.0.1:0";

#[tokio::test]
async fn a_request_is_sent_in_these_bytes() {
    let peer = Peer::on(ANY, |request| Some(answer("200 OK", "", request))).await;
    let mut client = Client::new(peer.address);
    let ask = Ask::post("/v1/x?y=1", &json!({"a": "é"}))
        .bearer("sya_1")
        .header("x-symbolon", "1");
    let echoed = client.send(ask).await.text();
    let expected = format!(
        "POST /v1/x?y=1 HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         authorization: Bearer sya_1\r\nx-symbolon: 1\r\ncontent-length: 10\r\n\r\n{{\"a\":\"é\"}}",
        peer.address
    );
    assert_eq!(echoed, expected);
}

#[tokio::test]
async fn an_answer_is_had_in_exact_bytes() {
    let peer = Peer::on(ANY, |_| {
        Some(answer(
            "401 Unauthorized",
            "X-A: b\r\n",
            " {\"active\" : false}\n",
        ))
    })
    .await;
    let answer = Client::new(peer.address).send(Ask::get("/")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("x-a"), Some("b"));
    assert_eq!(answer.header("x-b"), None);
    assert_eq!(answer.text(), " {\"active\" : false}\n");
    assert_eq!(answer.json(), json!({"active": false}));
}

#[tokio::test]
async fn requests_share_one_connection() {
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    let peer = Peer::on(ANY, move |request| {
        assert_eq!(request.matches("HTTP/1.1").count(), 1);
        counted.fetch_add(1, Ordering::Relaxed);
        Some(answer("200 OK", "", "x"))
    })
    .await;
    let mut client = Client::new(peer.address);
    for _ in 0..3 {
        assert_eq!(client.send(Ask::get("/")).await.body, "x");
    }
    assert_eq!(requests.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_request_to_nobody_was_not_sent() {
    let nobody = Peer::on(ANY, |_| None).await.address;
    let refused = Client::new(nobody).try_send(Ask::get("/")).await;
    assert!(matches!(refused, Err(NoAnswer::NotSent(_))), "{refused:?}");
}

#[tokio::test]
async fn a_request_whose_connection_breaks_is_unknown_and_the_next_one_opens_another() {
    let requests = Arc::new(AtomicU32::new(0));
    let peer = Peer::on(ANY, move |_| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        (number != 1).then(|| answer("200 OK", "", "x"))
    })
    .await;
    let mut client = Client::new(peer.address);
    assert!(client.try_send(Ask::get("/")).await.is_ok());
    let broken = client.try_send(Ask::get("/")).await;
    assert!(matches!(broken, Err(NoAnswer::Unknown(_))), "{broken:?}");
    assert!(client.try_send(Ask::get("/")).await.is_ok());
}

#[tokio::test]
async fn an_answer_cut_short_is_unknown() {
    let peer = Peer::closing(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let cut = Client::new(peer.address).try_send(Ask::get("/")).await;
    assert!(matches!(cut, Err(NoAnswer::Unknown(_))), "{cut:?}");
}

#[tokio::test]
async fn malformed_bytes_are_sent_as_they_are_and_the_answer_comes_whole() {
    let peer = Peer::on(ANY, |request| Some(answer("400 Bad Request", "", request))).await;
    let bytes = b"BREW  /pot\r\nx\r\n\r\n";
    let got = exchange(peer.address, bytes).await.unwrap();
    assert_eq!(got, answer("400 Bad Request", "", "BREW  /pot\r\nx\r\n\r\n"));
}

#[tokio::test]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let whole = b"HTTP/1.1 408 Request Timeout\r\n\r\nwhole";
    let peer = Peer::closing(whole).await;
    assert_eq!(
        exchange(peer.address, b"GET / HTTP/1.1\r\n\r\n").await.unwrap(),
        whole
    );
}
