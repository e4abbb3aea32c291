//! A session as a value in Redis: `version | record | asof | sum(key ‖ what is before it)`.
//!
//! The record is the session without its id, which is in the key, and without the nonce of its rotation, which no
//! cache may hold. A session that has ended has no form here: the cache proves a *yes* only.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::revocation::{Cut, RevocationSeq};
use symbolon_core::session::{Credential, Lives, Session, SessionId, SessionState, TokenState, TokenStyle};
use symbolon_core::shared::SharedFact;
use symbolon_core::store::FoundSession;
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, SUM_LEN, SumKey, TokenDigest};

use crate::octets::{Reader, Writer};

/// The form of the record. Nodes of two versions of Symbolon run side by side during an upgrade: each takes what the
/// other writes in another form for a miss.
const VERSION: u8 = 1;

/// The longest value that is kept, in bytes: the longest claims, with names and texts as long as they may be. An
/// audience and a scope longer than the rest leaves room for are read from the store.
pub(crate) const FACT_MAX: usize = 16 * 1024;

/// How long most values are.
const FACT_USUAL: usize = 512;

/// What a value is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoFact {
    /// It has another form: written by another version.
    Foreign,
    /// Nobody who has the key wrote it under this name.
    Forged,
}

/// Writes a fact under its name; `None`: the session has ended, or it is too long.
pub(crate) fn seal(key: &SumKey, name: &str, fact: &SharedFact) -> Option<Vec<u8>> {
    let FoundSession { session, cut } = &fact.found;
    if session.revoked(*cut).is_some() {
        return None;
    }
    let mut writer = Writer::new(VERSION, FACT_USUAL);
    write_session(&mut writer, session);
    writer.unsigned(cut.seq.0);
    writer.signed(cut.at.0);
    writer.reason(cut.reason);
    writer.unsigned(fact.asof.0);
    let mut value = writer.end()?;
    let sum = key.sum(&[name.as_bytes(), &value]);
    value.extend_from_slice(&sum);
    (value.len() <= FACT_MAX).then_some(value)
}

/// Reads the fact of a session, found under that name.
pub(crate) fn unseal(key: &SumKey, name: &str, id: SessionId, value: &[u8]) -> Result<SharedFact, NoFact> {
    let (signed, sum) = value
        .len()
        .checked_sub(SUM_LEN)
        .map(|at| value.split_at(at))
        .ok_or(NoFact::Forged)?;
    let (&version, record) = signed.split_first().ok_or(NoFact::Forged)?;
    if version != VERSION {
        return Err(NoFact::Foreign);
    }
    if !key.matches(&[name.as_bytes(), signed], sum) {
        return Err(NoFact::Forged);
    }
    // We wrote it, so this is never the other case but for a fault of ours.
    read_fact(&mut Reader::new(record), id).ok_or(NoFact::Foreign)
}

pub(crate) fn read_fact(reader: &mut Reader<'_>, id: SessionId) -> Option<SharedFact> {
    let session = read_session(reader, id)?;
    let cut = Cut {
        seq: RevocationSeq(reader.unsigned()?),
        at: Timestamp(reader.signed()?),
        reason: reader.reason()?,
    };
    let asof = RevocationSeq(reader.unsigned()?);
    reader.is_at_end().then_some(SharedFact {
        found: FoundSession { session, cut },
        asof,
    })
}

fn write_session(writer: &mut Writer, session: &Session) {
    writer.text(session.subject.as_str());
    writer.text(session.client_id.as_str());
    writer.unsigned(session.epoch.0);
    let instants = [
        session.created_at,
        session.authenticated_at,
        session.last_seen_at,
        session.expires_at,
        session.idle_expires_at,
    ];
    for instant in instants {
        writer.signed(instant.0);
    }
    write_lives(writer, &session.lives);
    write_style(writer, session.style);
    let Device {
        id,
        kind,
        name,
        os,
        browser,
    } = &session.device;
    let seen_from = &session.seen_from;
    let texts = [
        id,
        kind,
        name,
        os,
        browser,
        &seen_from.user_agent,
        &session.audience,
        &session.scope,
    ];
    for text in texts {
        writer.maybe(text.as_deref(), Writer::text);
    }
    writer.maybe(seen_from.ip, write_ip);
    writer.text(session.claims.as_json());
    write_tokens(writer, &session.tokens);
}

fn read_session(reader: &mut Reader<'_>, id: SessionId) -> Option<Session> {
    let subject = SubjectId::new(reader.text()?).ok()?;
    let client_id = ClientId::new(reader.text()?).ok()?;
    let epoch = RevocationSeq(reader.unsigned()?);
    let created_at = Timestamp(reader.signed()?);
    let authenticated_at = Timestamp(reader.signed()?);
    let last_seen_at = Timestamp(reader.signed()?);
    let expires_at = Timestamp(reader.signed()?);
    let idle_expires_at = Timestamp(reader.signed()?);
    let lives = read_lives(reader)?;
    let style = read_style(reader)?;
    let mut text = || reader.maybe(|reader| reader.text().map(str::to_owned));
    let device = Device {
        id: text()?,
        kind: text()?,
        name: text()?,
        os: text()?,
        browser: text()?,
    };
    let user_agent = text()?;
    let (audience, scope) = (text()?, text()?);
    let ip = reader.maybe(read_ip)?;
    Some(Session {
        id,
        subject,
        client_id,
        epoch,
        state: SessionState::Active,
        created_at,
        authenticated_at,
        last_seen_at,
        expires_at,
        idle_expires_at,
        lives,
        style,
        device,
        seen_from: SeenFrom { ip, user_agent },
        audience,
        scope,
        claims: Claims::new(reader.text()?).ok()?,
        tokens: read_tokens(reader)?,
    })
}

pub(crate) fn write_style(writer: &mut Writer, style: TokenStyle) {
    writer.byte(match style {
        TokenStyle::Opaque => 0,
        TokenStyle::Jwt => 1,
        TokenStyle::CompatJwt => 2,
    });
}

pub(crate) fn read_style(reader: &mut Reader<'_>) -> Option<TokenStyle> {
    match reader.byte()? {
        0 => Some(TokenStyle::Opaque),
        1 => Some(TokenStyle::Jwt),
        2 => Some(TokenStyle::CompatJwt),
        _ => None,
    }
}

pub(crate) fn write_ip(writer: &mut Writer, ip: std::net::IpAddr) {
    match ip {
        std::net::IpAddr::V4(ip) => {
            writer.byte(4);
            writer.bytes(&ip.octets());
        }
        std::net::IpAddr::V6(ip) => {
            writer.byte(6);
            writer.bytes(&ip.octets());
        }
    }
}

pub(crate) fn read_ip(reader: &mut Reader<'_>) -> Option<std::net::IpAddr> {
    match reader.byte()? {
        4 => reader.array::<4>().map(Into::into),
        6 => reader.array::<16>().map(Into::into),
        _ => None,
    }
}

pub(crate) fn write_lives(writer: &mut Writer, lives: &Lives) {
    writer.unsigned(millis(lives.access_ttl));
    writer.maybe(lives.refresh_ttl, |writer, ttl| writer.unsigned(millis(ttl)));
    writer.unsigned(millis(lives.idle_timeout));
    writer.unsigned(millis(lives.absolute_timeout));
}

pub(crate) fn read_lives(reader: &mut Reader<'_>) -> Option<Lives> {
    Some(Lives {
        access_ttl: read_millis(reader)?,
        refresh_ttl: reader.maybe(read_millis)?,
        idle_timeout: read_millis(reader)?,
        absolute_timeout: read_millis(reader)?,
    })
}

/// A life as the stores keep it: whole milliseconds.
fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}

fn read_millis(reader: &mut Reader<'_>) -> Option<Duration> {
    reader.unsigned().map(Duration::from_millis)
}

pub(crate) fn write_tokens(writer: &mut Writer, tokens: &TokenState) {
    writer.byte(tokens.key_id.0);
    writer.bytes(&tokens.generation.0.to_be_bytes());
    writer.bytes(&tokens.generation_floor.0.to_be_bytes());
    write_credential(writer, &tokens.access);
    writer.maybe(tokens.previous_access.as_ref(), write_credential);
    writer.maybe(tokens.refresh.as_ref(), write_credential);
    writer.maybe(tokens.previous_refresh.as_ref(), |writer, digest| {
        writer.bytes(digest.as_bytes());
    });
    writer.signed(tokens.rotated_at.0);
    writer.maybe(tokens.successor_used_at, |writer, at| writer.signed(at.0));
}

pub(crate) fn read_tokens(reader: &mut Reader<'_>) -> Option<TokenState> {
    Some(TokenState {
        key_id: KeyId(reader.byte()?),
        generation: Generation(u32::from_be_bytes(reader.array()?)),
        generation_floor: Generation(u32::from_be_bytes(reader.array()?)),
        access: read_credential(reader)?,
        previous_access: reader.maybe(read_credential)?,
        refresh: reader.maybe(read_credential)?,
        previous_refresh: reader.maybe(read_digest)?,
        nonce: None,
        rotated_at: Timestamp(reader.signed()?),
        successor_used_at: reader.maybe(|reader| reader.signed().map(Timestamp))?,
    })
}

fn write_credential(writer: &mut Writer, credential: &Credential) {
    writer.bytes(credential.digest.as_bytes());
    writer.signed(credential.expires_at.0);
}

fn read_credential(reader: &mut Reader<'_>) -> Option<Credential> {
    Some(Credential {
        digest: read_digest(reader)?,
        expires_at: Timestamp(reader.signed()?),
    })
}

fn read_digest(reader: &mut Reader<'_>) -> Option<TokenDigest> {
    reader.array().map(TokenDigest::from_bytes)
}

#[cfg(test)]
mod tests;
