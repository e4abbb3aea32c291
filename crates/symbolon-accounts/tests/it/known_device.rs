//! A device that an account is known on: strangers cannot keep its owner out (D8).

use std::time::Duration;

use symbolon_accounts::accounts::{Authenticated, ChangePassword, Known, Outcome, PasswordChange, Refusal};
use symbolon_core::account::{AccountState, Role};
use symbolon_core::audit::Origin;
use symbolon_core::session::SessionId;
use symbolon_core::throttle::{FAILURES_MAX, ThrottledBy};

use super::given::{Given, RIGHT, WRONG, at, password};

impl Given {
    async fn log_in_on(&self, name: &str, text: &str, known: Known<'_>, origin: &Origin) -> Outcome {
        let outcome = self
            .accounts
            .authenticate(name, password(text), known, origin)
            .await;
        outcome.unwrap()
    }

    /// Logs in with a success, and gives the proof of the device.
    async fn known_device(&self, name: &str, known: Known<'_>, origin: &Origin) -> String {
        match self.log_in_on(name, RIGHT, known, origin).await {
            Outcome::Authenticated(proven) => self.proof(&proven, origin).await,
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    async fn proof(&self, proven: &Authenticated, origin: &Origin) -> String {
        self.accounts.clear_attempts(proven, origin.at).await.unwrap();
        let proof = self.accounts.known_device(proven, origin.at).unwrap();
        proof.as_str().to_owned()
    }

    /// A stranger tries until nothing is left for a while.
    async fn use_up(&self, name: &str, origin: &Origin) {
        while self.refuse(name, WRONG, origin).await == Refusal::InvalidCredentials {}
    }
}

fn is_waiting(outcome: &Outcome) -> bool {
    let by = ThrottledBy::Account;
    matches!(outcome, Outcome::Refused(Refusal::Throttled { by: told, .. }) if *told == by)
}

#[tokio::test]
async fn d8_a_stranger_who_uses_up_the_guesses_does_not_keep_the_owner_waiting() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    given.use_up("alice", &at(2)).await;
    assert!(is_waiting(&given.log_in("alice", RIGHT, &at(2)).await));
    // Again and again, and in any spelling of the name.
    let next = given.known_device("ALICE ", Known::Device(&proof), &at(2)).await;
    given.known_device("alice", Known::Device(&next), &at(2)).await;
    assert!(
        is_waiting(&given.log_in("alice", RIGHT, &at(2)).await),
        "the owner's log-in gives the stranger nothing back"
    );
}

#[tokio::test]
async fn d8_a_hundred_failures_of_strangers_disable_the_password_for_strangers_alone() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let mut now = at(2).at;
    for _ in 0..FAILURES_MAX {
        given.refuse("alice", WRONG, &Origin::system(now)).await;
        now = now.after(Duration::from_secs(300));
    }
    let later = Origin::system(now);
    let account = given.accounts.get("alice").await.unwrap();
    assert_eq!(account.state, AccountState::PasswordDisabled);
    assert_eq!(
        given.refuse("alice", RIGHT, &later).await,
        Refusal::InvalidCredentials
    );
    given.known_device("alice", Known::Device(&proof), &later).await;
    assert_eq!(
        given.refuse("alice", RIGHT, &later).await,
        Refusal::InvalidCredentials,
        "the password is not given back to strangers by that"
    );
    // What gives it back is a new one, set by its owner in a session of theirs.
    let change = ChangePassword {
        name_text: "alice",
        current: password(RIGHT),
        new: password("moth kelp anvils"),
        known: Known::Session(SessionId::from_bytes([5; 16])),
        keep: None,
    };
    let changed = given.accounts.change_password(change, &later).await.unwrap();
    assert!(matches!(changed, PasswordChange::Done(_)), "{changed:?}");
    let account = given.accounts.get("alice").await.unwrap();
    assert_eq!(account.state, AccountState::Enabled);
    let outcome = given.log_in("alice", "moth kelp anvils", &later).await;
    assert!(matches!(outcome, Outcome::Authenticated(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_known_device_has_the_same_rule_and_a_hundred_failures_of_its_own() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let device = Known::Device(&proof);
    for _ in 0..6 {
        let refused = given.log_in_on("alice", WRONG, device, &at(2)).await;
        assert_eq!(refused, Outcome::Refused(Refusal::InvalidCredentials));
    }
    assert!(is_waiting(&given.log_in_on("alice", RIGHT, device, &at(2)).await));
    given.prove("alice", &at(2)).await;
    let mut now = at(3).at;
    for _ in 6..FAILURES_MAX {
        let origin = Origin::system(now);
        let refused = given.log_in_on("alice", WRONG, device, &origin).await;
        assert_eq!(refused, Outcome::Refused(Refusal::InvalidCredentials));
        now = now.after(Duration::from_secs(300));
    }
    let compares = given.compares();
    // From now on it is a stranger, and strangers still have their own.
    let origin = Origin::system(now);
    for _ in 0..5 {
        let refused = given.log_in_on("alice", WRONG, device, &origin).await;
        assert_eq!(refused, Outcome::Refused(Refusal::InvalidCredentials));
    }
    assert!(is_waiting(
        &given.log_in_on("alice", RIGHT, device, &origin).await
    ));
    assert_eq!(
        given.compares() - compares,
        5,
        "one was left over from the log-in above"
    );
    let account = given.accounts.get("alice").await.unwrap();
    assert_eq!(
        account.state,
        AccountState::Enabled,
        "its owner is not locked out by a lost device"
    );
}

#[tokio::test]
async fn a_known_device_is_not_stopped_for_its_address() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let mut origin = at(2);
    origin.seen_from.ip = Some("192.0.2.1".parse().unwrap());
    for number in 0..20 {
        given.refuse(&format!("name {number}"), WRONG, &origin).await;
    }
    let refused = given.refuse("alice", RIGHT, &origin).await;
    assert!(matches!(
        refused,
        Refusal::Throttled {
            by: ThrottledBy::Address,
            ..
        }
    ));
    given.known_device("alice", Known::Device(&proof), &origin).await;
}

#[tokio::test]
async fn a_proof_that_is_not_good_is_ignored() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given.account("bob", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let bobs = given.known_device("bob", Known::Stranger, &at(1)).await;
    given.use_up("alice", &at(2)).await;
    let forged = format!("{}A", &proof[..proof.len() - 1]);
    for wrong in [bobs.as_str(), &forged, "syd_", "", &"x".repeat(5_000)] {
        let outcome = given
            .log_in_on("alice", RIGHT, Known::Device(wrong), &at(2))
            .await;
        assert!(is_waiting(&outcome), "{wrong}");
    }
    let ninety_days = 90 * 24 * 60 * 60;
    given.use_up("alice", &at(ninety_days)).await;
    given
        .known_device("alice", Known::Device(&proof), &at(ninety_days))
        .await;
    given.use_up("alice", &at(ninety_days + 1)).await;
    let outcome = given
        .log_in_on("alice", RIGHT, Known::Device(&proof), &at(ninety_days + 1))
        .await;
    assert!(is_waiting(&outcome));
}

#[tokio::test]
async fn a_new_password_makes_every_proof_worthless() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    given
        .accounts
        .set_password("alice", password(RIGHT), &at(2))
        .await
        .unwrap();
    given.use_up("alice", &at(3)).await;
    let outcome = given
        .log_in_on("alice", RIGHT, Known::Device(&proof), &at(3))
        .await;
    assert!(is_waiting(&outcome));
}

#[tokio::test]
async fn a_proof_of_an_account_that_was_removed_is_worthless_for_its_successor() {
    let given = Given::new();
    given.account("root", Role::Admin).await;
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    given.accounts.remove("alice", &at(2)).await.unwrap();
    let new = symbolon_accounts::accounts::NewAccount {
        name_text: "alice",
        password: password(RIGHT),
        role: Role::User,
        subject: None,
    };
    given.accounts.create(new, &at(3)).await.unwrap();
    given.use_up("alice", &at(4)).await;
    let outcome = given
        .log_in_on("alice", RIGHT, Known::Device(&proof), &at(4))
        .await;
    assert!(is_waiting(&outcome));
}

#[tokio::test]
async fn an_unknown_name_with_a_proof_costs_one_compare_and_has_the_one_counter() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let before = given.compares();
    for number in 0..6 {
        let known = if number % 2 == 0 {
            Known::Device(&proof)
        } else {
            Known::Stranger
        };
        let refused = given.log_in_on("nobody", WRONG, known, &at(2)).await;
        assert_eq!(refused, Outcome::Refused(Refusal::InvalidCredentials));
    }
    assert_eq!(given.compares() - before, 6);
    let outcome = given
        .log_in_on("nobody", WRONG, Known::Device(&proof), &at(2))
        .await;
    assert!(is_waiting(&outcome));
}

#[tokio::test]
async fn a_disabled_account_is_disabled_on_every_device() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proof = given.known_device("alice", Known::Stranger, &at(1)).await;
    let change = symbolon_accounts::accounts::Change {
        role: None,
        state: Some(AccountState::Disabled),
    };
    given.accounts.change("alice", change, &at(2)).await.unwrap();
    let outcome = given
        .log_in_on("alice", RIGHT, Known::Device(&proof), &at(3))
        .await;
    assert_eq!(outcome, Outcome::Refused(Refusal::AccountDisabled));
}
