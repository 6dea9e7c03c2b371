//! How many statements the hot paths cost.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use diesel::connection::{Instrumentation, InstrumentationEvent};
use fresh::{Fresh, fresh_store};
use muster_domain::credential::{Digest, KeyId};
use muster_domain::session::Guard;
use muster_domain::store::{LockRules, LoginName, Shown, Store as _};
use muster_domain::testkit::fixture::{BORN, id, new_session, password, user};
use muster_domain::user::query::View;

/// Connections in this process add what they run to this list; the tests take turns at it.
static SEEN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const RULES: LockRules = LockRules { limit: 1, first_lock_ms: 60_000, longest_lock_ms: 60_000 };
const ENDS: [&str; 6] = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA"];

#[expect(clippy::unnecessary_wraps, reason = "diesel wants an Option")]
fn listener() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { query, .. } => SEEN.lock().unwrap().push(query.to_string()),
        InstrumentationEvent::CacheQuery { sql, .. } => SEEN.lock().unwrap().push(format!("CACHE {sql}")),
        _ => {}
    }))
}

/// What was run since the last call, but for the marks of transactions.
fn seen() -> Vec<String> {
    let statements = std::mem::take(&mut *SEEN.lock().unwrap());
    statements.into_iter().filter(|sql| !sql.starts_with("CACHE") && !ENDS.iter().any(|end| sql.starts_with(end))).collect()
}

/// A text whose hashes are the same as a session's and as an access token's.
fn shown(hashes: &[Digest]) -> Shown {
    Shown { sessions: hashes.to_vec(), access_tokens: hashes.to_vec() }
}

async fn store_with_ada() -> Fresh {
    diesel::connection::set_default_instrumentation(listener).unwrap();
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();
    work.credentials().insert(&[password("ada", "hash")]).await.unwrap();
    work.commit().await.unwrap();
    seen();
    store
}

#[tokio::test]
async fn a_sign_in_costs_three_statements() {
    let _turn = TURN.lock().await;
    let store = store_with_ada().await;
    let mut work = store.begin().await.unwrap();

    let login = LoginName::Text("ada@example.test".to_owned());
    let attempt = work.credentials().attempt(&login, &RULES, BORN).await.unwrap().unwrap();
    assert!(attempt.is_open);
    assert!(work.sessions().open(&new_session("s", "ada"), attempt.guard).await.unwrap());
    work.commit().await.unwrap();

    let statements = seen();
    assert_eq!(statements.len(), 3, "{statements:#?}");
}

#[tokio::test]
async fn a_locked_account_costs_two_statements() {
    let _turn = TURN.lock().await;
    let store = store_with_ada().await;
    let mut work = store.begin().await.unwrap();
    work.credentials().attempt(&LoginName::Id(id("ada")), &RULES, BORN).await.unwrap();
    seen();

    let attempt = work.credentials().attempt(&LoginName::Id(id("ada")), &RULES, BORN).await.unwrap().unwrap();

    assert!(!attempt.is_open);
    assert_eq!(seen().len(), 2);
}

#[tokio::test]
async fn a_session_is_found_in_one_statement_whatever_the_keys() {
    let _turn = TURN.lock().await;
    let store = store_with_ada().await;
    let mut work = store.begin().await.unwrap();
    assert!(work.sessions().open(&new_session("s", "ada"), Guard { credential_epoch: 0, global_epoch: 0 }).await.unwrap());
    work.commit().await.unwrap();
    let mut hashes = vec![new_session("s", "ada").token];

    for count in 1..=4 {
        seen();
        assert!(store.read().await.unwrap().sessions().by_token(&shown(&hashes)).await.unwrap().is_some());
        assert_eq!(seen().len(), 1, "{count} keys");
        hashes.insert(0, Digest::new(KeyId::new("other"), format!("hash {count}")));
    }
}

#[tokio::test]
async fn look_ups_cost_one_statement() {
    let _turn = TURN.lock().await;
    let store = store_with_ada().await;
    let mut reading = store.read().await.unwrap();
    let ada = user("ada", "ada");

    assert_eq!(reading.users().by_id(&ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(seen().len(), 1);
    assert_eq!(reading.users().by_login("ada@example.test").await.unwrap(), Some(ada.clone()));
    assert_eq!(seen().len(), 1);
    assert_eq!(
        reading
            .users()
            .by_ids(std::slice::from_ref(&ada.id), BORN.before(std::time::Duration::from_secs(1)), &View::Everybody)
            .await
            .unwrap(),
        [ada]
    );
    assert_eq!(seen().len(), 1);
}

#[tokio::test]
async fn statements_are_prepared_once_a_connection() {
    let _turn = TURN.lock().await;
    let store = store_with_ada().await;
    let ask = async || {
        SEEN.lock().unwrap().clear();
        let mut reading = store.read().await.unwrap();
        reading.users().by_id(&id("ada")).await.unwrap();
        reading.users().by_login("ada").await.unwrap();
        reading.users().by_ids(&[id("ada")], BORN, &View::Everybody).await.unwrap();
        reading.sessions().by_token(&shown(&[new_session("s", "ada").token])).await.unwrap();
        SEEN.lock().unwrap().iter().filter(|sql| sql.starts_with("CACHE")).count()
    };

    let mut prepared = 0;
    for _ in 0..50 {
        prepared += ask().await;
    }

    // Four statements on each of two readers at most, and not a look-up that prepared nothing to keep.
    assert!((4..=8).contains(&prepared), "{prepared}");
}
