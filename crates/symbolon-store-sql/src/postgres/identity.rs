//! Opening a store in PostgreSQL: the schema that it is in, and its steps. Either all of it becomes durable or nothing.

use symbolon_core::clock::Timestamp;
use tokio_postgres::{Error, Row};

use super::NAME;
use super::fault::{open_error, said, unreachable};
use super::link::PostgresLink;
use crate::dialect::{Migration, POSTGRES};
use crate::link::SqlError;
use crate::server::identity::{damaged, find_meta};
use crate::server::{Ground, Numbers, OpenServerError, Site};

/// Processes that open the store of one schema at once wait for each other here. The first number is
/// "SYMB", so that another program's locks are not met.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(1398361410, hashtext(current_schema()))";

/// A change of the schema, and the wait for another process that makes it, may take longer than an operation.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = '60s'; \
    SET LOCAL lock_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Users are kept from the last few connections, so that an administrator gets in; a role may have fewer.
const NUMBERS: &str = "SELECT split_part(current_setting('server_version'), ' ', 1), \
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
    (SELECT least(CASE WHEN rolconnlimit < 0 THEN most.connections ELSE rolconnlimit END, most.connections)::bigint \
     FROM pg_roles, (SELECT current_setting('max_connections')::bigint \
     - current_setting('superuser_reserved_connections')::bigint AS connections) AS most WHERE rolname = current_user), \
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

impl Ground for PostgresLink {
    const MIGRATIONS: &'static [Migration] = POSTGRES.migrations;

    async fn site(&mut self, place: &str) -> Result<Site, OpenServerError> {
        Ok(Site {
            place: place.to_owned(),
            schema: find_schema(self, place).await?,
        })
    }

    async fn occupy(&mut self, place: &str) -> Result<Site, OpenServerError> {
        let fault = |error| open_error(place, &error);
        self.client().batch_execute(BEGIN).await.map_err(fault)?;
        let site = self.site(place).await?;
        self.client().query_one(ONE_AT_A_TIME, &[]).await.map_err(fault)?;
        Ok(site)
    }

    async fn find_version(&mut self, site: &Site) -> Result<u32, OpenServerError> {
        let columns = self
            .client()
            .query_one(
                "SELECT count(a.attname) FILTER (WHERE a.attname IN ('k', 'v')), count(c.oid) FROM pg_class AS c \
                 JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid \
                 WHERE n.nspname = current_schema() AND c.relname = 'meta'",
                &[],
            )
            .await
            .map_err(|error| open_error(&site.place, &error))?;
        let (ours, any): (i64, i64) = (column(&columns, 0, site)?, column(&columns, 1, site)?);
        match (ours, any) {
            (_, 0) => Ok(0),
            (2, _) => {
                let version = find_meta(self, "schema_version").await;
                let version = version.map_err(|error| self.refusal(site, error))?;
                version
                    .and_then(|text| text.parse().ok())
                    .ok_or_else(|| foreign(site, "its table meta does not say a schema version"))
            }
            _ => Err(foreign(site, "its table meta is another program's")),
        }
    }

    async fn check_rights(&mut self, site: &Site) -> Result<(), OpenServerError> {
        let row = self
            .client()
            .query_opt(
                "SELECT c.relname::text, current_user::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND c.relkind = 'r' AND NOT (has_table_privilege(c.oid, 'SELECT') \
                 AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') \
                 AND has_table_privilege(c.oid, 'DELETE')) ORDER BY c.relname LIMIT 1",
                &[],
            )
            .await
            .map_err(|error| open_error(&site.place, &error))?;
        let Some(row) = row else { return Ok(()) };
        let (table, user): (String, String) = (column(&row, 0, site)?, column(&row, 1, site)?);
        let schema = &site.schema;
        Err(OpenServerError::Privilege {
            place: site.place.clone(),
            detail: format!("it cannot read and write the table {schema}.{table}"),
            remedy: format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}"
            ),
        })
    }

    async fn check_may_make(&mut self, site: &Site) -> Result<(), OpenServerError> {
        let may = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
        let may = self.client().query_one(may, &[]).await;
        match column(&may.map_err(|error| open_error(&site.place, &error))?, 0, site)? {
            true => Ok(()),
            false => Err(forbidden(
                site,
                format!("permission denied for schema {}", site.schema),
            )),
        }
    }

    async fn numbers(&mut self, site: &Site) -> Result<Numbers, OpenServerError> {
        let row = self.client().query_one(NUMBERS, &[]).await;
        let row = row.map_err(|error| open_error(&site.place, &error))?;
        let count =
            |index| column::<i64>(&row, index, site).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        Ok(Numbers {
            engine: format!("{NAME} {}", column::<String>(&row, 0, site)?),
            connections: count(1)?,
            connections_max: count(2)?,
            clock: Timestamp(column(&row, 3, site)?),
        })
    }

    async fn migrate(&mut self, site: &Site, migration: &Migration) -> Result<(), OpenServerError> {
        let made = self.client().batch_execute(migration.text).await;
        made.map_err(|error| unmade(site, &error))
    }

    async fn join_up(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    async fn leave(&mut self) -> Result<(), SqlError> {
        let committed = self.client().batch_execute("COMMIT").await;
        committed.map_err(|error| self.failed(&error))
    }

    fn refusal(&self, site: &Site, error: SqlError) -> OpenServerError {
        match error {
            SqlError::Forbidden(detail) => forbidden(site, detail),
            SqlError::Damaged(detail) => damaged(&site.place, &detail),
            other => unreachable(site.place.clone(), other.to_string()),
        }
    }
}

async fn find_schema(link: &mut PostgresLink, place: &str) -> Result<String, OpenServerError> {
    let row = link
        .client()
        .query_one(
            "SELECT current_schema()::text, current_setting('search_path')",
            &[],
        )
        .await;
    let row = row.map_err(|error| open_error(place, &error))?;
    let unread = |error: Error| damaged(place, &said(&error));
    let schema: Option<String> = row.try_get(0).map_err(unread)?;
    let path: String = row.try_get(1).map_err(unread)?;
    schema.ok_or_else(|| OpenServerError::Privilege {
        place: place.to_owned(),
        detail: format!("none of the schemas in search_path ({path}) is there for it"),
        remedy: "create one: CREATE SCHEMA name AUTHORIZATION user".to_owned(),
    })
}

fn column<'r, T: tokio_postgres::types::FromSql<'r>>(
    row: &'r Row,
    index: usize,
    site: &Site,
) -> Result<T, OpenServerError> {
    row.try_get(index)
        .map_err(|error| damaged(&site.place, &said(&error)))
}

fn foreign(site: &Site, detail: &str) -> OpenServerError {
    OpenServerError::Foreign {
        place: site.place.clone(),
        schema: format!("the schema {}", site.schema),
        detail: detail.to_owned(),
        remedy: "a database of its own, or a schema: options=-c%20search_path=symbolon in store.url",
    }
}

fn forbidden(site: &Site, detail: String) -> OpenServerError {
    let schema = &site.schema;
    OpenServerError::Privilege {
        place: site.place.clone(),
        detail,
        remedy: format!(
            "make it the owner of the schema and its tables (since version 15 nobody else may create any in public): \
             ALTER SCHEMA {schema} OWNER TO user"
        ),
    }
}

/// Why a step of the schema was not made.
fn unmade(site: &Site, error: &Error) -> OpenServerError {
    match error.code().map(tokio_postgres::error::SqlState::code) {
        Some("42501") => forbidden(site, said(error)),
        Some("42P07") => foreign(site, &said(error)),
        _ => open_error(&site.place, error),
    }
}
