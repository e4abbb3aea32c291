//! A session as a row.

use std::net::IpAddr;
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::revocation::RevocationReason;
use symbolon_core::session::{Credential, Epoch, Lives, Session, SessionState, TokenState, TokenStyle};
use symbolon_core::store::FoundSession;
use symbolon_core::subject::{Claims, ClientId, NameError, SubjectId};
use symbolon_core::token::{Generation, KeyId, RotationNonce};

use super::cut::read_cut;
use super::place::{Ip, read_ip};
use crate::link::{Fields, SqlError, Value};

/// How many columns a session has.
pub(crate) const COLUMNS: usize = 43;

/// The columns of a session in the one order that writing and reading share, each with a prefix.
macro_rules! session_columns {
    ($prefix:literal) => {
        crate::record::session::session_columns!(@join $prefix
            "session_id", "subject", "client_id", "epoch", "state", "revoked_seq", "revoked_at",
            "revoked_reason", "created_at", "authenticated_at", "last_seen_at", "expires_at",
            "idle_expires_at", "live_until", "ends_by", "access_ttl", "refresh_ttl", "idle_ttl", "absolute_ttl",
            "token_style", "device_id", "device_kind", "device_name", "device_os", "device_browser",
            "ip", "user_agent", "audience", "scope", "claims", "kid", "generation", "generation_floor",
            "access_digest", "access_expires_at", "prev_access_digest", "prev_access_expires_at",
            "refresh_digest", "refresh_expires_at", "prev_refresh_digest", "rotation_nonce",
            "rotated_at"; "successor_used_at")
    };
    (@join $prefix:literal $($column:literal),+; $last:literal) => {
        concat!($($prefix, $column, ", ",)+ $prefix, $last)
    };
}
pub(crate) use session_columns;

/// The word of a state. That a session has expired is never stored.
pub(crate) const ACTIVE: &str = "active";
/// The word of the other state.
pub(crate) const REVOKED: &str = "revoked";

fn style_word(style: TokenStyle) -> &'static str {
    match style {
        TokenStyle::Opaque => "opaque",
        TokenStyle::Jwt => "jwt",
        TokenStyle::CompatJwt => "jwt_compat",
    }
}

fn parse_style(word: &str) -> Option<TokenStyle> {
    match word {
        "opaque" => Some(TokenStyle::Opaque),
        "jwt" => Some(TokenStyle::Jwt),
        "jwt_compat" => Some(TokenStyle::CompatJwt),
        _ => None,
    }
}

/// Zero when revoked: such a row is never among the live ones, whatever the time.
pub(crate) fn live_until(session: &Session) -> i64 {
    match session.state {
        SessionState::Active => session.live_until().0,
        SessionState::Revoked { .. } => 0,
    }
}

/// By how much the bound `ends_by` may be later than `live_until`: it moves once in this time however
/// often a session is used, and a removal of old sessions is late by as much.
pub(crate) const ENDS_STEP: Duration = Duration::from_secs(6 * 60 * 60);

/// The idle end, rounded up to a whole step.
pub(crate) fn rounded_end(idle_expires_at: Timestamp) -> Timestamp {
    let exact = idle_expires_at.0;
    let step = 6 * 60 * 60 * 1_000;
    let rounded = exact
        .saturating_add(step - 1)
        .div_euclid(step)
        .saturating_mul(step);
    // At the end of time there is no next step.
    Timestamp(rounded.max(exact))
}

/// A bound above `live_until` that seldom moves; zero when revoked.
pub(crate) fn ends_by(session: &Session) -> i64 {
    match session.state {
        SessionState::Active => session.expires_at.min(rounded_end(session.idle_expires_at)).0,
        SessionState::Revoked { .. } => 0,
    }
}

/// The row of a session issued under `epoch`; `ip` is its address as bytes.
pub(crate) fn row<'v>(session: &'v Session, epoch: Epoch, ip: &'v Ip) -> [Value<'v>; COLUMNS] {
    let tokens = &session.tokens;
    let lives = &session.lives;
    let device = &session.device;
    let (state, seq, at, reason) = match session.state {
        SessionState::Active => (ACTIVE, None, None, None),
        SessionState::Revoked { at, reason, seq } => (REVOKED, Some(seq), Some(at), Some(reason.as_str())),
    };
    [
        (&session.id).into(),
        session.subject.as_str().into(),
        session.client_id.as_str().into(),
        epoch.into(),
        state.into(),
        seq.into(),
        at.into(),
        reason.into(),
        session.created_at.into(),
        session.authenticated_at.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.idle_expires_at.into(),
        live_until(session).into(),
        ends_by(session).into(),
        Value::millis(lives.access_ttl),
        lives.refresh_ttl.map_or(Value::Null, Value::millis),
        Value::millis(lives.idle_timeout),
        Value::millis(lives.absolute_timeout),
        style_word(session.style).into(),
        device.id.as_deref().into(),
        device.kind.as_deref().into(),
        device.name.as_deref().into(),
        device.os.as_deref().into(),
        device.browser.as_deref().into(),
        ip.value(),
        session.seen_from.user_agent.as_deref().into(),
        session.audience.as_deref().into(),
        session.scope.as_deref().into(),
        session.claims.as_json().into(),
        i64::from(tokens.key_id.0).into(),
        tokens.generation.0.into(),
        tokens.generation_floor.0.into(),
        tokens.access.digest.as_bytes().into(),
        tokens.access.expires_at.into(),
        tokens
            .previous_access
            .as_ref()
            .map(|old| old.digest.as_bytes())
            .into(),
        tokens.previous_access.map(|old| old.expires_at).into(),
        tokens
            .refresh
            .as_ref()
            .map(|current| current.digest.as_bytes())
            .into(),
        tokens.refresh.map(|current| current.expires_at).into(),
        tokens.previous_refresh.as_ref().map(|old| old.as_bytes()).into(),
        tokens.nonce.as_ref().map(|nonce| &nonce.0).into(),
        tokens.rotated_at.into(),
        tokens.successor_used_at.into(),
    ]
}

/// Reads a session and, after its columns, the cuts of its subject and of everyone.
pub(crate) fn read_found(fields: &mut Fields<'_>) -> Result<FoundSession, SqlError> {
    let session = read_session(fields)?;
    let cut = read_cut(fields)?.newer(read_cut(fields)?);
    Ok(FoundSession { session, cut })
}

/// Reads a session.
pub(crate) fn read_session(fields: &mut Fields<'_>) -> Result<Session, SqlError> {
    let id = fields.session_id("session_id")?;
    let subject = name("subject", SubjectId::new(fields.text("subject")?))?;
    let client_id = name("client_id", ClientId::new(fields.text("client_id")?))?;
    let epoch = fields.seq("epoch")?;
    let state = read_state(fields)?;
    let created_at = fields.instant("created_at")?;
    let authenticated_at = fields.instant("authenticated_at")?;
    let last_seen_at = fields.instant("last_seen_at")?;
    let expires_at = fields.instant("expires_at")?;
    let idle_expires_at = fields.instant("idle_expires_at")?;
    // Derived from the two before them.
    fields.instant("live_until")?;
    fields.instant("ends_by")?;
    let lives = read_lives(fields)?;
    let style = fields.word("token_style", parse_style)?;
    let device = read_device(fields)?;
    let seen_from = SeenFrom {
        ip: read_ip(fields)?,
        user_agent: fields.maybe_string("user_agent")?,
    };
    let audience = fields.maybe_string("audience")?;
    let scope = fields.maybe_string("scope")?;
    let claims = name("claims", Claims::new(fields.text("claims")?))?;
    let tokens = read_tokens(fields)?;
    Ok(Session {
        id,
        subject,
        client_id,
        epoch,
        state,
        created_at,
        authenticated_at,
        last_seen_at,
        expires_at,
        idle_expires_at,
        lives,
        style,
        device,
        seen_from,
        audience,
        scope,
        claims,
        tokens,
    })
}

/// The checked form of a stored name.
pub(crate) fn name<T>(column: &str, checked: Result<T, NameError>) -> Result<T, SqlError> {
    checked.map_err(|error| SqlError::Damaged(format!("{column}: {error}")))
}

/// Reads `state, revoked_seq, revoked_at, revoked_reason`.
pub(crate) fn read_state(fields: &mut Fields<'_>) -> Result<SessionState, SqlError> {
    let state = fields.text("state")?;
    let seq = fields.maybe_int("revoked_seq")?;
    let at = fields.maybe_instant("revoked_at")?;
    let reason = fields.maybe_text("revoked_reason")?;
    match (state, seq, at, reason) {
        (ACTIVE, ..) => Ok(SessionState::Active),
        (REVOKED, Some(seq), Some(at), Some(reason)) => Ok(SessionState::Revoked {
            at,
            reason: RevocationReason::parse(reason).ok_or_else(|| {
                SqlError::Damaged(format!("revoked_reason has the unknown word {reason:?}"))
            })?,
            seq: u64::try_from(seq)
                .map(symbolon_core::revocation::RevocationSeq)
                .map_err(|_| SqlError::Damaged(format!("revoked_seq is out of range: {seq}")))?,
        }),
        (REVOKED, ..) => Err(SqlError::Damaged(
            "a revoked session does not say since when or why".to_owned(),
        )),
        (other, ..) => Err(SqlError::Damaged(format!("state has the unknown word {other:?}"))),
    }
}

fn read_lives(fields: &mut Fields<'_>) -> Result<Lives, SqlError> {
    Ok(Lives {
        access_ttl: fields.life("access_ttl")?,
        refresh_ttl: fields.maybe_life("refresh_ttl")?,
        idle_timeout: fields.life("idle_ttl")?,
        absolute_timeout: fields.life("absolute_ttl")?,
    })
}

fn read_device(fields: &mut Fields<'_>) -> Result<Device, SqlError> {
    Ok(Device {
        id: fields.maybe_string("device_id")?,
        kind: fields.maybe_string("device_kind")?,
        name: fields.maybe_string("device_name")?,
        os: fields.maybe_string("device_os")?,
        browser: fields.maybe_string("device_browser")?,
    })
}

fn read_tokens(fields: &mut Fields<'_>) -> Result<TokenState, SqlError> {
    Ok(TokenState {
        key_id: KeyId(fields.small("kid")?),
        generation: Generation(fields.small("generation")?),
        generation_floor: Generation(fields.small("generation_floor")?),
        access: Credential {
            digest: fields.digest("access_digest")?,
            expires_at: fields.instant("access_expires_at")?,
        },
        previous_access: read_credential(fields, "prev_access_digest", "prev_access_expires_at")?,
        refresh: read_credential(fields, "refresh_digest", "refresh_expires_at")?,
        previous_refresh: fields
            .maybe_array("prev_refresh_digest")?
            .map(symbolon_core::token::TokenDigest::from_bytes),
        nonce: fields.maybe_array("rotation_nonce")?.map(RotationNonce),
        rotated_at: fields.instant("rotated_at")?,
        successor_used_at: fields.maybe_instant("successor_used_at")?,
    })
}

fn read_credential(
    fields: &mut Fields<'_>,
    digest: &str,
    expires_at: &str,
) -> Result<Option<Credential>, SqlError> {
    let image = fields.maybe_array(digest)?;
    let end = fields.maybe_instant(expires_at)?;
    match (image, end) {
        (None, None) => Ok(None),
        (Some(image), Some(end)) => Ok(Some(Credential {
            digest: symbolon_core::token::TokenDigest::from_bytes(image),
            expires_at: end,
        })),
        _ => Err(SqlError::Damaged(format!(
            "only one of {digest} and {expires_at} is there"
        ))),
    }
}

/// Where a session was last seen, as bytes to borrow from.
pub(crate) fn ip_of(session: &Session) -> Ip {
    let ip: Option<IpAddr> = session.seen_from.ip;
    Ip::of(ip)
}

#[cfg(test)]
mod tests {
    use symbolon_core::clock::Timestamp;

    use super::{ENDS_STEP, rounded_end};

    #[test]
    fn an_end_is_rounded_up_to_a_whole_step_and_never_down() {
        let step = i64::try_from(ENDS_STEP.as_millis()).unwrap();
        let cases = [
            (0, 0),
            (1, step),
            (step - 1, step),
            (step, step),
            (step + 1, 2 * step),
            (-1, 0),
            (i64::MAX - 1, i64::MAX - 1),
            (i64::MAX, i64::MAX),
        ];
        for (exact, rounded) in cases {
            assert_eq!(rounded_end(Timestamp(exact)), Timestamp(rounded), "{exact}");
        }
    }
}
