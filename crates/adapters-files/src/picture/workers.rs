//! A bounded number of blocking threads at work, and a bounded number of callers that wait for one.

use std::sync::Arc;
use std::time::Duration;

use muster_domain::port::PictureError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::Span;

/// When who was refused may try again: the largest pictures take about a second.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Blocking threads, of which so many work at a time.
pub(super) struct Workers {
    /// One for each who works or waits.
    places: Semaphore,
    /// One for each who works.
    hands: Arc<Semaphore>,
}

impl Workers {
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        Self { places: Semaphore::new(workers + queue), hands: Arc::new(Semaphore::new(workers)) }
    }

    /// Does something on a blocking thread. Dropped before it has begun, it is never done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PictureError> + Send + 'static,
    ) -> Result<T, PictureError> {
        let _place = self.places.try_acquire().map_err(|_| PictureError::Busy { retry_after: RETRY_AFTER })?;
        let hand = Arc::clone(&self.hands).acquire_owned().await.map_err(|cause| PictureError::Failed(Box::new(cause)))?;
        let span = Span::current();
        let task = spawn_blocking(move || {
            // Held by the work and not by its caller, who may leave before it ends.
            let _hand = hand;
            span.in_scope(work)
        });
        task.await.map_err(|cause| PictureError::Failed(Box::new(cause)))?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_is_refused() {
        let workers = Arc::new(Workers::new(1, 1));
        let (release, gate) = mpsc::channel::<()>();
        let at_work = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(move || Ok(gate.recv().is_ok())).await }
        });
        let waiting = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(|| Ok(())).await }
        });
        while workers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }

        let refused = workers.run(|| Ok(())).await.unwrap_err();

        assert!(matches!(refused, PictureError::Busy { retry_after } if retry_after == RETRY_AFTER));
        release.send(()).unwrap();
        assert!(at_work.await.unwrap().unwrap());
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_leaves_gives_the_place_back_and_the_work_keeps_its_hand() {
        let workers = Arc::new(Workers::new(1, 0));
        let (release, gate) = mpsc::channel::<()>();
        let leaving = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(move || Ok(gate.recv().is_ok())).await }
        });
        while workers.hands.available_permits() > 0 {
            tokio::task::yield_now().await;
        }

        leaving.abort();
        assert!(leaving.await.unwrap_err().is_cancelled());

        assert_eq!(workers.places.available_permits(), 1);
        assert_eq!(workers.hands.available_permits(), 0);
        release.send(()).unwrap();
        workers.run(|| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_and_the_worker_goes_on() {
        let workers = Workers::new(1, 0);

        let failed = workers.run(|| -> Result<(), _> { panic!("broken on purpose") }).await.unwrap_err();

        assert!(matches!(failed, PictureError::Failed(_)));
        workers.run(|| Ok(())).await.unwrap();
    }
}
