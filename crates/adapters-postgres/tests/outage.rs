//! A server that is killed, and comes back.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use muster_adapters_postgres::testkit::{Cluster, TestStore};
use muster_domain::store::{Store, StoreError};
use muster_domain::testkit::fixture::{id, user};
use muster_domain::time::Timestamp;
use muster_domain::user::query::View;
use tokio::sync::oneshot;

const CONNECTIONS: usize = 4;

/// Adds an account in a unit of work of its own.
async fn add(store: &dyn Store, short_id: &str) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.users().insert(&[user(short_id, short_id)]).await?;
    work.commit().await
}

/// Holds every connection at once, so that each is open.
async fn open_all(store: &dyn Store) {
    let readings = futures_util::future::try_join_all((0..CONNECTIONS).map(|_| store.read())).await.unwrap();
    assert_eq!(readings.len(), CONNECTIONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_told_and_its_return_needs_no_restart() {
    let cluster = Cluster::own();
    let store = cluster.store().await;
    add(&*store, "a").await.unwrap();
    open_all(&*store).await;
    let mut begun = store.begin().await.unwrap();
    begun.users().insert(&[user("b", "bob")]).await.unwrap();

    cluster.stop();
    let meanwhile = tokio::time::timeout(Duration::from_secs(10), add(&*store, "c")).await.unwrap();
    let half_done = begun.commit().await;
    cluster.start();

    assert!(matches!(meanwhile, Err(StoreError::Unavailable(_))), "{meanwhile:?}");
    assert!(matches!(half_done, Err(StoreError::Unavailable(_))), "{half_done:?}");
    add(&*store, "d").await.unwrap();
    let mut reading = store.read().await.unwrap();
    assert!(reading.users().by_id(&id("a")).await.unwrap().is_some());
    assert!(reading.users().by_id(&id("b")).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_fails_once_at_most() {
    let cluster = Cluster::own();
    let store = cluster.store().await;
    add(&*store, "a").await.unwrap();
    open_all(&*store).await;

    cluster.restart();

    let mut failures = 0;
    while store.read().await.unwrap().users().by_id(&id("a")).await.is_err() {
        failures += 1;
    }
    assert!(failures <= CONNECTIONS, "{failures}");
    open_all(&*store).await;
}

/// Adds accounts one after another until it is told to stop; gives the numbers of those that were acknowledged.
async fn load(store: Arc<TestStore>, is_over: Arc<AtomicBool>, began: oneshot::Sender<()>) -> Vec<u32> {
    let (mut acknowledged, mut began) = (Vec::new(), Some(began));
    for number in 0.. {
        if add(&**store, &format!("u{number}x")).await.is_ok() {
            acknowledged.push(number);
            let _ = began.take().map(|began| began.send(()));
        }
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        tokio::task::yield_now().await;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_under_load_is_there_afterwards() {
    let cluster = Cluster::own();
    let store = Arc::new(cluster.store().await);
    let is_over = Arc::new(AtomicBool::new(false));
    let (begins, began) = oneshot::channel();
    let loading = tokio::spawn(load(Arc::clone(&store), Arc::clone(&is_over), begins));
    began.await.unwrap();

    tokio::task::block_in_place(|| cluster.restart());

    is_over.store(true, Ordering::SeqCst);
    let acknowledged = loading.await.unwrap();
    let ids: Vec<_> = acknowledged.iter().map(|number| id(&format!("u{number}x"))).collect();
    let found = store.read().await.unwrap().users().by_ids(&ids, Timestamp::NEVER, &View::Everybody).await.unwrap();
    assert_eq!(found.len(), ids.len());
}
