//! A person in a real browser: cookies that no script sees, tabs that share them, a log-out that leaves nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use symbolon_testkit::server::Start;

use crate::chromium::{Chromium, Tab};

/// What the pages of these tests have at hand.
const API: &str = r#"
const api = async (path, method = "GET", body) => {
  const headers = { "Content-Type": "application/json", "X-Symbolon": "1" };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  return { status: answer.status, body: await answer.json() };
};
"#;

/// Longer than the access token of these tests lives.
const PATIENCE: Duration = Duration::from_secs(30);

struct Person {
    browser: Chromium,
    tab: Tab,
}

impl Person {
    fn ask(&mut self, call: &str) -> Value {
        let script = format!("{API} return await {call};");
        self.browser.run(&self.tab, &script)
    }

    fn says(&mut self, script: &str) -> Value {
        self.browser.run(&self.tab, &format!("return {script};"))
    }

    /// The cookies of ours as `name path flags`, in order.
    fn jar(&mut self) -> Vec<String> {
        let mut jar: Vec<_> = self.browser.cookies().iter().map(shown).collect();
        jar.sort_unstable();
        jar
    }
}

fn shown(cookie: &Value) -> String {
    let flag = |name: &str| {
        if cookie[name] == true {
            format!(" {name}")
        } else {
            String::new()
        }
    };
    format!(
        "{} {} {}{}{}{}",
        cookie["name"].as_str().unwrap(),
        cookie["path"].as_str().unwrap(),
        cookie["sameSite"].as_str().unwrap_or("-"),
        flag("secure"),
        flag("httpOnly"),
        flag("session"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_reloads_refreshes_in_two_tabs_and_logs_out_in_a_real_browser() {
    let server = Start::binary(env!("CARGO_BIN_EXE_symbolon"))
        .env("SYMBOLON_SESSION__ACCESS_TTL", "2s")
        .ready()
        .await;
    let password = server.first_password().await;
    // Browsers take cookies for https from this name also without it, since nobody is on the way.
    let origin = format!("http://localhost:{}", server.address().port());
    let elsewhere = format!("http://127.0.0.1:{}/docs", server.address().port());
    tokio::task::spawn_blocking(move || walk(&origin, &elsewhere, &password))
        .await
        .unwrap();
}

fn walk(origin: &str, elsewhere: &str, password: &str) {
    let mut browser = Chromium::start();
    let tab = browser.open(&format!("{origin}/docs"));
    let mut person = Person { browser, tab };

    let refused = person.ask("api('/v1/session')");
    assert_eq!(
        (&refused["status"], &refused["body"]["reason"]),
        (&json!(401), &json!("absent"))
    );
    log_in(&mut person, password);
    refresh_in_two_tabs(&mut person, origin);
    led_here_by_another_site(&mut person, origin, elsewhere);
    log_out(&mut person);
}

fn log_in(person: &mut Person, password: &str) {
    let body = json!({"username": "admin", "password": password, "cookie": true});
    let answer = person.ask(&format!("api('/v1/login', 'POST', {body})"));
    assert_eq!(answer["status"], 200, "{answer}");
    let fields: Vec<_> = answer["body"].as_object().unwrap().keys().cloned().collect();
    assert!(
        !fields.iter().any(|field| field.ends_with("_token")),
        "{fields:?}"
    );
    assert_eq!(
        person.jar(),
        [
            "__Host-symbolon / Lax secure httpOnly session",
            "__Host-symbolon-device / Strict secure httpOnly",
            "__Secure-symbolon-refresh /v1 Strict secure httpOnly session",
        ]
    );
    assert_eq!(person.says("document.cookie"), "", "no script sees a token");
    let tab = person.tab.clone();
    person.browser.reload(&tab);
    let session = person.ask("api('/v1/session')");
    // On a busy machine the token may have ended by now; that it came along is seen all the same.
    assert!(
        session["status"] == 200 || session["body"]["reason"] == "expired",
        "{session}"
    );
}

#[expect(clippy::disallowed_methods, reason = "how long the test waits at the most")]
fn refresh_in_two_tabs(person: &mut Person, origin: &str) {
    let other = person.browser.open(&format!("{origin}/docs"));
    let begin = Instant::now();
    while person.ask("api('/v1/session')")["body"]["reason"] != "expired" {
        assert!(begin.elapsed() < PATIENCE, "the access token does not end");
    }
    // Each tab asks three times at once, and none is logged out by another's answer.
    let script = format!(
        "{API} const all = await Promise.all([1, 2, 3].map(() => api('/v1/refresh', 'POST'))); \
         return all.map((answer) => answer.status);"
    );
    let tab = person.tab.clone();
    let answers = person.browser.run_in_all(&[(&tab, &script), (&other, &script)]);
    assert_eq!(answers, [json!([200, 200, 200]), json!([200, 200, 200])]);
    let again = person.ask("api('/v1/refresh', 'POST')");
    assert_eq!(again["status"], 200, "{again}");
    assert_eq!(person.jar().len(), 3);
    assert_eq!(person.says("document.cookie"), "");
}

fn led_here_by_another_site(person: &mut Person, origin: &str, elsewhere: &str) {
    let evil = person.browser.open(elsewhere);
    person.browser.without_policy(&evil);
    let script = format!(
        "const post = (options) => fetch('{origin}/v1/logout', {{ method: 'POST', credentials: 'include', ...options }})
           .then((answer) => answer.type, () => 'refused');
         return [
           (await fetch('/readyz')).status,
           await post({{ mode: 'no-cors' }}),
           await post({{ mode: 'no-cors', headers: {{ 'Content-Type': 'text/plain' }}, body: '{{}}' }}),
           await post({{ headers: {{ 'X-Symbolon': '1' }} }}),
         ];"
    );
    // The page can ask at all. Of its plain requests it does not even learn that they were answered; the one with a
    // header of ours is not sent.
    let answers = person.browser.run(&evil, &script);
    assert_eq!(answers, json!([200, "refused", "refused", "refused"]));
    let after = person.ask("api('/v1/refresh', 'POST')");
    assert_eq!(after["status"], 200, "nobody was logged out: {after}");
}

fn log_out(person: &mut Person) {
    person.says("localStorage.setItem('draft', 'x')");
    let answer = person.ask("api('/v1/logout', 'POST')");
    assert_eq!(
        (&answer["status"], &answer["body"]["revoked"]),
        (&json!(200), &json!(true))
    );
    assert_eq!(person.jar(), [""; 0]);
    assert_eq!(
        person.says("localStorage.getItem('draft')"),
        Value::Null,
        "the site's data is cleared"
    );
    let after = person.ask("api('/v1/session')");
    assert_eq!(
        (&after["status"], &after["body"]["reason"]),
        (&json!(401), &json!("absent"))
    );
}
