//! Who asks: the extractors that prove a caller before a route begins.
//!
//! A token that comes along decides. Without one, a peer at the operator's socket is the operator (see
//! [`crate::app::ServiceContext`]), and everybody else is refused.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;
use symbolon::api_key::Scope;
use symbolon::audit::Origin;
use symbolon::device::{SeenFrom, kept_text};
use symbolon::subject::ClientId;
use symbolon::verdict::Inactive;
use symbolon::{Live, Principal, Symbolon, Token, Verdict};

use crate::app::App;
use crate::bearer::{self, Carrier, Presented, Proof};
use crate::bodies::pair::Delivery;
use crate::cookies::Jar;
use crate::csrf;
use crate::listen::Peer;
use crate::problem::Problem;

/// In the extensions of a request: it came through a socket whose peers are operators.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperatorSocket;

/// Where a request came from.
pub(crate) struct SeenAt(pub(crate) SeenFrom);

impl FromRequestParts<App> for SeenAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(seen_from(parts, app)))
    }
}

pub(crate) fn seen_from(parts: &Parts, app: &App) -> SeenFrom {
    let proxies = &app.settings().trusted_proxies;
    let peer = parts.extensions.get::<Peer>();
    SeenFrom {
        ip: peer.and_then(|peer| proxies.client_addr(peer.addr(), &parts.headers)),
        user_agent: user_agent(&parts.headers),
    }
}

/// The text of `User-Agent`, as far as it is text.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(USER_AGENT)?.as_bytes();
    let text = kept_text(&String::from_utf8_lossy(bytes));
    (!text.is_empty()).then_some(text)
}

/// The token of a request; it proves nothing yet.
pub(crate) struct Shown(pub(crate) Presented);

impl FromRequestParts<App> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(proof(parts, app)?.presented))
    }
}

/// What a request shows, where it may show it: a cookie proves nothing on an unsafe method unless a page of ours asks.
fn proof(parts: &Parts, app: &App) -> Result<Proof, Problem> {
    let proof = bearer::presented(app, &parts.headers, parts.uri.query())?;
    if proof.carrier == Carrier::Cookie && csrf::is_unsafe(&parts.method) {
        csrf::check(app, parts)?;
    }
    Ok(proof)
}

/// A person, by the access token of their session.
pub(crate) struct Person {
    /// Their session.
    pub(crate) live: Live,
    /// The token that proved it.
    pub(crate) token: Token,
    /// Where they are.
    pub(crate) seen_from: SeenFrom,
    /// Where a new pair of theirs is to go: where the token came from.
    pub(crate) delivery: Delivery,
}

impl Person {
    /// The person as the one who makes a change now.
    pub(crate) fn origin(&self, app: &App) -> Origin {
        let actor = Symbolon::actor_of(self.live.identity.subject());
        app.symbolon().origin(actor, self.seen_from.clone())
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Proof { presented, carrier } = proof(parts, app)?;
        let token = presented.token().map_err(|inactive| app.refuse(inactive))?;
        let live = live(app, &token).await?;
        let delivery = match carrier {
            Carrier::Header => Delivery::Body,
            Carrier::Cookie => Delivery::Cookies {
                lasting: Jar::of(app, parts).is_lasting(),
            },
        };
        Ok(Self {
            live,
            token,
            seen_from: seen_from(parts, app),
            delivery,
        })
    }
}

/// The session of a live access token.
///
/// # Errors
/// 401 and why, or 503.
pub(crate) async fn live(app: &App, token: &Token) -> Result<Live, Problem> {
    match app.symbolon().verify(token).await {
        Ok(Verdict::Active(live)) => Ok(live),
        Ok(Verdict::Inactive(inactive)) => Err(app.refuse(inactive)),
        Err(error) => Err(app.undecided(error)),
    }
}

/// A scope that a route asks for.
pub(crate) trait Needs: Send + Sync {
    /// Which.
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Needs for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )* };
}

needs! {
    /// `issue`.
    Issue
    /// `verify`.
    Verify
    /// `revoke`.
    Revoke
    /// `admin:read`.
    AdminRead
    /// `admin`.
    Admin
}

/// A caller who may do what the scope `N` allows: a service by its key, a person by the role of their account, or the
/// operator at the socket.
pub(crate) struct Allowed<N> {
    /// Who.
    pub(crate) principal: Principal,
    /// From where.
    pub(crate) seen_from: SeenFrom,
    needs: PhantomData<N>,
}

impl<N> Allowed<N> {
    /// The client that the caller's key is of, if it is of one.
    pub(crate) fn client(&self) -> Option<&ClientId> {
        self.principal.client()
    }

    /// The caller as the one who makes a change now.
    pub(crate) fn origin(&self, app: &App) -> Origin {
        app.origin(&self.principal, self.seen_from.clone())
    }
}

impl<N: Needs> FromRequestParts<App> for Allowed<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let principal = principal(parts, app).await?;
        if !principal.may(N::SCOPE) {
            return Err(Problem::insufficient_scope(N::SCOPE.as_str()));
        }
        Ok(Self {
            principal,
            seen_from: seen_from(parts, app),
            needs: PhantomData,
        })
    }
}

async fn principal(parts: &Parts, app: &App) -> Result<Principal, Problem> {
    let token = match proof(parts, app)?.presented.token() {
        Ok(token) => token,
        Err(Inactive::Absent) if parts.extensions.get::<OperatorSocket>().is_some() => {
            return Ok(Principal::Operator);
        }
        Err(inactive) => return Err(app.refuse(inactive)),
    };
    match app.symbolon().principal(&token).await {
        Ok(Ok(principal)) => Ok(principal),
        Ok(Err(inactive)) => Err(app.refuse(inactive)),
        Err(error) => Err(app.undecided(error)),
    }
}
