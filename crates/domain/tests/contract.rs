//! The store in memory keeps the contract of every store.

use std::sync::Arc;

use muster_domain::session::Guard;
use muster_domain::store::Store;
use muster_domain::testkit::fixture::{audit, ending, id, new_session, user};
use muster_domain::testkit::memory::MemoryStore;

async fn fresh_store() -> Arc<MemoryStore> {
    Arc::default()
}

muster_domain::store_contract!(fresh_store);

#[tokio::test]
async fn what_no_port_tells_can_be_looked_at() {
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    assert!(work.sessions().open(&new_session("s", "a"), Guard { credential_epoch: 0, global_epoch: 0 }).await.unwrap());
    assert!(work.sessions().end(&id("s"), &ending()).await.unwrap());
    work.audits().record(&[audit("e")]).await.unwrap();
    assert!(store.sessions().is_empty() && store.audits().is_empty());

    work.commit().await.unwrap();

    assert_eq!(store.sessions()[0].ended, Some(ending()));
    assert_eq!(store.audits()[0].id, id("e"));
}
