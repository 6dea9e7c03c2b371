//! Delivering mail in the background.

use std::sync::Arc;
use std::time::Duration;

use muster_domain::mail::{Courier, Errand};
use muster_domain::port::Clock;
use muster_domain::time::Timestamp;
use tokio::sync::Notify;

use crate::supervisor::Stopped;

/// How often the outbox is looked at without being called: for what other nodes left, and what a crash left behind.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long to wait for what is due next. What was due already and was not taken is over, and waits to be swept.
fn pause_until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.filter(|at| *at > now).map_or(LOOK_EVERY, |at| at.since(now).min(LOOK_EVERY))
}

/// Delivers what is due, whenever a bell wakes it, until it is told to stop. Several may be at it.
pub async fn work(courier: Arc<Courier>, clock: Arc<dyn Clock>, bell: Arc<Notify>, mut stopped: Stopped) {
    while !*stopped.borrow() {
        let pause = match courier.run().await {
            Ok(Errand::Ran) => continue,
            Ok(Errand::Idle(next)) => pause_until(next, clock.now()),
            Err(error) => {
                tracing::warn!(error = muster_domain::cause::chain(&error), "the outbox could not be looked at");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_makes_nobody_spin() {
        let (now, soon) = (Timestamp::from_millis(10_000), Timestamp::from_millis(10_700));
        assert_eq!(pause_until(Some(soon), now), Duration::from_millis(700));
        for next in [None, Some(now), Some(Timestamp::NEVER), Some(now.after(Duration::from_hours(1)))] {
            assert_eq!(pause_until(next, now), LOOK_EVERY);
        }
    }
}
