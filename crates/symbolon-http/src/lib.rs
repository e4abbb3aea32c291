//! Symbolon on the wire.
//!
//! In reading order: [`listen`] takes connections and ends them; [`client_addr`] says who is behind the proxies;
//! [`limits`] bounds what is read; [`problem`] is the one table of errors; [`request_id`] completes every answer.

pub mod listen;

pub mod client_addr;

pub mod limits;

pub mod problem;

pub mod request_id;
