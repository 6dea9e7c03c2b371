//! The contract again, as if every set of accounts were a large one: what is found is the same, whatever way it is found.

use std::ops::Deref;

use super::*;

/// No set counts as few, and every page as a deep one.
pub(super) const CROWDED: Bounds =
    Bounds { few: 0, narrow: 0, candidates: 0, candidates_of_several: 0, segment: 4, few_segments: 0, crowd: 0, shallow: 0 };

struct Fresh {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Deref for Fresh {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

async fn bounded(bounds: Bounds) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { path: folder.path().join("muster.db"), readers: 1, is_synchronous_full: false };
    let mut store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    store.bounds = bounds;
    Fresh { store, _folder: folder }
}

async fn fresh_store() -> Fresh {
    bounded(CROWDED).await
}

muster_domain::store_contract!(fresh_store);

/// Some sets are few and some are not.
#[tokio::test]
async fn stores_answer_alike_whatever_counts_as_few() {
    let mixed = Bounds { few: 3, narrow: 2, candidates: 2, candidates_of_several: 4, segment: 2, few_segments: 2, crowd: 1, shallow: 2 };

    muster_domain::testkit::contract::model::compare(async || bounded(mixed).await).await;
}
