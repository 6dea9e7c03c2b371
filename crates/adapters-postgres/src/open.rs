//! Opening a store, and waiting for its server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_domain::cause::chain;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use crate::address;
use crate::connect::{ConnectError, Connector, Limits};
use crate::error::OpenError;

/// How often a server that is away is tried.
const RETRY_EVERY: Duration = Duration::from_millis(500);
/// How many tries share one line in the log.
const TRIES_PER_LINE: u32 = 10;

/// How a database is reached.
#[derive(Debug, Clone)]
pub struct PgOptions {
    /// Where it is, and as whom to sign in: `postgres://user:password@host:5432/database`.
    pub url: SecretString,
    /// Most connections at once.
    pub connections: usize,
    /// Certificates to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a caller waits for a free connection.
    pub wait_timeout: Duration,
    /// How long to wait at start for a server that is away.
    pub connect_wait: Duration,
}

impl PgOptions {
    /// The ordinary options for a URL.
    #[must_use]
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            connections: 16,
            ca_file: None,
            statement_timeout: Duration::from_secs(10),
            wait_timeout: Duration::from_secs(5),
            connect_wait: Duration::from_secs(30),
        }
    }

    /// Checks the URL, without asking the server.
    ///
    /// # Errors
    ///
    /// [`OpenError::Url`] when it names no database.
    pub fn check(&self) -> Result<(), OpenError> {
        address::parse(self.url.expose_secret()).map(drop).map_err(OpenError::Url)
    }
}

/// A connector to a server that has answered. Its connections live on the runtime that this is called from.
pub(crate) async fn connector(options: &PgOptions) -> Result<Arc<Connector>, OpenError> {
    let config = address::parse(options.url.expose_secret()).map_err(OpenError::Url)?;
    let connector = Arc::new(Connector::new(config, options.ca_file.as_deref(), Handle::current())?);
    wait_for_server(&connector, Limits::of(options.statement_timeout), options.connect_wait).await?;
    Ok(connector)
}

async fn wait_for_server(connector: &Arc<Connector>, limits: Limits, wait: Duration) -> Result<(), OpenError> {
    let server = address::shown(connector.config());
    let began = Instant::now();
    for tries in 0_u32.. {
        let Err(error) = connector.open(limits).await else {
            break;
        };
        let reason = without_password(&error);
        if let Some(refusal) = refusal(&error, connector, &reason) {
            return Err(refusal);
        }
        if began.elapsed() >= wait {
            return Err(OpenError::Away { server, waited: wait, reason });
        }
        if tries % TRIES_PER_LINE == 0 {
            tracing::warn!(server, reason, wait_s = wait.as_secs(), "PostgreSQL does not answer yet; trying on");
        }
        tokio::time::sleep(RETRY_EVERY).await;
    }
    Ok(())
}

/// The server's own words where it spoke, else the driver's.
fn without_password(error: &ConnectError) -> String {
    match error {
        ConnectError::Server(error) => error.as_db_error().map_or_else(|| chain(error), |told| told.message().to_owned()),
        other => other.to_string(),
    }
}

/// The error for what waiting does not mend.
fn refusal(error: &ConnectError, connector: &Connector, reason: &str) -> Option<OpenError> {
    let ConnectError::Server(error) = error else {
        return None;
    };
    let server = address::shown(connector.config());
    let reason = reason.to_owned();
    let code = error.code().cloned();
    match code {
        Some(SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => Some(OpenError::Login { server, reason }),
        Some(SqlState::INVALID_CATALOG_NAME) => {
            Some(OpenError::Database { server, database: address::database(connector.config()).to_owned(), reason })
        }
        // It starts, stops or is full.
        Some(SqlState::CANNOT_CONNECT_NOW | SqlState::TOO_MANY_CONNECTIONS | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN) => None,
        Some(_) => Some(OpenError::Refused { server, reason }),
        None if is_about(error, "TLS") => Some(OpenError::Tls { server, reason }),
        None if is_about(error, "configuration") || is_about(error, "authentication") => Some(OpenError::Login { server, reason }),
        None => None,
    }
}

/// The driver keeps the kind of its errors to itself; their texts name it.
fn is_about(error: &tokio_postgres::Error, topic: &str) -> bool {
    error.to_string().contains(topic)
}
