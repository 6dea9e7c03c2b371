//! Callers that go away, and the connections they leave behind.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::time::Duration;

use muster_adapters_postgres::testkit::Cluster;
use muster_adapters_postgres::{PgOptions, PgStore};
use muster_domain::store::{Store, StoreError, UniqueField};
use muster_domain::testkit::fixture::{id, password, user};
use tokio_postgres::{Client, NoTls};

/// A store with one connection, so that whoever spoils it is found out.
async fn narrow(url: &str) -> PgStore {
    PgStore::open(PgOptions { connections: 1, wait_timeout: Duration::from_secs(20), ..PgOptions::new(url) }).await.unwrap()
}

async fn onlooker(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The server's processes that serve the store.
async fn backends(onlooker: &Client) -> Vec<i32> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'muster' ORDER BY pid";
    onlooker.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Comes back once one of the store's statements waits for a lock.
async fn somebody_waits(onlooker: &Client) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while onlooker.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
}

/// The store's first connection, once the one that opening it used is gone.
async fn first_backend(store: &PgStore, onlooker: &Client) -> Vec<i32> {
    let reading = store.read().await.unwrap();
    let mut seen = backends(onlooker).await;
    while seen.len() > 1 {
        seen = backends(onlooker).await;
    }
    drop(reading);
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_up_costs_no_connection() {
    let url = Cluster::shared().database().await;
    let (store, onlooker) = (narrow(url.as_str()).await, onlooker(url.as_str()).await);
    let before = first_backend(&store, &onlooker).await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    work.commit().await.unwrap();

    for _ in 0..3 {
        let mut work = store.begin().await.unwrap();
        let refused = work.users().insert(&[user("a", "ada")]).await;
        assert!(matches!(refused, Err(StoreError::Taken(UniqueField::Id))), "{refused:?}");
    }

    assert!(store.read().await.unwrap().users().by_id(&id("a")).await.unwrap().is_some());
    assert_eq!(backends(&onlooker).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_of_work_can_not_be_committed() {
    let url = Cluster::shared().database().await;
    let store = narrow(url.as_str()).await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    work.users().insert(&[user("b", "ada")]).await.unwrap_err();

    let committed = work.commit().await;

    assert!(matches!(committed, Err(StoreError::Unavailable(_))), "{committed:?}");
    assert!(!store.read().await.unwrap().users().any().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_look_up_gives_its_connection_back_idle() {
    let url = Cluster::shared().database().await;
    let (store, onlooker) = (narrow(url.as_str()).await, onlooker(url.as_str()).await);
    let before = first_backend(&store, &onlooker).await;
    onlooker.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let mut reading = store.read().await.unwrap();
    tokio::select! {
        found = async { reading.users().any().await } => unreachable!("{found:?}"),
        () = somebody_waits(&onlooker) => {}
    }
    drop(reading);
    onlooker.batch_execute("ROLLBACK").await.unwrap();

    assert!(!store.read().await.unwrap().users().any().await.unwrap());
    assert_eq!(backends(&onlooker).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_unit_of_work_is_undone_and_gives_its_connection_back() {
    let url = Cluster::shared().database().await;
    let (store, onlooker) = (narrow(url.as_str()).await, onlooker(url.as_str()).await);
    let before = first_backend(&store, &onlooker).await;
    onlooker.batch_execute("BEGIN; LOCK TABLE audits, credentials IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    tokio::select! {
        renewed = async { work.credentials().insert(&[password("a", "hash")]).await } => unreachable!("{renewed:?}"),
        () = somebody_waits(&onlooker) => {}
    }
    drop(work);
    onlooker.batch_execute("ROLLBACK").await.unwrap();

    assert!(!store.read().await.unwrap().users().any().await.unwrap());
    assert_eq!(backends(&onlooker).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_not_awaited_can_not_be_committed() {
    let url = Cluster::shared().database().await;
    let (store, onlooker) = (narrow(url.as_str()).await, onlooker(url.as_str()).await);
    onlooker.batch_execute("BEGIN; LOCK TABLE credentials IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut work = store.begin().await.unwrap();
    tokio::select! {
        forgot = async { work.credentials().insert(&[password("a", "hash")]).await } => unreachable!("{forgot:?}"),
        () = somebody_waits(&onlooker) => {}
    }
    onlooker.batch_execute("ROLLBACK").await.unwrap();

    assert!(matches!(work.commit().await, Err(StoreError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_connection_is_told_in_time() {
    let url = Cluster::shared().database().await;
    let options = PgOptions { connections: 1, wait_timeout: Duration::from_millis(500), ..PgOptions::new(url.as_str()) };
    let store = PgStore::open(options).await.unwrap();
    let _held = store.begin().await.unwrap();

    let refused = store.begin().await.err();

    assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_not_waited_for_without_end() {
    let url = Cluster::shared().database().await;
    let options = PgOptions { statement_timeout: Duration::from_millis(100), ..PgOptions::new(url.as_str()) };
    let (store, onlooker) = (PgStore::open(options).await.unwrap(), onlooker(url.as_str()).await);
    onlooker.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let refused = store.read().await.unwrap().users().any().await;

    let Err(StoreError::Unavailable(cause)) = refused else { unreachable!("{refused:?}") };
    assert!(cause.to_string().contains("timeout"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_leaves_no_connection_behind() {
    let url = Cluster::shared().database().await;
    let (store, onlooker) = (narrow(url.as_str()).await, onlooker(url.as_str()).await);
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();

    tokio::join!(store.close(), async { drop(work) });

    assert!(matches!(store.read().await.err(), Some(StoreError::Unavailable(_))));
    assert!(matches!(store.begin().await.err(), Some(StoreError::Unavailable(_))));
    // The server lets go of a connection a moment after it was told.
    while !backends(&onlooker).await.is_empty() {
        tokio::task::yield_now().await;
    }
}
