//! A fixed number of threads behind a queue of bounded length.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use muster_domain::port::{PasswordPlace, PasswordsError};
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

use crate::clock::Stopwatch;

/// Shortest wait that a refused caller is told.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// How long a thread has nothing to do before its worker rests.
const REST_AFTER: Duration = Duration::from_secs(2);
/// How much the threads give way to others that want the same core: hashing waits, requests don't.
const NICE: i32 = 10;

/// What a thread lends to its jobs.
pub(super) trait Worker: Send + 'static {
    /// Gives back what only work needs.
    fn rest(&mut self);

    /// Sees to it, some time later, that what was given back reaches the system.
    fn settle(&mut self);
}

/// What a worker is lent to; tells whether there was still a reason to do it.
type Job<W> = Box<dyn FnOnce(&mut W) -> bool + Send>;

/// Why a job that was taken in gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("hashing panicked")]
    Panicked,
    #[error("the hashing threads have ended")]
    Ended,
}

impl From<Lost> for PasswordsError {
    fn from(lost: Lost) -> Self {
        Self::Failed(Box::new(lost))
    }
}

/// Threads that each own a worker and lend it to one job after the other. They end when the pool is dropped.
pub(super) struct Pool<W> {
    jobs: Sender<Job<W>>,
    /// Jobs that are done before those.
    first: Sender<Job<W>>,
    /// As many as can be with a thread or wait for one.
    places: Arc<Semaphore>,
    threads: usize,
    pace: Arc<Pace>,
}

impl<W: Worker> Pool<W> {
    /// Starts a thread for each worker. `usual` is how long a job takes, until jobs have been measured.
    pub(super) fn start(workers: Vec<W>, queue: usize, usual: Duration) -> std::io::Result<Self> {
        let ((jobs, waiting), (first, first_waiting)) = (bounded(queue), bounded(queue));
        let waiting = Queues { first: first_waiting, others: waiting };
        let pace = Arc::new(Pace::of(usual));
        let threads = workers.len();
        for (number, worker) in workers.into_iter().enumerate() {
            let (waiting, pace) = (waiting.clone(), Arc::clone(&pace));
            std::thread::Builder::new().name(format!("password-{number}")).spawn(move || work_off(worker, &waiting, &pace))?;
        }
        let places = Arc::new(Semaphore::new(queue + threads));
        Ok(Self { jobs, first, places, threads, pace })
    }

    /// Takes one of the places that jobs have; it is free again when it is dropped.
    pub(super) fn admit(&self) -> Result<PasswordPlace, PasswordsError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| self.busy())?;
        Ok(Box::new(place))
    }

    /// Has a worker do something and waits for what comes of it. Dropped before a worker is free, it is never done.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut W) -> T + Send + 'static) -> Result<T, PasswordsError> {
        Ok(self.submit(work)?.await.map_err(|_| Lost::Ended)??)
    }

    /// The same before all that is not done first too, and with places of its own to wait in.
    pub(super) async fn run_first<T: Send + 'static>(&self, work: impl FnOnce(&mut W) -> T + Send + 'static) -> Result<T, PasswordsError> {
        Ok(self.queued(&self.first, work)?.await.map_err(|_| Lost::Ended)??)
    }

    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Lost>>, PasswordsError> {
        self.queued(&self.jobs, work)
    }

    fn queued<T: Send + 'static>(
        &self,
        queue: &Sender<Job<W>>,
        work: impl FnOnce(&mut W) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Lost>>, PasswordsError> {
        let (reply, answer) = oneshot::channel();
        let (place, span) = (Place::take(), Span::current());
        let job = move |worker: &mut W| {
            drop(place);
            if reply.is_closed() {
                return false;
            }
            // A worker holds scratch memory alone, which the next job overwrites.
            let done = catch_unwind(AssertUnwindSafe(|| span.in_scope(|| work(worker)))).map_err(|_| Lost::Panicked);
            // Whoever asked may have left meanwhile.
            let _ = reply.send(done);
            true
        };
        queue.try_send(Box::new(job)).map_err(|_| self.busy())?;
        Ok(answer)
    }

    fn busy(&self) -> PasswordsError {
        metrics::counter!("muster_password_busy_total").increment(1);
        PasswordsError::Busy { retry_after: wait(self.jobs.len(), self.threads, self.pace.mean()) }
    }
}

/// How long it takes until those who wait have been served.
fn wait(waiting: usize, threads: usize, each: Duration) -> Duration {
    let rounds = u32::try_from((waiting + 1).div_ceil(threads.max(1))).unwrap_or(u32::MAX);
    each.saturating_mul(rounds).max(LEAST_WAIT)
}

/// Where jobs wait.
struct Queues<W> {
    first: Receiver<Job<W>>,
    others: Receiver<Job<W>>,
}

impl<W> Clone for Queues<W> {
    fn clone(&self) -> Self {
        Self { first: self.first.clone(), others: self.others.clone() }
    }
}

fn work_off<W: Worker>(mut worker: W, waiting: &Queues<W>, pace: &Pace) {
    // In Linux priorities belong to threads. One that can't be lowered hashes all the same.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    while let Some(job) = next(&mut worker, waiting) {
        let watch = Stopwatch::start();
        if job(&mut worker) {
            pace.record(watch.elapsed());
        }
    }
}

/// The next job; `None` when there will be none any more.
fn next<W: Worker>(worker: &mut W, waiting: &Queues<W>) -> Option<Job<W>> {
    if let Ok(job) = waiting.first.try_recv() {
        return Some(job);
    }
    for pause in [W::rest, W::settle] {
        select! {
            recv(waiting.first) -> job => return job.ok(),
            recv(waiting.others) -> job => return job.ok(),
            default(REST_AFTER) => pause(worker),
        }
    }
    select! {
        recv(waiting.first) -> job => job.ok(),
        recv(waiting.others) -> job => job.ok(),
    }
}

/// A moving mean of what jobs take, in nanoseconds.
struct Pace(AtomicU64);

impl Pace {
    fn of(usual: Duration) -> Self {
        Self(AtomicU64::new(nanos(usual)))
    }

    fn mean(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Moves the mean by an eighth. Two threads at once may lose one of their measurements, which changes little.
    fn record(&self, taken: Duration) {
        let mean = self.0.load(Ordering::Relaxed);
        self.0.store(mean - mean / 8 + nanos(taken) / 8, Ordering::Relaxed);
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// A place in the queue, as the metric counts it.
struct Place;

impl Place {
    fn take() -> Self {
        metrics::gauge!("muster_password_queue").increment(1.0);
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("muster_password_queue").decrement(1.0);
    }
}

#[cfg(test)]
mod tests;
