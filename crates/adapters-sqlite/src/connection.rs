//! Threads that own a connection each, and run the closures sent to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use diesel::prelude::*;
use muster_domain::store::StoreError;
use tokio::sync::{oneshot, watch};

use crate::error::{store_error, unavailable};

/// What a thread does with its connection.
pub(crate) type Job = Box<dyn FnOnce(&mut SqliteConnection) + Send>;

/// Look-ups that may wait for a reader; more at once than this is a flood, not a burst.
const QUEUE: usize = 8_192;

/// What a thread finds in its queue.
enum Order {
    Run(Job),
    /// For one thread: it takes no more, and closes its connection.
    End,
}

/// One or more threads that take jobs from one queue. They end when every clone of this is gone, or when they are told to.
#[derive(Clone)]
pub(crate) struct Threads {
    orders: Sender<Order>,
    count: usize,
}

/// Tells when the writer's connection is closed.
#[derive(Clone)]
pub(crate) struct Closed(watch::Receiver<()>);

impl Closed {
    /// Ends when the connection is closed.
    pub(crate) async fn wait(mut self) {
        // Nothing is ever sent: the thread's end of the channel goes after its connection.
        let _ = self.0.changed().await;
    }
}

impl Threads {
    /// Starts the writer. Its queue has no bound, since a unit of work that ends must always find a place in it.
    ///
    /// Its connection is closed after those of the given threads: SQLite brings the log into the file and takes it away with
    /// the last one, and does neither where two that close at once see each other.
    pub(crate) fn writer(connection: SqliteConnection, closed_before: Vec<JoinHandle<()>>) -> std::io::Result<(Self, Closed)> {
        let (orders, queue) = crossbeam_channel::unbounded();
        let (closing, closed) = watch::channel(());
        let name = "muster-sqlite-writer".to_owned();
        start(name, connection, move |connection| {
            serve(connection, &queue);
            drop(queue);
            for thread in closed_before {
                // What a panic of that thread says was logged by it; its connection is closed all the same.
                drop(thread.join());
            }
            closing
        })?;
        Ok((Self { orders, count: 1 }, Closed(closed)))
    }

    /// Starts a reader for each connection. The threads are given too.
    pub(crate) fn readers(connections: Vec<SqliteConnection>) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (orders, queue) = crossbeam_channel::bounded(QUEUE);
        let each = connections.into_iter().enumerate().map(|(number, connection)| {
            let queue = queue.clone();
            start(format!("muster-sqlite-{number}"), connection, move |connection| serve(connection, &queue))
        });
        let threads = each.collect::<Result<Vec<_>, _>>()?;
        Ok((Self { orders, count: threads.len() }, threads))
    }

    /// Tells each thread to end after what waits already, whoever holds a clone of this. Waits for places in the queue.
    pub(crate) fn end(&self) {
        for _ in 0..self.count {
            // Threads that are gone need not be told.
            let _ = self.orders.send(Order::End);
        }
    }

    /// Sends a job without awaiting its end.
    pub(crate) fn send(&self, job: impl FnOnce(&mut SqliteConnection) + Send + 'static) -> Result<(), StoreError> {
        self.orders.try_send(Order::Run(Box::new(job))).map_err(|refused| {
            unavailable(if refused.is_full() { "too many look-ups wait" } else { "the thread of the connection has ended" })
        })
    }

    /// Runs a job and awaits its answer. Who stops waiting doesn't stop the job.
    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(move |connection| drop(answer.send(job(connection))))?;
        answered.await.map_err(|_| unavailable("the job on the connection broke off"))
    }
}

/// Starts a thread; what it gives in the end goes after its connection.
fn start<F, T>(name: String, mut connection: SqliteConnection, run: F) -> std::io::Result<JoinHandle<()>>
where
    F: FnOnce(&mut SqliteConnection) -> T + Send + 'static,
{
    std::thread::Builder::new().name(name).spawn(move || {
        let last = run(&mut connection);
        drop(connection);
        drop(last);
    })
}

/// Runs jobs until every handle is gone, or the thread is told to end.
fn serve(connection: &mut SqliteConnection, queue: &Receiver<Order>) {
    while let Ok(Order::Run(job)) = queue.recv() {
        // One job that panics must not take the connection from all the others.
        if catch_unwind(AssertUnwindSafe(|| job(connection))).is_err() {
            tracing::error!("a job on a database connection panicked");
        }
    }
}

/// How far what was done on a handle can be relied on.
#[derive(PartialEq, Eq)]
enum Scope {
    /// Single statements: none depends on another.
    Statements,
    /// A transaction in which everything went well so far.
    Transaction,
    /// A transaction of which some part may be missing: it can't be committed any more.
    Broken,
}

/// From how many accounts on another way to find them is taken. The ways differ in what they cost, never in what they find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Up to so many are looked at one by one, rather than an index walked that holds others too.
    pub(crate) few: i64,
    /// Up to so many are looked through for words without asking the trigrams.
    pub(crate) narrow: i64,
    /// Most accounts that one word's trigrams give, and that are sorted then; to walk past all others would take longer.
    pub(crate) candidates: usize,
    /// The same of several words: what has them all may be far fewer than what has one.
    pub(crate) candidates_of_several: usize,
    /// Accounts of a segment of the order of usernames, or up to twice as many.
    pub(crate) segment: i64,
    /// So few segments that can have a word are walked soon.
    pub(crate) few_segments: usize,
    /// Of more accounts than this, those outside a team of nearly everybody are kept.
    pub(crate) crowd: i64,
    /// Rows before a page up to which nothing is won by adding up the sizes of stretches.
    pub(crate) shallow: u64,
}

impl Bounds {
    /// What does well among ten thousand accounts and among a million.
    pub(crate) const USUAL: Self = Self {
        few: 5_000,
        narrow: 2_000,
        candidates: 10_000,
        candidates_of_several: 20_000,
        segment: 8_000,
        few_segments: 4,
        crowd: 2_000,
        shallow: 1_000,
    };
}

/// Every repository, on the threads that serve them. The ports are implemented beside their rows, one file each.
pub(crate) struct Repositories {
    threads: Threads,
    scope: Scope,
    pub(crate) bounds: Bounds,
    /// Whether something was removed that the log must not keep either.
    pub(crate) forgets: bool,
}

impl Repositories {
    /// Repositories whose statements stand alone.
    pub(crate) fn of_statements(threads: Threads, bounds: Bounds) -> Self {
        Self { threads, scope: Scope::Statements, bounds, forgets: false }
    }

    /// Repositories whose statements belong to one transaction.
    pub(crate) fn of_transaction(threads: Threads, bounds: Bounds) -> Self {
        Self { threads, scope: Scope::Transaction, bounds, forgets: false }
    }

    /// Whether the transaction may be committed.
    pub(crate) fn is_whole(&self) -> bool {
        self.scope != Scope::Broken
    }

    /// Runs a query on the connection and awaits its answer.
    pub(crate) async fn run<T, F>(&mut self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    {
        if self.scope == Scope::Statements {
            return self.threads.run(query).await?.map_err(store_error);
        }
        if !self.is_whole() {
            return Err(unavailable("an earlier part of the unit of work failed"));
        }
        // SQLite ends a transaction by itself on some failures, and whatever came after would last at once. The same could
        // hide behind an answer that nobody awaited to its end.
        self.scope = Scope::Broken;
        let result = self.threads.run(query).await?.map_err(store_error);
        if !matches!(result, Err(StoreError::Unavailable(_))) {
            self.scope = Scope::Transaction;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use diesel::connection::SimpleConnection as _;

    use super::*;

    fn threads() -> Threads {
        Threads::writer(SqliteConnection::establish(":memory:").unwrap(), Vec::new()).unwrap().0
    }

    #[tokio::test]
    async fn a_job_ends_though_nobody_awaits_it() {
        let threads = threads();
        let (started, is_started) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let job = threads.run(move |_| {
            started.send(()).unwrap();
            may_go.recv().unwrap();
        });
        let mut job = Box::pin(job);
        assert!(std::future::poll_fn(|context| std::task::Poll::Ready(job.as_mut().poll(context).is_pending())).await);
        is_started.recv().unwrap();

        drop(job);
        go.send(()).unwrap();

        assert_eq!(threads.run(|_| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_caller_alone() {
        let threads = threads();

        let answer = threads.run(|_| panic!("expected in this test")).await;

        assert!(matches!(answer, Err::<(), _>(StoreError::Unavailable(_))));
        assert_eq!(threads.run(|_| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn threads_end_with_the_last_handle() {
        let (alive, has_ended) = mpsc::channel::<()>();
        let threads = threads();
        // A value that the connection owns goes when the connection does.
        threads
            .run(move |connection| {
                connection.set_instrumentation(move |_: diesel::connection::InstrumentationEvent<'_>| {
                    let _ = &alive;
                });
            })
            .await
            .unwrap();

        drop(threads);

        assert!(has_ended.recv().is_err());
    }

    /// Tells when it goes, and whose it was.
    struct Closing(&'static str, mpsc::Sender<&'static str>);

    impl Drop for Closing {
        fn drop(&mut self) {
            self.1.send(self.0).unwrap();
        }
    }

    fn tell_of_closing(threads: &Threads, closing: Closing) {
        let tell = move |connection: &mut SqliteConnection| {
            connection.set_instrumentation(move |_: diesel::connection::InstrumentationEvent<'_>| {
                let _ = &closing;
            });
        };
        threads.send(tell).unwrap();
    }

    #[test]
    fn the_writer_is_closed_last() {
        let connection = || SqliteConnection::establish(":memory:").unwrap();
        for _ in 0..50 {
            let (told, closed) = mpsc::channel();
            let (readers, threads) = Threads::readers(vec![connection()]).unwrap();
            let (writer, _) = Threads::writer(connection(), threads).unwrap();
            tell_of_closing(&readers, Closing("reader", told.clone()));
            tell_of_closing(&writer, Closing("writer", told));

            drop((writer, readers));

            assert_eq!(closed.iter().collect::<Vec<_>>(), ["reader", "writer"]);
        }
    }

    #[tokio::test]
    async fn a_transaction_with_a_lost_answer_takes_no_more() {
        let mut repositories = Repositories::of_transaction(threads(), Bounds::USUAL);
        let mut lost = Box::pin(repositories.run(|connection| connection.batch_execute("SELECT 1")));
        let _ = std::future::poll_fn(|context| std::task::Poll::Ready(lost.as_mut().poll(context).is_pending())).await;
        drop(lost);

        let refused = repositories.run(|connection| connection.batch_execute("SELECT 1")).await;

        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        assert!(!repositories.is_whole());
    }
}
