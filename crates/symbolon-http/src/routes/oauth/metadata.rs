use axum::Json;
use axum::extract::State;
use http::Uri;
use http::request::Parts;

use crate::app::App;
use crate::base_url::base_url;
use crate::bodies::oauth::MetadataBody;
use crate::openapi::tag;
use crate::problem::Problem;

/// Read what a client may do here (RFC 8414).
///
/// `issuer` is that of the configuration where it is an address, else the one under which this server was asked. There
/// is no authorization endpoint, so there are no response types.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = tag::OAUTH,
    responses((status = 200, description = "The metadata", body = MetadataBody))
)]
pub(super) async fn metadata(State(app): State<App>, parts: Parts) -> Result<Json<MetadataBody>, Problem> {
    let issuer = app.symbolon().issuer();
    let issuer = if is_address(issuer) {
        issuer.to_owned()
    } else {
        base_url(&parts, &app)?
    };
    let base = issuer.trim_end_matches('/').to_owned();
    Ok(Json(MetadataBody::of(issuer, &base)))
}

/// An address of the web without query and fragment (RFC 8414, section 2).
fn is_address(issuer: &str) -> bool {
    let is_web = issuer.starts_with("https://") || issuer.starts_with("http://");
    let host = issuer
        .parse::<Uri>()
        .ok()
        .and_then(|uri| Some(!uri.host()?.is_empty()));
    is_web && host == Some(true) && !issuer.contains(['?', '#'])
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_issuer_is_an_address_or_a_mere_name() {
        for address in [
            "https://auth.example",
            "https://auth.example/a/",
            "http://127.0.0.1:5000",
        ] {
            assert!(is_address(address), "{address}");
        }
        for name in [
            "symbolon",
            "auth.example",
            "https://",
            "https:///x",
            "https://a.example?x=1",
            "https://a.example#x",
            "ftp://a.example",
            "HTTPS",
            "",
        ] {
            assert!(!is_address(name), "{name}");
        }
    }
}
