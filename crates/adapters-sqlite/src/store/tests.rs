//! Failures that no port brings about.

use muster_domain::testkit::fixture::{audit, id, user};

use super::*;

pub(super) async fn fresh_store() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { path: folder.path().join("muster.db"), readers: 1, is_synchronous_full: true };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

async fn on_writer(store: &SqliteStore, sql: &'static str) {
    store.writer.run(move |connection| connection.batch_execute(sql)).await.unwrap().unwrap();
}

async fn sign_up(store: &SqliteStore, name: &str) {
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user(name, name)]).await.unwrap();
    work.commit().await.unwrap();
}

async fn is_there(store: &SqliteStore, name: &str) -> bool {
    store.read().await.unwrap().users().by_id(&id(name)).await.unwrap().is_some()
}

#[tokio::test]
async fn a_full_disk_undoes_the_unit_of_work_and_no_more() {
    let (store, _folder) = fresh_store().await;
    // The file may not grow beyond what it has.
    on_writer(&store, "PRAGMA max_page_count = 1").await;
    let entries: Vec<_> = (0..5_000).map(|n| audit(&format!("e{n:06}x"))).collect();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();

    let refused = work.audits().record(&entries).await.unwrap_err();

    let StoreError::Unavailable(cause) = refused else { panic!("another failure: {refused}") };
    assert!(cause.to_string().contains("full"), "{cause}");
    // What follows a failure must not last on its own.
    assert!(work.service().put("name", "value").await.is_err());
    assert!(work.commit().await.is_err());
    on_writer(&store, "PRAGMA max_page_count = 1000000").await;
    sign_up(&store, "bob").await;
    assert!(is_there(&store, "bob").await);
    assert!(!is_there(&store, "ada").await);
    assert_eq!(store.read().await.unwrap().service().get("name").await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_that_fails_undoes_everything() {
    let (store, _folder) = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();
    let orphan = "PRAGMA defer_foreign_keys = ON; INSERT INTO identities VALUES ('nobody', 'p', 'p', 's')";
    on_writer(&store, orphan).await;

    let refused = work.commit().await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    sign_up(&store, "bob").await;
    assert!(!is_there(&store, "ada").await);
}

#[tokio::test]
async fn a_job_that_panics_is_undone() {
    let (store, _folder) = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("ada", "ada")]).await.unwrap();
    let broken = store.writer.run(|_| panic!("expected in this test")).await;
    assert!(matches!(broken, Err::<(), _>(StoreError::Unavailable(_))));

    drop(work);

    sign_up(&store, "bob").await;
    assert!(!is_there(&store, "ada").await);
}

#[tokio::test]
async fn a_row_that_the_domain_refuses_is_told_without_its_values() {
    let (store, _folder) = fresh_store().await;
    sign_up(&store, "ada").await;
    on_writer(&store, "UPDATE users SET props = '\"canary\"'").await;

    let refused = store.read().await.unwrap().users().by_id(&id("ada")).await.unwrap_err();

    let shown = format!("{refused:?}");
    assert!(matches!(refused, StoreError::Corrupt { table: "users", .. }));
    assert!(shown.contains("props") && !shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn look_ups_use_indexes() {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let (store, _folder) = fresh_store().await;
    let queries = [
        crate::user::BY_IDS.to_owned(),
        crate::user::BY_USERNAMES.to_owned(),
        crate::user::BY_LOGIN.to_owned(),
        crate::session::PURGE.to_owned(),
        crate::session::BY_ONE.to_owned(),
        crate::session::BY_TWO.to_owned(),
        crate::session::END_EXPIRED.to_owned(),
        crate::session::END_IDLE.to_owned(),
        "SELECT * FROM access_tokens WHERE id = ? OR user_id = ? OR user_id IN (SELECT id FROM users WHERE username = ?) \
         ORDER BY created_at, id LIMIT 9"
            .to_owned(),
    ];
    for query in queries {
        let explain = format!("EXPLAIN QUERY PLAN {}", query.replace('?', "'x'"));
        let steps = store.writer.run(move |c| diesel::sql_query(explain).load::<Step>(c)).await.unwrap().unwrap();
        let scans: Vec<_> = steps
            .iter()
            .filter(|step| ["SCAN users", "SCAN sessions", "SCAN access_tokens"].iter().any(|scan| step.detail.starts_with(scan)))
            .collect();
        assert!(scans.is_empty(), "{query}: {:?}", steps.iter().map(|step| &step.detail).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_closed_store_is_one_file_though_handles_are_left() {
    let (store, folder) = fresh_store().await;
    sign_up(&store, "ada").await;
    let mut reading = store.read().await.unwrap();
    assert!(reading.users().by_id(&id("ada")).await.unwrap().is_some());
    let left = store.begin().await.unwrap();
    let closing = async { tokio::join!(store.close(), async { drop(left) }) };

    closing.await;

    let logs = ["-wal", "-shm"].map(|end| folder.path().join(format!("muster.db{end}")).exists());
    assert_eq!(logs, [false, false]);
    assert!(matches!(reading.users().by_id(&id("ada")).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.begin().await.err(), Some(StoreError::Unavailable(_))));
    // A second time costs nothing.
    store.close().await;
}
