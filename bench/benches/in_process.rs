//! What a verify costs inside a program, beside what its parts cost at the least.
//!
//! An own harness, not criterion: the figures asked for are those of two threads, each pinned to its
//! core and begun at the same moment, and of limits that take turns with the product round by round,
//! so that a slow minute of the machine hits all alike. Criterion times one closure after the other.
//!
//! Usage: cargo bench -p symbolon-bench --bench in_process [-- ROUNDS [SESSIONS]]

use std::alloc::System;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::sync::Barrier;

use anyhow::{Context as _, ensure};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use rustix::thread::{CpuSet, sched_setaffinity};
use sha2::{Digest as _, Sha256};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use symbolon::session::TokenStyle;
use symbolon::subject::SubjectId;
use symbolon::token::RawToken;
use symbolon::{NewSession, SignedTokens, SigningAlg, Symbolon, Verdict};
use symbolon_bench::filled::fill;
use symbolon_bench::samples::{Samples, number, table};
use symbolon_bench::stopwatch;

/// Counts allocations. A verify makes none, so it does not matter to it which allocator is below.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The length of a token of 32 random bytes in base64url, which the limits hash.
const PLAIN_LEN: usize = 43;

/// How many sessions fit into the caches of a core.
const FEW: usize = 10_000;

/// A prime: steps of this length meet each of a million entries once.
const STRIDE: usize = 7_919;

/// Look-ups of one thread in one measurement.
const LOOKUPS: usize = 2_000_000;

/// The same where each has a signature to verify, which takes a hundred times as long.
const SIGNED_LOOKUPS: usize = 20_000;

/// All tokens, one behind the other, so that reading them is no random access of its own.
struct Tokens {
    text: String,
    len: usize,
    count: usize,
}

impl Tokens {
    fn get(&self, index: usize) -> &str {
        let start = index % self.count * self.len;
        &self.text[start..start + self.len]
    }

    /// As many bytes of a token as a plain one has.
    fn plain(&self, index: usize) -> &[u8] {
        &self.get(index).as_bytes()[self.len - PLAIN_LEN..]
    }
}

/// About what a verify needs of a session.
struct Session {
    subject: u64,
    expires_at: u64,
    idle_expires_at: u64,
    epoch: u64,
}

/// Keys are SHA-256 values: eight of their bytes are a good hash already.
#[derive(Default)]
struct FirstEight(u64);

impl Hasher for FirstEight {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map = papaya::HashMap<[u8; 32], Session, BuildHasherDefault<FirstEight>>;

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn map_of(tokens: &Tokens) -> Map {
    let map = Map::default();
    let pinned = map.pin();
    for step in 0..tokens.count {
        // Not in the order of the look-ups: entries that lie in memory as they are asked for would be
        // fetched ahead.
        let index = step * STRIDE % tokens.count;
        let number = index as u64;
        let session = Session {
            subject: number,
            expires_at: u64::MAX,
            idle_expires_at: u64::MAX - 1,
            epoch: 1,
        };
        pinned.insert(digest(tokens.plain(index)), session);
    }
    drop(pinned);
    map
}

fn look_up(map: &Map, token: &[u8]) -> Option<u64> {
    let pinned = map.pin();
    let session = pinned.get(&digest(token))?;
    let live = session.expires_at > 1 && session.idle_expires_at > 1 && session.epoch == 1;
    live.then_some(session.subject)
}

fn verify(symbolon: &Symbolon, token: &str) -> Option<u64> {
    let token = symbolon.read_token(token).ok()?;
    match symbolon.verify_from_memory(&token)? {
        Verdict::Active(live) => Some(live.expires_at.0.cast_unsigned()),
        Verdict::Inactive(_) => None,
    }
}

/// One thing to measure.
struct Case<'a> {
    name: String,
    lookups: usize,
    operation: Box<dyn Fn(usize) -> Option<u64> + Sync + 'a>,
    nanoseconds: [Samples; 2],
}

impl<'a> Case<'a> {
    fn new(name: impl Into<String>, operation: impl Fn(usize) -> Option<u64> + Sync + 'a) -> Self {
        Self::of(LOOKUPS, name, operation)
    }

    fn of(
        lookups: usize,
        name: impl Into<String>,
        operation: impl Fn(usize) -> Option<u64> + Sync + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            lookups,
            operation: Box::new(operation),
            nanoseconds: Default::default(),
        }
    }

    /// One round: with one thread and with two.
    fn measure(&mut self) -> anyhow::Result<()> {
        for threads in [1, 2] {
            let nanoseconds = run(threads, self.lookups, &*self.operation)?;
            self.nanoseconds[threads - 1].push(nanoseconds);
        }
        Ok(())
    }

    fn row(&self) -> Vec<String> {
        let [one, two] = &self.nanoseconds;
        let gain = 2.0 / two.ratio_to(one);
        vec![
            self.name.clone(),
            one.spread(1),
            two.spread(1),
            number(2e9 / two.median(), 0),
            number(gain, 2),
        ]
    }
}

/// How long one operation takes in each of so many threads, all at once: nanoseconds.
fn run(
    threads: usize,
    lookups: usize,
    operation: &(dyn Fn(usize) -> Option<u64> + Sync),
) -> anyhow::Result<f64> {
    let gate = Barrier::new(threads);
    let work = |thread: usize| {
        let mut only = CpuSet::new();
        only.set(thread);
        sched_setaffinity(None, &only).context("pin a thread")?;
        // Each begins elsewhere.
        let first = thread * lookups / 2;
        gate.wait();
        let start = stopwatch::now();
        let mut found = 0;
        for index in first..first + lookups {
            found += usize::from(black_box(operation(index)).is_some());
        }
        let taken = start.elapsed();
        ensure!(
            found == lookups,
            "only {found} of {lookups} look-ups found something"
        );
        Ok(taken.as_secs_f64() * 1e9 / lookups as f64)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let count = threads.len() as f64;
        let mut sum = 0.0;
        for thread in threads {
            sum += thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread has panicked"))??;
        }
        Ok(sum / count)
    })
}

/// How many runs of [`FEW`] verifies there are, and in how many of them nothing was allocated. What
/// runs beside allocates now and then, and the count is of the whole process: so it is taken often.
fn without_allocation(symbolon: &Symbolon, tokens: &Tokens) -> (usize, usize) {
    let runs = tokens.count.div_ceil(FEW);
    let is_clean = |run: &usize| {
        let region = Region::new(ALLOCATOR);
        for index in run * FEW..(run + 1) * FEW {
            black_box(verify(symbolon, tokens.get(index)));
        }
        region.change().allocations == 0
    };
    (runs, (0..runs).filter(is_clean).count())
}

/// A Symbolon whose access tokens are signed, and a token of it.
async fn signing(alg: SigningAlg) -> anyhow::Result<(Symbolon, String)> {
    let signed = SignedTokens {
        style: TokenStyle::Jwt,
        alg,
        ..SignedTokens::default()
    };
    let (symbolon, _) = Symbolon::builder()
        .in_memory()
        .near_capacity(u32::try_from(FEW)?)
        .signed_tokens(signed)
        .open()
        .await?;
    let session = NewSession::of(SubjectId::new("user-1024")?);
    let issued = symbolon.issue(session, &symbolon.origin_of_system()).await??;
    let text = symbolon.access_text(&issued).await?.to_string();
    Ok((symbolon, text))
}

/// What a bare library makes of the same text: the signature and the instants, by the published key. A secret is not
/// published, so HS256 is compared with a token of the library's own.
fn bare(
    symbolon: &Symbolon,
    alg: SigningAlg,
    text: &str,
) -> anyhow::Result<(DecodingKey, Validation, String)> {
    let mut text = text.to_owned();
    let key = match alg {
        SigningAlg::Hs256 => {
            let claims = text.split('.').nth(1).context("read the claims")?;
            let claims: serde_json::Value =
                serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes())?)?;
            let header = jsonwebtoken::Header::new(Algorithm::HS256);
            text = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&[7; 32]))?;
            DecodingKey::from_secret(&[7; 32])
        }
        _ => {
            let keys = symbolon.public_keys();
            let key = keys.first().context("read the published key")?;
            let part = |part: &Option<String>| part.clone().context("read a part of the key");
            match alg {
                SigningAlg::EdDsa => DecodingKey::from_ed_components(&part(&key.x)?)?,
                SigningAlg::Es256 => DecodingKey::from_ec_components(&part(&key.x)?, &part(&key.y)?)?,
                _ => DecodingKey::from_rsa_components(&part(&key.n)?, &part(&key.e)?)?,
            }
        }
    };
    let mut validation = Validation::new(alg.as_str().parse()?);
    validation.set_issuer(&["symbolon"]);
    validation.validate_nbf = true;
    Ok((key, validation, text))
}

fn argument(index: usize, default: usize) -> anyhow::Result<usize> {
    // Cargo adds its own word.
    let mut given = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    given.nth(index).map_or(Ok(default), |word| {
        word.parse().with_context(|| format!("read the number {word:?}"))
    })
}

/// A server in memory with so many sessions, all in its near cache, and their tokens.
async fn filled(sessions: usize) -> anyhow::Result<(Symbolon, Tokens)> {
    let (symbolon, _) = Symbolon::builder()
        .in_memory()
        .near_capacity(u32::try_from(sessions)?)
        .open()
        .await?;
    let mut tokens = fill(&symbolon, sessions).await?;
    // A full table may have evicted one here or there.
    tokens.retain(|tokens| verify(&symbolon, &tokens.access).is_some());
    let count = tokens.len();
    ensure!(
        count * 1_000 >= sessions * 999,
        "only {count} of {sessions} sessions are in the near cache"
    );
    let text: String = tokens.iter().map(|tokens| tokens.access.as_str()).collect();
    let len = text.len() / count;
    Ok((symbolon, Tokens { text, len, count }))
}

/// A verify of opaque tokens, and its limits.
fn opaque_cases<'a>(symbolon: &'a Symbolon, tokens: &'a Tokens, map: &'a Map) -> Vec<Case<'a>> {
    let sessions = number(tokens.count as f64, 0);
    let few = number(FEW as f64, 0);
    vec![
        Case::new("limit: SHA-256 of a token of 43 bytes", |index| {
            Some(digest(tokens.plain(index))[0].into())
        }),
        Case::new(
            format!("limit: the same, and papaya with {sessions} entries"),
            |index| look_up(map, tokens.plain(index)),
        ),
        Case::new("parse the token alone", |index| {
            RawToken::parse(tokens.get(index))
                .ok()
                .map(|token| token.generation().0.into())
        }),
        Case::new(
            format!("verify, {sessions} sessions, {few} of them in turn"),
            |index| verify(symbolon, tokens.get(index % FEW)),
        ),
        Case::new(
            format!("**verify, {sessions} sessions, random access**"),
            |index| verify(symbolon, tokens.get(index)),
        ),
    ]
}

/// A server that signs in one way, a token of it, and what a bare library makes of such a token.
struct Signing {
    alg: SigningAlg,
    symbolon: Symbolon,
    text: String,
    bare: (DecodingKey, Validation, String),
}

impl Signing {
    async fn of(alg: SigningAlg) -> anyhow::Result<Self> {
        let (symbolon, text) = signing(alg).await?;
        let bare = bare(&symbolon, alg, &text)?;
        Ok(Self {
            alg,
            symbolon,
            text,
            bare,
        })
    }

    /// A verify of its token, and the bare library's.
    fn cases(&self) -> [Case<'_>; 2] {
        let alg = self.alg.as_str();
        let (key, validation, bare) = &self.bare;
        [
            Case::of(SIGNED_LOOKUPS, format!("verify, signed with {alg}"), |_| {
                verify(&self.symbolon, &self.text)
            }),
            Case::of(
                SIGNED_LOOKUPS,
                format!("jsonwebtoken alone, {alg}: no session is looked up"),
                move |_| {
                    let read = jsonwebtoken::decode::<serde_json::Value>(bare, key, validation);
                    read.ok().map(|read| read.claims.to_string().len() as u64)
                },
            ),
        ]
    }
}

fn main() -> anyhow::Result<()> {
    let (rounds, sessions) = (argument(0, 5)?, argument(1, 1_000_000)?);
    let runtime = tokio::runtime::Runtime::new()?;
    eprintln!("issuing {sessions} sessions");
    let (symbolon, tokens) = runtime.block_on(filled(sessions))?;
    let map = map_of(&tokens);
    let mut signed = Vec::new();
    for alg in SigningAlg::ALL {
        signed.push(runtime.block_on(Signing::of(alg))?);
    }
    let mut cases = opaque_cases(&symbolon, &tokens, &map);
    cases.extend(signed.iter().flat_map(Signing::cases));
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        cases.iter_mut().try_for_each(Case::measure)?;
    }
    let rows: Vec<_> = cases.iter().map(Case::row).collect();
    let head = [
        "in process",
        "ns, 1 thread",
        "ns, 2 threads",
        "together, per second",
        "gain of the second",
    ];
    println!("{}", table(&head, &rows));
    let (runs, clean) = without_allocation(&symbolon, &tokens);
    println!(
        "Runs of {} verifies without any allocation: {clean} of {runs}.",
        number(FEW as f64, 0)
    );
    drop(cases);
    runtime.block_on(symbolon.stop());
    Ok(())
}
