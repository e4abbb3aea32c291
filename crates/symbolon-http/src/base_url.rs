//! The address under which a client reaches this server, as far as it can be known.
//!
//! The host is the one that the client named. Whether it came over TLS is known of a connection of ours; behind a proxy
//! only the proxy knows, so `X-Forwarded-Proto` counts where the peer is a proxy that the operator named.
//! `X-Forwarded-Host` is never read: proxies hand on one that a client wrote itself.

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use crate::app::App;
use crate::limits::single_header;
use crate::listen::Peer;
use crate::problem::Problem;
use crate::web_origin::Arrival;

/// `https://host[:port]` or `http://…`, without a slash at its end.
///
/// # Errors
/// 400: the request names no host that could be one.
pub(crate) fn base_url(parts: &Parts, app: &App) -> Result<String, Problem> {
    let host = host(parts).ok_or_else(|| Problem::invalid_request("the host is not one"))?;
    let scheme = if is_https(parts, app) { "https" } else { "http" };
    Ok(format!("{scheme}://{host}"))
}

/// HTTP/2 names it in the address, HTTP/1.1 in a header. One with a name and password before it is not believed.
fn host(parts: &Parts) -> Option<Authority> {
    let named = match parts.uri.authority() {
        Some(authority) => authority.clone(),
        None => {
            let header = single_header(&parts.headers, &HOST).ok()??;
            Authority::try_from(header.as_bytes()).ok()?
        }
    };
    (!named.as_str().contains('@') && !named.host().is_empty()).then_some(named)
}

fn is_https(parts: &Parts, app: &App) -> bool {
    let peer = parts.extensions.get::<Peer>();
    let arrival = peer.map(|peer| Arrival::of(peer, &app.settings().trusted_proxies));
    arrival.is_some_and(|arrival| arrival.is_https(&parts.headers))
}
