//! Making the file, and opening connections to it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::error::OpenError;

/// Where the database lies, and how it is used.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; it and its folder are made where they are missing.
    pub path: PathBuf,
    /// Connections that look things up, each on a thread of its own; at least one.
    pub readers: usize,
    /// Whether every commit waits for the disk, so that not even a power cut takes back what was acknowledged.
    pub is_synchronous_full: bool,
}

/// Page caches of all connections together, in KiB.
const CACHE: usize = 12 * 1024;

/// What is needed to open one more connection.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    is_synchronous_full: bool,
    cache: usize,
}

impl Source {
    /// Makes the folder and the file where they are missing.
    pub(crate) fn prepare(options: &SqliteOptions) -> Result<Self, OpenError> {
        // An absolute path can't be taken for one of SQLite's URLs.
        let path = std::path::absolute(&options.path).map_err(|cause| OpenError::file(&options.path, &cause))?;
        make_folder(&path)?;
        let cache = (CACHE / (options.readers + 1)).clamp(512, 4 * 1024);
        Ok(Self { path, is_synchronous_full: options.is_synchronous_full, cache })
    }

    /// The lock under which the file is made and migrated, across processes.
    pub(crate) fn lock(&self) -> std::io::Result<File> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(self.lock_path())?;
        file.lock()?;
        Ok(file)
    }

    /// The path of the lock's file.
    pub(crate) fn lock_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        path.into()
    }

    /// Opens the writer and some readers; the file is a database afterwards.
    pub(crate) fn open(&self, readers: usize) -> Result<(SqliteConnection, Vec<SqliteConnection>), OpenError> {
        let _lock = self.lock().map_err(|cause| OpenError::folder(&self.path, &cause))?;
        make_file(&self.path)?;
        let writer = self.writer()?;
        let readers = (0..readers.max(1)).map(|_| self.reader()).collect::<Result<_, _>>()?;
        Ok((writer, readers))
    }

    /// Opens a connection that writes.
    pub(crate) fn writer(&self) -> Result<SqliteConnection, OpenError> {
        let synchronous = if self.is_synchronous_full { "FULL" } else { "NORMAL" };
        self.connect(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; \
             PRAGMA secure_delete = ON"
        ))
    }

    fn reader(&self) -> Result<SqliteConnection, OpenError> {
        self.connect("PRAGMA query_only = ON")
    }

    fn connect(&self, settings: &str) -> Result<SqliteConnection, OpenError> {
        let path = self.path.to_str().ok_or_else(|| OpenError::name(&self.path))?;
        let mut connection = SqliteConnection::establish(path).map_err(|cause| OpenError::database(&self.path, &cause.to_string()))?;
        let cache = self.cache;
        connection
            .batch_execute(&format!("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -{cache}; {settings}"))
            .map_err(|cause| OpenError::database(&self.path, &cause.to_string()))?;
        Ok(connection)
    }
}

fn make_folder(path: &Path) -> Result<(), OpenError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    private_folder().recursive(true).create(folder).map_err(|cause| OpenError::folder(path, &cause))
}

/// Makes an empty file. One that is there is left alone: to open and close it would take the locks from other connections
/// of this process.
fn make_file(path: &Path) -> Result<(), OpenError> {
    match private_file().write(true).create_new(true).open(path) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => Err(OpenError::file(path, &cause)),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private_folder() -> std::fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_folder() -> std::fs::DirBuilder {
    std::fs::DirBuilder::new()
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    OpenOptions::new()
}
