//! The wire, over real sockets.
#![cfg(test)]

#[path = "it/admin.rs"]
mod admin;
#[path = "it/admin_accounts.rs"]
mod admin_accounts;
#[path = "it/admin_api_keys.rs"]
mod admin_api_keys;
#[path = "it/admin_bans.rs"]
mod admin_bans;
#[path = "it/admin_sessions.rs"]
mod admin_sessions;
#[path = "it/answers.rs"]
mod answers;
#[path = "it/answers_page.rs"]
mod answers_page;
#[path = "it/bodies.rs"]
mod bodies;
#[path = "it/client_addr.rs"]
mod client_addr;
#[path = "it/compat_s1.rs"]
mod compat_s1;
#[path = "it/compat_s2.rs"]
mod compat_s2;
#[path = "it/compat_s3.rs"]
mod compat_s3;
#[path = "it/confirm.rs"]
mod confirm;
#[path = "it/cookie_refresh.rs"]
mod cookie_refresh;
#[path = "it/cookies.rs"]
mod cookies;
#[path = "it/cookies_presented.rs"]
mod cookies_presented;
#[path = "it/cors.rs"]
mod cors;
#[path = "it/csrf.rs"]
mod csrf;
#[path = "it/docs_page.rs"]
mod docs_page;
#[path = "it/drain.rs"]
mod drain;
#[path = "it/events.rs"]
mod events;
#[path = "it/fuzz.rs"]
mod fuzz;
#[path = "it/gateway.rs"]
mod gateway;
#[path = "it/http2.rs"]
mod http2;
#[path = "it/http2_hostile.rs"]
mod http2_hostile;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/log_out.rs"]
mod log_out;
#[path = "it/min_seq.rs"]
mod min_seq;
#[path = "it/oauth_clients.rs"]
mod oauth_clients;
#[path = "it/oauth_fuzz.rs"]
mod oauth_fuzz;
#[path = "it/oauth_introspect.rs"]
mod oauth_introspect;
#[path = "it/oauth_metadata.rs"]
mod oauth_metadata;
#[path = "it/oauth_revoke.rs"]
mod oauth_revoke;
#[path = "it/oauth_token.rs"]
mod oauth_token;
#[path = "it/openapi.rs"]
mod openapi;
#[path = "it/openapi_examples.rs"]
mod openapi_examples;
#[path = "it/openapi_truth.rs"]
mod openapi_truth;
#[path = "it/operations.rs"]
mod operations;
#[path = "it/own_sessions.rs"]
mod own_sessions;
#[path = "it/panics.rs"]
mod panics;
#[path = "it/person.rs"]
mod person;
#[path = "it/places.rs"]
mod places;
#[path = "it/problem.rs"]
mod problem;
#[path = "it/renewal.rs"]
mod renewal;
#[path = "it/request_id.rs"]
mod request_id;
#[path = "it/running.rs"]
mod running;
#[path = "it/security_headers.rs"]
mod security_headers;
#[path = "it/served.rs"]
mod served;
#[path = "it/services.rs"]
mod services;
#[path = "it/services_verify.rs"]
mod services_verify;
#[path = "it/signed_forgeries.rs"]
mod signed_forgeries;
#[path = "it/signed_tokens.rs"]
mod signed_tokens;
#[path = "it/smuggling.rs"]
mod smuggling;
#[path = "it/throttle.rs"]
mod throttle;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/unix.rs"]
mod unix;
