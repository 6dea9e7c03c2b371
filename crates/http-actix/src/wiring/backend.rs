//! The store that the settings name.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use muster_adapters_postgres::{PgOptions, PgStore};
use muster_adapters_sqlite::{SqliteOptions, SqliteStore};
use muster_domain::store::Store;
use secrecy::{ExposeSecret, SecretString};

use super::secret_file;
use crate::config::{Config, Synchronous};

/// Why the service does not start, in one sentence that says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting can't be used.
    #[error("{0}")]
    Settings(String),
    /// The store can't be opened.
    #[error("{0}")]
    Store(String),
    /// The address can't be listened on.
    #[error("{0}")]
    Listen(String),
}

/// The opened store. Clones share it.
#[derive(Clone)]
pub enum Backend {
    /// A file.
    Sqlite(Arc<SqliteStore>, PathBuf),
    /// A server.
    Postgres(Arc<PgStore>),
}

impl Backend {
    /// Opens the store that the settings name; waits for a server that does not answer yet.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what is in the way.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        match named(config)? {
            Named::File(options) => {
                let path = options.path.clone();
                let store = SqliteStore::open(options).await.map_err(|error| StartError::Store(error.to_string()))?;
                Ok(Self::Sqlite(Arc::new(store), path))
            }
            Named::Server(options) => {
                let store = PgStore::open(options).await.map_err(|error| StartError::Store(error.to_string()))?;
                Ok(Self::Postgres(Arc::new(store)))
            }
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store, _) => store.clone(),
            Self::Postgres(store) => store.clone(),
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(_, path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Closes the store for good, after what runs in it. A file is whole then, without the logs beside it.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store, _) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }

    /// Applies the migrations that are due; tells their names.
    ///
    /// # Errors
    ///
    /// [`StartError`] says which failed, and why.
    pub async fn migrate(&self) -> Result<Vec<String>, StartError> {
        let applied = match self {
            Self::Sqlite(store, _) => store.migrate().await.map_err(|error| error.to_string()),
            Self::Postgres(store) => store.migrate().await.map_err(|error| error.to_string()),
        };
        applied.map_err(StartError::Store)
    }

    /// The names of the migrations that are due.
    ///
    /// # Errors
    ///
    /// [`StartError`] when that can't be told.
    pub async fn pending(&self) -> Result<Vec<String>, StartError> {
        let pending = match self {
            Self::Sqlite(store, _) => store.pending().await.map_err(|error| error.to_string()),
            Self::Postgres(store) => store.pending().await.map_err(|error| error.to_string()),
        };
        pending.map_err(StartError::Store)
    }
}

/// What the settings name as the store.
enum Named {
    File(SqliteOptions),
    Server(PgOptions),
}

/// Whether the store is a file; checks its address by the way.
pub(super) fn is_file(config: &Config) -> Result<bool, StartError> {
    match named(config)? {
        Named::File(_) => Ok(true),
        Named::Server(options) => options.check().map(|()| false).map_err(|error| StartError::Settings(error.to_string())),
    }
}

fn named(config: &Config) -> Result<Named, StartError> {
    let (url, store) = (url(config)?, &config.store);
    match url.expose_secret().strip_prefix("sqlite://") {
        Some("") => Err(StartError::Settings("store.url: sqlite:// needs a path, such as sqlite://data/muster.db".to_owned())),
        Some(path) => Ok(Named::File(SqliteOptions {
            path: PathBuf::from(path),
            readers: store.readers,
            is_synchronous_full: store.synchronous == Synchronous::Full,
        })),
        None => Ok(Named::Server(PgOptions {
            url,
            connections: store.connections,
            ca_file: store.ca_file.clone(),
            statement_timeout: Duration::from_secs(store.statement_timeout_secs),
            wait_timeout: Duration::from_secs(store.wait_timeout_secs),
            connect_wait: Duration::from_secs(store.connect_wait_secs),
        })),
    }
}

fn url(config: &Config) -> Result<SecretString, StartError> {
    config.store.url_file.as_ref().map_or_else(|| Ok(config.store.url.clone()), |file| secret_file::secret(file, "store.url_file"))
}
