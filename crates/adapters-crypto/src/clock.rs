//! The time, from the machine: the one place that asks for it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use muster_domain::port::Clock;
use muster_domain::time::Timestamp;

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::NEVER.after(since_epoch)
    }
}

/// Measures how long something takes, whatever happens to the wall clock meanwhile.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a measured span decides nothing but an estimate and a metric")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_tells_milliseconds_of_this_century() {
        let now = SystemClock.now().as_millis();

        assert!(now > 1_700_000_000_000, "{now}");
        assert!(now < 4_200_000_000_000, "{now}");
    }
}
