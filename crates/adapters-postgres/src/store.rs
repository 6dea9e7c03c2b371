//! The store: a pool of connections, lent for a look or a unit of work.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use muster_domain::store::{
    AccessTokens, Audits, Channels, Credentials, Factors, Groups, Invitations, KnownDevices, OneTimeTokens, Outbox, Preferences,
    ReadAccessTokens, ReadAudits, ReadChannels, ReadFactors, ReadGroups, ReadInvitations, ReadKnownDevices, ReadOneTimeTokens, ReadOutbox,
    ReadPreferences, ReadService, ReadSessions, ReadStatuses, ReadTeams, ReadTerms, ReadUsers, Reading, Service, Sessions, Statuses, Store,
    StoreError, Teams, TermsOfService, UnitOfWork, Users,
};
use tokio::time::Instant;

use crate::connect::{self, Connector, Limits};
use crate::error::{MigrateError, OpenError, unavailable};
use crate::lease::Lease;
use crate::migration;
use crate::open::{self, PgOptions};

/// How often a store that closes looks whether its connections are back.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Everything in one PostgreSQL database.
pub struct PgStore {
    pool: Pool<AsyncPgConnection>,
    connector: Arc<Connector>,
    wait_timeout: Duration,
}

impl PgStore {
    /// Opens the database of a URL, waiting for its server. The connections live on the runtime this is called from, which must not
    /// be one of the HTTP server's workers.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the server stays away, or refuses what waiting does not mend.
    pub async fn open(options: PgOptions) -> Result<Self, OpenError> {
        let connector = open::connector(&options).await?;
        let pool = connect::pool(Arc::clone(&connector), options.connections, Limits::of(options.statement_timeout))?;
        Ok(Self { pool, connector, wait_timeout: options.wait_timeout })
    }

    /// Brings the tables up to date, one program at a time, and tells which migrations were applied.
    ///
    /// # Errors
    ///
    /// [`MigrateError`] when the database does not answer or refuses a migration; that one is undone, earlier ones stay.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        migration::migrate(&self.connector).await
    }

    /// Tells which migrations are not applied yet; needs no right to change tables.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Unavailable`] when the database does not answer.
    pub async fn pending(&self) -> Result<Vec<String>, MigrateError> {
        migration::pending(&self.connector).await
    }

    /// Closes every connection for good, each after what runs on it; what is asked of the store from now on fails.
    pub async fn close(&self) {
        self.pool.close();
        // The pool does not tell when the last of those it has lent comes back.
        while self.pool.status().size > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        let began = Instant::now();
        // Only the wait is cut short: a statement that nobody awaits would go on in the server.
        let waited = tokio::time::timeout(self.wait_timeout, self.pool.get()).await;
        metrics::histogram!("muster_store_wait_seconds", "store" => "postgres").record(began.elapsed());
        let connection: Object<AsyncPgConnection> = match waited {
            Ok(connection) => connection.map_err(|error| unavailable(error.to_string()))?,
            Err(_) => return Err(unavailable(format!("no connection was to be had within {} ms", self.wait_timeout.as_millis()))),
        };
        Ok(Lease::new(connection, self.connector.handle().clone()))
    }
}

#[async_trait]
impl Store for PgStore {
    #[tracing::instrument(name = "db.store.read", skip_all)]
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        Ok(Box::new(PgReading(self.lease().await?)))
    }

    #[tracing::instrument(name = "db.store.begin", skip_all)]
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let mut lease = self.lease().await?;
        if lease.begin().await.is_err() {
            // The server may have hung up a moment ago; nothing was done yet, so another connection may try.
            drop(lease);
            lease = self.lease().await?;
            lease.begin().await?;
        }
        Ok(Box::new(PgUnitOfWork(lease)))
    }

    #[tracing::instrument(name = "db.store.tend", skip_all)]
    async fn tend(&self) -> Result<bool, StoreError> {
        self.lease().await?.tend().await
    }
}

/// Repositories to look at, on one connection.
struct PgReading(Lease);

/// Gives the lease as each repository of one side.
macro_rules! repositories {
    ($($accessor:ident: $port:ident,)*) => {
        $(fn $accessor(&mut self) -> &mut dyn $port {
            &mut self.0
        })*
    };
}

impl Reading for PgReading {
    repositories! {
        users: ReadUsers,
        sessions: ReadSessions,
        access_tokens: ReadAccessTokens,
        audits: ReadAudits,
        teams: ReadTeams,
        channels: ReadChannels,
        groups: ReadGroups,
        invitations: ReadInvitations,
        terms: ReadTerms,
        preferences: ReadPreferences,
        statuses: ReadStatuses,
        outbox: ReadOutbox,
        one_time_tokens: ReadOneTimeTokens,
        factors: ReadFactors,
        known_devices: ReadKnownDevices,
        service: ReadService,
    }
}

/// One transaction, on one connection.
struct PgUnitOfWork(Lease);

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    repositories! {
        users: Users,
        credentials: Credentials,
        sessions: Sessions,
        access_tokens: AccessTokens,
        audits: Audits,
        teams: Teams,
        channels: Channels,
        groups: Groups,
        invitations: Invitations,
        terms: TermsOfService,
        preferences: Preferences,
        statuses: Statuses,
        outbox: Outbox,
        one_time_tokens: OneTimeTokens,
        factors: Factors,
        known_devices: KnownDevices,
        service: Service,
    }

    #[tracing::instrument(name = "db.store.commit", skip_all)]
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit().await
    }
}
