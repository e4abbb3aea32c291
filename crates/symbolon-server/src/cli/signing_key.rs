use clap::{Subcommand, ValueEnum};

/// `symbolon signing-key …`
#[derive(Debug, Subcommand)]
pub(crate) enum SigningKeyCommand {
    /// List the keys that sign access tokens
    List,
    /// Make the next key: published now, signing ten minutes later
    Rotate {
        /// How the key signs [default: token.alg]
        #[arg(long, value_name = "ALG")]
        alg: Option<AlgWord>,
        /// Let it sign at once; services that verify by themselves may not know it yet
        #[arg(long)]
        now: bool,
        /// Refuse what the older keys have signed, from now on; it then signs at once
        #[arg(long)]
        revoke: bool,
    },
}

/// How a key signs, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgWord {
    /// Ed25519
    #[value(name = "EdDSA")]
    EdDsa,
    /// ECDSA with P-256
    #[value(name = "ES256")]
    Es256,
    /// RSA, 2048 bits
    #[value(name = "RS256")]
    Rs256,
    /// HMAC, for the tokens of older systems
    #[value(name = "HS256")]
    Hs256,
}

impl AlgWord {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}
