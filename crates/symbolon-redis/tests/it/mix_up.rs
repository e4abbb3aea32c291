//! An answer never reaches another question, however many questions are given up.

use std::sync::Arc;

use symbolon_core::shared::SharedCache as _;
use symbolon_redis::RedisCache;
use symbolon_testkit::servers::StartRedis;
use tokio::task::JoinSet;

use crate::it::given::{fact, id, kept, opened, until_found};

const SESSIONS: u32 = 64;
const ASKING: u32 = 16;
const ROUNDS: u32 = 1_000;
/// After how many turns of other work a question is given up at the latest.
const PATIENCE_MAX: u32 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn l16_ten_thousand_look_ups_given_up_at_any_point_never_hand_their_answer_to_another() {
    let redis = StartRedis::default().start();
    let cache = Arc::new(opened(redis.url()).await);
    for number in 0..SESSIONS {
        kept(&cache, number).await;
    }
    let mut asking = JoinSet::new();
    for asker in 0..ASKING {
        asking.spawn(ask_and_give_up(Arc::clone(&cache), asker));
    }
    let (found, given_up) = asking
        .join_all()
        .await
        .into_iter()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(given_up > 1_000, "only {given_up} were given up");
    assert!(found > 1_000, "only {found} were found");
    assert_eq!(cache.figures().forged, 0);
    for number in 0..SESSIONS {
        assert_eq!(until_found(&cache, number).await, fact(number));
    }
}

/// How many were found, and how many given up.
async fn ask_and_give_up(cache: Arc<RedisCache>, asker: u32) -> (u32, u32) {
    let (mut found, mut given_up) = (0, 0);
    for round in 0..ROUNDS {
        let number = (asker * 31 + round * 7) % SESSIONS;
        // From before it is sent to after it is answered; every third has the patience for any answer.
        let turns = (round * 13 + asker * 17) % PATIENCE_MAX;
        let answer = tokio::select! {
            biased;
            answer = cache.find(id(number)) => Some(answer),
            () = pass(turns), if round % 3 != 0 => None,
        };
        given_up += u32::from(answer.is_none());
        if let Some(Some(answer)) = answer {
            assert_eq!(answer, fact(number));
            found += 1;
        }
    }
    (found, given_up)
}

/// Lets others go on so many times.
async fn pass(turns: u32) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
