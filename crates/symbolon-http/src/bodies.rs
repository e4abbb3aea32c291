//! The wire's own bodies: what clients send and read, field by field as in the contract. Domain types never go out
//! by themselves.
//!
//! What comes in: [`ttl`], [`claims`], [`names`], [`device`], [`login`], [`issue`], [`verify`]. What goes out: [`instant`],
//! [`session`], [`oauth`], [`pair`] (the only place that writes tokens into answers, with [`compat`]), [`receipt`].

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

pub(crate) mod claims;
pub(crate) mod compat;
pub(crate) mod device;
pub(crate) mod instant;
pub(crate) mod issue;
pub(crate) mod login;
pub(crate) mod names;
pub(crate) mod oauth;
pub(crate) mod pair;
pub(crate) mod receipt;
pub(crate) mod session;
pub(crate) mod ttl;
pub(crate) mod verify;

/// Reads an object inside of a body, and nothing else: serde would read a struct from an array as well, in which nothing
/// is named.
pub(crate) fn object<'de, D, T>(json: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(entries))
        }
    }

    json.deserialize_any(Object(PhantomData))
}

/// The body of a route that needs none: an empty object at the most.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
