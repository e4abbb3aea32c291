//! OAuth clients that nobody here wrote: Authlib, which is a resource server as well, and requests-oauthlib.

use symbolon_testkit::server::Server;

use crate::clients::script;
use crate::place::ready;

/// A server that says of itself where it is: its address is known only once it runs.
async fn with_its_own_issuer() -> Server {
    let mut server = ready().await;
    server.sigterm();
    server.wait_exit().await;
    let issuer = server.base_url();
    server.restart_with("SYMBOLON_TOKEN__ISSUER", &issuer).await;
    server
}

#[tokio::test]
async fn authlib_reads_the_metadata_refreshes_introspects_and_revokes() {
    let server = with_its_own_issuer().await;
    let said = script(&server, "oauth_authlib.py", &[]);
    assert_eq!(said.lines().count(), 6, "{said}");
}

#[tokio::test]
async fn requests_oauthlib_refreshes_what_has_expired_by_itself() {
    let server = ready().await;
    let said = script(&server, "oauth_requests_oauthlib.py", &[]);
    assert_eq!(said.lines().count(), 3, "{said}");
}
