//! Units of work and look-ups beside each other, and callers who stop waiting.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use std::pin::pin;
use std::task::Poll;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use fresh::{fresh_store, options};
use muster_adapters_sqlite::SqliteStore;
use muster_domain::store::{Store, StoreError};
use muster_domain::testkit::fixture::{audit, id, user};
use muster_domain::user::User;

async fn is_there(store: &dyn Store, short_id: &str) -> bool {
    store.read().await.unwrap().users().by_id(&id(short_id)).await.unwrap().is_some()
}

async fn sign_up(store: &dyn Store, name: &str) {
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user(name, name)]).await.unwrap();
    work.commit().await.unwrap();
}

fn crowd() -> Vec<User> {
    (0..3_000).map(|n| user(&format!("c{n:06}x"), &format!("c{n:06}"))).collect()
}

/// Asks once and doesn't wait for the answer; tells whether it was there already.
async fn ask_once<T>(future: std::pin::Pin<&mut (impl Future<Output = T> + ?Sized)>) -> bool {
    let mut future = future;
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

#[tokio::test]
async fn look_ups_answer_during_a_long_write() {
    let store = fresh_store().await;
    sign_up(&*store, "ada").await;
    let mut work = store.begin().await.unwrap();
    let (first, crowd) = (id("c000000x"), crowd());
    let mut users = work.users().insert(&crowd);
    assert!(!ask_once(users.as_mut()).await);

    let mut reading = store.read().await.unwrap();
    assert!(reading.users().by_username(&user("a", "ada").username).await.unwrap().is_some());
    users.await.unwrap();
    assert!(reading.users().by_id(&first).await.unwrap().is_none());
    work.commit().await.unwrap();

    assert!(reading.users().by_id(&first).await.unwrap().is_some());
}

#[tokio::test]
async fn look_ups_answer_while_another_program_writes() {
    let store = fresh_store().await;
    sign_up(&*store, "ada").await;
    let mut other = SqliteConnection::establish(store.path().to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE; DELETE FROM users").unwrap();

    assert!(is_there(&*store, "ada").await);
}

#[tokio::test]
async fn a_write_whose_caller_left_is_not_committed() {
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    let crowd = crowd();
    let mut insert = work.users().insert(&crowd);
    assert!(!ask_once(insert.as_mut()).await);

    drop(insert);
    let refused = work.commit().await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    sign_up(&*store, "ada").await;
    assert!(is_there(&*store, "ada").await);
    assert!(!is_there(&*store, "c000000x").await);
}

#[tokio::test]
async fn a_look_up_whose_caller_left_harms_no_other() {
    let store = fresh_store().await;
    sign_up(&*store, "ada").await;
    let mut reading = store.read().await.unwrap();
    let ada = id("ada");
    for _ in 0..100 {
        let mut left = reading.users().by_id(&ada);
        let _ = ask_once(left.as_mut()).await;
    }

    assert!(reading.users().by_id(&ada).await.unwrap().is_some());
}

#[tokio::test]
async fn who_stops_waiting_for_a_unit_of_work_leaves_none_open() {
    let store = fresh_store().await;
    {
        let mut begun = pin!(store.begin());
        assert!(!ask_once(begun.as_mut()).await);
    }

    sign_up(&*store, "ada").await;

    assert!(is_there(&*store, "ada").await);
}

#[tokio::test]
async fn a_commit_whose_caller_left_still_ends() {
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();
    {
        let mut commit = pin!(work.commit());
        let _ = ask_once(commit.as_mut()).await;
    }

    // Its turn comes once the other has ended.
    sign_up(&*store, "bob").await;

    assert!(is_there(&*store, "ada").await);
}

#[tokio::test]
async fn a_dropped_unit_of_work_is_undone() {
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();
    work.audits().record(&[audit("e")]).await.unwrap();

    drop(work);

    sign_up(&*store, "bob").await;
    assert!(!is_there(&*store, "ada").await);
    assert!(store.read().await.unwrap().audits().latest(9).await.unwrap().is_empty());
}

// The clock of the test runs ahead whenever nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn a_unit_of_work_waits_only_so_long_for_its_turn() {
    let store = fresh_store().await;
    let held = store.begin().await.unwrap();

    let refused = store.begin().await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    tokio::time::resume();
    drop(held);
    assert!(store.begin().await.is_ok());
}

#[tokio::test]
async fn no_change_of_runtime_matters() {
    let store = fresh_store().await;
    let path = store.path();
    // As a web server's workers do: one runtime of one thread each.
    let elsewhere = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let store: SqliteStore = runtime.block_on(SqliteStore::open(options(&path))).unwrap();
        runtime.block_on(sign_up(&store, "ada"));
        drop(runtime);
        store
    });
    let opened_elsewhere = elsewhere.join().unwrap();

    assert!(is_there(&opened_elsewhere, "ada").await);
    assert!(is_there(&*store, "ada").await);
}
