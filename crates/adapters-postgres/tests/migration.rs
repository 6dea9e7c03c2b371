//! Bringing the tables up to date.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use muster_adapters_postgres::testkit::{Cluster, execute};
use muster_adapters_postgres::{MigrateError, PgOptions, PgStore};

/// The names of all migrations, in order.
fn all() -> Vec<String> {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres")).unwrap();
    let mut names: Vec<_> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn open(url: &str) -> PgStore {
    PgStore::open(PgOptions::new(url)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_nodes_that_start_at_once_one_migrates() {
    let url = Cluster::shared().empty_database().await;
    let nodes = [open(url.as_str()).await, open(url.as_str()).await, open(url.as_str()).await];
    let pending = nodes[0].pending().await.unwrap();

    let (a, b, c) = tokio::join!(nodes[0].migrate(), nodes[1].migrate(), nodes[2].migrate());

    let mut applied = [a.unwrap(), b.unwrap(), c.unwrap()];
    applied.sort_by_key(Vec::len);
    assert_eq!(pending, all());
    assert_eq!(applied, [Vec::new(), Vec::new(), pending]);
    assert!(nodes[0].pending().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_up_to_date_is_left_alone() {
    let url = Cluster::shared().database().await;

    assert!(open(url.as_str()).await.migrate().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_runtime_of_one_thread_migrates_too() {
    let url = Cluster::shared().empty_database().await;

    assert_eq!(open(url.as_str()).await.migrate().await.unwrap().len(), all().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_is_undone_and_told() {
    let url = Cluster::shared().empty_database().await;
    execute(url.as_str(), "CREATE TABLE service_state (name text)").await;
    let store = open(url.as_str()).await;

    let failed = store.migrate().await;

    assert!(matches!(failed, Err(MigrateError::Failed(_))), "{failed:?}");
    assert_eq!(store.pending().await.unwrap().len(), all().len());
    execute(url.as_str(), "DROP TABLE service_state").await;
    assert_eq!(store.migrate().await.unwrap().len(), all().len());
}
