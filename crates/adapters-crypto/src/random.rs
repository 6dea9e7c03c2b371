//! Randomness that nobody can guess.

use std::sync::{Mutex, PoisonError};

use muster_domain::port::Randomness;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

/// The operating system gave no randomness when it was first asked.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub struct NoRandomness(#[source] rand::rngs::SysError);

/// The operating system's generator.
///
/// Should the system refuse later on, a generator that was seeded from it at the start stands in: drawing never fails.
pub struct SystemRandomness {
    reserve: Mutex<StdRng>,
}

impl SystemRandomness {
    /// Makes sure that the system gives randomness, and lays in the reserve.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] when the system gives none.
    pub fn new() -> Result<Self, NoRandomness> {
        let reserve = StdRng::try_from_rng(&mut SysRng).map_err(NoRandomness)?;
        Ok(Self { reserve: Mutex::new(reserve) })
    }

    fn draw(&self, source: &mut impl TryRng) -> [u8; 16] {
        let mut bits = [0; 16];
        if let Err(error) = source.try_fill_bytes(&mut bits) {
            tracing::error!(%error, "the operating system gives no random numbers; drawing from the reserve");
            self.reserve.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bits);
        }
        bits
    }
}

impl Randomness for SystemRandomness {
    fn bits(&self) -> [u8; 16] {
        self.draw(&mut SysRng)
    }
}

impl std::fmt::Debug for SystemRandomness {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SystemRandomness")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A source that always refuses, after it has written something guessable.
    struct Refusing;

    impl TryRng for Refusing {
        type Error = std::fmt::Error;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Err(std::fmt::Error)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Err(std::fmt::Error)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(7);
            Err(std::fmt::Error)
        }
    }

    #[test]
    fn no_two_draws_are_alike() {
        let randomness = SystemRandomness::new().unwrap();

        let drawn: HashSet<_> = (0..1000).map(|_| randomness.bits()).collect();

        assert_eq!(drawn.len(), 1000);
    }

    #[test]
    fn a_refusing_system_is_stood_in_for() {
        let randomness = SystemRandomness::new().unwrap();

        let drawn: HashSet<_> = (0..1000).map(|_| randomness.draw(&mut Refusing)).collect();

        assert_eq!(drawn.len(), 1000);
        assert!(!drawn.contains(&[7; 16]));
    }
}
