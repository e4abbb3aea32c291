use symbolon::account::{AccountState, Role};
use symbolon::api_key::{Scope, Scopes};
use symbolon::token::RawToken;
use symbolon::{AccountFault, Principal, Symbolon};

use super::given::{add_account, in_memory, issue, logged_in, origin, presented, says};

async fn principal(symbolon: &Symbolon, token: &RawToken) -> Result<Principal, &'static str> {
    symbolon
        .principal(&presented(token))
        .await
        .unwrap()
        .map_err(|reason| reason.as_str())
}

#[tokio::test]
async fn a_person_may_what_the_role_of_their_account_allows() {
    let symbolon = in_memory().await;
    for (name, role, reads, writes) in [
        ("ann", Role::User, false, false),
        ("vic", Role::Viewer, true, false),
        ("ada", Role::Admin, true, true),
    ] {
        add_account(&symbolon, name, role).await;
        let issued = logged_in(&symbolon, name).await;
        let principal = principal(&symbolon, &issued.pair.access).await.unwrap();
        assert_eq!(
            (principal.may(Scope::AdminRead), principal.may(Scope::Admin)),
            (reads, writes),
            "{name}"
        );
    }
    let stranger = issue(&symbolon, "no-account").await;
    let principal = principal(&symbolon, &stranger.pair.access).await.unwrap();
    assert!(!Scope::ALL.into_iter().any(|scope| principal.may(scope)));
}

#[tokio::test]
async fn a_new_role_counts_at_the_next_request_and_a_disabled_account_is_out() {
    let symbolon = in_memory().await;
    add_account(&symbolon, "root", Role::Admin).await;
    add_account(&symbolon, "ada", Role::Admin).await;
    let issued = logged_in(&symbolon, "ada").await;
    symbolon
        .change_account("ada", Some(Role::User), None, &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    assert!(
        !principal(&symbolon, &issued.pair.access)
            .await
            .unwrap()
            .may(Scope::AdminRead)
    );
    let disabled = Some(AccountState::Disabled);
    symbolon
        .change_account("ada", None, disabled, &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        principal(&symbolon, &issued.pair.access).await.err(),
        Some("banned")
    );
    let last = symbolon
        .change_account("root", Some(Role::User), None, &origin(&symbolon))
        .await
        .unwrap();
    assert_eq!(last.err(), Some(AccountFault::LastAdministrator));
}

#[tokio::test]
async fn a_key_proves_its_service_until_it_is_revoked() {
    let symbolon = in_memory().await;
    let scopes = Scopes::of(&[Scope::Issue, Scope::Verify]);
    let added = symbolon
        .add_api_key("shop", scopes, None, None, &origin(&symbolon))
        .await
        .unwrap();
    let (key, token) = added.unwrap();
    for _ in 0..2 {
        let service = principal(&symbolon, &token).await.unwrap();
        assert!(service.may(Scope::Issue) && !service.may(Scope::Revoke) && !service.may(Scope::AdminRead));
    }
    let receipt = symbolon
        .revoke_api_key(key.id, &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    assert!(receipt.revoked && receipt.seq.is_some());
    assert_eq!(principal(&symbolon, &token).await.err(), Some("unknown"));
}

#[tokio::test]
async fn a_key_ends_by_itself_to_the_millisecond_or_is_refused_at_once() {
    let symbolon = in_memory().await;
    let past = Some(symbolon.now());
    let scopes = Scopes::of(&[Scope::Verify]);
    let refused = symbolon
        .add_api_key("old", scopes, None, past, &origin(&symbolon))
        .await
        .unwrap();
    assert!(matches!(refused.err(), Some(AccountFault::Refused(_))));
}

#[tokio::test]
async fn a_key_is_no_access_token_and_a_refresh_token_is_no_principal() {
    let symbolon = in_memory().await;
    let scopes = Scopes::of(&[Scope::Admin]);
    let added = symbolon
        .add_api_key("ops", scopes, None, None, &origin(&symbolon))
        .await
        .unwrap();
    let (_, token) = added.unwrap();
    assert_eq!(says(&symbolon, &token).await, "malformed");
    let issued = issue(&symbolon, "ann").await;
    assert_eq!(
        principal(&symbolon, &issued.pair.refresh).await.err(),
        Some("malformed")
    );
}
