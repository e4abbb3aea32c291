//! A server and the store on it, looked at before a start.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::token::KeyCheck;
use tokio::time::Instant;
use tokio_postgres::Client;

use super::NAME;
use super::fault::open_error;
use super::identity::{
    Site, check_key, check_may_make, check_rights, column, find_schema, find_version, newest,
};
use crate::server::{ExaminedServer, OpenServerError};

/// How often the way there and back is measured: once may be chance.
const ROUND_TRIPS: u32 = 5;

/// Looks at a server over a connection to it.
pub(super) async fn examine(
    client: &Client,
    place: &str,
    key: Option<KeyCheck>,
) -> Result<ExaminedServer, OpenServerError> {
    let site = Site {
        place,
        schema: find_schema(client, place).await?,
    };
    let found = find_version(client, &site).await?;
    let known = newest();
    match found {
        0 => check_may_make(client, &site).await?,
        1.. if found > known => {
            return Err(OpenServerError::NewerSchema {
                place: place.to_owned(),
                found,
                known,
            });
        }
        1.. => check_rights(client, &site).await?,
    }
    if let Some(key) = key.filter(|_| found > 0) {
        check_key(client, &site, key).await?;
    }
    let round_trip = measure(client, place).await?;
    let row = client.query_one(NUMBERS, &[]).await;
    let row = row.map_err(|error| open_error(place, &error))?;
    let count =
        |index| column::<i64>(&row, index, place).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(ExaminedServer {
        engine: format!("{NAME} {}", column::<String>(&row, 0, place)?),
        place: place.to_owned(),
        schema_version: (found > 0).then_some(found),
        newest_version: known,
        round_trip,
        connections: count(1)?,
        connections_max: count(2)?,
        clock: Timestamp(column(&row, 3, place)?),
    })
}

/// Users are kept from the last few connections, so that an administrator gets in; a role may have fewer.
const NUMBERS: &str = "SELECT split_part(current_setting('server_version'), ' ', 1), \
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
    (SELECT least(CASE WHEN rolconnlimit < 0 THEN most.connections ELSE rolconnlimit END, most.connections)::bigint \
     FROM pg_roles, (SELECT current_setting('max_connections')::bigint \
     - current_setting('superuser_reserved_connections')::bigint AS connections) AS most WHERE rolname = current_user), \
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

async fn measure(client: &Client, place: &str) -> Result<Duration, OpenServerError> {
    let mut shortest = Duration::MAX;
    for _ in 0..ROUND_TRIPS {
        let sent = Instant::now();
        let answered = client.simple_query("SELECT 1").await;
        answered.map_err(|error| open_error(place, &error))?;
        shortest = shortest.min(sent.elapsed());
    }
    Ok(shortest)
}
