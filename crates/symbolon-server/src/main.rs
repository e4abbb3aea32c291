//! The server: one binary, its command line and its configuration.

#[expect(dead_code, reason = "the command line, which reads it, comes next")]
mod config;

fn main() {}
