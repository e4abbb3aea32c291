//! What the servers have in common. Each is started with a port of loopback and the URL of its Redis, and answers
//! Symbolon's requests as far as its library can: `POST /v1/service/sessions`, `GET /verify`, `POST /v1/refresh`,
//! `GET /v1/sessions`.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Whose session it is.
#[derive(Serialize, Deserialize)]
pub struct Who {
    pub subject: String,
}

/// Where to listen, and the Redis.
///
/// # Errors
/// When one of the two was not given.
pub fn arguments() -> Result<(SocketAddr, String), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().ok_or("give a port")?.parse()?;
    let redis = arguments.next().ok_or("give the URL of a Redis")?;
    Ok((SocketAddr::from((Ipv4Addr::LOCALHOST, port)), redis))
}
