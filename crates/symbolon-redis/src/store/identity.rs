//! Whose store it is, and the jump of the log's head after a restart.

use redis::{Cmd, ErrorKind, RedisError, Value};
use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, RandomnessUnavailable, draw};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::token::KeyCheck;
use tokio::time::timeout;

use super::changes::CHANGE_MAX;
use super::fault::Fault;
use super::open_error::OpenRedisStoreError;
use super::options::OpenRedisStore;
use super::reply::{list, number, parse, text};
use super::script::{Call, Place, Script, script};
use super::wire::Wire;
use crate::hello::Hello;
use crate::line::Line;
use crate::server::{Server, Unreached};

/// The form of the keys.
pub(super) const FORMAT: u32 = 2;

/// The oldest version that will do: it can trim a stream by its ids.
const OLDEST: (u32, u32, &str) = (6, 2, "6.2");

/// How far the head jumps at the least: more positions than could have been given out and lost with the end of the log.
const JUMP_LEAST: u32 = 1 << 20;

pub(super) static OPEN: Script = script!("open": "open");
static JUMP: Script = script!("move the head of the log": "base" "jump");

/// What a store says of itself.
pub(super) struct Identity {
    pub(super) cluster_id: [u8; 16],
    pub(super) high_water: Timestamp,
    pub(super) fresh: bool,
}

/// Goes there and finds the store, or makes one, which gets the id `known_as` or a drawn one.
pub(super) async fn find(
    server: &Server,
    prefix: &str,
    options: &OpenRedisStore,
    known_as: Option<[u8; 16]>,
) -> Result<Identity, OpenRedisStoreError> {
    let place = server.place();
    let line = server
        .connect(None)
        .await
        .map_err(|error| unreached(place, error))?;
    let hello = ask(&line, place, &redis::cmd("HELLO")).await?;
    check_server(place, &Hello::read(&hello))?;
    let chance = &*options.randomness;
    let no_resources = |fault: Fault| OpenRedisStoreError::NoResources {
        detail: fault.in_step("open").to_string(),
    };
    let call = open_call(options.key_check, options.now, options.make, chance).map_err(no_resources)?;
    let named = match known_as {
        Some(known) => Ok(known),
        None => draw(chance).map_err(no_chance),
    };
    let keys = place_of(prefix, &named.map_err(no_resources)?);
    let answer = ask(&line, place, &call.command(&keys, true)).await?;
    let words = words(answer).map_err(|fault| damaged(place, fault))?;
    judge(place, prefix, options, &words)
}

/// Asks who was reached, for as long as a change may take.
pub(super) async fn ask(line: &Line, place: &str, command: &Cmd) -> Result<Value, OpenRedisStoreError> {
    let answer = timeout(CHANGE_MAX, line.call(command)).await;
    let answer = answer.map_err(|_late| unready(place, "it does not answer in 2 s"))?;
    answer.map_err(|error| refusal(place, &error))
}

pub(super) fn check_server(place: &str, hello: &Hello) -> Result<(), OpenRedisStoreError> {
    if hello.mode == "cluster" {
        return Err(OpenRedisStoreError::Cluster);
    }
    if hello.mode == "sentinel" {
        return Err(OpenRedisStoreError::NotRedis {
            place: place.to_owned(),
            detail: "it is a Sentinel; write redis-sentinel://".to_owned(),
        });
    }
    if hello.is_replica() {
        return Err(OpenRedisStoreError::Replica {
            place: place.to_owned(),
        });
    }
    let mut numbers = hello
        .version
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let (major, minor, needed) = OLDEST;
    if found < (major, minor) {
        return Err(OpenRedisStoreError::OldVersion {
            place: place.to_owned(),
            found: hello.version.clone(),
            needed,
        });
    }
    Ok(())
}

/// The call that asks what is there, and makes a store where there is none if that is wanted.
fn open_call(
    key_check: KeyCheck,
    now: Timestamp,
    make: bool,
    chance: &dyn Randomness,
) -> Result<Call, Fault> {
    let head_id: [u8; 16] = draw(chance).map_err(no_chance)?;
    let mut call = Call::of(&OPEN);
    call.text(FORMAT)
        .text(hex(&key_check.0))
        .text(now.0)
        .arg(head_id)
        .text(u8::from(make));
    Ok(call)
}

/// The words of its answer.
fn words(answer: Value) -> Result<Vec<String>, Fault> {
    list(answer)?.into_iter().map(text).collect()
}

fn no_chance(error: RandomnessUnavailable) -> Fault {
    Fault::Unavailable(error.to_string())
}

/// Makes the store anew in a Redis that has lost it; `false`: it is there.
pub(super) async fn found_anew(
    wire: &Wire,
    key_check: KeyCheck,
    now: Timestamp,
    chance: &dyn Randomness,
) -> Result<bool, Fault> {
    let call = open_call(key_check, now, true, chance)?;
    let words = words(wire.ask(&call, CHANGE_MAX).await?)?;
    match words.first().map(String::as_str) {
        Some("fresh") => jump(wire, chance, None).await.map(|_head| true),
        // Whether it is ours, each step looks itself.
        Some("found") => Ok(false),
        _ => Err(Fault::Damaged("something else is where the store was".to_owned())),
    }
}

fn judge(
    place: &str,
    prefix: &str,
    options: &OpenRedisStore,
    words: &[String],
) -> Result<Identity, OpenRedisStoreError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [
            how @ ("found" | "fresh"),
            format,
            cluster_id,
            key_check,
            high_water,
        ] => {
            let bad = |what: &str| damaged(place, Fault::Damaged(format!("its {what} cannot be read")));
            check_format(place, format)?;
            check_key(place, key_check, &hex(&options.key_check.0))?;
            Ok(Identity {
                cluster_id: unhex(cluster_id).ok_or_else(|| bad("cluster id"))?,
                high_water: Timestamp(parse(high_water).map_err(|fault| damaged(place, fault))?),
                fresh: how == "fresh",
            })
        }
        ["none"] => Err(OpenRedisStoreError::Empty {
            place: place.to_owned(),
        }),
        ["foreign", what] => Err(foreign(place, prefix, what)),
        _ => Err(torn(place)),
    }
}

/// The form of the keys, if this release knows it.
pub(super) fn check_format(place: &str, format: &str) -> Result<u32, OpenRedisStoreError> {
    let format = parse(format).map_err(|fault| damaged(place, fault))?;
    if format > FORMAT {
        return Err(OpenRedisStoreError::NewerFormat {
            place: place.to_owned(),
            found: format,
            known: FORMAT,
        });
    }
    if format < FORMAT {
        return Err(OpenRedisStoreError::OlderFormat {
            place: place.to_owned(),
            found: format,
            known: FORMAT,
        });
    }
    Ok(format)
}

/// Another program's key is where the store's would be.
pub(super) fn foreign(place: &str, prefix: &str, what: &str) -> OpenRedisStoreError {
    OpenRedisStoreError::Foreign {
        place: place.to_owned(),
        prefix: prefix.to_owned(),
        detail: format!("the key {prefix}m holds {what}"),
    }
}

/// A part of a store is there.
pub(super) fn torn(place: &str) -> OpenRedisStoreError {
    let torn = "its data is there, and the key that says whose it is, is not".to_owned();
    damaged(place, Fault::Damaged(torn))
}

pub(super) fn check_key(place: &str, wanted: &str, given: &str) -> Result<(), OpenRedisStoreError> {
    if wanted == given {
        return Ok(());
    }
    // Enough to tell two keys apart.
    let begin = |text: &str| text.chars().take(8).collect();
    Err(OpenRedisStoreError::OtherKey {
        place: place.to_owned(),
        wanted: begin(wanted),
        given: begin(given),
    })
}

/// Moves the log's head beyond every position that may ever have been given out, if the server is another run than the
/// one under which the head last moved, or if it is not `beyond` a position; answers where the head is.
pub(super) async fn jump(
    wire: &Wire,
    chance: &dyn Randomness,
    beyond: Option<RevocationSeq>,
) -> Result<RevocationSeq, Fault> {
    let id: [u8; 16] = draw(chance).map_err(no_chance)?;
    // Of two jumps from one position, the second after the first was lost, each leads elsewhere.
    let further = u32::from_le_bytes(draw(chance).map_err(no_chance)?) % JUMP_LEAST;
    let mut call = Call::of(&JUMP);
    call.arg(id)
        .text(JUMP_LEAST + further)
        .text(wire.seen().0)
        .text(beyond.map_or(-1, |seq| i128::from(seq.0)));
    let head = RevocationSeq(number(wire.ask(&call, CHANGE_MAX).await?)?);
    wire.has_seen(head);
    Ok(head)
}

/// Whose keys these are.
pub(super) fn place_of(prefix: &str, cluster_id: &[u8; 16]) -> Place {
    Place {
        prefix: prefix.to_owned(),
        cluster_id: hex(cluster_id),
    }
}

pub(super) fn refused_open(place: &str, fault: Fault) -> OpenRedisStoreError {
    match fault {
        Fault::Damaged(_) => damaged(place, fault),
        other => unready(place, &other.in_step("open").to_string()),
    }
}

pub(super) fn unready(place: &str, detail: &str) -> OpenRedisStoreError {
    OpenRedisStoreError::Unready {
        place: place.to_owned(),
        detail: detail.to_owned(),
    }
}

pub(super) fn damaged(place: &str, fault: Fault) -> OpenRedisStoreError {
    let detail = match fault {
        Fault::Damaged(detail) | Fault::Unavailable(detail) | Fault::NotPrimary(detail) => detail,
        Fault::Restarted | Fault::UnknownScript => "a script was not run".to_owned(),
    };
    OpenRedisStoreError::Damaged {
        place: place.to_owned(),
        detail,
    }
}

pub(super) fn unreached(place: &str, error: Unreached) -> OpenRedisStoreError {
    match error {
        Unreached::Said(error) => refusal(place, &error),
        Unreached::Way { source, .. } if is_of_tls(&source) => OpenRedisStoreError::Untrusted {
            place: place.to_owned(),
            detail: source.to_string(),
        },
        other => OpenRedisStoreError::Unreachable {
            place: place.to_owned(),
            detail: other.to_string(),
        },
    }
}

/// Whether the server was there, and TLS was refused: by us, or by it.
fn is_of_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// What a server's words mean to who opens.
pub(super) fn refusal(place: &str, error: &RedisError) -> OpenRedisStoreError {
    let (place, detail) = (place.to_owned(), error.to_string());
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS" | "NOAUTH")) => {
            OpenRedisStoreError::Refused { place, detail }
        }
        (_, Some("NOPERM")) => OpenRedisStoreError::Privilege { place, detail },
        // So it is said of what a script would do.
        _ if detail.contains("can't run this command") => OpenRedisStoreError::Privilege { place, detail },
        (ErrorKind::RESP3NotSupported, _) => OpenRedisStoreError::OldVersion {
            place,
            found: "before 6".to_owned(),
            needed: OLDEST.2,
        },
        (ErrorKind::Parse, _) => OpenRedisStoreError::NotRedis { place, detail },
        (ErrorKind::Io, _) => OpenRedisStoreError::Unreachable { place, detail },
        _ if detail.contains("DB index") => OpenRedisStoreError::NoDatabase { place, detail },
        _ => OpenRedisStoreError::Unready {
            place,
            detail: match Fault::of(error) {
                Fault::Unavailable(why) | Fault::Damaged(why) | Fault::NotPrimary(why) => why,
                Fault::Restarted | Fault::UnknownScript => detail,
            },
        },
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let plain = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = plain.then(|| u128::from_str_radix(text, 16).ok())??;
    Some(number.to_be_bytes())
}
