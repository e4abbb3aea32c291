//! Requests whose end two readers may see at different places: never a second request.

use crate::running::{Running, patient};

/// Sends `bytes`, closes its own side when the server has answered, and returns what came back.
async fn answers_to(server: &Running, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = server.connect().await;
    let _ = raw.try_send(bytes).await;
    raw.rest().await
}

#[tokio::test]
async fn a_length_beside_chunks_is_one_request_and_the_end_of_the_connection() {
    let server = Running::start(patient());
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 60\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\nContent-Length: 7",
    ] {
        let before = server.desk.seen().len();
        let request = format!(
            "POST /count HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answers = answers_to(&server, request).await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{head}: {answers}");
        assert!(answers.contains("\r\nconnection: close\r\n"), "{head}: {answers}");
        assert_eq!(server.desk.seen().len(), before + 1, "{head}");
    }
    assert!(!server.desk.seen().contains(&"/smuggled".to_owned()));
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_is_answered_400_and_closed() {
    let server = Running::start(patient());
    for head in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "X: a\r\n Transfer-Encoding: chunked",
        "X: a\0b",
        "X\0: a",
        "X: a\rTransfer-Encoding: chunked",
        "no colon",
    ] {
        let request = format!(
            "POST /count HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answers = answers_to(&server, request).await;
        assert!(
            answers.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"),
            "{head:?}: {answers}"
        );
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answers}");
    }
    assert!(server.desk.seen().is_empty(), "{:?}", server.desk.seen());
}

#[tokio::test]
async fn a_coding_besides_one_chunked_is_answered_400_and_closed() {
    let server = Running::start(patient());
    for head in [
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: ,chunked",
    ] {
        let request = format!(
            "POST /count HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answers = answers_to(&server, request).await;
        assert!(answers.starts_with("HTTP/1.1 400 "), "{head:?}: {answers}");
        assert!(
            answers.contains("\r\nconnection: close\r\n"),
            "{head:?}: {answers}"
        );
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answers}");
    }
    assert!(server.desk.seen().is_empty(), "{:?}", server.desk.seen());
    for head in ["Transfer-Encoding: chunked", "transfer-encoding:\tCHUNKED  "] {
        let request = format!(
            "POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        );
        let answer = answers_to(&server, request).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n1"),
            "{head:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn chunks_in_http_1_0_are_answered_400_and_closed() {
    let server = Running::start(patient());
    let request = "POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answers = answers_to(&server, request).await;
    assert!(
        answers.starts_with("HTTP/1.1 400 ") || answers.starts_with("HTTP/1.0 400 "),
        "{answers}"
    );
    assert!(server.desk.seen().is_empty());
}

#[tokio::test]
async fn chunks_that_can_be_read_in_two_ways_end_the_connection_after_one_answer() {
    let server = Running::start(patient());
    for chunks in [
        "0x1\r\nx\r\n0\r\n\r\n",
        "-1\r\nx\r\n0\r\n\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "10000000000000000\r\nx\r\n0\r\n\r\n",
        "1\r\nxx\r\n0\r\n\r\n",
        "1;a\nb\r\nx\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
    ] {
        let request = format!(
            "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answers = answers_to(&server, request).await;
        assert!(answers.matches("HTTP/1.1 ").count() <= 1, "{chunks:?}: {answers}");
        assert!(!answers.starts_with("HTTP/1.1 200 "), "{chunks:?}: {answers}");
    }
    assert!(
        !server.desk.seen().contains(&"/smuggled".to_owned()),
        "{:?}",
        server.desk.seen()
    );
}

#[tokio::test]
async fn no_host_and_two_hosts_are_answered_400_and_closed() {
    let server = Running::start(patient());
    for hosts in ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n"] {
        let answer = answers_to(
            &server,
            format!("GET /ok HTTP/1.1\r\n{hosts}\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
        )
        .await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{hosts:?}: {answer}");
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{hosts:?}: {answer}"
        );
        assert!(answer.contains(r#""code":"invalid_request""#), "{answer}");
    }
    let answer = answers_to(&server, "GET /ok HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert_eq!(server.desk.seen(), ["/ok"]);
}
