//! MySQL and MariaDB as a kind of server.

use super::NAME;
use super::address::Address;
use super::connection::connect;
use super::link::MySqlLink;
use crate::server::{Driver, OpenServerError};

/// The way to one server.
pub(crate) struct MySql(Address);

impl Driver for MySql {
    const NAME: &'static str = NAME;
    const THREAD: &'static str = "symbolon-mysql";
    type Wire = MySqlLink;

    fn of(url: &str) -> Result<Self, OpenServerError> {
        let address = Address::parse(url)?;
        let place = address.place.clone();
        let address = address
            .with_trust()
            .map_err(|detail| OpenServerError::tls(NAME, place, detail))?;
        Ok(Self(address))
    }

    fn check(url: &str) -> Result<(), OpenServerError> {
        Address::parse(url).map(drop)
    }

    fn place(&self) -> &str {
        &self.0.place
    }

    async fn connect(&self) -> Result<MySqlLink, OpenServerError> {
        connect(&self.0).await
    }
}
