//! Whose store it is: the schema, the single facts in `meta`, and the jump of the log after a restart.

use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, draw};
use symbolon_core::token::KeyCheck;

use super::jump::jump_if_restarted;
use super::{Numbers, OpenServer, OpenServerError, Wire};
use crate::dialect::{Migration, SERVES_FROM};
use crate::hex::{hex, unhex};
use crate::link::{SqlError, Statement, Value};
use crate::sqlite::Opened;

/// Where a store is, for messages.
pub(crate) struct Site {
    /// Host, port and database.
    pub(crate) place: String,
    /// The schema, or the database where that is the same.
    pub(crate) schema: String,
}

/// What each kind of server does in its own way when a store is opened.
pub(crate) trait Ground: Wire {
    /// The schema, step by step.
    const MIGRATIONS: &'static [Migration];

    /// Where the store is, or is to be made.
    async fn site(&mut self, place: &str) -> Result<Site, OpenServerError>;

    /// Waits until no other process opens the same store, and keeps them away.
    async fn occupy(&mut self, place: &str) -> Result<Site, OpenServerError>;

    /// The version of the schema that is there; zero where there is none, or one whose first step was cut off.
    async fn find_version(&mut self, site: &Site) -> Result<u32, OpenServerError>;

    /// Finds a table that the user may not change: better said at the start than at the first log-in.
    async fn check_rights(&mut self, site: &Site) -> Result<(), OpenServerError>;

    /// Refuses a user who may make no table, where all are still to be made.
    async fn check_may_make(&mut self, site: &Site) -> Result<(), OpenServerError>;

    /// What the server says of itself.
    async fn numbers(&mut self, site: &Site) -> Result<Numbers, OpenServerError>;

    /// Makes a step of the schema.
    async fn migrate(&mut self, site: &Site, migration: &Migration) -> Result<(), OpenServerError>;

    /// From here to the end all is one transaction, if it was none before.
    async fn join_up(&mut self) -> Result<(), SqlError>;

    /// Makes all of it durable, and lets others open.
    async fn leave(&mut self) -> Result<(), SqlError>;

    /// What an error means to who opens.
    fn refusal(&self, site: &Site, error: SqlError) -> OpenServerError;
}

/// Makes the schema what this release needs, and jumps if the server was restarted.
pub(super) async fn establish<G: Ground>(
    ground: &mut G,
    place: &str,
    options: &OpenServer,
) -> Result<Opened, OpenServerError> {
    let site = ground.occupy(place).await?;
    let found = find_known_version(ground, &site).await?;
    if found > 0 {
        check_key(ground, &site, options.key_check).await?;
        ground.check_rights(&site).await?;
    }
    for migration in G::MIGRATIONS.iter().filter(|step| step.number > found) {
        ground.migrate(&site, migration).await?;
        let written = note_step(ground, migration.number, options).await;
        written.map_err(|error| ground.refusal(&site, error))?;
    }
    let cluster_id = unhex(&get_meta(ground, &site, "cluster_id").await?)
        .ok_or_else(|| damaged(place, "its cluster id is not 32 hexadecimal digits"))?;
    let high_water = get_meta(ground, &site, "time_high_water").await?;
    let high_water = high_water
        .parse()
        .map_err(|_| damaged(place, "its newest instant is not a number"))?;
    let head = async {
        ground.join_up().await?;
        let head = jump_if_restarted(ground, &*options.randomness).await?;
        ground.leave().await?;
        Ok(head)
    };
    let head = head.await.map_err(|error| ground.refusal(&site, error))?;
    Ok(Opened {
        cluster_id,
        high_water: Timestamp(high_water),
        head,
        fresh: found == 0,
    })
}

/// The version to which opening brings a store.
pub(super) fn newest<G: Ground>() -> u32 {
    G::MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// The version of the schema that is there. One that this release does not know is refused, but where a newer release
/// has said that it serves this one too.
pub(super) async fn find_known_version<G: Ground>(
    ground: &mut G,
    site: &Site,
) -> Result<u32, OpenServerError> {
    let (found, known) = (ground.find_version(site).await?, newest::<G>());
    if found > known && !serves(ground, site, known).await? {
        return Err(OpenServerError::NewerSchema {
            place: site.place.clone(),
            found,
            known,
        });
    }
    Ok(found)
}

/// Whether a newer release has left the schema so that one that knows it up to `known` goes on.
async fn serves<G: Ground>(ground: &mut G, site: &Site, known: u32) -> Result<bool, OpenServerError> {
    let from = find_meta(ground, "schema_serves_from").await;
    let from = from.map_err(|error| ground.refusal(site, error))?;
    let from: Option<u32> = from.and_then(|from| from.parse().ok());
    Ok(from.is_some_and(|from| from <= known))
}

/// Refuses a store that was made with another master key.
pub(super) async fn check_key<G: Ground>(
    ground: &mut G,
    site: &Site,
    given: KeyCheck,
) -> Result<(), OpenServerError> {
    let wanted = find_meta(ground, "key_check").await;
    let given = hex(&given.0);
    match wanted.map_err(|error| ground.refusal(site, error))? {
        Some(wanted) if wanted == given => Ok(()),
        Some(wanted) => Err(OpenServerError::OtherKey {
            place: site.place.clone(),
            // Enough to tell two keys apart.
            wanted: wanted.chars().take(8).collect(),
            given: given.chars().take(8).collect(),
        }),
        None => Err(damaged(
            &site.place,
            "it does not say which master key it belongs to",
        )),
    }
}

/// Writes that a step is made, last: a store without it does not have the step.
async fn note_step<W: Wire>(wire: &mut W, number: u32, options: &OpenServer) -> Result<(), SqlError> {
    if number == 1 {
        write_first(wire, options).await?;
    }
    write_meta(wire, "schema_serves_from", &SERVES_FROM.to_string()).await?;
    write_meta(wire, "schema_version", &number.to_string()).await
}

static FIRST_HEAD: Statement =
    Statement::new("INSERT {ignore} INTO rev_head (one, seq, id, floor) VALUES (1, 0, ?, 0) {or_ignore}");
static FIRST_EPOCH: Statement = Statement::new(
    "INSERT {ignore} INTO global_epoch (one, epoch, epoch_at, epoch_reason) VALUES (1, 0, 0, 'revoked') {or_ignore}",
);

/// The rows that every store has from its beginning.
async fn write_first<W: Wire>(wire: &mut W, options: &OpenServer) -> Result<(), SqlError> {
    let chance = &*options.randomness;
    write_meta(wire, "cluster_id", &hex(&random(chance)?)).await?;
    write_meta(wire, "key_check", &hex(&options.key_check.0)).await?;
    // Of no start of any server: so the log's head jumps at once.
    write_meta(wire, "boot_id", "none").await?;
    write_meta(wire, "time_high_water", &options.now.0.to_string()).await?;
    wire.execute(&FIRST_HEAD, &[(&random(chance)?).into()]).await?;
    wire.execute(&FIRST_EPOCH, &[]).await?;
    Ok(())
}

fn random(chance: &dyn Randomness) -> Result<[u8; 16], SqlError> {
    draw(chance).map_err(|error| SqlError::Unavailable(error.to_string()))
}

static READ_META: Statement = Statement::new("SELECT v FROM meta WHERE k = ?");
static SET_META: Statement = Statement::new("UPDATE meta SET v = ? WHERE k = ?");
static ADD_META: Statement = Statement::new("INSERT INTO meta (v, k) VALUES (?, ?)");

/// One of the single facts.
pub(crate) async fn find_meta<W: Wire>(wire: &mut W, key: &str) -> Result<Option<String>, SqlError> {
    wire.find(&READ_META, &[key.into()], |fields| {
        fields.text("v").map(str::to_owned)
    })
    .await
}

/// Writes one of the single facts.
pub(crate) async fn write_meta<W: Wire>(wire: &mut W, key: &str, value: &str) -> Result<(), SqlError> {
    let params: [Value<'_>; 2] = [value.into(), key.into()];
    if wire.execute(&SET_META, &params).await? == 0 {
        wire.change_one(&ADD_META, &params).await?;
    }
    Ok(())
}

async fn get_meta<G: Ground>(ground: &mut G, site: &Site, key: &str) -> Result<String, OpenServerError> {
    let found = find_meta(ground, key).await;
    let found = found.map_err(|error| ground.refusal(site, error))?;
    found.ok_or_else(|| damaged(&site.place, &format!("its {key} is missing")))
}

/// A store that cannot be read.
pub(crate) fn damaged(place: &str, detail: &str) -> OpenServerError {
    OpenServerError::Damaged {
        place: place.to_owned(),
        detail: detail.to_owned(),
    }
}
