//! The promise, while the server is killed again and again under load.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use symbolon_testkit::history::{self, Invariant, audit, leaks};
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::workload::{Plan, Workload};

/// What the task asks for, and a few more.
const ROUNDS: u64 = 55;
/// Enough that every kind of step is under way when the process dies.
const OPERATIONS_PER_ROUND: u64 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_five_times_under_load_it_keeps_every_promise() {
    let mut server = Start::binary(env!("CARGO_BIN_EXE_symbolon"))
        // Log-ins are to be a part of the load, not the whole of it.
        .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
        .env("SYMBOLON_LOGIN__ARGON2__ITERATIONS", "1")
        .ready()
        .await;
    let password = server.first_password().await;
    let key = server.api_key("workload", "issue,verify,revoke,admin");
    let plan = Plan {
        account: Some(("admin".to_owned(), password.clone())),
        ..Plan::default()
    };
    let workload = Workload::new(server.address(), key.clone(), plan);
    for number in 0..ROUNDS {
        let mut round = workload.begin(number);
        round.until_answered(OPERATIONS_PER_ROUND).await;
        server.kill9().await;
        workload.process_ended();
        round.stop().await;
        server.restart().await;
    }
    workload.read_everything().await;
    server.sigterm();
    assert!(server.wait_exit().await.success());

    let seen = workload.history();
    let mut findings = history::check(&seen);
    findings.join(audit::check(
        &seen,
        &audit_record(&server.data_dir().join("symbolon.db")),
    ));
    let mut secrets = workload.secrets();
    secrets.add(&password);
    secrets.add_token(&key);
    let artefacts = artefacts(&server);
    findings.join(leaks::find(
        &secrets,
        artefacts.iter().map(|(name, bytes)| (&**name, &**bytes)),
    ));

    println!("opportunities: {:?}", findings.opportunities);
    assert_eq!(findings.violations, []);
    let invariants = [
        Invariant::I1,
        Invariant::I2,
        Invariant::I3,
        Invariant::I4,
        Invariant::I6,
        Invariant::I10,
        Invariant::I12,
    ];
    for invariant in invariants {
        assert!(
            findings.chances(invariant) > 100,
            "{invariant:?} was hardly tried"
        );
    }
}

/// The audit record as it lies in the file, after the server has ended.
fn audit_record(database: &Path) -> Vec<audit::Entry> {
    let store = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut entries = store
        .prepare("SELECT event, session_id, subject FROM audit")
        .unwrap();
    let read = entries.query_map([], |row| {
        let session: Option<[u8; 16]> = row.get(1)?;
        Ok(audit::Entry {
            event: row.get(0)?,
            session: session.map(|bytes| uuid::Uuid::from_bytes(bytes).to_string()),
            subject: row.get(2)?,
        })
    });
    read.unwrap().map(Result::unwrap).collect()
}

/// All that the server wrote anywhere: its output, and every file of its folder but the one that
/// holds the master key, which is a secret's own place.
fn artefacts(server: &Server) -> Vec<(String, Vec<u8>)> {
    let said_once = format!("password: {}", server.admin_password().unwrap_or_default());
    let stderr = server.stderr().replacen(&said_once, "", 1);
    let mut all = vec![
        ("standard output".to_owned(), server.stdout().into_bytes()),
        ("standard error".to_owned(), stderr.into_bytes()),
    ];
    for entry in std::fs::read_dir(server.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("master.key") {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}
