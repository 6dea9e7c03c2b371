//! The contract of every store, kept on PostgreSQL.

use muster_adapters_postgres::testkit::{Cluster, TestStore};

async fn fresh_store() -> TestStore {
    Cluster::shared().store().await
}

muster_domain::store_contract!(fresh_store);
