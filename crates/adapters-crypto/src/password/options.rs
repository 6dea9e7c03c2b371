//! What the operator sets about password hashing.

use std::num::NonZero;
use std::thread::available_parallelism;

use super::argon::{Cost, CostError};

/// What a password hash costs, and how many are made at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgonOptions {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes that the memory is cut into.
    pub lanes: u32,
    /// Threads that hash, each with memory of its own.
    pub threads: usize,
    /// Passwords that wait for a thread before more are refused.
    pub queue: usize,
}

impl ArgonOptions {
    /// Memory in KiB below which hashes are easy to guess from: less is for tests, and is warned about.
    pub const MEMORY_FLOOR_KIB: u32 = 8 * 1024;

    /// Most threads that hash.
    pub const MOST_THREADS: usize = 256;

    /// Most passwords that wait.
    pub const LONGEST_QUEUE: usize = 100_000;

    pub(super) fn check(self) -> Result<Cost, OptionsError> {
        let cost = Cost { memory_kib: self.memory_kib, passes: self.passes, lanes: self.lanes };
        cost.check()?;
        if !(1..=Self::MOST_THREADS).contains(&self.threads) {
            return Err(OptionsError::Threads(self.threads));
        }
        if !(1..=Self::LONGEST_QUEUE).contains(&self.queue) {
            return Err(OptionsError::Queue(self.queue));
        }
        Ok(cost)
    }
}

impl Default for ArgonOptions {
    /// 19 MiB, two passes and one lane, on a thread for each core; as many wait as are checked in about a second.
    fn default() -> Self {
        let threads = available_parallelism().map_or(1, NonZero::get).min(Self::MOST_THREADS);
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1, threads, queue: 64 * threads }
    }
}

/// Why password hashing can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// A hash would cost too little or too much.
    #[error("passwords can't be hashed as the settings say: {0}")]
    Cost(#[from] CostError),
    /// No threads, or too many.
    #[error("passwords are hashed on 1 to {most} threads, not on {0}", most = ArgonOptions::MOST_THREADS)]
    Threads(usize),
    /// Nobody may wait, or too many.
    #[error("1 to {most} passwords may wait to be hashed, not {0}", most = ArgonOptions::LONGEST_QUEUE)]
    Queue(usize),
    /// The system refused memory, threads or randomness.
    #[error("password hashing could not be started")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(options: ArgonOptions) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_within_its_ranges() {
        let options = ArgonOptions::default();

        assert!(options.check().is_ok());
        assert!(options.memory_kib >= ArgonOptions::MEMORY_FLOOR_KIB);
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let fine = ArgonOptions::default();

        assert_eq!(refusal(ArgonOptions { threads: 0, ..fine }), "passwords are hashed on 1 to 256 threads, not on 0");
        assert_eq!(refusal(ArgonOptions { queue: 0, ..fine }), "1 to 100000 passwords may wait to be hashed, not 0");
        assert_eq!(
            refusal(ArgonOptions { memory_kib: 31, lanes: 4, ..fine }),
            "passwords can't be hashed as the settings say: memory is 32 to 262144 KiB with 4 lanes, not 31"
        );
        assert!(refusal(ArgonOptions { memory_kib: 262_145, ..fine }).ends_with("not 262145"));
        assert!(refusal(ArgonOptions { passes: 0, ..fine }).ends_with("passes are 1 to 16, not 0"));
        assert!(refusal(ArgonOptions { passes: 17, ..fine }).ends_with("passes are 1 to 16, not 17"));
        assert!(refusal(ArgonOptions { lanes: 0, ..fine }).ends_with("lanes are 1 to 16, not 0"));
        assert!(refusal(ArgonOptions { lanes: u32::MAX, ..fine }).ends_with("lanes are 1 to 16, not 4294967295"));
        assert!(
            refusal(ArgonOptions { memory_kib: 262_144, passes: 5, ..fine }).ends_with("KiB times passes are at most 1048576, not 1310720")
        );
    }
}
