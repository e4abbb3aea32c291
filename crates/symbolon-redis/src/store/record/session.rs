//! A session as one value: what scripts decide on and change alone are fields of their own, as digits or texts; the rest is
//! packed into three, each written by other steps.

use std::time::Duration;

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionId, SessionState, TokenState};
use symbolon_core::store::FoundSession;
use symbolon_core::subject::{Claims, ClientId};
use symbolon_core::token::{Generation, RotationNonce};

use super::cut::{read_cut, read_end, write_end};
use super::log::{read_id, read_subject};
use super::packed::{Packer, unpack};
use crate::fact::{
    read_ip, read_lives, read_style, read_tokens, write_ip, write_lives, write_style, write_tokens,
};
use crate::octets::{Reader, Writer};
use crate::store::fault::Fault;
use crate::store::reply::{bytes, text, tuple};
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

/// When a session ended that somebody ended.
pub(crate) fn ended_at(state: SessionState) -> Option<Timestamp> {
    match state {
        SessionState::Active => None,
        SessionState::Revoked { at, .. } => Some(at),
    }
}

/// A session as `sessions.lua` names its fields, but for the first, the cut that it was begun after: that the script knows.
pub(crate) fn pack_session(session: &Session) -> Result<Vec<u8>, Fault> {
    let tokens = &session.tokens;
    let (fixed, lives, pair) = (pack_fixed(session)?, pack_lives(session)?, pack_tokens(session)?);
    let mut packer = Packer::with_capacity(fixed.len() + lives.len() + pair.len() + 256);
    packer.text(session.subject.as_str());
    packer.number(tokens.generation.0);
    packer.number(session.expires_at.0);
    packer.number(session.idle_expires_at.0);
    packer.text(&write_end(session.state).unwrap_or_default());
    packer.number(session.last_seen_at.0);
    packer.number(tokens.access.expires_at.0);
    packer.number(session.authenticated_at.0);
    packer.bytes(tokens.nonce.as_ref().map_or(&[][..], |nonce| &nonce.0));
    match tokens.successor_used_at {
        Some(used) => packer.number(used.0),
        None => packer.text(""),
    }
    match &session.device.kind {
        Some(kind) => packer.text(&format!("+{kind}")),
        None => packer.text(""),
    }
    packer.bytes(&pair);
    packer.bytes(&lives);
    packer.bytes(&fixed);
    Ok(packer.end())
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
        .arg(tokens.nonce.as_ref().map_or(&[][..], |nonce| &nonce.0));
    match tokens.successor_used_at {
        Some(used) => call.text(used.0),
        None => call.arg(""),
    };
    Ok(())
}

/// Reads what `found` answers.
pub(crate) fn read_found(value: Value) -> Result<FoundSession, Fault> {
    let [id, value, cut] = tuple(value)?;
    let id = read_id(&text(id)?)?;
    let value = bytes(value)?;
    let fields = unpack(&value).ok_or_else(|| unreadable(id, "its fields"))?;
    Ok(FoundSession {
        session: read_session(&Fields { id, fields })?,
        cut: read_cut(cut)?,
    })
}

fn unreadable(id: SessionId, what: &str) -> Fault {
    Fault::Damaged(format!("of the session {id}, {what} cannot be read"))
}

/// How many fields a session has.
const FIELDS: usize = 15;

/// The fields of a session, in the order of `sessions.lua`.
struct Fields<'v> {
    id: SessionId,
    fields: [&'v [u8]; FIELDS],
}

/// The places of the fields, as `sessions.lua` names them; there they are counted from one.
#[derive(Clone, Copy, Debug)]
enum Field {
    Epoch,
    Subject,
    Gen,
    Expires,
    Idle,
    Ended,
    Seen,
    Access,
    Proof,
    Nonce,
    Used,
    Kind,
    Tokens,
    Lives,
    Fixed,
}

impl<'v> Fields<'v> {
    fn bytes(&self, field: Field) -> &'v [u8] {
        self.fields[field as usize]
    }

    fn unreadable(&self, field: Field) -> Fault {
        unreadable(self.id, &format!("{field:?}"))
    }

    fn text(&self, field: Field) -> Result<&'v str, Fault> {
        std::str::from_utf8(self.bytes(field)).map_err(|_| self.unreadable(field))
    }

    fn number<T: std::str::FromStr>(&self, field: Field) -> Result<T, Fault> {
        self.text(field)?.parse().map_err(|_| self.unreadable(field))
    }

    fn instant(&self, field: Field) -> Result<Timestamp, Fault> {
        self.number(field).map(Timestamp)
    }

    /// One that may be absent.
    fn maybe<T>(
        &self,
        field: Field,
        read: impl FnOnce(&Self, Field) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        (!self.bytes(field).is_empty())
            .then(|| read(self, field))
            .transpose()
    }

    /// What is packed, read by `read` to its end.
    fn packed<T>(&self, field: Field, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T, Fault> {
        let mut reader = Reader::new(self.bytes(field));
        let whole = match reader.byte() {
            Some(VERSION) => read(&mut reader).filter(|_| reader.is_at_end()),
            _ => None,
        };
        whole.ok_or_else(|| self.unreadable(field))
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

fn read_session(fields: &Fields<'_>) -> Result<Session, Fault> {
    let fixed = fields.packed(Field::Fixed, read_fixed)?;
    let (lives, claims) = fields.packed(Field::Lives, |reader| {
        Some((read_lives(reader)?, Claims::new(reader.text()?).ok()?))
    })?;
    let (tokens, seen_from) = fields.packed(Field::Tokens, |reader| {
        let tokens = read_tokens(reader)?;
        let ip = reader.maybe(read_ip)?;
        let user_agent = reader.maybe(|reader| reader.text().map(str::to_owned))?;
        Some((tokens, SeenFrom { ip, user_agent }))
    })?;
    Ok(Session {
        id: fields.id,
        subject: read_subject(fields.text(Field::Subject)?)?,
        client_id: fixed.client_id,
        epoch: RevocationSeq(fields.number(Field::Epoch)?),
        state: read_state(fields)?,
        created_at: fixed.created_at,
        authenticated_at: fields.instant(Field::Proof)?,
        last_seen_at: fields.instant(Field::Seen)?,
        expires_at: fields.instant(Field::Expires)?,
        idle_expires_at: fields.instant(Field::Idle)?,
        lives,
        style: fixed.style,
        device: Device {
            kind: fields.maybe(Field::Kind, read_kind)?,
            ..fixed.device
        },
        seen_from,
        audience: fixed.audience,
        scope: fixed.scope,
        claims,
        tokens: complete(tokens, fields)?,
    })
}

fn read_kind(fields: &Fields<'_>, field: Field) -> Result<String, Fault> {
    let kind = fields.text(field)?.strip_prefix('+');
    kind.map(str::to_owned).ok_or_else(|| fields.unreadable(field))
}

/// The pair, with what stands in fields of its own.
fn complete(mut tokens: TokenState, fields: &Fields<'_>) -> Result<TokenState, Fault> {
    let nonce = |fields: &Fields<'_>, field| {
        let nonce = fields.bytes(field).try_into();
        nonce.map(RotationNonce).map_err(|_| fields.unreadable(field))
    };
    tokens.generation = Generation(fields.number(Field::Gen)?);
    tokens.access.expires_at = fields.instant(Field::Access)?;
    tokens.nonce = fields.maybe(Field::Nonce, nonce)?;
    tokens.successor_used_at = fields.maybe(Field::Used, Fields::instant)?;
    Ok(tokens)
}

fn read_state(fields: &Fields<'_>) -> Result<SessionState, Fault> {
    let Some(end) = fields.maybe(Field::Ended, Fields::text)? else {
        return Ok(SessionState::Active);
    };
    let end = read_end(end)?;
    Ok(SessionState::Revoked {
        at: end.at,
        reason: end.reason,
        seq: end.seq,
    })
}
