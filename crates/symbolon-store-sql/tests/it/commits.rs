//! Commits whose answer is lost or late, on a store on a server: what was done is told, and nothing else.

use std::time::Duration;

use symbolon_core::store::{Revoked, SessionStore as _};
use symbolon_testkit::contract::sample;
use tokio::time::sleep;

use super::given::begin;
use super::on_server::{PlaceOn, Server, aside, assert_told, eventually, on_each_server, open, unavailable};
use super::proxy::Cut;

on_each_server! {
    an_end_whose_commit_was_done_and_not_answered_is_told_all_the_same,
    what_is_answered_later_is_told_later_whichever_answer_arrives_first,
    an_end_whose_commit_never_arrived_is_not_told_and_can_be_asked_for_again,
}

async fn an_end_whose_commit_was_done_and_not_answered_is_told_all_the_same<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (proxy, url) = place.proxy().await;
    let (store, sink, _) = open(&url);
    let [one, two] = [0, 1].map(|number| sample::session("alice", number));
    begin(&store, &one).await;
    begin(&store, &two).await;

    proxy.cut_once(Cut::AfterCommit);
    let said = unavailable(store.revoke_session(sample::revoke(one.id)).await);
    assert!(
        said.starts_with("it is not known whether it was done: "),
        "{said}"
    );
    // Who asks again hears that it is done, and by then this process knows it too.
    let again = store.revoke_session(sample::revoke(one.id)).await.unwrap();
    let Revoked::Already { seq, .. } = again else {
        panic!("{again:?}")
    };
    assert_eq!(sink.rows().last().map(|row| row.seq), Some(seq));

    // Nobody asks again, and it is told.
    proxy.cut_once(Cut::AfterCommit);
    unavailable(store.revoke_session(sample::revoke(two.id)).await);
    eventually(async || sink.rows().len() == 2).await;
    assert_told(&store, &sink, &sink.rows()[0]).await;
}

/// The first commit is done and its answer is on the way; two later steps are answered by the server before it.
async fn what_is_answered_later_is_told_later_whichever_answer_arrives_first<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (proxy, url) = place.proxy().await;
    let (store, sink, _) = open(&url);
    let [one, two] = [0, 1].map(|number| sample::session("alice", number));
    begin(&store, &one).await;
    begin(&store, &two).await;
    let end = |id| {
        let (store, sink) = (store.clone(), sink.clone());
        // With what the sink had been told when the answer came.
        aside(async move { (store.revoke_session(sample::revoke(id)).await, sink.rows()) })
    };
    proxy.cut_once(Cut::Held);
    let first = end(one.id);
    eventually(async || {
        let found = store.find_session(one.id).await.unwrap().unwrap();
        found.session.ended(found.cut, sample::at(600)).is_some()
    })
    .await;
    let (again, second) = (end(one.id), end(two.id));
    eventually(async || {
        let found = store.find_session(two.id).await.unwrap().unwrap();
        found.session.ended(found.cut, sample::at(600)).is_some()
    })
    .await;
    // Long enough for an answer that would be given now.
    sleep(Duration::from_millis(200)).await;
    assert_eq!(sink.rows(), []);
    proxy.let_through();
    let (first, _) = first.end().await;
    let (again, told_again) = again.end().await;
    let (second, told_second) = second.end().await;
    let (Ok(Revoked::Done(first)), Ok(Revoked::Already { seq, .. })) = (first, again) else {
        panic!("the first is done, and the repetition says so")
    };
    let Ok(Revoked::Done(second)) = second else {
        panic!("{second:?}")
    };
    assert_eq!((seq, told_again.first()), (first.seq, Some(&first)));
    assert_eq!(told_second, [first, second]);
}

async fn an_end_whose_commit_never_arrived_is_not_told_and_can_be_asked_for_again<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (proxy, url) = place.proxy().await;
    let (store, sink, _) = open(&url);
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    proxy.cut_once(Cut::BeforeCommit);
    unavailable(store.revoke_session(sample::revoke(session.id)).await);
    let again = store.revoke_session(sample::revoke(session.id)).await.unwrap();
    let Revoked::Done(row) = again else {
        panic!("{again:?}")
    };
    assert_eq!(sink.rows(), std::slice::from_ref(&row));
    assert_told(&store, &sink, &row).await;

    // A log-in in doubt is refused, and was done once or not at all.
    for (cut, done) in [(Cut::BeforeCommit, false), (Cut::AfterCommit, true)] {
        let session = sample::session("bob", u32::from(done));
        proxy.cut_once(cut);
        unavailable(store.insert_session(sample::insert(session.clone())).await);
        assert_eq!(store.find_session(session.id).await.unwrap().is_some(), done);
    }
}
