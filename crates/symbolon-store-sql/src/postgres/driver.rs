//! PostgreSQL as a kind of server.

use std::sync::Arc;

use symbolon_core::signal::Signals;
use symbolon_core::token::KeyCheck;

use super::NAME;
use super::address::Address;
use super::connection::connect;
use super::examine::examine;
use super::fault::no_tls;
use super::identity::establish;
use super::link::PostgresLink;
use super::signals::PostgresSignals;
use super::tls::Tls;
use crate::server::{Driver, ExaminedServer, OpenServer, OpenServerError, SignalParts};
use crate::sqlite::Opened;

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
        let tls = Tls::of(&address.way).map_err(|detail| no_tls(address.place.clone(), detail))?;
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

    async fn establish(
        &self,
        wire: &mut PostgresLink,
        options: &OpenServer,
    ) -> Result<Opened, OpenServerError> {
        establish(wire.client(), &self.address.place, options).await
    }

    async fn examine(
        &self,
        wire: &mut PostgresLink,
        key: Option<KeyCheck>,
    ) -> Result<ExaminedServer, OpenServerError> {
        examine(wire.client(), &self.address.place, key).await
    }
}
