use std::sync::mpsc::{self, channel};

use super::*;
use crate::password::recorder::CountingRecorder;

/// Workers that count what they have done.
impl Worker for u32 {
    fn rest(&mut self) {}

    fn settle(&mut self) {}
}

/// Tells when it rests and when that has settled, and ends when it is dropped.
impl Worker for mpsc::Sender<()> {
    fn rest(&mut self) {
        self.send(()).unwrap();
    }

    fn settle(&mut self) {
        self.send(()).unwrap();
    }
}

fn pool(threads: usize, queue: usize) -> Pool<u32> {
    Pool::start(vec![0; threads], queue, Duration::from_millis(1)).unwrap()
}

/// Has the pool's one thread busy until the returned sender is dropped.
fn keep_busy(pool: &Pool<u32>) -> mpsc::Sender<()> {
    let (release, released) = channel::<()>();
    let (begun, begins) = channel();
    let _gone = pool.submit(move |_| {
        begun.send(()).unwrap();
        let _ = released.recv();
    });
    begins.recv().unwrap();
    release
}

#[tokio::test]
async fn a_worker_keeps_what_it_has_from_job_to_job() {
    let pool = pool(1, 8);

    for done in 1..=3 {
        let counted = pool.run(|worker| {
            *worker += 1;
            *worker
        });
        assert_eq!(counted.await.unwrap(), done);
    }
}

#[tokio::test]
async fn over_the_queue_callers_are_refused_until_there_is_room() {
    let pool = pool(1, 2);
    let release = keep_busy(&pool);
    let waiting = [pool.submit(|_| ()).unwrap(), pool.submit(|_| ()).unwrap()];

    let (refused, counts) = CountingRecorder::during(|| pool.submit(|_| ()));

    assert!(matches!(refused, Err(PasswordsError::Busy { retry_after }) if retry_after >= LEAST_WAIT));
    assert_eq!(counts["muster_password_busy_total"], 1);
    drop(release);
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
    pool.run(|_| ()).await.unwrap();
}

#[test]
fn as_many_are_admitted_as_have_a_thread_or_wait_for_one() {
    let pool = pool(2, 3);
    let mut admitted: Vec<_> = (0..5).map(|_| pool.admit().unwrap()).collect();

    let (refused, counts) = CountingRecorder::during(|| pool.admit().map(drop));

    assert!(matches!(refused, Err(PasswordsError::Busy { retry_after }) if retry_after >= LEAST_WAIT));
    assert_eq!(counts["muster_password_busy_total"], 1);
    admitted.pop();
    assert!(pool.admit().is_ok());
}

#[tokio::test]
async fn a_job_whose_caller_has_gone_is_never_done() {
    let pool = pool(1, 8);
    let release = keep_busy(&pool);
    let abandoned = pool.submit(|worker| *worker += 100).unwrap();
    drop(abandoned);
    drop(release);

    let done = pool.run(|worker| *worker).await.unwrap();

    assert_eq!(done, 0);
}

#[tokio::test]
async fn a_caller_that_goes_during_its_job_harms_nobody() {
    let pool = pool(1, 8);

    // Whoever keeps the thread busy has not kept the answer.
    drop(keep_busy(&pool));

    pool.run(|_| ()).await.unwrap();
}

#[tokio::test]
async fn a_job_that_panics_fails_alone() {
    let pool = pool(1, 8);

    // Unlike `panic!`, this prints nothing.
    let failed = pool.run::<()>(|_| std::panic::resume_unwind(Box::new(()))).await;

    assert!(matches!(failed, Err(PasswordsError::Failed(_))));
    assert_eq!(pool.run(|worker| *worker).await.unwrap(), 0);
}

#[test]
fn dropping_the_pool_ends_its_threads() {
    let (alive, ended) = channel::<()>();
    let pool = Pool::start(vec![alive.clone(), alive], 8, Duration::ZERO).unwrap();

    drop(pool);

    // The senders are dropped with the workers that the threads own.
    assert!(ended.recv().is_err());
}

#[test]
fn a_refused_caller_waits_for_those_before_it() {
    let each = Duration::from_millis(500);

    assert_eq!(wait(0, 1, each), LEAST_WAIT);
    assert_eq!(wait(9, 1, each), Duration::from_secs(5));
    assert_eq!(wait(9, 2, each), Duration::from_millis(2500));
    assert_eq!(wait(usize::MAX - 1, 1, Duration::MAX), Duration::MAX);
}

#[test]
fn the_mean_follows_what_is_measured() {
    let pace = Pace::of(Duration::from_secs(8));

    pace.record(Duration::from_secs(16));

    assert_eq!(pace.mean(), Duration::from_secs(9));
}

#[tokio::test]
async fn who_has_nothing_to_do_gives_his_memory_back_and_works_on_later() {
    let (resting, rests) = mpsc::channel();
    let pool = Pool::start(vec![resting], 8, Duration::ZERO).unwrap();
    pool.run(|_| ()).await.unwrap();

    rests.recv_timeout(REST_AFTER * 10).unwrap();
    rests.recv_timeout(REST_AFTER * 10).expect("the allocator is seen to later");

    assert_eq!(pool.run(|_| 7).await.unwrap(), 7);
}

#[tokio::test]
async fn who_goes_first_waits_for_no_crowd() {
    let pool = std::sync::Arc::new(pool(1, 2));
    let release = keep_busy(&pool);
    let order = std::sync::Arc::<std::sync::Mutex<Vec<&str>>>::default();
    let note = |name| {
        let order = order.clone();
        move |_: &mut u32| order.lock().unwrap().push(name)
    };
    let crowd = [pool.submit(note("stranger")).unwrap(), pool.submit(note("stranger")).unwrap()];
    assert!(pool.submit(note("stranger")).is_err(), "no place is left");
    let known = pool.queued(&pool.first, note("known")).unwrap();
    drop(release);

    known.await.unwrap().unwrap();
    for stranger in crowd {
        stranger.await.unwrap().unwrap();
    }

    assert_eq!(*order.lock().unwrap(), ["known", "stranger", "stranger"]);
}
