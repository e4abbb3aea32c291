//! What the contract writes: sessions, accounts and keys of known instants.

use std::time::Duration;

use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::api_key::{ApiKey, Scope, Scopes};
use symbolon_core::audit::{Actor, AuditEntry, AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::{Credential, Lives, Opening, Session, SessionId, SessionState, TokenStyle};
use symbolon_core::store::{InsertAccount, InsertSession, RevokeSession};
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, RotationNonce, TokenDigest, TokenKeys};

use crate::randomness::Seeded;

/// When everything begins: 2026-01-01T00:00:00Z.
pub const BEGIN: Timestamp = Timestamp(1_767_225_600_000);

/// An instant, in milliseconds after [`BEGIN`].
#[must_use]
pub const fn at(millis: i64) -> Timestamp {
    Timestamp(BEGIN.0 + millis)
}

/// A subject.
#[must_use]
pub fn subject(name: &str) -> SubjectId {
    SubjectId::new(name).unwrap()
}

/// Keys of a fixed master key.
#[must_use]
pub fn keys() -> TokenKeys {
    TokenKeys::derive(&MasterKey::from_bytes([7; 32]), KeyId::FIRST)
}

/// Access a minute, refresh an hour, idle an hour, absolute a day.
#[must_use]
pub fn lives() -> Lives {
    Lives {
        access_ttl: Duration::from_secs(60),
        refresh_ttl: Some(Duration::from_secs(3_600)),
        idle_timeout: Duration::from_secs(3_600),
        absolute_timeout: Duration::from_secs(86_400),
    }
}

/// What a session of `name` begins with; nothing that need not be said is said.
#[must_use]
pub fn opening(name: &str) -> Opening {
    Opening {
        subject: subject(name),
        client_id: ClientId::default(),
        lives: lives(),
        style: TokenStyle::Opaque,
        device: Device::default(),
        seen_from: SeenFrom::default(),
        audience: None,
        scope: None,
        claims: Claims::default(),
    }
}

/// The `number`th session of a subject: it begins that many milliseconds after [`BEGIN`].
#[must_use]
pub fn session(name: &str, number: u32) -> Session {
    let seed = name.bytes().fold(u64::from(number), |sum, byte| {
        sum.wrapping_mul(257) + u64::from(byte)
    });
    let (chance, now) = (Seeded::new(seed), at(i64::from(number)));
    let id = SessionId::random(now, &chance).unwrap();
    let pair = Pair::random(&keys(), id, Generation(0), &chance).unwrap();
    Session::begin(id, opening(name), RevocationSeq::ZERO, &pair, now)
}

/// A session of `name` on that kind of device.
#[must_use]
pub fn session_on(name: &str, number: u32, kind: &str) -> Session {
    let mut session = session(name, number);
    session.device.kind = Some(kind.to_owned());
    session
}

/// A session every field of which says something, no two the same.
#[must_use]
pub fn full_session() -> Session {
    let mut session = session("用户 1024 'quoted' \\ \"double\" %_;--", 5);
    session.client_id = ClientId::new("shop/é").unwrap();
    session.created_at = at(11);
    session.authenticated_at = at(12);
    session.last_seen_at = at(13);
    session.expires_at = at(100_014);
    session.idle_expires_at = at(90_015);
    session.lives = Lives {
        access_ttl: Duration::from_millis(1_001),
        refresh_ttl: Some(Duration::from_millis(2_002)),
        idle_timeout: Duration::from_millis(3_003),
        absolute_timeout: Duration::from_millis(4_004),
    };
    session.style = TokenStyle::Jwt;
    session.device = Device {
        id: Some("device-1".to_owned()),
        kind: Some("ios".to_owned()),
        name: Some("Ana's téléphone".to_owned()),
        os: Some("iOS 19".to_owned()),
        browser: Some("Safari".to_owned()),
    };
    session.seen_from = SeenFrom {
        ip: Some("2001:db8::a:7".parse().unwrap()),
        user_agent: Some("Mozilla/5.0 (é)".to_owned()),
    };
    session.audience = Some("https://a.example https://b.example".to_owned());
    session.scope = Some("read write".to_owned());
    session.claims = Claims::new("{ \"role\" : \"admin\", \"名\":\"x\" }").unwrap();
    let tokens = &mut session.tokens;
    tokens.key_id = KeyId(201);
    tokens.generation = Generation(u32::MAX);
    tokens.generation_floor = Generation(0x8000_0001);
    tokens.access = credential(1, 20_001);
    tokens.previous_access = Some(credential(2, 20_002));
    tokens.refresh = Some(credential(3, 20_003));
    tokens.previous_refresh = Some(digest(4));
    tokens.nonce = Some(RotationNonce([0xf5; 32]));
    tokens.rotated_at = at(16);
    tokens.successor_used_at = Some(at(17));
    session
}

/// A digest of that byte over and over.
#[must_use]
pub fn digest(byte: u8) -> TokenDigest {
    TokenDigest::from_bytes([byte; 32])
}

/// The image of a token that ends that many milliseconds after [`BEGIN`].
#[must_use]
pub fn credential(byte: u8, millis: i64) -> Credential {
    Credential {
        digest: digest(byte),
        expires_at: at(millis),
    }
}

/// An audit entry of that instant.
#[must_use]
pub fn entry(event: AuditEvent, millis: i64) -> AuditEntry {
    let origin = Origin {
        at: at(millis),
        actor: Actor::Operator,
        seen_from: SeenFrom {
            ip: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("contract".to_owned()),
        },
    };
    origin
        .entry(event)
        .of(&subject("alice"))
        .saying("of the contract")
}

/// A session to write without conditions.
#[must_use]
pub fn insert(session: Session) -> InsertSession {
    let mut audit = entry(AuditEvent::Issued, 0).on(session.id);
    audit.at = session.created_at;
    InsertSession {
        session,
        per_subject_max: 10_000,
        on_max: OnMax::ReplaceOldest,
        credential_epoch: None,
        clear_attempts: None,
        replaces: None,
        audit,
    }
}

/// An end by a log-out, 500 milliseconds after [`BEGIN`].
#[must_use]
pub fn revoke(id: SessionId) -> RevokeSession {
    RevokeSession {
        id,
        reason: RevocationReason::Logout,
        audit: entry(AuditEvent::Revoked, 500).on(id),
    }
}

/// The state of a session that [`revoke`] ended at that position.
#[must_use]
pub fn logged_out(seq: RevocationSeq) -> SessionState {
    SessionState::Revoked {
        at: at(500),
        reason: RevocationReason::Logout,
        seq,
    }
}

/// A name of an account.
#[must_use]
pub fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

/// An image of a password; it need not be one of Argon2.
#[must_use]
pub fn password(text: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$test${text}"))
}

/// An enabled account whose subject has the same name.
#[must_use]
pub fn account(text: &str) -> Account {
    Account {
        name: name(text),
        subject: subject(text),
        password: password("old"),
        role: Role::User,
        state: AccountState::Enabled,
        created_at: at(1),
        password_changed_at: at(2),
    }
}

/// An account to write.
#[must_use]
pub fn insert_account(account: Account) -> InsertAccount {
    InsertAccount {
        audit: entry(AuditEvent::AccountAdded, 1),
        account,
        only_first: false,
    }
}

/// The `number`th API key.
#[must_use]
pub fn api_key(number: u8) -> ApiKey {
    let created_at = at(i64::from(number));
    ApiKey {
        id: SessionId::random(created_at, &Seeded::new(u64::from(number))).unwrap(),
        name: format!("key {number}"),
        digest: digest(number),
        scopes: Scopes::of(&[Scope::Issue, Scope::AdminRead]),
        client_id: Some(ClientId::new("shop").unwrap()),
        created_at,
        expires_at: Some(at(1_000_000)),
        revoked_at: None,
    }
}
