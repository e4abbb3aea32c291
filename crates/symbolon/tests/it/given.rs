use symbolon::audit::Origin;
use symbolon::device::{Device, SeenFrom};
use symbolon::subject::{ClientId, SubjectId};
use symbolon::token::RawToken;
use symbolon::{
    Builder, Issued, LogIn, LoggedIn, NewAccount, NewSession, Password, Symbolon, Token, Verdict,
};

pub(crate) const PASSWORD: &str = "seven quiet herons at dawn";

/// Cheap passwords, so that tests do not wait for them.
pub(crate) fn builder() -> Builder {
    Symbolon::builder().password_cost(64, 1)
}

pub(crate) async fn in_memory() -> Symbolon {
    builder().in_memory().open().await.unwrap().0
}

pub(crate) fn origin(symbolon: &Symbolon) -> Origin {
    symbolon.origin_of_system()
}

pub(crate) async fn issue(symbolon: &Symbolon, subject: &str) -> Issued {
    let session = NewSession::of(SubjectId::new(subject).unwrap());
    symbolon.issue(session, &origin(symbolon)).await.unwrap().unwrap()
}

pub(crate) async fn add_account(symbolon: &Symbolon, name: &str, role: symbolon::account::Role) {
    let new = NewAccount {
        name: name.to_owned(),
        password: password(PASSWORD),
        subject: None,
        role,
    };
    symbolon
        .add_account(new, &origin(symbolon))
        .await
        .unwrap()
        .unwrap();
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

pub(crate) async fn log_in(symbolon: &Symbolon, name: &str, text: &str) -> LoggedIn {
    let log_in = LogIn {
        username: name.to_owned(),
        password: password(text),
        client_id: ClientId::default(),
        device: Device::default(),
        seen_from: SeenFrom::default(),
        remember: false,
        style: None,
        presented: None,
        known_device: None,
    };
    symbolon.log_in(log_in).await.unwrap()
}

pub(crate) async fn logged_in(symbolon: &Symbolon, name: &str) -> Issued {
    match log_in(symbolon, name, PASSWORD).await {
        LoggedIn::Issued { issued, .. } => *issued,
        _ => panic!("the password is right"),
    }
}

/// A token as its holder presents it.
pub(crate) fn presented(token: &RawToken) -> Token {
    RawToken::parse(&token.expose()).unwrap().into()
}

/// What verify says, as one word.
pub(crate) async fn says(symbolon: &Symbolon, token: &RawToken) -> &'static str {
    match symbolon.verify(&presented(token)).await.unwrap() {
        Verdict::Active(_) => "active",
        Verdict::Inactive(reason) => reason.as_str(),
    }
}
