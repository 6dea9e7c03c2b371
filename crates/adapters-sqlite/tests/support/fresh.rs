//! Stores on files of their own.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use muster_adapters_sqlite::{SqliteOptions, SqliteStore};

/// A migrated store in a folder that goes when this does.
pub(crate) struct Fresh {
    store: SqliteStore,
    folder: tempfile::TempDir,
}

impl Fresh {
    /// Where its file lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("muster.db")
    }
}

impl Deref for Fresh {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

pub(crate) fn options(path: &Path) -> SqliteOptions {
    SqliteOptions { path: path.to_owned(), readers: 2, is_synchronous_full: false }
}

pub(crate) async fn fresh_store() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&folder.path().join("muster.db"))).await.unwrap();
    store.migrate().await.unwrap();
    let fresh = Fresh { store, folder };
    assert!(fresh.path().is_file());
    fresh
}
