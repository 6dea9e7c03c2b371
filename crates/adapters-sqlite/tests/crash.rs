//! What was acknowledged outlives a process that is killed.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use muster_adapters_sqlite::{SqliteOptions, SqliteStore};
use muster_domain::id::UserId;
use muster_domain::store::Store as _;
use muster_domain::testkit::fixture::{audit, id, password, user};
use muster_domain::time::Timestamp;
use muster_domain::user::query::View;

/// Names the file to the process that is to be killed.
const FILE: &str = "MUSTER_TEST_KILLED_FILE";
/// Accounts acknowledged before the process is killed.
const BEFORE: usize = 200;

async fn open(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(SqliteOptions { path: path.to_owned(), readers: 1, is_synchronous_full: false }).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Signs one person up in three tables, and says so once it lasts.
async fn sign_up(store: &SqliteStore, name: &str) {
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user(name, name)]).await.unwrap();
    work.credentials().insert(&[password(name, "hash")]).await.unwrap();
    work.audits().record(&[audit(name)]).await.unwrap();
    work.commit().await.unwrap();
    println!("acknowledged {name}");
}

/// Does nothing but in the process that [`a_killed_process_loses_nothing_acknowledged`] starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let store = std::sync::Arc::new(open(Path::new(&path)).await);
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..100_000 {
                sign_up(&store, &format!("u{writer}{number:06}x")).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// Starts the process, kills it in the middle of its work, and gives the names it acknowledged.
fn acknowledged_by_a_killed_process(path: &Path) -> Vec<String> {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut names = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        names.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
        if names.len() == BEFORE {
            process.kill().unwrap();
        }
    }
    assert!(!process.wait().unwrap().success());
    names
}

fn count(connection: &mut SqliteConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    diesel::sql_query(sql).get_result::<Row>(connection).unwrap().n
}

#[tokio::test]
async fn a_killed_process_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muster.db");

    let names = acknowledged_by_a_killed_process(&path);

    assert!(names.len() >= BEFORE);
    let store = open(&path).await;
    let ids: Vec<UserId> = names.iter().map(|name| id(name)).collect();
    let there = store.read().await.unwrap().users().by_ids(&ids, Timestamp::NEVER, &View::Everybody).await.unwrap();
    assert_eq!(there.len(), names.len());
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let half = "SELECT count(*) AS n FROM users WHERE id NOT IN (SELECT user_id FROM credentials) OR id NOT IN (SELECT id FROM audits)";
    assert_eq!(count(&mut connection, half), 0);
    let accounts = count(&mut connection, "SELECT count(*) AS n FROM users");
    assert_eq!(count(&mut connection, "SELECT count(*) AS n FROM audits"), accounts);
    let broken = "SELECT count(*) AS n FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    assert_eq!(count(&mut connection, broken), 0);
    sign_up(&store, "afterwards").await;
}
