//! `clients/js` in a real browser, before the real server: many tabs, one session, and nobody logged out by a fault.

#[path = "js_client/front.rs"]
mod front;
#[path = "js_client/tabs.rs"]
mod tabs;

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;

use front::{Front, Says};
use tabs::{EIGHT, Scene};

/// Three requests at once; gives their statuses.
const ASK: &str = "
    const ask = async () => (await client.fetch('/v1/session')).status;
    return await Promise.all([ask(), ask(), ask()]);";
/// The same through axios.
const ASK_BY_AXIOS: &str = "
    const ask = () => http.get('/v1/session').then((answer) => answer.status, (error) => error.response?.status);
    return await Promise.all([ask(), ask(), ask()]);";

fn all_give(values: &[Value], expected: &Value) {
    assert!(
        values.iter().all(|value| value == expected),
        "{values:?} and not {expected}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_eight_tabs_with_an_expired_token_renew_it_once_and_go_on() {
    let mut scene = Scene::of(EIGHT, "").await;
    scene.log_in();
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    for hours in ["+1h", "+2h", "+3h"] {
        scene.later(hours).await;
        all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
        assert_eq!(scene.front.asked("POST /v1/refresh"), 1, "{hours}");
    }
    all_give(&scene.tabs.all("return told"), &json!([]));
    // One logs out, and it holds in all of them, without a request.
    let receipt = scene.tabs.first("return await client.logOut()");
    assert_eq!(receipt["revoked"], true, "{receipt}");
    let others = "return [told.at(-1) ?? 'logged_out', told.length < 2, client.session]";
    scene.tabs.until_all(others, &json!(["logged_out", true, null]));
    assert_eq!(
        scene.tabs.first("return told"),
        json!([]),
        "who logs out need not be told"
    );
    assert_eq!(
        scene
            .tabs
            .all("return told")
            .iter()
            .filter(|told| **told == json!(["logged_out"]))
            .count(),
        7
    );
    all_give(&scene.tabs.all(ASK), &json!([401, 401, 401]));
    assert_eq!(scene.front.asked("POST /v1/refresh"), 0);
}

/// A browser tells one tab of what another has stored some time after it has handed the lock on. Nobody may take that for
/// what is stored.
#[tokio::test(flavor = "multi_thread")]
async fn s0_7_tabs_that_renew_in_turn_never_show_a_refresh_token_twice() {
    let mut scene = Scene::of(EIGHT, "").await;
    scene.log_in();
    scene.front.shown();
    let live = "let live = true;
         for (let turn = 0; turn < 25; turn += 1) live &&= await client.renew();
         return live;";
    all_give(&scene.tabs.all(live), &json!(true));
    let shown = scene.front.shown();
    let distinct: std::collections::BTreeSet<_> = shown.iter().collect();
    assert!(shown.len() >= 25, "{}", shown.len());
    assert_eq!(distinct.len(), shown.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_a_session_that_was_ended_sends_every_tab_to_the_log_in_once() {
    let mut scene = Scene::of(EIGHT, "").await;
    scene.log_in();
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    let kicked = scene.server.run(&["session", "revoke", "--subject", "admin"]);
    assert!(kicked.status.success(), "{kicked:?}");
    all_give(&scene.tabs.all(ASK), &json!([401, 401, 401]));
    assert_eq!(scene.front.asked("POST /v1/refresh"), 1);
    scene.tabs.until_all("return told", &json!(["kicked"]));
    all_give(&scene.tabs.all(ASK), &json!([401, 401, 401]));
    all_give(&scene.tabs.all("return told"), &json!(["kicked"]));
    // Nothing of it is left, and the next session is a session of all tabs.
    assert_eq!(
        scene.tabs.first("return Object.keys(stored())"),
        json!(["id", "lost"])
    );
    scene.log_in();
    scene
        .tabs
        .until_all("return client.session?.subject", &json!("admin"));
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    let others = scene.tabs.all("return others");
    assert_eq!(
        others
            .iter()
            .filter(|others| **others == json!(["admin", "admin"]))
            .count(),
        7,
        "{others:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_a_lost_answer_to_a_refresh_is_asked_for_again_and_gives_the_same_pair() {
    let mut scene = Scene::of(1, "").await;
    scene.log_in();
    scene.later("+1h").await;
    let old = scene.tabs.first("return stored().refresh");
    scene
        .tabs
        .first("window.asking = client.fetch('/v1/session'); return null");
    scene.front.lose_one_refresh().await;
    assert_eq!(scene.tabs.first("return (await asking).status"), 200);
    assert_eq!(scene.front.asked("POST /v1/refresh"), 2);
    // The first answer had the same: so does a third.
    let again = Ask::post("/v1/refresh", &json!({ "refresh_token": old }));
    let pair = scene.server.client().send(again).await.json();
    let stored = scene.tabs.first("return [stored().access, stored().refresh]");
    assert_eq!(stored, json!([pair["access_token"], pair["refresh_token"]]));
    assert_eq!(scene.tabs.first("return told"), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_nobody_is_logged_out_by_a_server_that_is_busy_or_away() {
    let mut scene = Scene::of(1, "").await;
    scene.log_in();
    // A 503 is waited for, a little.
    scene.front.says(Says::Undecided("/v1/session", 1));
    assert_eq!(
        scene
            .tabs
            .first("return (await client.fetch('/v1/session')).status"),
        200
    );
    // What may not be repeated is the caller's.
    scene.front.says(Says::Undecided("/v1/", 1));
    let post = "return (await client.fetch('/v1/sessions/revoke-others', { method: 'POST' })).status";
    assert_eq!(scene.tabs.first(post), 503);
    // A refresh that was answered 503 twice.
    scene.later("+1h").await;
    scene.front.says(Says::Undecided("/v1/refresh", 2));
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    assert_eq!(scene.front.asked("POST /v1/refresh"), 3);
    // One that is answered 503 for longer: so are the requests.
    scene.later("+2h").await;
    let pair = scene.tabs.first("return stored()");
    scene.front.says(Says::Undecided("/v1/refresh", usize::MAX));
    all_give(&scene.tabs.all(ASK), &json!([503, 503, 503]));
    // A 401 that is not Symbolon's.
    scene.front.says(Says::Stranger("/v1/refresh"));
    let fault =
        "return await client.fetch('/v1/session').then(String, (error) => [error.name, error.status])";
    assert_eq!(scene.tabs.first(fault), json!(["SymbolonError", 0]));
    // The server is gone.
    scene.front.says(Says::Nothing);
    scene.server.kill9().await;
    let name = "return await client.fetch('/v1/session').then(String, (error) => error.name)";
    all_give(&scene.tabs.all(name), &json!("TypeError"));
    let log_out = "return await client.logOut().then(String, (error) => [error.name, error.status])";
    assert_eq!(scene.tabs.first(log_out), json!(["SymbolonError", 0]));
    assert_eq!(scene.tabs.first("return stored()"), pair, "the tokens are kept");
    scene.server.restart().await;
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    all_give(&scene.tabs.all("return told"), &json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_without_web_locks_eight_tabs_go_on_all_the_same() {
    let mut scene = Scene::at(Front::untrusted_page, EIGHT, "").await;
    assert_eq!(
        scene
            .tabs
            .first("return [isSecureContext, typeof navigator.locks]"),
        json!([false, "undefined"])
    );
    scene.log_in();
    scene.later("+1h").await;
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    let asked = scene.front.asked("POST /v1/refresh");
    assert!(
        (1..=EIGHT).contains(&asked),
        "one for each page at the most, and not {asked}"
    );
    scene.later("+2h").await;
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    all_give(&scene.tabs.all("return told"), &json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_eight_tabs_with_cookies_renew_them_once_and_go_on() {
    let mut scene = Scene::of(EIGHT, "storage: 'cookie'").await;
    scene.log_in();
    assert_eq!(
        scene.tabs.first("return [document.cookie, 'access' in stored()]"),
        json!(["", false])
    );
    for hours in ["+1h", "+2h"] {
        scene.later(hours).await;
        all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
        assert_eq!(scene.front.asked("POST /v1/refresh"), 1, "{hours}");
    }
    let receipt = scene.tabs.first("return await client.logOut()");
    assert_eq!(receipt["revoked"], true, "{receipt}");
    scene.tabs.until_all("return client.session", &Value::Null);
    all_give(&scene.tabs.all(ASK), &json!([401, 401, 401]));
    let told = scene.tabs.all("return told.length");
    assert!(told.iter().all(|told| told == 1 || told == 0), "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == 1).count(), 7, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_2_a_page_of_the_yudao_family_renews_by_its_own_routes_and_repeats_its_request() {
    let mut scene = Scene::of(2, "routes: 's3'").await;
    scene.log_in();
    scene.later("+1h").await;
    all_give(&scene.tabs.all(ASK), &json!([200, 200, 200]));
    assert_eq!(scene.front.asked("POST /system/auth/refresh-token"), 1);
    let wrong = "const wrong = { username: 'admin', password: 'not this one' };
         return await client.logIn(wrong).catch((error) => [error.name, error.code])";
    assert_eq!(scene.tabs.first(wrong), json!(["SymbolonError", "1002000000"]));
    assert_eq!(scene.tabs.first("return (await client.logOut()).data"), true);
    scene.tabs.until_all("return client.session", &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_axios_renews_once_in_eight_tabs_and_repeats_what_was_sent() {
    let mut scene = Scene::of(EIGHT, "").await;
    scene.tabs.all(
        "const script = document.createElement('script');
         script.src = '/library/axios.js';
         await new Promise((resolve) => { script.onload = resolve; document.head.append(script); });
         const { attach } = await import('/client/axios.js');
         window.http = axios.create({ baseURL: '/' });
         window.detach = attach(http, client);",
    );
    scene.log_in();
    all_give(&scene.tabs.all(ASK_BY_AXIOS), &json!([200, 200, 200]));
    scene.later("+1h").await;
    all_give(&scene.tabs.all(ASK_BY_AXIOS), &json!([200, 200, 200]));
    assert_eq!(scene.front.asked("POST /v1/refresh"), 1);
    // A body is sent again as it was, and the answer is the one to the second.
    scene.later("+2h").await;
    let post = format!(
        "const answer = await http.post('/v1/session/confirm', {{ password: '{}' }});
         client.adopt(answer.data);
         return [answer.status, answer.config.headers.Authorization ?? null];",
        scene.password
    );
    assert_eq!(
        scene.tabs.first(&post),
        json!([200, null]),
        "no token is left where it may be logged"
    );
    assert_eq!(scene.front.asked("POST /v1/refresh"), 1);
    // A 503 in place of the 401 that is not known to be one; a wrong password is about no session.
    scene.later("+3h").await;
    scene.front.says(Says::Undecided("/v1/refresh", usize::MAX));
    let status = "return await http.get('/v1/session').catch((error) => [error.isAxiosError, error.response.status, error.response.data.code])";
    assert_eq!(scene.tabs.first(status), json!([true, 503, "unavailable"]));
    scene.front.says(Says::Nothing);
    let wrong = "await http.get('/v1/session');
         return await http.post('/v1/session/confirm', { password: 'not this one at all' }).catch((error) => [error.response.status, error.response.data.code])";
    assert_eq!(scene.tabs.first(wrong), json!([401, "invalid_credentials"]));
    all_give(&scene.tabs.all("return told"), &json!([]));
    let kicked = scene.server.run(&["session", "revoke", "--subject", "admin"]);
    assert!(kicked.status.success(), "{kicked:?}");
    all_give(&scene.tabs.all(ASK_BY_AXIOS), &json!([401, 401, 401]));
    scene.tabs.until_all("return told", &json!(["kicked"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_to_no_other_origin_and_into_no_address() {
    let mut scene = Scene::of(1, "").await;
    scene.log_in();
    let elsewhere = Front::before(scene.server.address()).await;
    let script = format!(
        "const seen = [];
         const real = window.fetch;
         window.fetch = (input, init) => {{
           const request = new Request(input, init);
           seen.push([new URL(request.url).pathname, request.headers.has('Authorization'), /sy[ar]_/.test(request.url)]);
           return real(request);
         }};
         await client.fetch('/v1/session');
         await client.fetch('{}', {{ mode: 'no-cors' }});
         await client.fetch('/v1/session', {{ headers: {{ Authorization: 'Bearer own' }} }});
         await client.renew();
         return seen;",
        elsewhere.page()
    );
    assert_eq!(
        scene.tabs.first(&script),
        json!([
            ["/v1/session", true, false],
            ["/page", false, false],
            ["/v1/session", true, false],
            ["/v1/refresh", false, false],
        ])
    );
}
