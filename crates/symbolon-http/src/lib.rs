//! Symbolon on the wire.
//!
//! In reading order: [`listen`] takes connections and ends them; [`client_addr`] says who is behind the proxies, and
//! [`cors`] which pages of other sites may call; [`cookies`] keep tokens from scripts;
//! [`limits`] bounds what is read; [`problem`] is the one table of errors; [`request_id`] completes every answer. Above
//! them, [`app`] is what the routes share, and [`serve`] puts them behind a listener.

pub mod listen;

pub mod client_addr;

pub mod cors;

pub mod cookies;

pub mod limits;

pub mod problem;

pub mod request_id;

pub mod app;

pub mod serve;

mod base_url;
mod bearer;
mod bodies;
mod caller;
mod csrf;
mod lanes;
mod metrics;
mod min_seq;
mod openapi;
mod pages;
mod policy;
mod query;
mod refusal;
mod renewal;
mod router;
mod routes;
mod user_agent;
mod web_origin;
