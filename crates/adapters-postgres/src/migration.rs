//! The tables, brought up to date.

mod texts;

use std::sync::Arc;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connect::{Connector, Limits};
use crate::error::{MigrateError, store_error};
use crate::statement::Statement;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// One number for every node, so that one migrates at a time: "muster" in ASCII.
const LOCK: &str = "SELECT pg_advisory_lock(120351215609202)";

/// Applies what is pending, and names it. Then it writes the texts of accounts that were made before these were kept: no SQL folds.
pub(crate) async fn migrate(connector: &Arc<Connector>) -> Result<Vec<String>, MigrateError> {
    let names = apply(connector).await?;
    let mut connection = open(connector).await?;
    if texts::are_missing(&mut connection).await.map_err(unavailable)? {
        connection.batch_execute(LOCK).await.map_err(unavailable)?;
        texts::write(&mut connection).await.map_err(unavailable)?;
    }
    Ok(names)
}

async fn apply(connector: &Arc<Connector>) -> Result<Vec<String>, MigrateError> {
    if pending(connector).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = open(connector).await?;
    // The lock ends with the connection, however that ends.
    connection.batch_execute(LOCK).await.map_err(unavailable)?;
    let names = names(&applied(&mut connection).await?)?;
    // Diesel's harness blocks its thread: it gets one that may be blocked, whoever calls this.
    let ran = connector.handle().spawn_blocking(move || run(connection)).await;
    ran.map_err(|error| MigrateError::Unavailable(error.to_string()))??;
    Ok(names)
}

/// Names what is not applied yet, without writing anything: the user who serves may have no right to.
pub(crate) async fn pending(connector: &Arc<Connector>) -> Result<Vec<String>, MigrateError> {
    names(&applied(&mut open(connector).await?).await?)
}

async fn open(connector: &Arc<Connector>) -> Result<AsyncPgConnection, MigrateError> {
    connector.open(Limits::NONE).await.map_err(|error| MigrateError::Unavailable(error.to_string()))
}

fn run(connection: AsyncPgConnection) -> Result<(), MigrateError> {
    let mut connection: AsyncConnectionWrapper<_> = connection.into();
    connection.run_pending_migrations(MIGRATIONS).map_err(|error| MigrateError::Failed(error.to_string()))?;
    Ok(())
}

/// The versions that are applied; none in an empty database.
async fn applied(connection: &mut AsyncPgConnection) -> Result<Vec<String>, MigrateError> {
    let exists = Statement::<(Bool,)>::new("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL", Vec::new());
    let (exists,): (bool,) = exists.get_result(connection).await.map_err(unavailable)?;
    if !exists {
        return Ok(Vec::new());
    }
    let versions = Statement::<(Text,)>::new("SELECT version::text FROM __diesel_schema_migrations", Vec::new());
    let rows: Vec<(String,)> = versions.load(connection).await.map_err(unavailable)?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// The names of the migrations that are not among the applied versions.
fn names(applied: &[String]) -> Result<Vec<String>, MigrateError> {
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(|error| MigrateError::Failed(error.to_string()))?;
    let is_pending = |version: MigrationVersion<'_>| !applied.contains(&version.to_string());
    Ok(all.iter().filter(|migration| is_pending(migration.name().version())).map(|migration| migration.name().to_string()).collect())
}

fn unavailable(error: diesel::result::Error) -> MigrateError {
    let error = store_error(error);
    let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    MigrateError::Unavailable(cause)
}
