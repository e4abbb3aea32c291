//! Whose store it is: the schema, the single facts in `meta`, and the jump of the log after a restart.

use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, draw};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::token::KeyCheck;
use tokio_postgres::{Client, Error, Row};

use super::fault::{open_error, said};
use crate::dialect::{Migration, POSTGRES, this_boot};
use crate::hex::{hex, unhex};
use crate::server::{OpenServer, OpenServerError};
use crate::sqlite::Opened;

/// How far the log's head jumps at the least: more positions than could have been given out and
/// lost with the end of the log.
macro_rules! jump {
    () => {
        "1048576"
    };
}

/// Processes that open the store of one schema at once wait for each other here. The first number is
/// "SYMB", so that another program's locks are not met.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(1398361410, hashtext(current_schema()))";

/// A change of the schema, and the wait for another process that makes it, may take longer than an operation.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = '60s'; \
    SET LOCAL lock_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// The place of the store, for messages.
pub(super) struct Site<'p> {
    /// Host, port and database.
    pub(super) place: &'p str,
    /// The schema.
    pub(super) schema: String,
}

/// Makes the schema what this release needs, and jumps if the server was restarted. Either all of it or
/// nothing becomes durable.
pub(super) async fn establish(
    client: &Client,
    place: &str,
    options: &OpenServer,
) -> Result<Opened, OpenServerError> {
    let fault = |error| open_error(place, &error);
    client.batch_execute(BEGIN).await.map_err(fault)?;
    let schema = find_schema(client, place).await?;
    let site = Site { place, schema };
    client.query_one(ONE_AT_A_TIME, &[]).await.map_err(fault)?;
    let found = find_version(client, &site).await?;
    let known = newest();
    if found > known {
        return Err(OpenServerError::NewerSchema {
            place: place.to_owned(),
            found,
            known,
        });
    }
    if found > 0 {
        check_key(client, &site, options.key_check).await?;
        check_rights(client, &site).await?;
    }
    for migration in POSTGRES.migrations.iter().filter(|step| step.number > found) {
        migrate(client, &site, migration, options).await?;
    }
    let head = jump_if_restarted(client, &*options.randomness)
        .await
        .map_err(|unjumped| unjumped.at(place))?;
    let cluster_id = unhex(&meta(client, &site, "cluster_id").await?)
        .ok_or_else(|| damaged(place, "its cluster id is not 32 hexadecimal digits"))?;
    let high_water = meta(client, &site, "time_high_water").await?;
    let high_water = high_water
        .parse()
        .map_err(|_| damaged(place, "its newest instant is not a number"))?;
    client.batch_execute("COMMIT").await.map_err(fault)?;
    Ok(Opened {
        cluster_id,
        high_water: Timestamp(high_water),
        head,
        fresh: found == 0,
    })
}

/// The version to which opening brings a store.
pub(super) fn newest() -> u32 {
    POSTGRES.migrations.last().map_or(0, |migration| migration.number)
}

/// The schema that the store is in, or is to be made in.
pub(super) async fn find_schema(client: &Client, place: &str) -> Result<String, OpenServerError> {
    let row = client
        .query_one(
            "SELECT current_schema()::text, current_setting('search_path')",
            &[],
        )
        .await;
    let row = row.map_err(|error| open_error(place, &error))?;
    let schema: Option<String> = column(&row, 0, place)?;
    let path: String = column(&row, 1, place)?;
    schema.ok_or_else(|| OpenServerError::Privilege {
        place: place.to_owned(),
        detail: format!("none of the schemas in search_path ({path}) is there for it"),
        remedy: "create one: CREATE SCHEMA name AUTHORIZATION user".to_owned(),
    })
}

/// The version of the schema that is there; zero where there is none.
pub(super) async fn find_version(client: &Client, site: &Site<'_>) -> Result<u32, OpenServerError> {
    let columns = client
        .query_one(
            "SELECT count(a.attname) FILTER (WHERE a.attname IN ('k', 'v')), count(c.oid) FROM pg_class AS c \
             JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid \
             WHERE n.nspname = current_schema() AND c.relname = 'meta'",
            &[],
        )
        .await
        .map_err(|error| open_error(site.place, &error))?;
    let (ours, any): (i64, i64) = (column(&columns, 0, site.place)?, column(&columns, 1, site.place)?);
    match (ours, any) {
        (_, 0) => Ok(0),
        (2, _) => {
            let version = find_meta(client, site, "schema_version").await?;
            version
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| site.foreign("its table meta does not say a schema version"))
        }
        _ => Err(site.foreign("its table meta is another program's")),
    }
}

/// Refuses a store that was made with another master key.
pub(super) async fn check_key(
    client: &Client,
    site: &Site<'_>,
    given: KeyCheck,
) -> Result<(), OpenServerError> {
    let wanted = find_meta(client, site, "key_check").await?;
    let given = hex(&given.0);
    match wanted {
        Some(wanted) if wanted == given => Ok(()),
        Some(wanted) => Err(OpenServerError::OtherKey {
            place: site.place.to_owned(),
            // Enough to tell two keys apart.
            wanted: wanted.chars().take(8).collect(),
            given: given.chars().take(8).collect(),
        }),
        None => Err(damaged(
            site.place,
            "it does not say which master key it belongs to",
        )),
    }
}

/// Finds a table that the user may not change: better said at the start than at the first log-in.
pub(super) async fn check_rights(client: &Client, site: &Site<'_>) -> Result<(), OpenServerError> {
    let row = client
        .query_opt(
            "SELECT c.relname::text, current_user::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind = 'r' AND NOT (has_table_privilege(c.oid, 'SELECT') \
             AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') \
             AND has_table_privilege(c.oid, 'DELETE')) ORDER BY c.relname LIMIT 1",
            &[],
        )
        .await
        .map_err(|error| open_error(site.place, &error))?;
    let Some(row) = row else { return Ok(()) };
    let (table, user): (String, String) = (column(&row, 0, site.place)?, column(&row, 1, site.place)?);
    let schema = &site.schema;
    Err(OpenServerError::Privilege {
        place: site.place.to_owned(),
        detail: format!("it cannot read and write the table {schema}.{table}"),
        remedy: format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}"),
    })
}

/// Refuses a schema in which the user may make no table, where all are still to be made.
pub(super) async fn check_may_make(client: &Client, site: &Site<'_>) -> Result<(), OpenServerError> {
    let may = client
        .query_one("SELECT has_schema_privilege(current_schema(), 'CREATE')", &[])
        .await;
    match column(
        &may.map_err(|error| open_error(site.place, &error))?,
        0,
        site.place,
    )? {
        true => Ok(()),
        false => Err(site.without_right(format!("permission denied for schema {}", site.schema))),
    }
}

async fn migrate(
    client: &Client,
    site: &Site<'_>,
    migration: &Migration,
    options: &OpenServer,
) -> Result<(), OpenServerError> {
    let made = client.batch_execute(migration.text).await;
    made.map_err(|error| site.unmade(&error))?;
    if migration.number == 1 {
        write_first(client, site, options).await?;
    }
    write_meta(client, site, "schema_version", &migration.number.to_string()).await
}

/// The rows that every store has from its beginning.
async fn write_first(client: &Client, site: &Site<'_>, options: &OpenServer) -> Result<(), OpenServerError> {
    let chance = &*options.randomness;
    write_meta(client, site, "cluster_id", &hex(&random(chance)?)).await?;
    write_meta(client, site, "key_check", &hex(&options.key_check.0)).await?;
    // Of no start of any server: so the log's head jumps at once.
    write_meta(client, site, "boot_id", "none").await?;
    write_meta(client, site, "time_high_water", &options.now.0.to_string()).await?;
    let id = random(chance)?;
    let head = "INSERT INTO rev_head (one, seq, id, floor) VALUES (1, 0, $1, 0)";
    let written = client.execute(head, &[&id.as_slice()]).await;
    written.map_err(|error| open_error(site.place, &error))?;
    let epoch = "INSERT INTO global_epoch (one, epoch, epoch_at, epoch_reason) VALUES (1, 0, 0, 'revoked')";
    let written = client.execute(epoch, &[]).await;
    written.map(drop).map_err(|error| open_error(site.place, &error))
}

/// Why the log's head did not jump.
pub(super) enum Unjumped {
    /// The server said so.
    Server(Error),
    /// There was no randomness, or there is no head.
    Other(String),
}

impl Unjumped {
    /// What it means to who opens.
    fn at(self, place: &str) -> OpenServerError {
        match self {
            Self::Server(error) => open_error(place, &error),
            Self::Other(detail) => damaged(place, &detail),
        }
    }
}

const LOCK_HEAD: &str = "SELECT seq FROM rev_head WHERE one = 1 FOR NO KEY UPDATE";
const SAME_BOOT: &str = concat!("SELECT v = ", this_boot!(), " FROM meta WHERE k = 'boot_id'");
const JUMP: &str = concat!(
    "UPDATE rev_head SET id = $1, seq = GREATEST(seq + ",
    jump!(),
    ", floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint) WHERE one = 1 RETURNING seq"
);
const SET_BOOT: &str = concat!("UPDATE meta SET v = ", this_boot!(), " WHERE k = 'boot_id'");

/// Moves the log's head beyond every position that may ever have been given out, if the server is not
/// the same run of the same server as when the head last moved: a copy that was put back, or a commit
/// that was lost with a crash, must not let a position be used twice. Runs in the caller's transaction;
/// answers where the head is.
pub(super) async fn jump_if_restarted(
    client: &Client,
    chance: &dyn Randomness,
) -> Result<RevocationSeq, Unjumped> {
    // The lock first, then the look: who waited for another's jump must see it.
    let locked = client.query_opt(LOCK_HEAD, &[]).await.map_err(Unjumped::Server)?;
    let mut row = locked.ok_or_else(|| Unjumped::Other("the head of its log is missing".to_owned()))?;
    let same = client.query_opt(SAME_BOOT, &[]).await.map_err(Unjumped::Server)?;
    let same: Option<bool> = same.and_then(|row| row.try_get(0).ok());
    if same != Some(true) {
        let id: [u8; 16] = draw(chance).map_err(|error| Unjumped::Other(error.to_string()))?;
        let jumped = client.query_one(JUMP, &[&id.as_slice()]).await;
        row = jumped.map_err(Unjumped::Server)?;
        client.execute(SET_BOOT, &[]).await.map_err(Unjumped::Server)?;
    }
    let seq: i64 = row.try_get(0).map_err(Unjumped::Server)?;
    let seq = u64::try_from(seq);
    seq.map(RevocationSeq)
        .map_err(|_| Unjumped::Other("the head of its log is negative".to_owned()))
}

fn random(chance: &dyn Randomness) -> Result<[u8; 16], OpenServerError> {
    draw(chance).map_err(|error| OpenServerError::NoResources {
        detail: error.to_string(),
    })
}

async fn find_meta(client: &Client, site: &Site<'_>, key: &str) -> Result<Option<String>, OpenServerError> {
    let row = client.query_opt("SELECT v FROM meta WHERE k = $1", &[&key]).await;
    match row.map_err(|error| site.unread(&error))? {
        Some(row) => column(&row, 0, site.place).map(Some),
        None => Ok(None),
    }
}

async fn meta(client: &Client, site: &Site<'_>, key: &str) -> Result<String, OpenServerError> {
    let found = find_meta(client, site, key).await?;
    found.ok_or_else(|| damaged(site.place, &format!("its {key} is missing")))
}

async fn write_meta(client: &Client, site: &Site<'_>, key: &str, value: &str) -> Result<(), OpenServerError> {
    let text = "INSERT INTO meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
    let written = client.execute(text, &[&key, &value]).await;
    written.map(drop).map_err(|error| open_error(site.place, &error))
}

/// A column of a row.
pub(super) fn column<'r, T: tokio_postgres::types::FromSql<'r>>(
    row: &'r Row,
    index: usize,
    place: &str,
) -> Result<T, OpenServerError> {
    row.try_get(index).map_err(|error| damaged(place, &said(&error)))
}

fn damaged(place: &str, detail: &str) -> OpenServerError {
    OpenServerError::Damaged {
        place: place.to_owned(),
        detail: detail.to_owned(),
    }
}

impl Site<'_> {
    fn foreign(&self, detail: &str) -> OpenServerError {
        OpenServerError::Foreign {
            place: self.place.to_owned(),
            schema: format!("the schema {}", self.schema),
            detail: detail.to_owned(),
            remedy: "a database of its own, or a schema: options=-c%20search_path=symbolon in store.url",
        }
    }

    fn forbidden(&self, error: &Error) -> OpenServerError {
        self.without_right(said(error))
    }

    fn without_right(&self, detail: String) -> OpenServerError {
        let schema = &self.schema;
        OpenServerError::Privilege {
            place: self.place.to_owned(),
            detail,
            remedy: format!(
                "make it the owner of the schema and its tables (since version 15 nobody else may create any in public): \
                 ALTER SCHEMA {schema} OWNER TO user"
            ),
        }
    }

    /// Why `meta` was not read.
    fn unread(&self, error: &Error) -> OpenServerError {
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some("42501") => self.forbidden(error),
            _ => open_error(self.place, error),
        }
    }

    /// Why a step of the schema was not made.
    fn unmade(&self, error: &Error) -> OpenServerError {
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some("42501") => self.forbidden(error),
            Some("42P07") => self.foreign(&said(error)),
            _ => open_error(self.place, error),
        }
    }
}
