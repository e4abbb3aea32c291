//! PostgreSQL as a kind of server.

use std::sync::Arc;

use symbolon_core::signal::Signals;

use super::NAME;
use super::address::Address;
use super::connection::connect;
use super::link::PostgresLink;
use super::signals::PostgresSignals;
use super::tls::Tls;
use crate::server::{Driver, OpenServerError, SignalParts};

/// The way to one server.
#[derive(Clone)]
pub(crate) struct Postgres {
    /// Where it is.
    pub(super) address: Address,
    /// What the way there needs.
    pub(super) tls: Tls,
    name: &'static str,
}

impl Driver for Postgres {
    const NAME: &'static str = NAME;
    const THREAD: &'static str = "symbolon-postgres";
    type Wire = PostgresLink;

    fn of(url: &str) -> Result<Self, OpenServerError> {
        let address = Address::parse(url)?;
        let tls = Tls::of(&address.way)
            .map_err(|detail| OpenServerError::tls(NAME, address.place.clone(), detail))?;
        Ok(Self {
            address,
            tls,
            name: "symbolon",
        })
    }

    fn check(url: &str) -> Result<(), OpenServerError> {
        Address::parse(url).map(drop)
    }

    fn place(&self) -> &str {
        &self.address.place
    }

    fn for_heartbeats(self) -> Self {
        Self {
            name: "symbolon-heartbeat",
            ..self
        }
    }

    fn signals(&self, parts: SignalParts) -> Option<Arc<dyn Signals>> {
        let signals = PostgresSignals::start(self.clone(), parts)?;
        Some(Arc::new(signals))
    }

    async fn connect(&self) -> Result<PostgresLink, OpenServerError> {
        let connection = connect(&self.address, &self.tls, self.name).await?;
        Ok(PostgresLink::new(connection))
    }
}
