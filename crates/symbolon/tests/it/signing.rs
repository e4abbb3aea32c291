//! Signed access tokens, from issue to end.

use std::time::Duration;

use symbolon::account::Role;
use symbolon::policy::SessionPolicy;
use symbolon::revocation::RevocationReason;
use symbolon::session::TokenStyle;
use symbolon::subject::SubjectId;
use symbolon::{
    Builder, IssueRefused, Issued, KeyState, NewSession, OpenFault, Refreshed, Rotation, RotationRefused,
    SharedSecret, SignedTokens, SignedTokensFault, SigningAlg, Symbolon, Token, Verdict,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::given::{add_account, builder, logged_in, origin};

const SECRET: &[u8] = b"0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn signed(alg: SigningAlg) -> SignedTokens {
    SignedTokens {
        style: TokenStyle::Jwt,
        alg,
        ..SignedTokens::default()
    }
}

fn secret() -> SharedSecret {
    SharedSecret::new(Zeroizing::new(SECRET.to_vec())).unwrap()
}

async fn open(builder: Builder) -> Symbolon {
    builder.open().await.unwrap().0
}

async fn in_memory(alg: SigningAlg) -> Symbolon {
    open(builder().in_memory().signed_tokens(signed(alg))).await
}

async fn issue(symbolon: &Symbolon) -> (Issued, String) {
    let session = NewSession::of(SubjectId::new("ann").unwrap());
    let issued = symbolon.issue(session, &origin(symbolon)).await.unwrap().unwrap();
    let text = text(symbolon, &issued).await;
    (issued, text)
}

async fn text(symbolon: &Symbolon, issued: &Issued) -> String {
    symbolon.access_text(issued).await.unwrap().to_string()
}

fn token(symbolon: &Symbolon, text: &str) -> Token {
    symbolon
        .read_token(text)
        .map_err(|malformed| malformed.to_string())
        .unwrap()
}

async fn says(symbolon: &Symbolon, text: &str) -> &'static str {
    let Ok(token) = symbolon.read_token(text) else {
        return "malformed";
    };
    match symbolon.verify(&token).await.unwrap() {
        Verdict::Active(_) => "active",
        Verdict::Inactive(inactive) => inactive.as_str(),
    }
}

async fn refresh(symbolon: &Symbolon, issued: &Issued) -> (Issued, String) {
    let Refreshed::Pair(next) = symbolon
        .refresh(&issued.pair.refresh, &origin(symbolon))
        .await
        .unwrap()
    else {
        panic!("refused")
    };
    let text = text(symbolon, &next).await;
    (*next, text)
}

#[tokio::test]
async fn a_signed_token_is_answered_for_like_a_reference_also_from_memory() {
    for alg in SigningAlg::ALL {
        let symbolon = in_memory(alg).await;
        let (issued, text) = issue(&symbolon).await;
        assert_eq!(text.split('.').count(), 3);
        let Verdict::Active(live) = symbolon.verify_from_memory(&token(&symbolon, &text)).unwrap() else {
            panic!("{alg:?}: refused")
        };
        assert_eq!(live.identity.subject(), "ann");
        assert_eq!(live.session_id, issued.session.id);
        assert_eq!(live.expires_at.0 % 1000, 0, "a signed token counts in seconds");
    }
}

#[tokio::test]
async fn a_revoked_session_refuses_its_signed_token_at_once() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let (issued, text) = issue(&symbolon).await;
    let by = origin(&symbolon);
    symbolon
        .revoke(issued.session.id, RevocationReason::Kicked, &by)
        .await
        .unwrap();
    assert_eq!(says(&symbolon, &text).await, "kicked");
}

#[tokio::test]
async fn a_signed_token_of_the_generation_before_is_good_and_an_older_one_is_superseded() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let (first, zero) = issue(&symbolon).await;
    let (second, one) = refresh(&symbolon, &first).await;
    assert_eq!(says(&symbolon, &zero).await, "active");
    assert_eq!(says(&symbolon, &one).await, "active");
    let (_, two) = refresh(&symbolon, &second).await;
    assert_eq!(says(&symbolon, &zero).await, "superseded");
    assert_eq!(says(&symbolon, &two).await, "active");
}

#[tokio::test]
async fn any_signed_token_of_a_session_logs_it_out_however_old() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let (mut issued, oldest) = issue(&symbolon).await;
    for _ in 0..3 {
        issued = refresh(&symbolon, &issued).await.0;
    }
    assert_eq!(says(&symbolon, &oldest).await, "superseded");
    let newest = text(&symbolon, &issued).await;
    let receipt = symbolon
        .log_out(&token(&symbolon, &oldest), &origin(&symbolon))
        .await
        .unwrap();
    assert!(receipt.revoked && !receipt.already);
    assert_eq!(says(&symbolon, &newest).await, "logged_out");
    let again = symbolon
        .log_out(&token(&symbolon, &newest), &origin(&symbolon))
        .await
        .unwrap();
    assert_eq!((again.already, again.seq), (true, receipt.seq));
}

#[tokio::test]
async fn an_expired_signed_token_is_refused_and_still_logs_out() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let session = NewSession {
        access_ttl: Some(Duration::from_millis(1)),
        ..NewSession::of(SubjectId::new("ann").unwrap())
    };
    let issued = symbolon
        .issue(session, &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    let text = text(&symbolon, &issued).await;
    while says(&symbolon, &text).await == "active" {
        tokio::task::yield_now().await;
    }
    assert_eq!(says(&symbolon, &text).await, "expired");
    let receipt = symbolon
        .log_out(&token(&symbolon, &text), &origin(&symbolon))
        .await
        .unwrap();
    assert!(receipt.revoked && !receipt.already);
}

#[tokio::test]
async fn a_refresh_repeated_within_the_grace_gives_the_same_signed_token() {
    for alg in SigningAlg::ALL {
        let symbolon = in_memory(alg).await;
        let (first, _) = issue(&symbolon).await;
        let (_, a) = refresh(&symbolon, &first).await;
        // A new key in between changes nothing: the one that was active then signs again.
        symbolon
            .rotate_signing_key(alg, Rotation::Now, &origin(&symbolon))
            .await
            .unwrap()
            .unwrap();
        let (_, b) = refresh(&symbolon, &first).await;
        let claims = |text: &str| text.rsplit_once('.').unwrap().0.to_owned();
        assert_eq!(claims(&a), claims(&b), "{alg:?}");
        assert_eq!(a == b, alg != SigningAlg::Es256, "{alg:?}");
        assert_eq!(says(&symbolon, &b).await, "active");
    }
}

#[tokio::test]
async fn s0_6_signed_tokens_outlive_two_restarts() {
    for alg in SigningAlg::ALL {
        let folder = TempDir::new().unwrap();
        let start = || open(builder().data_dir(folder.path()).signed_tokens(signed(alg)));
        let symbolon = start().await;
        let (issued, before) = issue(&symbolon).await;
        let (next, replayed) = refresh(&symbolon, &issued).await;
        let keys = symbolon.signing_keys();
        symbolon.stop().await;
        for _ in 0..2 {
            let symbolon = start().await;
            assert_eq!(symbolon.signing_keys(), keys, "{alg:?}: no key is made again");
            for token in [&before, &replayed] {
                assert_eq!(says(&symbolon, token).await, "active", "{alg:?}");
            }
            if alg != SigningAlg::Es256 {
                assert_eq!(text(&symbolon, &next).await, replayed);
            }
            symbolon.stop().await;
        }
    }
}

#[tokio::test]
async fn tokens_are_good_before_during_and_after_a_rotation_and_a_restart() {
    let folder = TempDir::new().unwrap();
    let start = || {
        open(
            builder()
                .data_dir(folder.path())
                .signed_tokens(signed(SigningAlg::EdDsa)),
        )
    };
    let symbolon = start().await;
    let (_, before) = issue(&symbolon).await;
    let by = origin(&symbolon);
    let keys = symbolon
        .rotate_signing_key(SigningAlg::EdDsa, Rotation::Published, &by)
        .await
        .unwrap()
        .unwrap();
    let states: Vec<_> = keys.iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Active, KeyState::Next]);
    assert_eq!(symbolon.public_keys().len(), 2, "published before it signs");
    let (_, during) = issue(&symbolon).await;
    let keys = symbolon
        .rotate_signing_key(SigningAlg::EdDsa, Rotation::Now, &by)
        .await
        .unwrap()
        .unwrap();
    let states: Vec<_> = keys.iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Retired, KeyState::Retired, KeyState::Active]);
    while symbolon.now() < keys[2].active_from.unwrap() {
        tokio::task::yield_now().await;
    }
    let (_, after) = issue(&symbolon).await;
    let header = |text: &str| text.split_once('.').unwrap().0.to_owned();
    assert_eq!(header(&before), header(&during));
    assert_ne!(header(&during), header(&after));
    for token in [&before, &during, &after] {
        assert_eq!(says(&symbolon, token).await, "active");
    }
    symbolon.stop().await;
    let symbolon = start().await;
    for token in [&before, &during, &after] {
        assert_eq!(says(&symbolon, token).await, "active");
    }
}

#[tokio::test]
async fn a_revoking_rotation_refuses_what_the_older_keys_signed_and_the_session_goes_on() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let (issued, text) = issue(&symbolon).await;
    let by = origin(&symbolon);
    symbolon
        .rotate_signing_key(SigningAlg::EdDsa, Rotation::Revoking, &by)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(says(&symbolon, &text).await, "malformed");
    assert_eq!(symbolon.public_keys().len(), 1);
    let (_, next) = refresh(&symbolon, &issued).await;
    assert_eq!(says(&symbolon, &next).await, "active");
}

#[tokio::test]
async fn a_token_of_another_deployment_or_issuer_is_none() {
    let (ours, theirs) = (
        in_memory(SigningAlg::EdDsa).await,
        in_memory(SigningAlg::EdDsa).await,
    );
    let (_, text) = issue(&theirs).await;
    assert_eq!(says(&ours, &text).await, "malformed");
    // The same secret, but another issuer.
    let with = |issuer: &str| {
        let signed = SignedTokens {
            issuer: issuer.to_owned(),
            secret: Some(secret()),
            ..signed(SigningAlg::Hs256)
        };
        open(builder().in_memory().signed_tokens(signed))
    };
    let (a, b, c) = (
        with("https://a").await,
        with("https://b").await,
        with("https://a").await,
    );
    let (_, text) = issue(&a).await;
    assert_eq!(says(&a, &text).await, "active");
    assert_eq!(says(&b, &text).await, "malformed");
    assert_eq!(
        says(&c, &text).await,
        "unknown",
        "its signature is ours, its session is not"
    );
}

#[tokio::test]
async fn the_secret_that_is_given_is_the_key_and_is_not_rotated_here() {
    let settings = SignedTokens {
        secret: Some(secret()),
        ..signed(SigningAlg::Hs256)
    };
    let symbolon = open(builder().in_memory().signed_tokens(settings)).await;
    let (_, text) = issue(&symbolon).await;
    assert_eq!(says(&symbolon, &text).await, "active");
    let states: Vec<_> = symbolon.signing_keys().iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Given]);
    assert!(symbolon.public_keys().is_empty());
    let refused = symbolon
        .rotate_signing_key(SigningAlg::Hs256, Rotation::Now, &origin(&symbolon))
        .await
        .unwrap();
    assert_eq!(refused, Err(RotationRefused::Given));
}

#[tokio::test]
async fn the_style_is_that_of_the_deployment_unless_the_session_asks_for_its_own() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let opaque = NewSession {
        style: Some(TokenStyle::Opaque),
        ..NewSession::of(SubjectId::new("ann").unwrap())
    };
    let issued = symbolon.issue(opaque, &origin(&symbolon)).await.unwrap().unwrap();
    assert!(text(&symbolon, &issued).await.starts_with("sya_"));
    add_account(&symbolon, "ann", Role::User).await;
    let issued = logged_in(&symbolon, "ann").await;
    assert!(text(&symbolon, &issued).await.starts_with("ey"));
}

#[tokio::test]
async fn a_session_for_an_older_system_is_signed_with_hs256_whatever_else_is() {
    let symbolon = open(builder().in_memory()).await;
    let session = NewSession {
        style: Some(TokenStyle::CompatJwt),
        refresh_ttl: Some(Duration::ZERO),
        ..NewSession::of(SubjectId::new("ann").unwrap())
    };
    assert!(symbolon.signing_keys().is_empty(), "made when it is first needed");
    let issued = symbolon
        .issue(session, &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    let text = text(&symbolon, &issued).await;
    assert_eq!(says(&symbolon, &text).await, "active");
    let algs: Vec<_> = symbolon.signing_keys().iter().map(|key| key.alg).collect();
    assert_eq!(algs, [SigningAlg::Hs256]);
    assert!(symbolon.public_keys().is_empty());
}

#[tokio::test]
async fn a_signed_token_that_would_live_for_too_long_is_refused() {
    let symbolon = in_memory(SigningAlg::EdDsa).await;
    let days = |days: u64| NewSession {
        access_ttl: Some(Duration::from_secs(days * 86_400)),
        absolute_timeout: Some(Duration::from_secs(200 * 86_400)),
        ..NewSession::of(SubjectId::new("ann").unwrap())
    };
    let refused = symbolon.issue(days(91), &origin(&symbolon)).await.unwrap().err();
    assert_eq!(refused, Some(IssueRefused::SignedLifeTooLong));
    let issued = symbolon
        .issue(days(90), &origin(&symbolon))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(says(&symbolon, &text(&symbolon, &issued).await).await, "active");
    let opaque = NewSession {
        style: Some(TokenStyle::Opaque),
        ..days(91)
    };
    assert!(symbolon.issue(opaque, &origin(&symbolon)).await.unwrap().is_ok());
}

#[tokio::test]
async fn what_cannot_be_is_refused_when_it_is_opened() {
    let refused = async |builder: Builder| match builder.in_memory().open().await {
        Err(OpenFault::SignedTokens(fault)) => fault,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    };
    for issuer in ["", "a\nb", &"i".repeat(257)] {
        let signed = SignedTokens {
            issuer: issuer.to_owned(),
            ..SignedTokens::default()
        };
        assert_eq!(
            refused(builder().signed_tokens(signed)).await,
            SignedTokensFault::Issuer
        );
    }
    let mut policy = SessionPolicy::default();
    policy.standard.access_ttl = Duration::from_secs(91 * 86_400);
    let long = builder().policy(policy);
    assert_eq!(
        refused(long.clone().signed_tokens(signed(SigningAlg::EdDsa))).await,
        SignedTokensFault::Life
    );
    assert!(
        long.in_memory().open().await.is_ok(),
        "references may live for as long as they like"
    );
}

#[tokio::test]
async fn the_audience_of_the_deployment_is_that_of_a_session_that_names_none() {
    let symbolon = open(builder().in_memory().audience(Some("shop".to_owned()))).await;
    let audience = async |audience: Option<&str>| {
        let session = NewSession {
            audience: audience.map(str::to_owned),
            ..NewSession::of(SubjectId::new("ann").unwrap())
        };
        let issued = symbolon
            .issue(session, &origin(&symbolon))
            .await
            .unwrap()
            .unwrap();
        issued.session.audience
    };
    assert_eq!(audience(None).await.as_deref(), Some("shop"));
    assert_eq!(audience(Some("billing")).await.as_deref(), Some("billing"));
    add_account(&symbolon, "ann", Role::User).await;
    let issued = logged_in(&symbolon, "ann").await;
    assert_eq!(issued.session.audience.as_deref(), Some("shop"));
}
