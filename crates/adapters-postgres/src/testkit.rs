//! A PostgreSQL for tests: one throw-away server a test run, one database a test.
//!
//! `TEST_DATABASE_URL` names another server to make the databases on; its user must be allowed to.
#![expect(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a test without its server should fail")]

mod server;

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::connect::{Connector, Limits};
use crate::{PgOptions, PgStore, address};
use server::Server;

/// A server to make databases on.
pub struct Cluster {
    /// `None` when it is somebody else's.
    server: Option<Server>,
    url: String,
    template: OnceCell<String>,
    databases: AtomicU32,
}

impl Cluster {
    /// The server of the whole test run.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => Self { server: None, url, template: OnceCell::new(), databases: AtomicU32::new(0) },
            Err(_) => Self::own(),
        })
    }

    /// A server of one test's own, to be stopped and started.
    #[must_use]
    pub fn own() -> Self {
        let server = Server::new();
        let url = server.url();
        Self { server: Some(server), url, template: OnceCell::new(), databases: AtomicU32::new(0) }
    }

    /// A new database with every table.
    pub async fn database(&self) -> PgUrl {
        if self.server.is_none() {
            let database = self.empty_database().await;
            migrate(&database).await;
            return database;
        }
        let template = self
            .template
            .get_or_init(async || {
                let database = self.empty_database().await;
                migrate(&database).await;
                database.name.clone()
            })
            .await;
        self.create(&format!(" TEMPLATE {template}")).await
    }

    /// A new database without tables.
    pub async fn empty_database(&self) -> PgUrl {
        self.create("").await
    }

    /// A store on a new database with every table.
    pub async fn store(&self) -> TestStore {
        let url = self.database().await;
        let store = PgStore::open(PgOptions { connections: 4, ..PgOptions::new(url.as_str()) }).await.unwrap();
        TestStore { store, url }
    }

    /// Stops an own server at once, as if it had been killed.
    pub fn stop(&self) {
        self.server.as_ref().unwrap_or_else(|| panic!("only a test's own server may be stopped")).stop();
    }

    /// Starts an own server that was stopped, under the address it had.
    pub fn start(&self) {
        self.server.as_ref().unwrap_or_else(|| panic!("only a test's own server may be started")).start().unwrap();
    }

    /// Stops an own server at once, and starts it again.
    pub fn restart(&self) {
        self.stop();
        self.start();
    }

    async fn create(&self, template: &str) -> PgUrl {
        let name = format!("muster_test_{}_{}", std::process::id(), self.databases.fetch_add(1, Ordering::SeqCst));
        execute(&self.url, &format!("CREATE DATABASE {name}{template}")).await;
        let drop_on = self.server.is_none().then(|| self.url.clone());
        PgUrl { url: with_database(&self.url, &name), name, drop_on }
    }
}

async fn migrate(database: &PgUrl) {
    let store = PgStore::open(PgOptions { connections: 1, ..PgOptions::new(database.as_str()) }).await.unwrap();
    store.migrate().await.unwrap();
}

/// Runs SQL on a connection of its own.
pub async fn execute(url: &str, sql: &str) {
    let config = address::parse(url).unwrap();
    let connector = std::sync::Arc::new(Connector::new(config, None, Handle::current()).unwrap());
    let mut connection = connector.open(Limits::NONE).await.unwrap();
    connection.batch_execute(sql).await.unwrap();
}

/// The one text that a query gives, on a connection of its own.
pub async fn text(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let text = client.query_one(sql, &[]).await.unwrap().get(0);
    drop(client);
    driver.await.unwrap().unwrap();
    text
}

/// The same server's URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (server, options) = rest.split_once('?').map_or((rest, String::new()), |(server, options)| (server, format!("?{options}")));
    let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
    format!("{scheme}://{server}/{name}{options}")
}

/// The URL of a database that is there until this is dropped, or the server is.
pub struct PgUrl {
    url: String,
    name: String,
    drop_on: Option<String>,
}

impl PgUrl {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }
}

impl Drop for PgUrl {
    fn drop(&mut self) {
        let Some(server) = self.drop_on.take() else {
            return;
        };
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The test's own runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), execute(&server, &sql)).await })
        });
        let _ = dropped.join();
    }
}

/// A store on a database of its own.
pub struct TestStore {
    store: PgStore,
    url: PgUrl,
}

impl TestStore {
    /// The URL of its database.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl Deref for TestStore {
    type Target = PgStore;

    fn deref(&self) -> &PgStore {
        &self.store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_another_database() {
        assert_eq!(with_database("postgres://u:p@h:5433/d?sslmode=disable", "n"), "postgres://u:p@h:5433/n?sslmode=disable");
        assert_eq!(with_database("postgres://u@h", "n"), "postgres://u@h/n");
    }
}
