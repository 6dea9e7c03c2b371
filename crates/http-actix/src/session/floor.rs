//! The time that a refused sign-in takes at least.

use std::time::Duration;

use muster_domain::accounts::SwitchError;
use muster_domain::sign_in::SignInError;
use tokio::time::{Instant, sleep};

/// Whether an error's time could tell something of an account.
pub(super) trait Timed {
    /// Whether it is a refusal that waits.
    fn waits(&self) -> bool;
}

impl Timed for SignInError {
    fn waits(&self) -> bool {
        self.is_refusal()
    }
}

impl Timed for SwitchError {
    fn waits(&self) -> bool {
        match self {
            Self::SignIn(error) => error.is_refusal(),
            Self::WrongDirectoryPassword | Self::OtherSignIn => true,
            _ => false,
        }
    }
}

/// What came of a sign-in, a refusal no sooner than the floor after its start: a timer waits, and no worker.
pub(super) async fn held<T, E: Timed>(result: Result<T, E>, floor: Duration, started: Instant) -> Result<T, E> {
    let waits = result.as_ref().is_err_and(Timed::waits);
    if let Some(rest) = rest(waits, floor, started.elapsed()) {
        sleep(rest).await;
    }
    result
}

/// How long an answer waits that took so long already.
fn rest(waits: bool, floor: Duration, already: Duration) -> Option<Duration> {
    floor.checked_sub(already).filter(|rest| waits && !rest.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Duration = Duration::from_millis(500);

    fn waited(error: &SignInError, already: u64) -> Option<Duration> {
        rest(error.waits(), FLOOR, Duration::from_millis(already))
    }

    #[test]
    fn every_refusal_takes_alike_long_however_soon_it_was_known() {
        for error in [SignInError::InvalidCredentials, SignInError::Bot, SignInError::Locked(None), SignInError::WrongCode] {
            assert_eq!(waited(&error, 3), Some(Duration::from_millis(497)), "{error}");
        }
        assert_eq!(waited(&SignInError::InvalidCredentials, 700), None);
        assert_eq!(rest(true, Duration::ZERO, Duration::ZERO), None, "it is switched off");
        assert!(SwitchError::WrongDirectoryPassword.waits() && SwitchError::SignIn(SignInError::Bot).waits());
    }

    #[test]
    fn who_typed_nothing_does_not_wait() {
        assert_eq!(waited(&SignInError::BlankPassword, 3), None);
        assert!(!SwitchError::NotSignedIn.waits());
    }
}
