//! A session as a hash: what scripts decide on and change alone are fields of their own, as digits or texts; the rest is
//! packed into three, each written by other steps.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionId, SessionState, TokenState};
use symbolon_core::store::FoundSession;
use symbolon_core::subject::{Claims, ClientId};
use symbolon_core::token::{Generation, RotationNonce};

use super::cut::{read_cut, read_end};
use super::log::{read_id, read_subject};
use crate::fact::{
    read_ip, read_lives, read_style, read_tokens, write_ip, write_lives, write_style, write_tokens,
};
use crate::octets::{Reader, Writer};
use crate::store::fault::Fault;
use crate::store::reply::{array, bytes, list, maybe, number, text, tuple};
use crate::store::script::Call;

/// The form of what is packed.
const VERSION: u8 = 1;

/// How much longer than a session is kept its key stays, so that it is the purge that removes it, by the nodes' clock.
/// The key's own end, by the clock of Redis, is for a store that nobody purges.
const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest life of a key. One that would live longer has no end.
const TTL_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// In how many milliseconds from `now` a session's key goes by itself at the soonest; zero: never.
pub(crate) fn ttl(session: &Session, now: Timestamp, keep_ended: Duration) -> u128 {
    let whole = session
        .expires_at
        .since(now)
        .saturating_add(keep_ended)
        .saturating_add(MARGIN);
    if whole > TTL_MAX { 0 } else { whole.as_millis() }
}

/// What never changes: client, beginning, style, device but for its kind, audience, scope.
fn pack_fixed(session: &Session) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer::new(VERSION, 256);
    writer.text(session.client_id.as_str());
    writer.signed(session.created_at.0);
    write_style(&mut writer, session.style);
    let device = &session.device;
    let texts = [
        &device.id,
        &device.name,
        &device.os,
        &device.browser,
        &session.audience,
        &session.scope,
    ];
    for text in texts {
        writer.maybe(text.as_deref(), Writer::text);
    }
    packed(writer)
}

/// What a change writes: lives and claims.
pub(crate) fn pack_lives(session: &Session) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer::new(VERSION, 64);
    write_lives(&mut writer, &session.lives);
    writer.text(session.claims.as_json());
    packed(writer)
}

/// What a rotation writes: the pair, and where it was asked for. The instants and the generation of the pair that stand
/// in fields of their own are those that count.
fn pack_tokens(session: &Session) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer::new(VERSION, 256);
    write_tokens(&mut writer, &session.tokens);
    writer.maybe(session.seen_from.ip, write_ip);
    writer.maybe(session.seen_from.user_agent.as_deref(), Writer::text);
    packed(writer)
}

fn packed(writer: Writer) -> Result<Vec<u8>, Fault> {
    let whole = writer.end();
    whole.ok_or_else(|| Fault::Damaged("a text of a session is longer than can be kept".to_owned()))
}

/// Adds the fields of a new session but those that the script knows by name.
pub(crate) fn add_fields(call: &mut Call, session: &Session) -> Result<(), Fault> {
    let tokens = &session.tokens;
    call.arg("seen").text(session.last_seen_at.0);
    call.arg("gen").text(tokens.generation.0);
    call.arg("access").text(tokens.access.expires_at.0);
    call.arg("proof").text(session.authenticated_at.0);
    call.arg("tokens").arg(pack_tokens(session)?);
    call.arg("lives").arg(pack_lives(session)?);
    call.arg("fixed").arg(pack_fixed(session)?);
    if let Some(nonce) = &tokens.nonce {
        call.arg("nonce").arg(nonce.0);
    }
    if let Some(used) = tokens.successor_used_at {
        call.arg("used").text(used.0);
    }
    if let Some(kind) = &session.device.kind {
        call.arg("kind").arg(kind);
    }
    Ok(())
}

/// Adds a pair, as `take_tokens` takes it.
pub(crate) fn add_tokens(call: &mut Call, session: &Session, from: Generation) -> Result<(), Fault> {
    let tokens = &session.tokens;
    call.text(session.id)
        .text(from.0)
        .text(session.last_seen_at.0)
        .text(session.idle_expires_at.0)
        .text(tokens.generation.0)
        .arg(pack_tokens(session)?)
        .text(tokens.access.expires_at.0)
        .maybe(tokens.nonce.as_ref().map(|nonce| &nonce.0))
        .maybe_text(tokens.successor_used_at.map(|used| used.0));
    Ok(())
}

/// Reads what `found` answers.
pub(crate) fn read_found(value: Value) -> Result<FoundSession, Fault> {
    let [id, fields, cut] = tuple(value)?;
    let id = read_id(&text(id)?)?;
    let mut named = Fields::read(id, fields)?;
    Ok(FoundSession {
        session: read_session(id, &mut named)?,
        cut: read_cut(cut)?,
    })
}

/// The fields of a session by name.
struct Fields {
    id: SessionId,
    named: HashMap<Vec<u8>, Value>,
}

impl Fields {
    fn read(id: SessionId, value: Value) -> Result<Self, Fault> {
        let mut named = HashMap::with_capacity(20);
        let mut pairs = list(value)?.into_iter();
        while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
            named.insert(bytes(name)?, value);
        }
        Ok(Self { id, named })
    }

    fn maybe(&mut self, name: &str) -> Value {
        self.named.remove(name.as_bytes()).unwrap_or(Value::Nil)
    }

    fn take(&mut self, name: &str) -> Result<Value, Fault> {
        match self.maybe(name) {
            Value::Nil => Err(Fault::Damaged(format!("the session {} has no {name}", self.id))),
            value => Ok(value),
        }
    }

    fn instant(&mut self, name: &str) -> Result<Timestamp, Fault> {
        number(self.take(name)?).map(Timestamp)
    }

    /// What is packed, read by `read` to its end.
    fn packed<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T, Fault> {
        let bytes = bytes(self.take(name)?)?;
        let mut reader = Reader::new(&bytes);
        let whole = match reader.byte() {
            Some(VERSION) => read(&mut reader).filter(|_| reader.is_at_end()),
            _ => None,
        };
        whole.ok_or_else(|| Fault::Damaged(format!("the session {} has {name} that cannot be read", self.id)))
    }
}

/// What [`pack_fixed`] has packed.
struct Fixed {
    client_id: ClientId,
    created_at: Timestamp,
    style: symbolon_core::session::TokenStyle,
    device: Device,
    audience: Option<String>,
    scope: Option<String>,
}

fn read_fixed(reader: &mut Reader<'_>) -> Option<Fixed> {
    let client_id = ClientId::new(reader.text()?).ok()?;
    let created_at = Timestamp(reader.signed()?);
    let style = read_style(reader)?;
    let mut text = || reader.maybe(|reader| reader.text().map(str::to_owned));
    Some(Fixed {
        client_id,
        created_at,
        style,
        device: Device {
            id: text()?,
            kind: None,
            name: text()?,
            os: text()?,
            browser: text()?,
        },
        audience: text()?,
        scope: text()?,
    })
}

fn read_session(id: SessionId, fields: &mut Fields) -> Result<Session, Fault> {
    let fixed = fields.packed("fixed", read_fixed)?;
    let (lives, claims) = fields.packed("lives", |reader| {
        Some((read_lives(reader)?, Claims::new(reader.text()?).ok()?))
    })?;
    let (tokens, seen_from) = fields.packed("tokens", |reader| {
        let tokens = read_tokens(reader)?;
        let ip = reader.maybe(read_ip)?;
        let user_agent = reader.maybe(|reader| reader.text().map(str::to_owned))?;
        Some((tokens, SeenFrom { ip, user_agent }))
    })?;
    Ok(Session {
        id,
        subject: read_subject(&text(fields.take("subject")?)?)?,
        client_id: fixed.client_id,
        epoch: RevocationSeq(number(fields.take("epoch")?)?),
        state: read_state(fields)?,
        created_at: fixed.created_at,
        authenticated_at: fields.instant("proof")?,
        last_seen_at: fields.instant("seen")?,
        expires_at: fields.instant("expires")?,
        idle_expires_at: fields.instant("idle")?,
        lives,
        style: fixed.style,
        device: Device {
            kind: maybe(fields.maybe("kind"), text)?,
            ..fixed.device
        },
        seen_from,
        audience: fixed.audience,
        scope: fixed.scope,
        claims,
        tokens: complete(tokens, fields)?,
    })
}

/// The pair, with what stands in fields of its own.
fn complete(mut tokens: TokenState, fields: &mut Fields) -> Result<TokenState, Fault> {
    tokens.generation = Generation(number(fields.take("gen")?)?);
    tokens.access.expires_at = fields.instant("access")?;
    tokens.nonce = maybe(fields.maybe("nonce"), array)?.map(RotationNonce);
    tokens.successor_used_at = maybe(fields.maybe("used"), number)?.map(Timestamp);
    Ok(tokens)
}

fn read_state(fields: &mut Fields) -> Result<SessionState, Fault> {
    let Some(end) = maybe(fields.maybe("ended"), text)? else {
        return Ok(SessionState::Active);
    };
    let end = read_end(&end)?;
    Ok(SessionState::Revoked {
        at: end.at,
        reason: end.reason,
        seq: end.seq,
    })
}
