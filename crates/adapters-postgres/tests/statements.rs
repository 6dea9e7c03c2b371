//! How many statements the calls of every request cost.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use muster_adapters_postgres::testkit::Cluster;
use muster_domain::store::{LockRules, LoginName, Shown, Store};
use muster_domain::testkit::fixture::{BORN, id, new_session, password, user};

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

#[expect(clippy::unnecessary_wraps, reason = "diesel asks for this type")]
fn counter() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            STATEMENTS.fetch_add(1, Ordering::SeqCst);
        }
    }))
}

/// How many statements a future cost.
async fn cost<T>(future: impl Future<Output = T>) -> (T, usize) {
    let before = STATEMENTS.load(Ordering::SeqCst);
    let value = future.await;
    (value, STATEMENTS.load(Ordering::SeqCst) - before)
}

// One test alone: the count is the whole process's.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_and_a_look_up_cost_one_statement_each() {
    set_default_instrumentation(counter).unwrap();
    let store = Cluster::shared().store().await;
    let rules = LockRules { limit: 3, first_lock_ms: 1, longest_lock_ms: 1 };
    let session = new_session("s", "a");
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    work.credentials().insert(&[password("a", "hash")]).await.unwrap();
    let by_name = LoginName::Text("ada".to_owned());

    let (attempt, attempt_cost) = cost(async { work.credentials().attempt(&by_name, &rules, BORN).await.unwrap().unwrap() }).await;
    let (is_open, open_cost) = cost(async { work.sessions().open(&session, attempt.guard).await.unwrap() }).await;
    let ((), commit_cost) = cost(async { work.commit().await.unwrap() }).await;
    let shown = Shown { access_tokens: vec![session.token.clone()], sessions: vec![session.token] };
    let mut reading = store.read().await.unwrap();
    let (signed_in, token_cost) = cost(async { reading.sessions().by_token(&shown).await.unwrap() }).await;
    let (found, id_cost) = cost(async { reading.users().by_id(&id("a")).await.unwrap() }).await;

    assert!(is_open && signed_in.is_some() && found.is_some());
    assert_eq!([attempt_cost, open_cost, commit_cost, token_cost, id_cost], [1, 1, 1, 1, 1]);
}
