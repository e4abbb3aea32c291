//! What the URLs of all servers have in common.

use std::path::PathBuf;

use super::OpenServerError;

/// How the way to a server is made safe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// It is trusted as it is.
    Plain,
    /// By TLS; the server's certificate is verified against these authorities, or the system's.
    Verified(Option<PathBuf>),
}

/// A URL, and what the drivers are not told of it: they know modes that encrypt without asking whom they talk to.
#[derive(Default)]
pub(crate) struct Parts {
    /// The URL up to the question mark.
    pub(crate) base: String,
    /// What stands behind it, but for what follows here.
    pub(crate) options: Vec<String>,
    mode: Option<String>,
    authorities: Option<PathBuf>,
}

impl Parts {
    /// Takes a URL apart.
    pub(crate) fn of(url: &str) -> Result<Self, OpenServerError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut parts = Self {
            base: base.to_owned(),
            ..Self::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => parts.mode = Some(value.to_owned()),
                Some(("sslrootcert", value)) => {
                    parts.authorities = Some(PathBuf::from(plain("sslrootcert", value)?));
                }
                _ => parts.options.push(pair.to_owned()),
            }
        }
        Ok(parts)
    }

    /// The way that is asked for. What does not leave this machine needs none.
    pub(crate) fn way(self, is_here: bool) -> Result<Way, OpenServerError> {
        match (self.mode.as_deref(), self.authorities) {
            (Some("disable"), None) => Ok(Way::Plain),
            (Some("disable"), Some(_)) => Err(fault(
                "sslrootcert makes no sense with sslmode=disable".to_owned(),
            )),
            (Some("verify-full"), authorities) => Ok(Way::Verified(authorities)),
            (None, None) if is_here => Ok(Way::Plain),
            (None, authorities) => Ok(Way::Verified(authorities)),
            (Some(other), _) => Err(fault(format!(
                "sslmode={other} does not tell whom it talks to; expected verify-full or disable"
            ))),
        }
    }
}

/// The value of an option without its percent signs.
pub(crate) fn plain(option: &str, value: &str) -> Result<String, OpenServerError> {
    let wrong = || fault(format!("{option} is not percent-encoded UTF-8: {value}"));
    let mut bytes = Vec::with_capacity(value.len());
    let mut parts = value.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// Whether what is sent to this host does not leave this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse();
    host == "localhost" || ip.is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// An address that is not understood.
pub(crate) fn fault(detail: String) -> OpenServerError {
    OpenServerError::Address { detail }
}
