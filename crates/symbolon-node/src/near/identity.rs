//! Whose session a cached fact is about.

use std::sync::Arc;

use symbolon_core::session::Session;
use symbolon_core::subject::Claims;

/// How many bytes of subject and client fit into a slot of the table.
pub(super) const INLINE_MAX: usize = 64;

/// What verify answers about the holder of a token.
///
/// Short ones are a copy without an allocation; those with claims, an audience or a scope are
/// shared.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Subject and client alone, in place.
    Inline {
        /// Subject, then client.
        bytes: [u8; INLINE_MAX],
        /// The length of the subject.
        subject_len: u8,
        /// The length of the client.
        client_len: u8,
    },
    /// Everything.
    Full(Arc<FullIdentity>),
}

/// All that is known of the holder of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FullIdentity {
    /// Whose session it is.
    pub subject: String,
    /// Which application holds the tokens.
    pub client_id: String,
    /// For whom its tokens are.
    pub audience: Option<String>,
    /// What they allow.
    pub scope: Option<String>,
    /// The text of a JSON object.
    pub claims: String,
}

impl Identity {
    /// The identity of a session.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let (subject, client) = (session.subject.as_str(), session.client_id.as_str());
        let plain = session.claims.is_none() && session.audience.is_none() && session.scope.is_none();
        if plain && let Some(inline) = Self::inline(subject, client) {
            return inline;
        }
        Self::Full(Arc::new(FullIdentity {
            subject: subject.to_owned(),
            client_id: client.to_owned(),
            audience: session.audience.clone(),
            scope: session.scope.clone(),
            claims: session.claims.as_json().to_owned(),
        }))
    }

    fn inline(subject: &str, client: &str) -> Option<Self> {
        let mut bytes = [0; INLINE_MAX];
        let end = subject.len() + client.len();
        bytes
            .get_mut(..subject.len())?
            .copy_from_slice(subject.as_bytes());
        bytes
            .get_mut(subject.len()..end)?
            .copy_from_slice(client.as_bytes());
        let (subject_len, client_len) = (
            u8::try_from(subject.len()).ok()?,
            u8::try_from(client.len()).ok()?,
        );
        Some(Self::Inline {
            bytes,
            subject_len,
            client_len,
        })
    }

    /// Whose session it is.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Inline {
                bytes, subject_len, ..
            } => text(bytes, 0, usize::from(*subject_len)),
            Self::Full(full) => &full.subject,
        }
    }

    /// Which application holds the tokens.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::Inline {
                bytes,
                subject_len,
                client_len,
            } => text(bytes, usize::from(*subject_len), usize::from(*client_len)),
            Self::Full(full) => &full.client_id,
        }
    }

    /// For whom its tokens are.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        match self {
            Self::Inline { .. } => None,
            Self::Full(full) => full.audience.as_deref(),
        }
    }

    /// What they allow.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        match self {
            Self::Inline { .. } => None,
            Self::Full(full) => full.scope.as_deref(),
        }
    }

    /// What the issuer says about the subject: the text of a JSON object.
    #[must_use]
    pub fn claims(&self) -> &str {
        match self {
            Self::Inline { .. } => Claims::NONE,
            Self::Full(full) => &full.claims,
        }
    }
}

/// A part of the bytes. They were written from texts and read back whole, so they are UTF-8.
fn text(bytes: &[u8; INLINE_MAX], start: usize, len: usize) -> &str {
    bytes
        .get(start..start + len)
        .and_then(|part| std::str::from_utf8(part).ok())
        .unwrap_or_default()
}
