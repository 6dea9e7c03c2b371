//! What the driver says, in words of the domain.

use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use muster_domain::store::{Cause, StoreError, UniqueField};

use crate::address::InvalidUrl;

/// Why a store was not opened; each says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database.
    #[error("store.url is not the URL of a PostgreSQL database: {0}")]
    Url(InvalidUrl),
    /// The certificates to trust can't be read.
    #[error("the certificates in {} can't be used ({reason}); name a file of PEM certificates", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Encryption can't be set up.
    #[error("TLS can't be set up: {0}; install the system's certificates (ca-certificates) or name a file of them")]
    Roots(String),
    /// The server does not let the user in.
    #[error("PostgreSQL at {server} refuses the user ({reason}); check user and password in store.url, and the server's pg_hba.conf")]
    Login {
        /// Host, port and database.
        server: String,
        /// What the server says.
        reason: String,
    },
    /// There is no such database.
    #[error("PostgreSQL at {server} has no such database ({reason}); make it with `createdb {database}`, or correct store.url")]
    Database {
        /// Host, port and database.
        server: String,
        /// The database's name.
        database: String,
        /// What the server says.
        reason: String,
    },
    /// No encrypted connection came about.
    #[error(
        "PostgreSQL at {server} gives no trustworthy encrypted connection ({reason}); give it a certificate that this machine trusts, \
         name the certificate of its authority, or add sslmode=disable to store.url on a network that nobody else uses"
    )]
    Tls {
        /// Host, port and database.
        server: String,
        /// What went wrong.
        reason: String,
    },
    /// The server did not answer in the time that was given to it.
    #[error("PostgreSQL at {server} did not answer within {} s ({reason}); start it, or correct store.url", waited.as_secs())]
    Away {
        /// Host, port and database.
        server: String,
        /// How long was waited.
        waited: std::time::Duration,
        /// What happened last.
        reason: String,
    },
    /// The server refuses for another reason.
    #[error("PostgreSQL at {server} can't be used: {reason}")]
    Refused {
        /// Host, port and database.
        server: String,
        /// What the server says.
        reason: String,
    },
}

/// Why the tables were not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database did not answer.
    #[error("the migrations could not be run: {0}; see that PostgreSQL runs, and start again")]
    Unavailable(String),
    /// A migration failed, and was undone.
    #[error("a migration failed and was undone: {0}; see that the user of store.url may create tables in the database")]
    Failed(String),
}

/// A failure of the driver in its own words, without the values that PostgreSQL puts into its details.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
struct DriverError {
    kind: String,
    message: String,
}

/// What the domain can act on in a failure of the driver.
pub(crate) fn store_error(error: DieselError) -> StoreError {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, told) => StoreError::Taken(unique_field(told.constraint_name())),
        DieselError::DatabaseError(kind, told) => {
            StoreError::Unavailable(Box::new(DriverError { kind: format!("{kind:?}"), message: told.message().to_owned() }))
        }
        other => unavailable(other.to_string()),
    }
}

/// A store that can't be reached, and why.
pub(crate) fn unavailable(cause: impl Into<Cause>) -> StoreError {
    StoreError::Unavailable(cause.into())
}

/// A row of a table that the domain refuses.
pub(crate) fn corrupt(table: &'static str) -> impl Fn(Cause) -> StoreError {
    move |source| StoreError::Corrupt { table, source }
}

fn unique_field(constraint: Option<&str>) -> UniqueField {
    match constraint {
        Some("users_username_key") => UniqueField::Username,
        Some("users_email_key") => UniqueField::Email,
        Some("identities_pkey") => UniqueField::Identity,
        Some("teams_name_key" | "channels_name_in_team" | "channels_name_without_team" | "user_groups_name_in_use") => UniqueField::Name,
        _ => UniqueField::Id,
    }
}
