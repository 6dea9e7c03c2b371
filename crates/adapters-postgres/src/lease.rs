//! A connection in the hands of one caller, who may go away in the middle of anything.

use std::time::Duration;

use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use muster_domain::store::StoreError;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::error::{store_error, unavailable};

/// How long a server may take to end what was left behind; a statement's own time-out comes first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The statements of this crate count on seeing what others committed before they began.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// A pooled connection, lent. The repositories are written on it.
///
/// A dropped lease gives its connection back in order: a transaction is undone and a statement that still runs is awaited, on the
/// runtime of the connections, so that the next caller finds it idle and none has to be opened anew.
pub(crate) struct Lease {
    connection: Option<Object<AsyncPgConnection>>,
    handle: Handle,
    is_transaction: bool,
    is_busy: bool,
    has_failed: bool,
}

impl Lease {
    /// A lease without a transaction.
    pub(crate) fn new(connection: Object<AsyncPgConnection>, handle: Handle) -> Self {
        Self { connection: Some(connection), handle, is_transaction: false, is_busy: false, has_failed: false }
    }

    /// Begins the lease's transaction.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        let connection = lent(&mut self.connection)?;
        AnsiTransactionManager::begin_transaction_sql(connection, BEGIN).await.map_err(store_error)?;
        self.is_transaction = true;
        Ok(())
    }

    /// The connection, for one statement; its result goes to [`Self::settle`].
    pub(crate) fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        self.is_busy = true;
        lent(&mut self.connection)
    }

    /// Takes note of how the statement ended.
    pub(crate) fn settle<T>(&mut self, result: diesel::QueryResult<T>) -> Result<T, StoreError> {
        self.is_busy = false;
        self.has_failed |= result.is_err();
        result.map_err(store_error)
    }

    /// Commits the lease's transaction.
    ///
    /// PostgreSQL answers the commit of a failed transaction by undoing it without an error: it is not even asked.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.has_failed || self.is_busy {
            return Err(unavailable("a statement of the unit of work failed or was not awaited, so nothing of it is kept"));
        }
        // Taken out, so that a commit that nobody awaits is not followed by a rollback; the pool throws such a connection away.
        let mut taken = self.connection.take();
        AnsiTransactionManager::commit_transaction(lent(&mut taken)?).await.map_err(store_error)
    }
}

fn lent(connection: &mut Option<Object<AsyncPgConnection>>) -> Result<&mut AsyncPgConnection, StoreError> {
    connection.as_deref_mut().ok_or_else(|| unavailable("the connection was given back already"))
}

/// Brings a connection to where the next caller can use it.
async fn idle(connection: &mut Object<AsyncPgConnection>, is_transaction: bool) {
    let ended = if is_transaction {
        AnsiTransactionManager::rollback_transaction(&mut **connection).await
    } else {
        // An empty statement is answered when all before it were.
        connection.batch_execute("").await
    };
    if let Err(error) = ended {
        tracing::debug!(error = %store_error(error), "a connection could not be brought in order; it is thrown away");
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if !self.is_transaction && !self.is_busy {
            return;
        }
        let is_transaction = self.is_transaction;
        self.handle.spawn(async move {
            if timeout(PATIENCE, idle(&mut connection, is_transaction)).await.is_err() {
                // A server that does not answer must not hold the pool's place as well.
                drop(Object::take(connection));
                tracing::warn!("PostgreSQL does not answer on a connection; it is given up");
            }
        });
    }
}
