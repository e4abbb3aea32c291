//! Opening a store in MySQL or MariaDB. A change of a schema is its own transaction there, so a start that is cut off
//! leaves a part of a step: the next one goes on with it.

use std::collections::BTreeSet;

use mysql_async::Error;
use mysql_async::prelude::Queryable as _;
use symbolon_core::clock::Timestamp;

use super::connection::settings;
use super::fault::{open_error, said, unreachable};
use super::flavor::Flavor;
use super::link::MySqlLink;
use crate::dialect::{MYSQL, Migration};
use crate::link::SqlError;
use crate::server::identity::{damaged, find_meta, write_meta};
use crate::server::{Ground, Numbers, OpenServerError, STATEMENT_MAX, Site, Uncommitted, Wire as _};

/// Processes that open one store at once wait for each other here; a lock's name has 64 letters at the most. A change of
/// the schema, and the wait for another process that makes it, may take longer than an operation.
const OCCUPY: &str = "SELECT get_lock(concat('symbolon/', md5(database())), 60)";
const LEAVE: &str = "DO release_lock(concat('symbolon/', md5(database())))";

/// Says which right is missing, and makes nothing: no table has two columns of one name.
const MAY_MAKE: &str = "CREATE TABLE symbolon_probe (one BIGINT, one BIGINT)";

const NUMBERS: &str = "SELECT version(), @@max_connections, @@max_user_connections, \
    cast(unix_timestamp(sysdate(3)) * 1000 AS SIGNED)";
const CONNECTED: &str = "SHOW GLOBAL STATUS LIKE 'Threads_connected'";

impl Ground for MySqlLink {
    const MIGRATIONS: &'static [Migration] = MYSQL.migrations;

    async fn site(&mut self, place: &str) -> Result<Site, OpenServerError> {
        let schema: Result<Option<String>, Error> = self.conn().query_first("SELECT database()").await;
        let schema = schema.map_err(|error| open_error(place, &error))?;
        Ok(Site {
            place: place.to_owned(),
            schema: schema.unwrap_or_default(),
        })
    }

    async fn occupy(&mut self, place: &str) -> Result<Site, OpenServerError> {
        let site = self.site(place).await?;
        let patient = patience(self.flavor());
        let patient = self.conn().query_drop(patient).await;
        patient.map_err(|error| open_error(place, &error))?;
        if self.count(&site, OCCUPY).await? == 1 {
            return Ok(site);
        }
        let detail = "another process has been opening the store for a minute";
        Err(unreachable(place.to_owned(), detail.to_owned()))
    }

    async fn find_version(&mut self, site: &Site) -> Result<u32, OpenServerError> {
        let tables = self.tables(site).await?;
        if !tables.contains("meta") {
            return match tables.first() {
                Some(table) => Err(foreign(site, &format!("it has a table {table}"))),
                None => Ok(0),
            };
        }
        let columns = "SELECT count(column_name) FROM information_schema.columns WHERE table_schema = database() \
            AND table_name = 'meta' AND column_name IN ('k', 'v')";
        if self.count(site, columns).await? != 2 {
            return Err(foreign(site, "its table meta is another program's"));
        }
        let version = find_meta(self, "schema_version").await;
        let version = version.map_err(|error| self.refusal(site, error))?;
        let rows = self.count(site, "SELECT count(k) FROM meta").await?;
        match version.map(|text| text.parse()) {
            Some(Ok(version)) => Ok(version),
            // The first start was cut off after its first statement.
            None if rows == 0 && tables.len() == 1 => Ok(0),
            _ => Err(foreign(site, "its table meta does not say a schema version")),
        }
    }

    /// Nothing is changed, but would have to be allowed.
    async fn check_rights(&mut self, site: &Site) -> Result<(), OpenServerError> {
        for table in self.tables(site).await? {
            let tried = format!(
                "INSERT INTO {table} SELECT t.* FROM {table} AS t WHERE 1 = 0; DELETE FROM {table} WHERE 1 = 0"
            );
            self.control(&tried)
                .await
                .map_err(|error| self.refusal(site, error))?;
        }
        let update = "UPDATE meta SET v = v WHERE 1 = 0; UPDATE sessions SET state = state WHERE 1 = 0";
        self.control(update)
            .await
            .map_err(|error| self.refusal(site, error))
    }

    async fn check_may_make(&mut self, site: &Site) -> Result<(), OpenServerError> {
        match self.control(MAY_MAKE).await {
            Err(SqlError::Forbidden(detail)) => Err(forbidden(site, detail)),
            _ => Ok(()),
        }
    }

    async fn numbers(&mut self, site: &Site) -> Result<Numbers, OpenServerError> {
        let fault = |error| open_error(&site.place, &error);
        let told: Option<(String, u32, u32, i64)> = self.conn().query_first(NUMBERS).await.map_err(fault)?;
        let (version, most, own_most, clock) = told.unwrap_or_default();
        let connected: Option<(String, String)> = self.conn().query_first(CONNECTED).await.map_err(fault)?;
        let connections = connected.and_then(|(_, count)| count.parse().ok());
        let version = version.split('-').next().unwrap_or_default();
        Ok(Numbers {
            engine: format!("{} {version}", self.flavor().name()),
            connections: connections.unwrap_or_default(),
            // Zero: no other limit than everyone's.
            connections_max: if own_most == 0 { most } else { own_most.min(most) },
            clock: Timestamp(clock),
        })
    }

    async fn migrate(&mut self, site: &Site, migration: &Migration) -> Result<(), OpenServerError> {
        let text = migration.text.replace("{collation}", self.flavor().collation());
        for statement in statements(&text) {
            match self.conn().query_drop(&statement).await {
                Ok(()) => {}
                Err(error) if is_made(&error) => {}
                Err(error) => return Err(unmade(site, &error)),
            }
            if migration.number == 1 && statement.starts_with("CREATE TABLE meta ") {
                // From here on it is a store that is being made.
                let written = write_meta(self, "schema_version", "0").await;
                written.map_err(|error| self.refusal(site, error))?;
            }
        }
        Ok(())
    }

    async fn join_up(&mut self) -> Result<(), SqlError> {
        self.begin(STATEMENT_MAX).await
    }

    async fn leave(&mut self) -> Result<(), SqlError> {
        match self.commit().await {
            Ok(()) => {}
            Err(Uncommitted::Refused(error)) => return Err(error),
            Err(Uncommitted::Unknown(detail)) => return Err(SqlError::Unavailable(detail)),
        }
        let leave = format!("{LEAVE}; {}", settings(self.flavor()));
        self.control(&leave).await
    }

    fn refusal(&self, site: &Site, error: SqlError) -> OpenServerError {
        match error {
            SqlError::Forbidden(detail) => forbidden(site, detail),
            SqlError::Damaged(detail) => damaged(&site.place, &detail),
            other => unreachable(site.place.clone(), other.to_string()),
        }
    }
}

impl MySqlLink {
    /// Those of the store's tables that are there.
    async fn tables(&mut self, site: &Site) -> Result<BTreeSet<String>, OpenServerError> {
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()";
        let found: Result<Vec<String>, Error> = self.conn().query(tables).await;
        let mut found = found.map_err(|error| open_error(&site.place, &error))?;
        let ours = our_tables();
        found.retain(|table| ours.contains(table.as_str()));
        Ok(found.into_iter().collect())
    }

    async fn count(&mut self, site: &Site, query: &str) -> Result<i64, OpenServerError> {
        let found: Result<Option<i64>, Error> = self.conn().query_first(query).await;
        let found = found.map_err(|error| open_error(&site.place, &error))?;
        Ok(found.unwrap_or(0))
    }
}

/// The limits while a store is opened; `settings` brings back the usual ones.
fn patience(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::MariaDb => "SET lock_wait_timeout = 60, max_statement_time = 0",
        Flavor::MySql => "SET lock_wait_timeout = 60, wait_timeout = 60",
    }
}

/// The tables that a store has, or has had.
fn our_tables() -> BTreeSet<&'static str> {
    let lines = MYSQL.migrations.iter().flat_map(|step| step.text.lines());
    let named = lines.filter_map(|line| line.strip_prefix("CREATE TABLE "));
    named.filter_map(|rest| rest.split(' ').next()).collect()
}

/// The statements of a step. None has a semicolon inside a literal.
fn statements(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n");
    let statements = text.split(';').map(str::trim);
    statements
        .filter(|statement| !statement.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a statement of a step has been made by a start that was cut off: a table, a column or an index is there, or is
/// gone.
fn is_made(error: &Error) -> bool {
    matches!(error, Error::Server(theirs) if [1050, 1060, 1061, 1051, 1091].contains(&theirs.code))
}

fn foreign(site: &Site, detail: &str) -> OpenServerError {
    OpenServerError::Foreign {
        place: site.place.clone(),
        schema: format!("the database {}", site.schema),
        detail: detail.to_owned(),
        remedy: "a database of its own",
    }
}

fn forbidden(site: &Site, detail: String) -> OpenServerError {
    OpenServerError::Privilege {
        place: site.place.clone(),
        detail,
        remedy: format!("GRANT ALL ON {}.* TO user", site.schema),
    }
}

/// Why a step of the schema was not made.
fn unmade(site: &Site, error: &Error) -> OpenServerError {
    match error {
        Error::Server(theirs) if [1044, 1142, 1227].contains(&theirs.code) => forbidden(site, said(error)),
        _ => open_error(&site.place, error),
    }
}
