//! Keeping files.

mod local;
mod name;
mod s3;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use muster_domain::cause::chain;
use muster_domain::port::{Files, FilesError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

pub use local::FolderError;
pub use s3::{S3Error, S3Options};

/// Longest that a call may take: whoever waits for a picture rather gets an error.
const DEADLINE: Duration = Duration::from_secs(5);

/// Files that are removed at a time.
const AT_A_TIME: usize = 8;

/// Keeps files in a folder of this machine or in an S3 store.
pub struct StoredFiles {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why a file was not reached, beside what the place of the files says.
#[derive(Debug, thiserror::Error)]
#[error("the files did not answer within {} s", DEADLINE.as_secs())]
struct TooSlow;

impl From<TooSlow> for FilesError {
    fn from(cause: TooSlow) -> Self {
        Self(Box::new(cause))
    }
}

fn failure(cause: object_store::Error) -> FilesError {
    FilesError(Box::new(cause))
}

/// That something is not there, where that is no failure.
fn unless_missing<T>(result: object_store::Result<T>) -> Result<Option<T>, FilesError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(cause @ object_store::Error::NotFound { .. }) if !is_bucket_missing(&cause) => Ok(None),
        Err(cause) => Err(failure(cause)),
    }
}

/// Whether it is not a file that S3 has not found; only the text of its answer tells.
fn is_bucket_missing(cause: &object_store::Error) -> bool {
    chain(cause).contains("<Code>NoSuchBucket</Code>")
}

async fn in_time<T>(work: impl Future<Output = Result<T, FilesError>> + Send) -> Result<T, FilesError> {
    tokio::time::timeout(DEADLINE, work).await.map_err(|_| TooSlow)?
}

impl StoredFiles {
    fn path(&self, name: &str) -> Result<Path, FilesError> {
        name::path(&self.prefix, name).map_err(|cause| FilesError(Box::new(cause)))
    }

    async fn read_whole(&self, path: &Path) -> Result<Option<Vec<u8>>, FilesError> {
        match unless_missing(self.store.get(path).await)? {
            Some(found) => Ok(Some(found.bytes().await.map_err(failure)?.into())),
            None => Ok(None),
        }
    }

    async fn remove_at(&self, path: Path) -> Result<(), FilesError> {
        unless_missing(self.store.delete(&path).await).map(drop)
    }
}

#[async_trait]
impl Files for StoredFiles {
    #[tracing::instrument(name = "files.read", skip_all)]
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FilesError> {
        let path = self.path(name)?;
        in_time(self.read_whole(&path)).await
    }

    #[tracing::instrument(name = "files.write", skip_all, fields(written_bytes = bytes.len()))]
    async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
        let path = self.path(name)?;
        in_time(async { self.store.put(&path, bytes.into()).await.map(drop).map_err(failure) }).await
    }

    #[tracing::instrument(name = "files.remove", skip_all)]
    async fn remove(&self, name: &str) -> Result<(), FilesError> {
        let path = self.path(name)?;
        in_time(self.remove_at(path)).await
    }

    #[tracing::instrument(name = "files.clear", skip_all)]
    async fn clear(&self, folder: &str) -> Result<(), FilesError> {
        let path = self.path(folder)?;
        let found = self.store.list(Some(&path)).map_ok(|file| file.location).map_err(failure);
        in_time(found.try_for_each_concurrent(AT_A_TIME, |location| self.remove_at(location))).await
    }
}
