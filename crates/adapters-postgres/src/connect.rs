//! Connections: TLS, limits, and the runtime they live on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use muster_domain::cause::chain;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::runtime::Handle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::OpenError;

/// How long a server may take to accept a connection, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a unit of work may lie idle: far longer than any use case, far shorter than a lock that nobody remembers.
const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);

/// Opens connections.
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// The runtime that was there when the store was made. A connection's driver would starve on a busy worker of the server.
    handle: Handle,
}

/// Every statement of a repository goes by an index, row by row, and is written for one plan. Statistics that are old, or a value
/// that is rare, must not make the planner choose another: one plan serves for all values, and what does not go by an index, in its
/// order, is chosen only where there is no other way. So what is to be sorted must be fetched apart. (Penalised steps look dear enough to be compiled, which costs more than they do.)
const PLANS: &str = "; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_sort = off; \
    SET enable_incremental_sort = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET max_parallel_workers_per_gather = 0; SET jit = off";

/// How long a connection's statements may take, and how they are planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) statement: Duration,
    pub(crate) lock: Duration,
    plans: &'static str,
}

impl Limits {
    /// No limits and no fixed plans, for migrations.
    pub(crate) const NONE: Self = Self { statement: Duration::ZERO, lock: Duration::ZERO, plans: "" };

    /// A lock is waited for half as long as a statement may take: who waits for one learns so, and not that the server is slow.
    pub(crate) fn of(statement: Duration) -> Self {
        Self { statement, lock: statement / 2, plans: PLANS }
    }

    fn sql(self) -> String {
        format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}{}",
            self.statement.as_millis(),
            self.lock.as_millis(),
            IDLE_IN_TRANSACTION.as_millis(),
            self.plans
        )
    }
}

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{}", chain(.0))]
    Server(#[from] tokio_postgres::Error),
    #[error("a new connection could not be set up: {}", chain(.0))]
    Setup(#[from] ConnectionError),
    #[error("a new connection could not be set up: {0}")]
    Limits(#[from] diesel::result::Error),
    #[error("the runtime of the connections has stopped")]
    Stopped(#[from] tokio::task::JoinError),
}

impl Connector {
    /// A connector whose connections live on a runtime.
    pub(crate) fn new(mut config: Config, ca_file: Option<&Path>, handle: Handle) -> Result<Self, OpenError> {
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(client_config(ca_file)?)),
        };
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("muster");
        }
        // A server that vanished without a word is noticed in less than half a minute.
        config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(25));
        Ok(Self { config, tls, handle })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Opens a connection; whoever asks may go away meanwhile.
    pub(crate) async fn open(self: &Arc<Self>, limits: Limits) -> Result<AsyncPgConnection, ConnectError> {
        let connector = Arc::clone(self);
        self.handle.spawn(async move { connector.open_here(limits).await }).await?
    }

    async fn open_here(&self, limits: Limits) -> Result<AsyncPgConnection, ConnectError> {
        let mut opened = if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.clone()).await?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        } else {
            let (client, connection) = self.config.connect(NoTls).await?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        };
        opened.batch_execute(&limits.sql()).await?;
        Ok(opened)
    }
}

/// A pool of so many connections at most. It looks at a connection before lending it, without a round trip.
pub(crate) fn pool(connector: Arc<Connector>, connections: usize, limits: Limits) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| {
        let connector = Arc::clone(&connector);
        async move { connector.open(limits).await.map_err(|error| ConnectionError::BadConnection(error.to_string())) }.boxed()
    });
    // The connector holds the URL: the manager would keep the password in the open.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    let built = Pool::builder(manager).max_size(connections.max(1)).build();
    built.map_err(|error| OpenError::Refused { server: String::new(), reason: error.to_string() })
}

/// TLS as the system, or a file, trusts. The provider is named: a second one in the program must not make this panic.
fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, OpenError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots_error = |error: rustls::Error| OpenError::Roots(error.to_string());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(roots_error)?;
    let verified = match ca_file {
        Some(path) => builder.with_root_certificates(roots(path)?),
        None => builder.with_platform_verifier().map_err(roots_error)?,
    };
    Ok(verified.with_no_client_auth())
}

fn roots(path: &Path) -> Result<rustls::RootCertStore, OpenError> {
    let unusable = |reason: String| OpenError::CaFile { path: path.to_owned(), reason };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("it holds none".to_owned())) } else { Ok(roots) }
}
