//! Tasks in the background, from start to stop: one that panics is started again.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// How a task that panics is treated.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The pause after a first panic; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// A task that ran for so long without one is well again.
    pub calm: Duration,
    /// A task that was not well again for so long is told of.
    pub long: Duration,
}

impl Patience {
    /// Quick to try again, slow to worry.
    pub const USUAL: Self = Self {
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_mins(1),
        calm: Duration::from_mins(2),
        long: Duration::from_mins(2),
    };
}

/// Names one of the tasks; several do the same work.
type Key = (&'static str, usize);

/// Since when which tasks have not been well.
#[derive(Debug, Default)]
pub struct TaskHealth(Mutex<BTreeMap<Key, Instant>>);

impl TaskHealth {
    /// The tasks that panic again and again, for so long already.
    #[must_use]
    pub fn ailing(&self, long: Duration) -> Vec<&'static str> {
        let mut names: Vec<_> = self.held().iter().filter(|(_, since)| since.elapsed() >= long).map(|((name, _), _)| *name).collect();
        names.dedup();
        names
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, key: Key) {
        self.held().entry(key).or_insert_with(Instant::now);
    }

    fn well(&self, key: Key) {
        self.held().remove(&key);
    }
}

/// Tells tasks to take nothing new up.
pub type Stopped = watch::Receiver<bool>;

/// Holds the tasks in the background.
pub struct Supervisor {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    health: Arc<TaskHealth>,
    patience: Patience,
}

impl Supervisor {
    /// Holds none yet; says there how each of them is.
    #[must_use]
    pub fn new(health: Arc<TaskHealth>, patience: Patience) -> Self {
        Self { tasks: JoinSet::new(), stop: watch::channel(false).0, health, patience }
    }

    /// Starts a task, and starts it again when it panics. It ends by itself when it is told to stop.
    pub fn start<F, T>(&mut self, name: &'static str, task: F)
    where
        F: Fn(Stopped) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let key = (name, self.tasks.len());
        self.tasks.spawn(watched(key, task, self.stop.subscribe(), self.health.clone(), self.patience));
    }

    /// What tells the tasks to take nothing new up.
    #[must_use]
    pub fn halt(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Lets the tasks finish what they hold, for so long at most. A mail that is cut off is tried again, and may come twice.
    pub async fn stop(mut self, patience: Duration) {
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(patience, finished).await.is_err() {
            tracing::warn!("a task in the background was cut off, such as a delivery of mail");
        }
    }
}

async fn watched<F, T>(key: Key, task: F, mut stopped: Stopped, health: Arc<TaskHealth>, patience: Patience)
where
    F: Fn(Stopped) -> T,
    T: Future<Output = ()>,
{
    let mut pause = patience.first_pause;
    loop {
        let mut running = pin!(AssertUnwindSafe(task(stopped.clone())).catch_unwind());
        let ended = if let Ok(ended) = timeout(patience.calm, &mut running).await {
            ended
        } else {
            health.well(key);
            pause = patience.first_pause;
            running.await
        };
        if ended.is_ok() {
            return health.well(key);
        }
        health.failed(key);
        metrics::counter!("muster_task_panics_total", "task" => key.0).increment(1);
        // What the panic says may hold anything: the hook has told its place.
        tracing::error!(task = key.0, pause_ms = pause.as_millis(), "a task in the background panicked; it is started again after a pause");
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = pause.saturating_mul(2).min(patience.longest_pause),
            _ = stopped.wait_for(|is_told| *is_told) => return,
        }
    }
}

#[cfg(test)]
mod tests;
