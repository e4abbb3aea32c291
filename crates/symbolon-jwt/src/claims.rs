//! What a token says: written from a session, read back only from bytes whose signature was verified.
//!
//! A session's own claims are one member, `claims`, so that none of them can stand in the place of a registered one.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use symbolon_core::clock::Timestamp;
use symbolon_core::session::{Session, SessionId, TokenStyle};
use symbolon_core::signing::SIGNED_TTL_MAX;
use symbolon_core::token::{Generation, SignedToken};

use crate::strict::{AnyObject, given};

/// The latest second that a token may name: the end of the year 9999.
const SECOND_MAX: i64 = 253_402_300_799;

/// A session's own claims are not the text of a JSON object.
#[derive(Debug, thiserror::Error)]
#[error("the claims of session {session} are no JSON object")]
pub struct NoObject {
    /// Which session.
    pub session: SessionId,
}

/// The claims of RFC 9068, section 2.2, with the session's. The order is that of the text.
#[derive(Serialize)]
struct AccessClaims<'s> {
    iss: &'s str,
    sub: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience<'s>>,
    client_id: &'s str,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'s RawValue>,
}

/// One name, or several (RFC 7519, section 4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'s> {
    One(&'s str),
    Several(Vec<&'s str>),
}

/// The claims that clients of older systems read.
#[derive(Serialize)]
struct CompatClaims<'s> {
    user: &'s str,
    sub: &'s str,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
}

/// The text of the claims of a session's current access token; `None`: its tokens are references. All of it follows from
/// the session as stored, so that the same rotation has the same claims.
pub(crate) fn text(session: &Session, issuer: &str) -> Result<Option<Vec<u8>>, NoObject> {
    let no_object = |_| NoObject { session: session.id };
    let json = match session.style {
        TokenStyle::Opaque => return Ok(None),
        TokenStyle::Jwt => {
            let own = (!session.claims.is_none()).then(|| session.claims.as_json());
            let own = own.map(serde_json::from_str::<&RawValue>).transpose();
            let own = own.map_err(no_object)?;
            if let Some(own) = own {
                serde_json::from_str::<AnyObject>(own.get()).map_err(no_object)?;
            }
            serde_json::to_vec(&access(session, issuer, own))
        }
        TokenStyle::CompatJwt => serde_json::to_vec(&compat(session)),
    };
    json.map(Some).map_err(no_object)
}

fn access<'s>(session: &'s Session, issuer: &'s str, claims: Option<&'s RawValue>) -> AccessClaims<'s> {
    let iat = session.tokens.rotated_at.seconds();
    let names = session.audience.as_deref().map(|names| {
        let names: Vec<_> = names.split(' ').filter(|name| !name.is_empty()).collect();
        match names.as_slice() {
            [name] => Audience::One(name),
            _ => Audience::Several(names),
        }
    });
    AccessClaims {
        iss: issuer,
        sub: session.subject.as_str(),
        aud: names,
        client_id: session.client_id.as_str(),
        sid: session.id.to_string(),
        jti: jti(session.id, session.tokens.generation),
        iat,
        nbf: iat,
        exp: session.tokens.access.expires_at.seconds(),
        auth_time: session.authenticated_at.seconds(),
        scope: session.scope.as_deref(),
        claims,
    }
}

fn compat(session: &Session) -> CompatClaims<'_> {
    CompatClaims {
        user: session.subject.as_str(),
        sub: session.subject.as_str(),
        sid: session.id.to_string(),
        jti: jti(session.id, session.tokens.generation),
        iat: session.tokens.rotated_at.seconds(),
        exp: session.tokens.access.expires_at.seconds(),
    }
}

fn jti(session: SessionId, generation: Generation) -> String {
    format!("{session}.{}", generation.0)
}

/// The same as read. Numbers are integers: a text, a fraction or `null` is not one (CVE-2026-25537).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadAccess {
    iss: String,
    sub: String,
    #[serde(default, deserialize_with = "given")]
    aud: Option<ReadAudience>,
    client_id: String,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
    #[serde(default, deserialize_with = "given")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "given", rename = "claims")]
    _claims: Option<AnyObject>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ReadAudience {
    One(String),
    Several(Vec<String>),
}

impl ReadAudience {
    fn is_named(&self) -> bool {
        match self {
            Self::One(name) => !name.is_empty(),
            Self::Several(names) => !names.is_empty() && names.iter().all(|name| !name.is_empty()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadCompat {
    user: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
}

/// What verified bytes say; `None`: not what we write.
pub(crate) fn read(verified: &[u8], style: TokenStyle, issuer: &str) -> Option<SignedToken> {
    match style {
        TokenStyle::Opaque => None,
        TokenStyle::Jwt => {
            let claims: ReadAccess = serde_json::from_slice(verified).ok()?;
            let holds = claims.iss == issuer
                && !claims.sub.is_empty()
                && !claims.client_id.is_empty()
                && claims.nbf == claims.iat
                && (0..=SECOND_MAX).contains(&claims.auth_time)
                && claims.aud.is_none_or(|aud| aud.is_named())
                && claims.scope.is_none_or(|scope| !scope.is_empty());
            let names = (claims.sid.as_str(), claims.jti.as_str());
            holds
                .then(|| reduced(style, names, claims.iat, claims.exp))
                .flatten()
        }
        TokenStyle::CompatJwt => {
            let claims: ReadCompat = serde_json::from_slice(verified).ok()?;
            let holds = !claims.sub.is_empty() && claims.user == claims.sub;
            let names = (claims.sid.as_str(), claims.jti.as_str());
            holds
                .then(|| reduced(style, names, claims.iat, claims.exp))
                .flatten()
        }
    }
}

/// What a session is compared with. A life that we never give is not one of ours.
fn reduced(style: TokenStyle, (sid, name): (&str, &str), iat: i64, exp: i64) -> Option<SignedToken> {
    let session_id = SessionId::parse(sid)?;
    let generation = Generation(name.rsplit_once('.')?.1.parse().ok()?);
    // Written back: a name has one text.
    if session_id.to_string() != sid || jti(session_id, generation) != name {
        return None;
    }
    let life_max = i64::try_from(SIGNED_TTL_MAX.as_secs()).unwrap_or(i64::MAX);
    let is_second = |second: i64| (0..=SECOND_MAX).contains(&second);
    // A life that was cut short by its session's end may begin and end in the same second.
    let lives = is_second(iat) && is_second(exp) && (0..=life_max).contains(&(exp - iat));
    // Lazily: before the check a number may be too large to be multiplied.
    lives.then(|| SignedToken {
        style,
        session_id,
        generation,
        issued_at: Timestamp(iat * 1000),
        expires_at: Timestamp(exp * 1000),
    })
}
