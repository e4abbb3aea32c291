//! The wire, over real sockets.
#![cfg(test)]

#[path = "it/bodies.rs"]
mod bodies;
#[path = "it/client_addr.rs"]
mod client_addr;
#[path = "it/drain.rs"]
mod drain;
#[path = "it/http2.rs"]
mod http2;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/person.rs"]
mod person;
#[path = "it/places.rs"]
mod places;
#[path = "it/problem.rs"]
mod problem;
#[path = "it/request_id.rs"]
mod request_id;
#[path = "it/running.rs"]
mod running;
#[path = "it/served.rs"]
mod served;
#[path = "it/smuggling.rs"]
mod smuggling;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/unix.rs"]
mod unix;
