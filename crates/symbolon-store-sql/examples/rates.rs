//! How fast a store on a server is, beside what the server does for clients that write one row each: creates, ends of
//! sessions, and one end on an idle server. It starts a server of its own.
//!
//! `cargo run --release -p symbolon-store-sql --example rates [postgres | mariadb]`

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, Params, Row, Value};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{MemberStore as _, SessionStore as _};
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenServer, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::{MariaDb, Postgres, StartMariaDb, StartPostgres};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long each measurement of a round takes.
const SPAN: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const SINGLE_ROW_CLIENTS: usize = 16;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure())
}

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Postgres,
    MariaDb,
}

impl Kind {
    fn asked() -> Self {
        match std::env::args().nth(1).as_deref() {
            Some("mariadb") => Self::MariaDb,
            _ => Self::Postgres,
        }
    }

    /// Starts one with the sizes that its project ships; servers of tests are smaller.
    fn start(self) -> Running {
        match self {
            Self::Postgres => {
                let start = StartPostgres::default().setting("max_wal_size", "1GB");
                Running::Postgres(start.setting("shared_buffers", "128MB").start())
            }
            Self::MariaDb => {
                let start = StartMariaDb::default().setting("innodb-log-file-size", "96M");
                Running::MariaDb(start.setting("innodb-buffer-pool-size", "128M").start())
            }
        }
    }
}

/// A server of its own. It ends when it is dropped.
enum Running {
    Postgres(Postgres),
    MariaDb(MariaDb),
}

impl Running {
    fn url(&self) -> String {
        match self {
            Self::Postgres(server) => server.url(),
            Self::MariaDb(server) => server.url(),
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Postgres(server) => server.address().port(),
            Self::MariaDb(server) => server.address().port(),
        }
    }
}

async fn measure() -> Outcome<()> {
    let kind = Kind::asked();
    let server = tokio::task::block_in_place(|| kind.start());
    let url = server.url();
    let options = OpenServer {
        url: url.clone(),
        key_check: KeyCheck([1; 32]),
        now: sample::BEGIN,
        sink: Arc::new(Recorded::default()),
        randomness: Arc::new(Seeded::new(1)),
        connections_max: 16,
    };
    let (store, _) = tokio::task::spawn_blocking(move || SqlStore::open_server(options)).await??;
    store
        .insert_session(sample::insert(sample::session("template", 0)))
        .await?;
    let (mut single, mut creates, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let numbers = Arc::new(AtomicU32::new(1));
    let mut spent = Spent::new(server.port())?;
    for _ in 0..ROUNDS {
        let rate = single_rows(kind, &url, &numbers).await?;
        single.push((0, rate, spent.each(rate)?));
        for callers in [64, 256] {
            let (rate, sessions) = create(&store, &numbers, callers).await?;
            creates.push((callers, rate, spent.each(rate)?));
            let rate = end(&store, sessions, callers).await?;
            ends.push((callers, rate, spent.each(rate)?));
        }
    }
    let mut out = std::io::stdout();
    let limit = write_median(&mut out, "16 clients, one row each", &single, None)?;
    for callers in [64, 256] {
        for (what, rates) in [("create", &creates), ("end", &ends)] {
            let of: Vec<_> = rates.iter().filter(|rate| rate.0 == callers).copied().collect();
            write_median(&mut out, &format!("{what}, {callers} callers"), &of, Some(limit))?;
        }
    }
    one_by_one(&store, &numbers, &mut out).await
}

/// How many callers there were, how much they did in a second, and the processor time of each.
type Rate = (usize, f64, f64);

/// Writes what is in the middle, and what it is of the limit: by the clock, and by processor time, which others on the machine
/// do not change.
fn write_median(
    out: &mut impl std::io::Write,
    what: &str,
    rates: &[Rate],
    limit: Option<(f64, f64)>,
) -> Outcome<(f64, f64)> {
    let middle = |of: fn(&Rate) -> f64| {
        let mut of: Vec<_> = rates.iter().map(of).collect();
        of.sort_by(f64::total_cmp);
        of.get(of.len() / 2).copied().unwrap_or_default()
    };
    let (rate, cost) = (middle(|rate| rate.1), middle(|rate| rate.2));
    write!(out, "{what}: {rate:.0}/s, {cost:.0} µs of a processor")?;
    if let Some((limit_rate, limit_cost)) = limit {
        write!(
            out,
            "; {:.2} of the rate, {:.2} of the cost",
            rate / limit_rate,
            cost / limit_cost
        )?;
    }
    let all: Vec<_> = rates.iter().map(|rate| rate.1.round()).collect();
    writeln!(out, " {all:?}")?;
    Ok((rate, cost))
}

/// The processor time that the server and this process have used.
struct Spent {
    server: String,
    before: f64,
    at: Instant,
}

impl Spent {
    fn new(port: u16) -> Outcome<Self> {
        let mut spent = Self {
            server: format!("{port}"),
            before: 0.0,
            at: Instant::now(),
        };
        spent.before = spent.total()?;
        Ok(spent)
    }

    /// What each of so many in a second has cost since the last time, in microseconds.
    fn each(&mut self, rate: f64) -> Outcome<f64> {
        let (total, now) = (self.total()?, Instant::now());
        let count = rate * now.duration_since(self.at).as_secs_f64();
        let each = (total - self.before) * 1e6 / count;
        (self.before, self.at) = (total, now);
        Ok(each)
    }

    /// Of this process, of the process that was told that port, and of those that it has begun; in seconds
    /// (proc_pid_stat(5): a tick is a hundredth).
    fn total(&self) -> Outcome<f64> {
        let mut stats = Vec::new();
        for process in std::fs::read_dir("/proc")?.flatten() {
            let read = |name: &str| std::fs::read_to_string(process.path().join(name)).unwrap_or_default();
            let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            let words = read("cmdline");
            let is_server =
                !words.starts_with("sh\0") && words.split('\0').any(|word| word.ends_with(&self.server));
            let stat = read("stat");
            let fields = stat
                .rsplit_once(") ")
                .map(|(_, rest)| rest.to_owned())
                .unwrap_or_default();
            let parent = fields.split(' ').nth(1).and_then(|id| id.parse().ok());
            let fields: Vec<f64> = fields
                .split(' ')
                .skip(1)
                .map(|field| field.parse().unwrap_or(0.0))
                .collect();
            stats.push((id, parent.unwrap_or(0), is_server, fields));
        }
        let servers: Vec<u32> = stats.iter().filter(|stat| stat.2).map(|stat| stat.0).collect();
        let mut ticks = 0.0;
        for (id, parent, is_server, fields) in stats {
            let own: f64 = fields.get(10..12).unwrap_or_default().iter().sum();
            let of_children: f64 = fields.get(12..14).unwrap_or_default().iter().sum();
            if is_server {
                ticks += own + of_children;
            } else if servers.contains(&parent) || id == std::process::id() {
                ticks += own;
            }
        }
        Ok(ticks / 100.0)
    }
}

/// The same row in the same table with the same indexes, and nothing else.
async fn single_rows(kind: Kind, url: &str, numbers: &Arc<AtomicU32>) -> Outcome<f64> {
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..SINGLE_ROW_CLIENTS {
        let (url, numbers) = (url.to_owned(), Arc::clone(numbers));
        clients.spawn(async move {
            match kind {
                Kind::Postgres => single_row_client(&url, &numbers, begun + SPAN).await,
                Kind::MariaDb => single_row_client_of_mariadb(&url, &numbers, begun + SPAN).await,
            }
        });
    }
    let mut rows = 0;
    while let Some(done) = clients.join_next().await {
        rows += done??;
    }
    Ok(f64::from(rows) / begun.elapsed().as_secs_f64())
}

async fn single_row_client(url: &str, numbers: &AtomicU32, until: Instant) -> Outcome<u32> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let mut wire = JoinSet::new();
    wire.spawn(connection);
    let insert = client.prepare(&insert_text(&client).await?).await?;
    let mut rows = 0;
    while Instant::now() < until {
        let session = next(numbers);
        let (id, subject) = (session.id.as_bytes().as_slice(), session.subject.as_str());
        client.execute(&insert, &[&id, &subject]).await?;
        rows += 1;
    }
    Ok(rows)
}

async fn single_row_client_of_mariadb(url: &str, numbers: &AtomicU32, until: Instant) -> Outcome<u32> {
    let url = url.split('?').next().unwrap_or(url);
    let mut conn = Conn::new(Opts::from_url(url)?).await?;
    let template: Option<Row> = conn
        .exec_first("SELECT * FROM sessions WHERE subject = 'template'", ())
        .await?;
    let template = template.ok_or("there is no template")?;
    let names: Vec<_> = template
        .columns_ref()
        .iter()
        .map(|column| column.name_str().into_owned())
        .collect();
    let text = format!(
        "INSERT INTO sessions ({}) VALUES ({})",
        names.join(", "),
        vec!["?"; names.len()].join(", ")
    );
    let mut values = template.unwrap();
    let insert = conn.prep(text).await?;
    let mut rows = 0;
    while Instant::now() < until {
        let session = next(numbers);
        let new = [
            session.id.as_bytes().as_slice(),
            session.subject.as_str().as_bytes(),
        ];
        for (place, new) in values.iter_mut().zip(new) {
            *place = Value::Bytes(new.to_owned());
        }
        conn.exec_drop(&insert, Params::Positional(values.clone()))
            .await?;
        rows += 1;
    }
    Ok(rows)
}

/// The template's row, but for its id and its subject.
async fn insert_text(client: &Client) -> Outcome<String> {
    let names = "SELECT column_name::text FROM information_schema.columns \
        WHERE table_schema = current_schema() AND table_name = 'sessions' ORDER BY ordinal_position";
    let rows = client.query(names, &[]).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let quoted: Vec<_> = names
        .iter()
        .map(|name| format!("quote_nullable({name}::text)"))
        .collect();
    let template = format!(
        "SELECT {} FROM sessions WHERE subject = 'template'",
        quoted.join(", ")
    );
    let row = client.query_one(&template, &[]).await?;
    let mut values = vec!["$1".to_owned(), "$2".to_owned()];
    for index in 2..names.len() {
        values.push(row.try_get(index)?);
    }
    Ok(format!(
        "INSERT INTO sessions ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    ))
}

/// The next session, of a subject that has no other.
fn next(numbers: &AtomicU32) -> Session {
    let number = numbers.fetch_add(1, Ordering::Relaxed);
    sample::session(&format!("subject {number}"), number)
}

async fn create(
    store: &SqlStore,
    numbers: &Arc<AtomicU32>,
    callers: usize,
) -> Outcome<(f64, Vec<SessionId>)> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (store, numbers) = (store.clone(), Arc::clone(numbers));
        tasks.spawn(async move {
            let mut made = Vec::new();
            while begun.elapsed() < SPAN {
                let session = next(&numbers);
                made.push(session.id);
                store.insert_session(sample::insert(session)).await?;
            }
            Outcome::Ok(made)
        });
    }
    let mut made = Vec::new();
    while let Some(done) = tasks.join_next().await {
        made.extend(done??);
    }
    Ok((made.len() as f64 / begun.elapsed().as_secs_f64(), made))
}

async fn end(store: &SqlStore, sessions: Vec<SessionId>, callers: usize) -> Outcome<f64> {
    let (begun, count) = (Instant::now(), sessions.len());
    let mut tasks = JoinSet::new();
    for some in sessions.chunks(count.div_ceil(callers)) {
        let (store, some) = (store.clone(), some.to_vec());
        tasks.spawn(async move {
            for id in some {
                store.revoke_session(sample::revoke(id)).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

/// One end after the other on an idle server, and what follows from it: the members are read.
async fn one_by_one(
    store: &SqlStore,
    numbers: &Arc<AtomicU32>,
    out: &mut impl std::io::Write,
) -> Outcome<()> {
    let (mut ends, mut creates) = (Vec::new(), Vec::new());
    for _ in 0..1_000 {
        let session = next(numbers);
        let id = session.id;
        let asked = Instant::now();
        store.insert_session(sample::insert(session)).await?;
        creates.push(asked.elapsed());
        let asked = Instant::now();
        store.revoke_session(sample::revoke(id)).await?;
        store.list_members().await?;
        ends.push(asked.elapsed());
    }
    for (what, times) in [("create", &mut creates), ("end", &mut ends)] {
        times.sort_unstable();
        let [half, most] = [times.len() / 2, times.len() * 99 / 100].map(|at| times.get(at).copied());
        writeln!(
            out,
            "one {what} on an idle server: p50 {:?}, p99 {:?}",
            half.unwrap_or_default(),
            most.unwrap_or_default()
        )?;
    }
    Ok(())
}
