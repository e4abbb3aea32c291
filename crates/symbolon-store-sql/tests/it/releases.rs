//! Two releases on one store: the newer has changed the schema.

use symbolon_core::store::{Revoked, SessionStore as _};
use symbolon_store_sql::{OpenServerError, SqlStore};
use symbolon_testkit::contract::sample;

use super::given::begin;
use super::on_server::{Client as _, PlaceOn, Server, on_each_server, refusal};

on_each_server! {
    a_store_whose_newer_schema_serves_this_release_is_opened_and_stays_as_it_is,
    a_store_whose_newer_schema_serves_only_newer_releases_is_refused,
}

/// A newer release has made a step of its own, and says since which version it serves.
async fn ahead<S: Server>(serves_from: Option<&str>) -> PlaceOn<S> {
    let place = PlaceOn::<S>::new();
    place.open().0.close().await;
    let mut newer = place.beside().await;
    newer.run("CREATE TABLE later (one INT)").await;
    newer.run("ALTER TABLE sessions ADD COLUMN later INT").await;
    newer
        .run("UPDATE meta SET v = '99' WHERE k = 'schema_version'")
        .await;
    let said = match serves_from {
        Some(from) => format!("UPDATE meta SET v = '{from}' WHERE k = 'schema_serves_from'"),
        None => "DELETE FROM meta WHERE k = 'schema_serves_from'".to_owned(),
    };
    newer.run(&said).await;
    place
}

/// The newest version that this release knows.
fn known<S: Server>() -> u32 {
    let looked = SqlStore::examine_server(&PlaceOn::<S>::new().url(), None);
    looked.unwrap().newest_version
}

async fn a_store_whose_newer_schema_serves_this_release_is_opened_and_stays_as_it_is<S: Server>() {
    let known = known::<S>();
    let place = ahead::<S>(Some(&known.to_string())).await;
    let (store, _, opened) = place.open();
    assert!(!opened.fresh);
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    let ended = store.revoke_session(sample::revoke(session.id)).await;
    assert!(matches!(ended, Ok(Revoked::Done(_))), "{ended:?}");
    let version = "SELECT v FROM meta WHERE k = 'schema_version'";
    assert_eq!(place.beside().await.run(version).await, ["99"]);
    let looked = SqlStore::examine_server(&place.url(), None).unwrap();
    assert_eq!((looked.schema_version, looked.newest_version), (Some(99), known));
}

async fn a_store_whose_newer_schema_serves_only_newer_releases_is_refused<S: Server>() {
    let next = (known::<S>() + 1).to_string();
    for from in [Some(next.as_str()), Some("soon"), None] {
        let place = ahead::<S>(from).await;
        let refused = refusal(&place.url());
        assert!(
            matches!(refused, OpenServerError::NewerSchema { found: 99, .. }),
            "{from:?}: {refused}"
        );
    }
}
