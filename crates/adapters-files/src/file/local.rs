//! A folder of this machine.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;

use super::StoredFiles;

/// Why a folder can't hold files.
#[derive(Debug, thiserror::Error)]
#[error("the folder {} can't be made or written to ({reason}): let the user that runs Muster write there, or choose another place", folder.display())]
pub struct FolderError {
    /// Which.
    pub folder: PathBuf,
    /// What the system says.
    pub reason: String,
}

impl StoredFiles {
    /// Files in a folder, which is made, for its owner alone, where it is missing.
    ///
    /// # Errors
    ///
    /// [`FolderError`] when it can't be made or nothing can be written there.
    pub fn local(folder: &Path) -> Result<Self, FolderError> {
        let refusal = |cause: io::Error| FolderError { folder: folder.to_owned(), reason: cause.to_string() };
        private_folder().recursive(true).create(folder).map_err(refusal)?;
        try_out(folder).map_err(refusal)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|cause| refusal(io::Error::other(cause)))?;
        // What the store of accounts says of a picture outlives a power cut; so must the picture.
        Ok(Self { store: Arc::new(store.with_fsync(true)), prefix: object_store::path::Path::default() })
    }
}

/// Writes a file and removes it: only that tells of rights, quotas and disks that became read-only.
fn try_out(folder: &Path) -> io::Result<()> {
    // Other processes may start at the same time, and no name of a file begins with a dot.
    let trial = folder.join(format!(".trial-{}", std::process::id()));
    std::fs::write(&trial, b"Muster tried whether it can write here.\n")?;
    std::fs::remove_file(&trial)
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    DirBuilder::new()
}
