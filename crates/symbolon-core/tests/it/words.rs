//! The words that stand in stores, answers and logs: clients and dashboards rely on each.

use symbolon_core::account::{AccountState, Role};
use symbolon_core::api_key::{Scope, Scopes};
use symbolon_core::audit::{Actor, AuditEvent, Origin};
use symbolon_core::device::SeenFrom;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::session::{Ended, SessionId};
use symbolon_core::subject::SubjectId;
use symbolon_core::token::Malformed;
use symbolon_core::verdict::Inactive;

use super::given::{id, ms};

#[test]
fn the_reasons_of_an_end_are_these_words() {
    let words = RevocationReason::ALL.map(RevocationReason::as_str);
    assert_eq!(
        words,
        [
            "logged_out",
            "kicked",
            "replaced",
            "banned",
            "password_changed",
            "reuse_detected",
            "revoked"
        ]
    );
    for reason in RevocationReason::ALL {
        assert_eq!(RevocationReason::parse(reason.as_str()), Some(reason));
    }
    for other in ["", "Kicked", "logout", "kicked "] {
        assert_eq!(RevocationReason::parse(other), None);
    }
}

#[test]
fn the_reasons_of_an_inactive_token_are_these_words_with_their_instants() {
    let at = ms(5);
    let table = [
        (Inactive::Absent, "absent", None),
        (Inactive::Malformed, "malformed", None),
        (Inactive::Unknown, "unknown", None),
        (Inactive::Expired { at }, "expired", Some(at)),
        (Inactive::Idle { at }, "idle", Some(at)),
        (Inactive::Superseded, "superseded", None),
    ];
    for (inactive, word, instant) in table {
        assert_eq!((inactive.as_str(), inactive.at()), (word, instant));
    }
    for reason in RevocationReason::ALL {
        let revoked = Inactive::Revoked { at, reason };
        assert_eq!((revoked.as_str(), revoked.at()), (reason.as_str(), Some(at)));
    }
}

#[test]
fn each_end_of_a_session_is_the_reason_of_its_tokens() {
    let at = ms(5);
    let reason = RevocationReason::Kicked;
    let seq = symbolon_core::revocation::RevocationSeq(9);
    assert_eq!(Inactive::from(Ended::Expired { at }), Inactive::Expired { at });
    assert_eq!(Inactive::from(Ended::Idle { at }), Inactive::Idle { at });
    assert_eq!(
        Inactive::from(Ended::Revoked { at, reason, seq }),
        Inactive::Revoked { at, reason }
    );
    for malformed in [Malformed::Length, Malformed::Prefix, Malformed::Encoding] {
        assert_eq!(Inactive::from(malformed), Inactive::Malformed);
    }
}

#[test]
fn the_scopes_are_these_words() {
    assert_eq!(
        Scope::ALL.map(Scope::as_str),
        ["issue", "verify", "revoke", "admin:read", "admin"]
    );
    for scope in Scope::ALL {
        assert_eq!(Scope::parse(scope.as_str()), Some(scope));
    }
    assert_eq!(Scope::parse("Admin"), None);
}

#[test]
fn a_scope_allows_itself_and_admin_allows_everything() {
    for held in Scope::ALL {
        for asked in Scope::ALL {
            let allowed = held == asked || held == Scope::Admin;
            assert_eq!(
                Scopes::of(&[held]).allow(asked),
                allowed,
                "{held:?} for {asked:?}"
            );
        }
    }
    assert!(Scope::ALL.iter().all(|scope| !Scopes::default().allow(*scope)));
}

#[test]
fn scopes_are_read_with_commas_or_spaces_and_written_with_commas() {
    for words in ["verify,issue", "issue verify", " issue,, verify issue"] {
        assert_eq!(
            Scopes::parse(words).map(Scopes::to_words),
            Ok("issue,verify".to_owned())
        );
    }
    assert_eq!(Scopes::parse(""), Ok(Scopes::default()));
    assert_eq!(Scopes::parse("issue,readme,wrong"), Err("readme".to_owned()));
    let all = Scopes::of(&Scope::ALL);
    assert_eq!(all.to_words(), "issue,verify,revoke,admin:read,admin");
    assert_eq!(Scopes::parse(&all.to_words()), Ok(all));
}

#[test]
fn the_roles_are_these_words_and_the_least_is_the_default() {
    for (role, word) in [
        (Role::User, "user"),
        (Role::Viewer, "viewer"),
        (Role::Admin, "admin"),
    ] {
        assert_eq!(role.as_str(), word);
        assert_eq!(Role::parse(word), Some(role));
    }
    assert_eq!(Role::parse("root"), None);
    assert_eq!(Role::default(), Role::User);
}

#[test]
fn the_states_of_an_account_are_these_words() {
    for (state, word) in [
        (AccountState::Enabled, "enabled"),
        (AccountState::Disabled, "disabled"),
        (AccountState::PasswordDisabled, "password_disabled"),
    ] {
        assert_eq!(state.as_str(), word);
        assert_eq!(AccountState::parse(word), Some(state));
    }
    assert_eq!(AccountState::parse("locked"), None);
}

#[test]
fn the_events_of_the_audit_are_these_words() {
    let table = [
        (AuditEvent::LoggedIn, "logged_in"),
        (AuditEvent::LoginRefused, "login_refused"),
        (AuditEvent::Issued, "issued"),
        (AuditEvent::Refreshed, "refreshed"),
        (AuditEvent::RefreshReplayed, "refresh_replayed"),
        (AuditEvent::Renewed, "renewed"),
        (AuditEvent::RotationLost, "rotation_lost"),
        (AuditEvent::Revoked, "revoked"),
        (AuditEvent::SubjectRevoked, "subject_revoked"),
        (AuditEvent::EveryoneRevoked, "everyone_revoked"),
        (AuditEvent::Confirmed, "confirmed"),
        (AuditEvent::SessionChanged, "session_changed"),
        (AuditEvent::AccountAdded, "account_added"),
        (AuditEvent::AccountChanged, "account_changed"),
        (AuditEvent::AccountRemoved, "account_removed"),
        (AuditEvent::PasswordSet, "password_set"),
        (AuditEvent::PasswordRehashed, "password_rehashed"),
        (AuditEvent::Banned, "banned"),
        (AuditEvent::BanLifted, "ban_lifted"),
        (AuditEvent::KeyAdded, "key_added"),
        (AuditEvent::KeyRevoked, "key_revoked"),
        (AuditEvent::SigningKeyAdded, "signing_key_added"),
        (AuditEvent::SigningKeysRemoved, "signing_keys_removed"),
    ];
    for (event, word) in table {
        assert_eq!(event.as_str(), word);
    }
}

#[test]
fn an_actor_is_named_by_kind_and_who() {
    assert_eq!(Actor::System.to_text(), "system");
    assert_eq!(Actor::Operator.to_text(), "operator");
    assert_eq!(Actor::Service("shop".to_owned()).to_text(), "key:shop");
    assert_eq!(
        Actor::Subject(SubjectId::new("alice").unwrap()).to_text(),
        "subject:alice"
    );
    let session = SessionId::from_bytes([0xab; 16]);
    assert_eq!(
        Actor::Holder(session).to_text(),
        "session:abababab-abab-abab-abab-abababababab"
    );
}

#[test]
fn the_holder_of_a_token_is_named_only_where_nobody_else_is() {
    let session = SessionId::from_bytes([1; 16]);
    let origin = Origin::system(ms(5));
    assert_eq!(origin.by_holder_of(session).actor, Actor::Holder(session));
    let operator = Origin {
        actor: Actor::Operator,
        ..origin
    };
    assert_eq!(operator.by_holder_of(session), operator);
}

#[test]
fn an_entry_says_when_who_where_whose_and_why() {
    let origin = Origin {
        at: ms(5),
        actor: Actor::Operator,
        seen_from: SeenFrom {
            ip: Some("192.0.2.1".parse().unwrap()),
            user_agent: None,
        },
    };
    let alice = SubjectId::new("alice").unwrap();
    let entry = origin
        .entry(AuditEvent::Revoked)
        .of(&alice)
        .on(id())
        .saying("kicked");
    assert_eq!(
        (entry.at, entry.event, &entry.actor),
        (ms(5), AuditEvent::Revoked, &Actor::Operator)
    );
    assert_eq!(entry.seen_from, origin.seen_from);
    assert_eq!(entry.subject, Some(alice));
    assert_eq!(entry.session_id, Some(id()));
    assert_eq!(entry.detail.as_deref(), Some("kicked"));
    let system = Origin::system(ms(6)).entry(AuditEvent::EveryoneRevoked);
    assert_eq!((system.at, system.actor), (ms(6), Actor::System));
    assert_eq!(
        (system.subject, system.session_id, system.detail),
        (None, None::<SessionId>, None)
    );
}
