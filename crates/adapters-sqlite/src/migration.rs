//! Bringing the tables up to date.

use std::fs::File;

use diesel::migration::Migration;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::error::MigrateError;
use crate::open::Source;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Applies what is missing, one process at a time; gives the names of what was applied now.
pub(crate) fn migrate(connection: &mut SqliteConnection, source: &Source) -> Result<Vec<String>, MigrateError> {
    let _lock = lock(source)?;
    // Looked up under the lock: another process may have applied it meanwhile.
    apply(connection).map_err(|cause| {
        // Diesel doesn't begin another transaction where the end of one failed.
        if let Ok(fresh) = source.writer() {
            *connection = fresh;
        }
        MigrateError::failed(&*cause)
    })
}

/// The names of what is missing.
pub(crate) fn pending(connection: &mut SqliteConnection, source: &Source) -> Result<Vec<String>, MigrateError> {
    let _lock = lock(source)?;
    let missing = connection.pending_migrations(MIGRATIONS).map_err(|cause| MigrateError::failed(&*cause))?;
    Ok(missing.iter().map(name).collect())
}

fn lock(source: &Source) -> Result<File, MigrateError> {
    source.lock().map_err(|cause| MigrateError::Lock { path: source.lock_path(), reason: cause.to_string() })
}

fn apply(connection: &mut SqliteConnection) -> Result<Vec<String>, Cause> {
    let missing = connection.pending_migrations(MIGRATIONS)?;
    connection.run_migrations(&missing)?;
    Ok(missing.iter().map(name).collect())
}

#[expect(clippy::borrowed_box, reason = "mapped over a slice of boxes")]
fn name(migration: &Box<dyn Migration<Sqlite>>) -> String {
    migration.name().to_string()
}
