//! The store, its units of work and its look-ups.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use muster_domain::store::{
    AccessTokens, Audits, Channels, Credentials, Factors, Groups, Invitations, KnownDevices, OneTimeTokens, Outbox, Preferences,
    ReadAccessTokens, ReadAudits, ReadChannels, ReadFactors, ReadGroups, ReadInvitations, ReadKnownDevices, ReadOneTimeTokens, ReadOutbox,
    ReadPreferences, ReadService, ReadSessions, ReadStatuses, ReadTeams, ReadTerms, ReadUsers, Reading, Service, Sessions, Statuses, Store,
    StoreError, Teams, TermsOfService, UnitOfWork, Users,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::connection::{Bounds, Closed, Repositories, Threads};
use crate::error::{MigrateError, OpenError, store_error, unavailable};
use crate::migration;
use crate::open::{Source, SqliteOptions};
use crate::user::{outsiders, segment};

/// How long a unit of work waits for those before it.
const TURN: Duration = Duration::from_secs(10);

/// Everything in one SQLite file. Must be used within a tokio runtime with time, of whatever kind.
pub struct SqliteStore {
    source: Arc<Source>,
    readers: Threads,
    writer: Threads,
    closed: Closed,
    turns: Arc<Semaphore>,
    bounds: Bounds,
}

impl SqliteStore {
    /// Opens the file, made where it is missing. The tables are left as they are: see [`Self::migrate`].
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is wrong with the file or its folder, and how to mend it.
    pub async fn open(options: SqliteOptions) -> Result<Self, OpenError> {
        let opened = tokio::task::spawn_blocking(move || Self::open_here(&options)).await;
        opened.unwrap_or_else(|broken| Err(OpenError::Thread { reason: broken.to_string() }))
    }

    fn open_here(options: &SqliteOptions) -> Result<Self, OpenError> {
        let source = Arc::new(Source::prepare(options)?);
        let (writer, readers) = source.open(options.readers)?;
        let no_thread = |cause: std::io::Error| OpenError::Thread { reason: cause.to_string() };
        let (readers, threads) = Threads::readers(readers).map_err(no_thread)?;
        let (writer, closed) = Threads::writer(writer, threads).map_err(no_thread)?;
        Ok(Self { source, readers, writer, closed, turns: Arc::new(Semaphore::new(1)), bounds: Bounds::USUAL })
    }

    /// Brings the tables up to date and gives the names of the migrations applied now. Of two processes at once, one does.
    ///
    /// # Errors
    ///
    /// [`MigrateError`] says why the tables are as they were, and how to mend it.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        self.alone(migration::migrate).await
    }

    /// The names of the migrations that are not applied yet.
    ///
    /// # Errors
    ///
    /// [`MigrateError`] says why they can't be told.
    pub async fn pending(&self) -> Result<Vec<String>, MigrateError> {
        self.alone(migration::pending).await
    }

    /// Closes the file for good, after the unit of work that runs; what is asked of the store from now on fails. The last of all
    /// processes that have it open brings the log into the file, and takes it away.
    pub async fn close(&self) {
        // One that hangs is undone with its connection.
        let turn = self.turn().await;
        self.turns.close();
        let (readers, writer) = (self.readers.clone(), self.writer.clone());
        let told = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            readers.end();
            writer.end();
        });
        // Telling them can't panic, and who stops waiting has stopped the runtime.
        let _ = told.await;
        self.closed.clone().wait().await;
    }

    async fn alone<T: Send + 'static>(
        &self,
        run: fn(&mut SqliteConnection, &Source) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        let turn = self.turn().await.map_err(MigrateError::Busy)?;
        let source = Arc::clone(&self.source);
        let job = move |connection: &mut SqliteConnection| {
            let _turn = turn;
            run(connection, &source)
        };
        self.writer.run(job).await.map_err(MigrateError::Busy)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let began = Instant::now();
        let turn = timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        metrics::histogram!("muster_store_wait_seconds", "store" => "sqlite").record(began.elapsed());
        turn.ok().and_then(Result::ok).ok_or_else(|| unavailable("other units of work did not end in time"))
    }
}

#[async_trait]
impl Store for SqliteStore {
    #[tracing::instrument(name = "db.store.read", skip_all)]
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        Ok(Box::new(SqliteReading { repositories: Repositories::of_statements(self.readers.clone(), self.bounds) }))
    }

    #[tracing::instrument(name = "db.store.begin", skip_all)]
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let turn = Some(self.turn().await?);
        let (source, writer) = (Arc::clone(&self.source), self.writer.clone());
        // Made before the transaction is: a caller who stops waiting drops it, and that ends what was begun.
        let mut work = SqliteWork { repositories: Repositories::of_transaction(writer.clone(), self.bounds), writer, source, turn };
        work.repositories.run(|connection| connection.batch_execute("BEGIN IMMEDIATE")).await?;
        Ok(Box::new(work))
    }

    #[tracing::instrument(name = "db.store.tend", skip_all)]
    async fn tend(&self) -> Result<bool, StoreError> {
        let (turn, bounds) = (self.turn().await?, self.bounds);
        let cut = move |c: &mut SqliteConnection| {
            let _turn = turn;
            c.immediate_transaction(|c| Ok(outsiders::tend(c, bounds)? || segment::cut(c, bounds)?))
        };
        self.writer.run(cut).await?.map_err(store_error)
    }
}

struct SqliteReading {
    repositories: Repositories,
}

impl Reading for SqliteReading {
    fn users(&mut self) -> &mut dyn ReadUsers {
        &mut self.repositories
    }

    fn sessions(&mut self) -> &mut dyn ReadSessions {
        &mut self.repositories
    }

    fn access_tokens(&mut self) -> &mut dyn ReadAccessTokens {
        &mut self.repositories
    }

    fn audits(&mut self) -> &mut dyn ReadAudits {
        &mut self.repositories
    }

    fn teams(&mut self) -> &mut dyn ReadTeams {
        &mut self.repositories
    }

    fn channels(&mut self) -> &mut dyn ReadChannels {
        &mut self.repositories
    }

    fn groups(&mut self) -> &mut dyn ReadGroups {
        &mut self.repositories
    }

    fn invitations(&mut self) -> &mut dyn ReadInvitations {
        &mut self.repositories
    }

    fn terms(&mut self) -> &mut dyn ReadTerms {
        &mut self.repositories
    }

    fn preferences(&mut self) -> &mut dyn ReadPreferences {
        &mut self.repositories
    }

    fn statuses(&mut self) -> &mut dyn ReadStatuses {
        &mut self.repositories
    }

    fn outbox(&mut self) -> &mut dyn ReadOutbox {
        &mut self.repositories
    }

    fn one_time_tokens(&mut self) -> &mut dyn ReadOneTimeTokens {
        &mut self.repositories
    }

    fn factors(&mut self) -> &mut dyn ReadFactors {
        &mut self.repositories
    }

    fn known_devices(&mut self) -> &mut dyn ReadKnownDevices {
        &mut self.repositories
    }

    fn service(&mut self) -> &mut dyn ReadService {
        &mut self.repositories
    }
}

struct SqliteWork {
    repositories: Repositories,
    writer: Threads,
    source: Arc<Source>,
    /// Nothing once the end of the transaction is on its way.
    turn: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl UnitOfWork for SqliteWork {
    fn users(&mut self) -> &mut dyn Users {
        &mut self.repositories
    }

    fn credentials(&mut self) -> &mut dyn Credentials {
        &mut self.repositories
    }

    fn sessions(&mut self) -> &mut dyn Sessions {
        &mut self.repositories
    }

    fn access_tokens(&mut self) -> &mut dyn AccessTokens {
        &mut self.repositories
    }

    fn audits(&mut self) -> &mut dyn Audits {
        &mut self.repositories
    }

    fn teams(&mut self) -> &mut dyn Teams {
        &mut self.repositories
    }

    fn channels(&mut self) -> &mut dyn Channels {
        &mut self.repositories
    }

    fn groups(&mut self) -> &mut dyn Groups {
        &mut self.repositories
    }

    fn invitations(&mut self) -> &mut dyn Invitations {
        &mut self.repositories
    }

    fn terms(&mut self) -> &mut dyn TermsOfService {
        &mut self.repositories
    }

    fn preferences(&mut self) -> &mut dyn Preferences {
        &mut self.repositories
    }

    fn statuses(&mut self) -> &mut dyn Statuses {
        &mut self.repositories
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        &mut self.repositories
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokens {
        &mut self.repositories
    }

    fn factors(&mut self) -> &mut dyn Factors {
        &mut self.repositories
    }

    fn known_devices(&mut self) -> &mut dyn KnownDevices {
        &mut self.repositories
    }

    fn service(&mut self) -> &mut dyn Service {
        &mut self.repositories
    }

    #[tracing::instrument(name = "db.store.commit", skip_all)]
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if !self.repositories.is_whole() {
            return Err(unavailable("a part of the unit of work failed"));
        }
        let (turn, source, forgets) = (self.turn.take(), Arc::clone(&self.source), self.repositories.forgets);
        let job = move |connection: &mut SqliteConnection| {
            let _turn = turn;
            connection.batch_execute("COMMIT").inspect_err(|_| roll_back(connection, &source))?;
            if forgets {
                empty_log(connection);
            }
            Ok(())
        };
        // A clash that only the end of the transaction shows is no one field's.
        self.writer.run(job).await?.map_err(store_error)
    }
}

/// Empties the write-ahead log, which still holds what was removed. What a reader keeps from it is emptied with a later removal.
fn empty_log(connection: &mut SqliteConnection) {
    if let Err(error) = connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(error = muster_domain::cause::chain(&error), "the log of the database could not be emptied after a removal");
    }
}

impl Drop for SqliteWork {
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        let source = Arc::clone(&self.source);
        let job = move |connection: &mut SqliteConnection| {
            let _turn = turn;
            roll_back(connection, &source);
        };
        if let Err(error) = self.writer.send(job) {
            tracing::error!(error = muster_domain::cause::chain(&error), "a unit of work could not be undone");
        }
    }
}

/// Leaves the connection without a transaction, opened anew if nothing else helps.
fn roll_back(connection: &mut SqliteConnection, source: &Source) {
    // SQLite ends a transaction by itself on some failures: what counts is that the next one can begin.
    let is_free = connection.batch_execute("ROLLBACK").is_ok() || connection.batch_execute("BEGIN; ROLLBACK").is_ok();
    if is_free {
        return;
    }
    match source.writer() {
        Ok(fresh) => *connection = fresh,
        Err(error) => tracing::error!(error = muster_domain::cause::chain(&error), "the database could not be opened again"),
    }
}

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;
