//! The contract as it is served: one document, made from the annotations of the handlers, and one page that shows it.
//!
//! A handler says what is its own: its path, its body, its good answers, and each refusal in one line
//! (`(status = 404, description = "there is no session of that id")`). [`start`] brings what belongs to no handler;
//! [`publish`] writes out the refusals, adds what every route may answer, and serves the result:
//! `/openapi.json`, and `/docs`, which loads nothing from outside.

mod assets;
mod complete;
mod examples;
mod page;
mod refusals;
mod serve;
mod start;

#[cfg(test)]
mod tests;

pub(crate) use serve::publish;
use start::scheme;
pub(crate) use start::{start, tag};
