//! Addresses: four bytes for IPv4, sixteen for IPv6, so that each comes back as it went in.

use std::net::IpAddr;

use crate::link::{Fields, SqlError, Value};

/// An address as bytes that a [`Value`] can borrow.
pub(crate) struct Ip {
    bytes: [u8; 16],
    len: usize,
}

impl Ip {
    /// The bytes of an address; none for none.
    pub(crate) fn of(ip: Option<IpAddr>) -> Self {
        let mut bytes = [0; 16];
        let len = match ip {
            None => 0,
            Some(IpAddr::V4(v4)) => {
                bytes[..4].copy_from_slice(&v4.octets());
                4
            }
            Some(IpAddr::V6(v6)) => {
                bytes = v6.octets();
                16
            }
        };
        Self { bytes, len }
    }

    /// The column's value.
    pub(crate) fn value(&self) -> Value<'_> {
        match self.len {
            0 => Value::Null,
            len => Value::Bytes(&self.bytes[..len]),
        }
    }
}

/// Reads an address.
pub(crate) fn read_ip(fields: &mut Fields<'_>) -> Result<Option<IpAddr>, SqlError> {
    let Some(bytes) = fields.maybe_bytes("ip")? else {
        return Ok(None);
    };
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ok(Some(IpAddr::from(v4)));
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(v6) => Ok(Some(IpAddr::from(v6))),
        Err(_) => Err(SqlError::Damaged(format!("ip has {} bytes", bytes.len()))),
    }
}
