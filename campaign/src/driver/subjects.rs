//! W3: ends of all sessions of a subject (a kick, a new password, a ban) that race its log-ins.

use std::sync::Mutex;
use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon_testkit::history::{Answered, Asked, Means, Nanos, Whose};
use symbolon_testkit::http::Ask;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep;

use super::pool::{Held, OpenEnd};
use super::samples::Kind;
use super::sessions::{begin, bury_and_hammer, make_effective};
use super::wire::{self, LONG, ask, is_balanced, sample};
use super::{Shared, locked};

/// The accounts whose log-ins are measured, and those that are raced.
const CALM: usize = 6;
const RACED: usize = 4;
/// So many sessions of an ended subject are hammered.
const HAMMERED_MAX: usize = 4;
/// Within this time the log-ins of a race begin.
const RACE: u64 = 60_000_000;
/// How often a step of the operator's is tried before it is given up.
const TRIES: u32 = 20;
const TRY_PAUSE: Duration = Duration::from_millis(300);

/// An account of the built-in log-in.
pub(super) struct Account {
    name: String,
    /// All that it may have had; the last one is the one that was set last.
    passwords: Mutex<Vec<String>>,
    /// Held by whoever changes it.
    race: AsyncMutex<()>,
}

impl Account {
    pub(super) fn passwords(&self) -> Vec<String> {
        locked(&self.passwords).clone()
    }

    /// The one that was set last.
    fn password(&self) -> Password {
        let passwords = locked(&self.passwords);
        let newest = passwords.len().saturating_sub(1);
        Password {
            version: u32::try_from(newest).unwrap_or(u32::MAX),
            text: passwords.last().cloned().unwrap_or_default(),
        }
    }
}

/// A password, and how many there were before it.
struct Password {
    version: u32,
    text: String,
}

/// Makes the accounts of a run.
pub(super) async fn accounts(shared: &Shared) -> Vec<Account> {
    let mut accounts = Vec::new();
    for number in 0..CALM + RACED {
        let name = format!("{}-account-{number}", shared.plan.name);
        let password = new_password(shared);
        let body = json!({"name": name, "password": password});
        let request = Ask::post("/v1/admin/accounts", &body).bearer(&shared.plan.key);
        for _ in 0..TRIES {
            let exchange = ask(shared, number % shared.sides.len(), request.clone(), LONG).await;
            // 409: an earlier try had made it.
            if exchange
                .answer
                .is_ok_and(|answer| matches!(answer.status, 201 | 409))
            {
                break;
            }
            sleep(TRY_PAUSE).await;
        }
        accounts.push(Account {
            name,
            passwords: Mutex::new(vec![password]),
            race: AsyncMutex::default(),
        });
    }
    accounts
}

fn new_password(shared: &Shared) -> String {
    format!("{:016x} and {:016x}", shared.chance.next(), shared.chance.next())
}

/// Logs in with an account that nobody races.
pub(super) async fn log_in(shared: &Shared, offered: Nanos) {
    let account = &shared.accounts[shared.below(CALM)];
    let node = shared.any_node();
    let balanced = is_balanced(shared, node);
    let done = log_in_as(shared, account, &account.password(), node).await;
    let to = done.as_ref().map_or_else(|| shared.now(), |(_, to)| *to);
    let answered = done.map(|(answered, _)| answered);
    sample(shared, Kind::LogIn, (offered, to), answered.as_ref(), balanced);
}

async fn log_in_as(
    shared: &Shared,
    account: &Account,
    password: &Password,
    node: usize,
) -> Option<(Answered, Nanos)> {
    let body = json!({"username": account.name, "password": password.text});
    // Each time from another home: wrong passwords are a part of the load, and one address may not send many.
    let [.., a, b, c] = shared.chance.next().to_be_bytes();
    let request = Ask::post("/v1/login", &body).header("x-forwarded-for", format!("10.{a}.{b}.{c}"));
    let asked = Asked::Issue {
        subject: account.name.clone(),
        credential: Some(password.version),
    };
    begin(shared, node, request, asked, &json!({})).await
}

/// Ends all sessions of a service's subject.
pub(super) async fn kick(shared: &Shared) {
    let Some(held) = shared.pool.live(shared.chance.next()) else {
        return;
    };
    let subject = held.identity.subject.clone();
    // The accounts' subjects have their own workload.
    if shared.accounts.iter().any(|account| account.name == subject) {
        return;
    }
    let sessions = doubt_all(shared, &subject);
    let order = order(shared, &subject, Means::Order, None);
    if make_effective(shared, &order, None).await {
        hammer_some(shared, sessions).await;
    }
}

/// Ends all sessions of an account while clients log in with it.
pub(super) async fn race(shared: &Shared) {
    let account = &shared.accounts[CALM + shared.below(RACED)];
    let Ok(_held) = account.race.try_lock() else {
        return;
    };
    let old = account.password();
    let by = match shared.below(4) {
        0 => Means::Order,
        1 => Means::Ban,
        // The one of which the most is promised.
        _ => Means::Password(old.version.saturating_add(1)),
    };
    let new = new_password(shared);
    if let Means::Password(_) = by {
        locked(&account.passwords).push(new.clone());
    }
    // Something to end.
    log_in_as(shared, account, &old, shared.any_node()).await;
    let mut sessions = doubt_all(shared, &account.name);
    let order = order(shared, &account.name, by, Some(&new));
    let racers: Vec<(usize, Duration)> = (0..2)
        .map(|_| (shared.any_node(), Duration::from_nanos(shared.chance.below(RACE))))
        .collect();
    let logging_in = wire::at_once(racers, |(node, pause)| {
        let old = &old;
        async move {
            sleep(pause).await;
            log_in_as(shared, account, old, node).await;
        }
    });
    let (effective, ()) = tokio::join!(make_effective(shared, &order, None), logging_in);
    if by == Means::Ban {
        lift(shared, &account.name).await;
    }
    if !effective {
        return;
    }
    if let Means::Password(_) = by {
        // What the old one opened meanwhile is as dead as what it had opened before, and it opens nothing more.
        let overtaken = doubt_all(shared, &account.name);
        sessions.splice(0..0, overtaken);
        log_in_as(shared, account, &old, shared.any_node()).await;
    }
    log_in_as(shared, account, &account.password(), shared.any_node()).await;
    hammer_some(shared, sessions).await;
}

fn order(shared: &Shared, subject: &str, by: Means, password: Option<&str>) -> OpenEnd {
    let encoded = percent_encoding::utf8_percent_encode(subject, percent_encoding::NON_ALPHANUMERIC);
    let request = match by {
        Means::Order => Ask::post(format!("/v1/admin/subjects/{encoded}/revoke"), &json!({})),
        Means::Ban => Ask::post(
            format!("/v1/admin/subjects/{encoded}/ban"),
            &json!({"note": "a race"}),
        ),
        Means::Password(_) => Ask::new(Method::PATCH, format!("/v1/admin/accounts/{encoded}"))
            .json(&json!({"password": password})),
    };
    OpenEnd {
        ask: request.bearer(&shared.plan.key),
        whose: Whose::Subject(subject.to_owned()),
        by,
    }
}

/// Ends a ban, so that its subject can be raced again.
async fn lift(shared: &Shared, subject: &str) {
    let encoded = percent_encoding::utf8_percent_encode(subject, percent_encoding::NON_ALPHANUMERIC);
    let path = format!("/v1/admin/subjects/{encoded}/ban");
    let request = Ask::new(Method::DELETE, path).bearer(&shared.plan.key);
    for _ in 0..TRIES {
        let exchange = ask(shared, shared.any_node(), request.clone(), LONG).await;
        if exchange.answer.is_ok_and(|answer| answer.status == 200) || shared.is_stopping() {
            return;
        }
        shared.rest(TRY_PAUSE).await;
    }
}

fn doubt_all(shared: &Shared, subject: &str) -> Vec<Held> {
    let sessions = shared.pool.live_of(subject);
    for held in &sessions {
        shared.pool.doubt(&held.identity.session);
    }
    sessions
}

async fn hammer_some(shared: &Shared, mut sessions: Vec<Held>) {
    sessions.truncate(HAMMERED_MAX);
    bury_and_hammer(shared, sessions).await;
}
