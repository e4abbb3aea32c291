//! Questions that are given up, at whatever point.

use std::time::Duration;

use symbolon_core::session::{Session, SessionState};
use symbolon_core::store::SessionStore as _;
use symbolon_store_sql::SqlStore;
use symbolon_testkit::contract::sample;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::given::begin;
use super::on_server::{PlaceOn, Server, eventually, on_each_server};

on_each_server! {
    l16_ten_thousand_questions_given_up_at_any_point_never_hand_their_answer_to_another,
}

const SESSIONS: u32 = 64;
const ASKING: u32 = 16;
const ROUNDS: u32 = 960;
/// What every third question has.
const LONG: Duration = Duration::from_secs(20);

async fn l16_ten_thousand_questions_given_up_at_any_point_never_hand_their_answer_to_another<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let sessions: Vec<_> = (0..SESSIONS)
        .map(|number| sample::session(&format!("subject {number}"), number))
        .collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    let mut asking = JoinSet::new();
    for asker in 0..ASKING {
        asking.spawn(ask_and_give_up(store.clone(), sessions.clone(), asker));
    }
    let given_up: u32 = asking.join_all().await.into_iter().sum();
    assert!(given_up > 1_000, "only {given_up} were given up");
    for session in &sessions {
        let found = store.find_session(session.id).await.unwrap().unwrap();
        assert_eq!(&found.session, session);
    }
    // What was begun is done, whoever waits for it.
    let ending = store.revoke_session(sample::revoke(sessions[0].id));
    // On a busy machine it may be answered before it is given up.
    let _given_up = timeout(Duration::ZERO, ending).await;
    eventually(async || {
        let found = store.find_session(sessions[0].id).await.unwrap().unwrap();
        found.session.state != SessionState::Active
    })
    .await;
}

/// How many were given up.
async fn ask_and_give_up(store: SqlStore, sessions: Vec<Session>, asker: u32) -> u32 {
    let mut given_up = 0;
    for round in 0..ROUNDS {
        let session = &sessions[((asker * 31 + round * 7) % SESSIONS) as usize];
        // From before it is sent to after it is answered.
        let short = Duration::from_micros(u64::from((round * 13 + asker * 17) % 2_000));
        let patience = if round % 3 == 0 { LONG } else { short };
        match timeout(patience, store.find_session(session.id)).await {
            Ok(found) => assert_eq!(&found.unwrap().unwrap().session, session),
            Err(_) => {
                assert!(patience < LONG, "no answer in {LONG:?}");
                given_up += 1;
            }
        }
    }
    given_up
}
