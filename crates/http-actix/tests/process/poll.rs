//! Waiting for what another process does.

use std::time::Duration;

const EVERY: Duration = Duration::from_millis(20);
/// With the pauses, at least half a minute: far more than anything here takes on a busy machine.
const TRIES: u32 = 1500;

/// Lets other processes work for a moment.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, on a thread that serves nobody")]
pub(crate) fn pause() {
    std::thread::sleep(EVERY);
}

/// Asks until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(answer) = ask() {
            return answer;
        }
        pause();
    }
    panic!("gave up waiting until {what}");
}
