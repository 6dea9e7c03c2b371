//! What goes wrong with a database file, in sentences that say how to mend it.

use std::io;
use std::path::{Path, PathBuf};

use diesel::result::{DatabaseErrorKind, Error};
use muster_domain::store::{StoreError, UniqueField};

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not there and can't be made, or nothing can be written to it.
    #[error(
        "the folder {} can't be made or written to ({reason}): let the user that runs Muster write there, or choose another place",
        folder.display()
    )]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file can't be opened, or not be written to.
    #[error(
        "the database {} can't be opened for writing ({reason}): let the user that runs Muster read and write it, or choose another file",
        path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The file holds something else.
    #[error("{} is no SQLite database: move it away, or choose another file", path.display())]
    NotADatabase {
        /// Which.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk that holds {} is full: make room on it and start again", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
    },
    /// Another program holds the file.
    #[error("another program keeps the database {} locked: stop that program and start again", path.display())]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// The system refuses a thread.
    #[error("no thread for the database can be started ({reason}): raise the limit of threads, or set fewer readers")]
    Thread {
        /// What the system says.
        reason: String,
    },
}

impl OpenError {
    /// A failure of the system's at the folder of a file.
    pub(crate) fn folder(path: &Path, cause: &io::Error) -> Self {
        let folder = path.parent().unwrap_or(path).to_owned();
        if is_full(cause) { Self::Full { path: path.to_owned() } } else { Self::Folder { folder, reason: cause.to_string() } }
    }

    /// A failure of the system's at a file that is not there yet.
    pub(crate) fn file(path: &Path, cause: &io::Error) -> Self {
        let path = path.to_owned();
        if is_full(cause) { Self::Full { path } } else { Self::File { path, reason: cause.to_string() } }
    }

    /// A path that SQLite can't be given.
    pub(crate) fn name(path: &Path) -> Self {
        Self::File { path: path.to_owned(), reason: "its path is no UTF-8".to_owned() }
    }

    /// A failure of SQLite's.
    pub(crate) fn database(path: &Path, message: &str) -> Self {
        let path = path.to_owned();
        match message {
            text if text.contains("not a database") => Self::NotADatabase { path },
            text if text.contains("is full") => Self::Full { path },
            text if text.contains("is locked") => Self::Locked { path },
            text => Self::File { path, reason: text.to_owned() },
        }
    }
}

fn is_full(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Why a database can't be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The lock that keeps two processes from migrating at once can't be had.
    #[error("the lock {} can't be taken ({reason}): let the user that runs Muster write that file", path.display())]
    Lock {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// No room is left.
    #[error("the database can't be brought up to date since its disk is full: make room on it and start again")]
    Full,
    /// A migration failed; nothing of it was kept.
    #[error("the database can't be brought up to date ({reason}), and was left as it was: restore a backup, or report the message")]
    Failed {
        /// What SQLite says.
        reason: String,
    },
    /// Other work holds the database.
    #[error("the database is too busy to be brought up to date: stop what uses it and start again")]
    Busy(#[source] StoreError),
}

impl MigrateError {
    /// A failure of a migration's.
    pub(crate) fn failed(cause: &(dyn std::error::Error + Send + Sync)) -> Self {
        let reason = cause.to_string();
        if reason.contains("is full") { Self::Full } else { Self::Failed { reason } }
    }
}

/// A driver's failure by its kind and message, which never hold values of rows.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
struct DriverError {
    kind: String,
    message: String,
}

/// Turns a failure of the driver's into one that the domain knows.
pub(crate) fn store_error(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, details) => StoreError::Taken(unique_field(details.message())),
        Error::DatabaseError(kind, details) => {
            StoreError::Unavailable(Box::new(DriverError { kind: format!("{kind:?}"), message: details.message().to_owned() }))
        }
        // The text of these could show values.
        Error::SerializationError(_) | Error::DeserializationError(_) => unavailable("a value can't be sent or read"),
        other => StoreError::Unavailable(Box::new(other)),
    }
}

/// A store that is not to be had, and why.
pub(crate) fn unavailable(reason: &'static str) -> StoreError {
    StoreError::Unavailable(reason.into())
}

/// A column that holds what the domain refuses; never the value.
#[derive(Debug, thiserror::Error)]
#[error("the column {0} holds no valid value")]
struct InvalidColumn(&'static str);

/// A row that the domain refuses, by the column at fault.
pub(crate) fn corrupt(table: &'static str, column: &'static str) -> StoreError {
    StoreError::Corrupt { table, source: Box::new(InvalidColumn(column)) }
}

/// Reads the field from SQLite's `UNIQUE constraint failed: table.column, …`.
fn unique_field(message: &str) -> UniqueField {
    match message.rsplit_once(": ").map_or("", |(_, columns)| columns) {
        "users.username" => UniqueField::Username,
        "users.email" => UniqueField::Email,
        "teams.name" | "channels.team_id, channels.name" | "channels.name" | "user_groups.name" => UniqueField::Name,
        columns if columns.starts_with("identities.") => UniqueField::Identity,
        _ => UniqueField::Id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clash_names_its_field() {
        assert_eq!(unique_field("UNIQUE constraint failed: users.username"), UniqueField::Username);
        assert_eq!(unique_field("UNIQUE constraint failed: users.email"), UniqueField::Email);
        assert_eq!(unique_field("UNIQUE constraint failed: identities.issuer, identities.subject"), UniqueField::Identity);
        assert_eq!(unique_field("UNIQUE constraint failed: sessions.token_hash"), UniqueField::Id);
        assert_eq!(unique_field("UNIQUE constraint failed: channels.team_id, channels.name"), UniqueField::Name);
    }

    #[test]
    fn causes_show_no_values() {
        let canary = Error::DeserializationError("canary".into());
        let StoreError::Unavailable(cause) = store_error(canary) else { panic!("another error") };
        assert!(!format!("{cause} {cause:?}").contains("canary"));
    }
}
