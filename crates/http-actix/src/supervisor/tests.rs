use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Notify, mpsc};

use super::*;

const AT_ONCE: Patience =
    Patience { first_pause: Duration::ZERO, longest_pause: Duration::ZERO, calm: Duration::from_hours(1), long: Duration::ZERO };

fn supervisor(patience: Patience) -> (Supervisor, Arc<TaskHealth>) {
    let health = Arc::<TaskHealth>::default();
    (Supervisor::new(health.clone(), patience), health)
}

/// Waits to be told to stop, as a task does that is well.
async fn wait(mut stopped: Stopped) {
    let _ = stopped.wait_for(|is_told| *is_told).await;
}

/// A task that tells of each start, and panics at the first so many.
fn panics(times: u32, told: mpsc::UnboundedSender<u32>) -> impl Fn(Stopped) -> futures_util::future::BoxFuture<'static, ()> + Send {
    let starts = Arc::<AtomicU32>::default();
    move |stopped| {
        let (start, told) = (starts.fetch_add(1, Ordering::SeqCst), told.clone());
        async move {
            told.send(start).unwrap();
            assert!(start >= times, "expected in this test");
            wait(stopped).await;
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_task_that_panics_is_started_again() {
    let (mut supervisor, health) = supervisor(AT_ONCE);
    let (told, mut starts) = mpsc::unbounded_channel();

    supervisor.start("letters", panics(2, told));

    for start in 0..3 {
        assert_eq!(starts.recv().await, Some(start));
    }
    assert_eq!(health.ailing(Duration::ZERO), ["letters"]);
    supervisor.stop(Duration::from_secs(10)).await;
    assert_eq!(health.ailing(Duration::ZERO), [""; 0], "it ended in order");
}

#[tokio::test]
async fn tasks_of_one_kind_are_told_of_once_and_the_others_go_on() {
    let (mut supervisor, health) = supervisor(AT_ONCE);
    let (told, mut starts) = mpsc::unbounded_channel();
    let (bell, rung) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    for _ in 0..2 {
        supervisor.start("letters", panics(u32::MAX, told.clone()));
    }
    supervisor.start("sweeps", {
        let (bell, rung) = (bell.clone(), rung.clone());
        move |stopped| {
            let (bell, rung) = (bell.clone(), rung.clone());
            async move {
                bell.notified().await;
                rung.notify_one();
                wait(stopped).await;
            }
        }
    });
    for _ in 0..4 {
        starts.recv().await;
    }

    bell.notify_one();
    rung.notified().await;

    assert_eq!(health.ailing(Duration::ZERO), ["letters"]);
    assert_eq!(health.ailing(Duration::from_hours(1)), [""; 0], "not for long yet");
}

#[tokio::test]
async fn a_task_that_runs_on_is_well_again() {
    let (mut supervisor, health) = supervisor(Patience { calm: Duration::ZERO, ..AT_ONCE });
    health.failed(("letters", 0));
    let (begun, has_begun) = (Arc::<Notify>::default(), Arc::<Notify>::default());

    supervisor.start("letters", {
        let (begun, has_begun) = (begun.clone(), has_begun.clone());
        move |stopped| {
            let (begun, has_begun) = (begun.clone(), has_begun.clone());
            async move {
                begun.notified().await;
                has_begun.notify_one();
                wait(stopped).await;
            }
        }
    });

    while !health.ailing(Duration::ZERO).is_empty() {
        tokio::task::yield_now().await;
    }
    begun.notify_one();
    has_begun.notified().await;
}

#[tokio::test]
async fn a_task_that_waits_to_be_started_again_stops_at_once() {
    let never = Duration::from_hours(1);
    let (mut supervisor, health) = supervisor(Patience { first_pause: never, longest_pause: never, ..AT_ONCE });
    let (told, mut starts) = mpsc::unbounded_channel();
    supervisor.start("letters", panics(u32::MAX, told));
    starts.recv().await;
    while health.ailing(Duration::ZERO).is_empty() {
        tokio::task::yield_now().await;
    }

    let stopped = timeout(Duration::from_secs(10), supervisor.stop(never)).await;

    assert!(stopped.is_ok());
}

#[tokio::test]
async fn what_a_task_holds_is_cut_off_in_the_end() {
    let (mut supervisor, _) = supervisor(AT_ONCE);
    let (held, is_held) = mpsc::channel::<()>(1);
    supervisor.start("letters", move |_| {
        let held = held.clone();
        async move {
            let _held = held;
            std::future::pending::<()>().await;
        }
    });

    supervisor.stop(Duration::ZERO).await;

    let mut is_held = is_held;
    assert_eq!(is_held.recv().await, None);
}
