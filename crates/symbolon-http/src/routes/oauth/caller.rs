//! How a client says who it is (RFC 6749, sections 2.3 and 3.2.1): in one way, never in two.
//!
//! A client that must prove itself is one with an API key. It sends the key as a bearer, as the password of HTTP Basic
//! whose user is its `client_id`, or as `client_secret` beside `client_id` in the form. A client without a key sends
//! `client_id` alone. A name is never looked up to check a key, so an unknown client and a wrong key are the same work
//! and the same answer.

use axum::extract::{FromRequest, Request};
use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::request::Parts;
use symbolon::api_key::Scope;
use symbolon::audit::{Actor, Origin};
use symbolon::subject::ClientId;
use symbolon::token::RawToken;
use symbolon::verdict::Inactive;
use symbolon::{Principal, Token};
use zeroize::Zeroizing;

use crate::app::App;
use crate::bearer;
use crate::caller::{OperatorSocket, seen_from};
use crate::limits::{Form, decoded, single_header};
use crate::problem::OAuthProblem;

/// A request of an OAuth route: its head, and its form as far as it has one.
pub(super) struct OAuthRequest {
    pub(super) parts: Parts,
    pub(super) form: Result<Form, OAuthProblem>,
}

impl FromRequest<App> for OAuthRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let mut whole = Request::new(body);
        *whole.headers_mut() = parts.headers.clone();
        let form = Form::from_request(whole, app).await.map_err(OAuthProblem::from);
        Ok(Self { parts, form })
    }
}

/// Who asks.
pub(super) enum Caller {
    /// Someone who has proven who they are: a service by its key, a person by their session, the operator.
    Proven(Principal),
    /// A client without a key, which only says its name.
    Named(ClientId),
}

impl Caller {
    /// Who asks by `parts` and `form`.
    ///
    /// # Errors
    /// 400: two ways at once. 401: nothing is proven. 503: it cannot be decided now.
    pub(super) async fn of(app: &App, parts: &Parts, form: &Form) -> Result<Self, OAuthProblem> {
        bearer::refuse_in_query(parts.uri.query())?;
        let named = form.get("client_id").map(client_id).transpose()?;
        let secret = form.get("client_secret");
        match in_header(app, parts)? {
            InHeader::Nothing => match (named, secret) {
                (Some(client), Some(secret)) => prove(app, &client, secret).await,
                (Some(client), None) => alone(app, client).await,
                (None, Some(_)) => Err(OAuthProblem::invalid_request("client_id is missing")),
                (None, None) if parts.extensions.get::<OperatorSocket>().is_some() => {
                    Ok(Self::Proven(Principal::Operator))
                }
                (None, None) => Err(OAuthProblem::invalid_client("the client must say who it is")),
            },
            _ if secret.is_some() => Err(OAuthProblem::invalid_request(
                "the client proves itself in two ways at once",
            )),
            InHeader::Basic(client, secret) => {
                same_client(named.as_ref(), Some(&client))?;
                match secret.as_str() {
                    // A client without a key has an empty one (RFC 6749, section 2.3.1).
                    "" => alone(app, client).await,
                    secret => prove(app, &client, secret).await,
                }
            }
            InHeader::Bearer(token) => {
                let caller = Self::Proven(principal(app, &token).await?);
                same_client(named.as_ref(), caller.client())?;
                Ok(caller)
            }
        }
    }

    /// Refuses a client that only says its name.
    ///
    /// # Errors
    /// 401.
    pub(super) fn proven(&self) -> Result<(), OAuthProblem> {
        match self {
            Self::Proven(_) => Ok(()),
            Self::Named(_) => Err(OAuthProblem::invalid_client("a name alone proves nothing here")),
        }
    }

    /// Whether the caller may do what a scope allows.
    pub(super) fn may(&self, scope: Scope) -> bool {
        matches!(self, Self::Proven(principal) if principal.may(scope))
    }

    /// The client that the caller is; `None`: it is none, but a service or a person.
    pub(super) fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Proven(Principal::Service(key)) => key.client_id.as_ref(),
            Self::Proven(_) => None,
            Self::Named(client) => Some(client),
        }
    }

    /// The caller as the one who makes a change now. Of one that only says its name nothing is known but that it holds
    /// a token.
    pub(super) fn origin(&self, app: &App, parts: &Parts) -> Origin {
        let actor = match self {
            Self::Proven(principal) => principal.actor(),
            Self::Named(_) => Actor::System,
        };
        app.symbolon().origin(actor, seen_from(parts, app))
    }
}

/// What stands in `Authorization`.
enum InHeader {
    Nothing,
    Basic(ClientId, Zeroizing<String>),
    Bearer(Token),
}

const UNPROVEN: &str = "the client is not known, or its key is not its own";

fn in_header(app: &App, parts: &Parts) -> Result<InHeader, OAuthProblem> {
    let value = single_header(&parts.headers, &AUTHORIZATION)?;
    let text = value.and_then(|value| value.to_str().ok());
    if let Some(encoded) = text.and_then(basic) {
        let (client, secret) = user_and_password(encoded).ok_or_else(unproven)?;
        return Ok(InHeader::Basic(client, secret));
    }
    match bearer::in_header(app, &parts.headers)?.token() {
        Ok(token) => Ok(InHeader::Bearer(token)),
        // Another scheme is a way that we do not know, not none.
        Err(Inactive::Absent) if value.is_none() => Ok(InHeader::Nothing),
        Err(_) => Err(unproven()),
    }
}

fn unproven() -> OAuthProblem {
    OAuthProblem::invalid_client(UNPROVEN)
}

/// What follows the scheme of HTTP Basic (RFC 7617).
fn basic(value: &str) -> Option<&str> {
    let (scheme, encoded) = value.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| encoded.trim_start_matches(' '))
}

/// Name and key of HTTP Basic. Each is encoded like a value of a form before (RFC 6749, section 2.3.1).
fn user_and_password(encoded: &str) -> Option<(ClientId, Zeroizing<String>)> {
    let plain = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
    let colon = plain.iter().position(|byte| *byte == b':')?;
    let (user, password) = plain.split_at(colon);
    let user = decoded(user).ok()?;
    let password = decoded(password.get(1..)?).ok()?;
    Some((ClientId::new(user.as_str()).ok()?, password))
}

fn client_id(text: &str) -> Result<ClientId, OAuthProblem> {
    ClientId::new(text).map_err(|error| OAuthProblem::invalid_request(format!("client_id: {error}")))
}

/// A name in the form beside another proof must be that of the same client.
fn same_client(named: Option<&ClientId>, proven: Option<&ClientId>) -> Result<(), OAuthProblem> {
    if named.is_none() || named == proven {
        Ok(())
    } else {
        Err(OAuthProblem::invalid_request(
            "client_id is not the client that proves itself",
        ))
    }
}

/// A client by its key.
async fn prove(app: &App, client: &ClientId, secret: &str) -> Result<Caller, OAuthProblem> {
    let secret = RawToken::parse(secret).map_err(|_| unproven())?;
    let key = app.symbolon().client(client, &secret).await;
    let key = key.map_err(|error| app.undecided(error))?;
    key.map(|key| Caller::Proven(Principal::Service(key)))
        .ok_or_else(unproven)
}

/// A client by its name alone: only one that has no key.
async fn alone(app: &App, client: ClientId) -> Result<Caller, OAuthProblem> {
    let is_confidential = app.symbolon().is_confidential(&client).await;
    match is_confidential.map_err(|error| app.undecided(error))? {
        false => Ok(Caller::Named(client)),
        true => Err(OAuthProblem::invalid_client(
            "the client must prove itself by its key",
        )),
    }
}

/// Whoever a bearer proves.
async fn principal(app: &App, token: &Token) -> Result<Principal, OAuthProblem> {
    let principal = app.symbolon().principal(token).await;
    let principal = principal.map_err(|error| app.undecided(error))?;
    principal.map_err(|_| unproven())
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::{basic, user_and_password};

    fn read(plain: &[u8]) -> Option<(String, String)> {
        let (client, secret) = user_and_password(&BASE64.encode(plain))?;
        Some((client.as_str().to_owned(), secret.to_string()))
    }

    fn both(client: &str, secret: &str) -> Option<(String, String)> {
        Some((client.to_owned(), secret.to_owned()))
    }

    #[test]
    fn the_scheme_is_read_without_regard_to_case() {
        for value in ["Basic abc", "basic abc", "BASIC   abc", " Basic abc "] {
            assert_eq!(basic(value), Some("abc"), "{value:?}");
        }
        for value in ["Bearer abc", "Basic", "abc", "", "Basicabc"] {
            assert_eq!(basic(value), None, "{value:?}");
        }
    }

    #[test]
    fn name_and_key_are_encoded_like_values_of_a_form() {
        assert_eq!(read(b"shop:syk_x"), both("shop", "syk_x"));
        assert_eq!(read(b"my+shop%3A1:a%2Bb%25"), both("my shop:1", "a+b%"));
        assert_eq!(read(b"shop:a:b"), both("shop", "a:b"));
        assert_eq!(read(b"shop:"), both("shop", ""));
        assert_eq!(read("%E8%99%8E:x".as_bytes()), both("虎", "x"));
    }

    #[test]
    fn what_is_no_pair_of_name_and_key_proves_nothing() {
        for plain in [
            &b"shop"[..],
            b":x",
            b"",
            b"sh%op:x",
            b"shop:%",
            b"\xff:x",
            b"a%00b:x",
        ] {
            assert_eq!(read(plain), None, "{plain:?}");
        }
        for encoded in ["", "!", "c2hvcDp4=", "c2hvcDp", "c2hvcDp4 "] {
            assert!(user_and_password(encoded).is_none(), "{encoded}");
        }
    }
}
