//! Argon2: what new hashes are made with.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use muster_domain::credential::PasswordHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hasher::Failure;
use super::stored::{Unusable, decimal};

const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
/// About half a second of one core.
const MOST_WORK: u32 = 1024 * 1024;

/// Blocks of 1 KiB that have pages of their own.
const LARGE: usize = 4096;

/// Bytes of a new hash, and of its salt.
const HASH_LENGTH: usize = 32;
const SALT_LENGTH: usize = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

/// Why a hash would cost too little or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Too little or too much memory.
    #[error("memory is {least} to {MOST_MEMORY_KIB} KiB with {lanes} lanes, not {given}", least = 8 * lanes)]
    Memory {
        /// The KiB asked for.
        given: u32,
        /// The lanes asked for.
        lanes: u32,
    },
    /// No passes, or too many.
    #[error("passes are 1 to {MOST_PASSES}, not {0}")]
    Passes(u32),
    /// No lanes, or too many.
    #[error("lanes are 1 to {MOST_LANES}, not {0}")]
    Lanes(u32),
    /// Memory and passes are too much together.
    #[error("KiB times passes are at most {MOST_WORK}, not {0}")]
    Work(u32),
}

impl Cost {
    pub(super) fn check(self) -> Result<(), CostError> {
        let Self { memory_kib, passes, lanes } = self;
        if !(1..=MOST_LANES).contains(&lanes) {
            return Err(CostError::Lanes(lanes));
        }
        if !(8 * lanes..=MOST_MEMORY_KIB).contains(&memory_kib) {
            return Err(CostError::Memory { given: memory_kib, lanes });
        }
        if !(1..=MOST_PASSES).contains(&passes) {
            return Err(CostError::Passes(passes));
        }
        let work = memory_kib * passes;
        if work > MOST_WORK { Err(CostError::Work(work)) } else { Ok(()) }
    }

    /// The cost that a hash names: its three numbers, each once, and nothing else.
    fn parse(text: &phc::ParamsString) -> Result<Self, Unusable> {
        let named = |name| decimal(text, name);
        if text.iter().count() != 3 {
            return Err(Unusable::Malformed);
        }
        let cost = Self { memory_kib: named("m")?, passes: named("t")?, lanes: named("p")? };
        cost.check().map_err(|_| Unusable::TooCostly)?;
        Ok(cost)
    }

    fn hasher(self, algorithm: Algorithm, version: Version, length: usize) -> Result<Argon2<'static>, argon2::Error> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(length))?;
        Ok(Argon2::new(algorithm, version, params))
    }
}

/// A stored hash whose cost is within bounds.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    algorithm: Algorithm,
    version: Version,
    cost: Cost,
    salt: phc::Salt,
    hash: phc::Output,
}

impl Stored {
    pub(super) fn parse(text: &phc::PasswordHash) -> Result<Self, Unusable> {
        let (Some(salt), Some(hash)) = (text.salt, text.hash) else { return Err(Unusable::Malformed) };
        // Hashes of the first version carry none.
        let version = text.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| Unusable::Malformed)?;
        Ok(Self {
            algorithm: Algorithm::try_from(text.algorithm.as_str()).map_err(|_| Unusable::Unknown)?,
            version,
            cost: Cost::parse(&text.params)?,
            salt,
            hash,
        })
    }

    /// Whether a new hash would be of the same kind and cost.
    pub(super) fn is_as(&self, wanted: Cost) -> bool {
        self.cost == wanted
            && self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && self.hash.len() == HASH_LENGTH
            && self.salt.len() == SALT_LENGTH
    }
}

/// Hashes in memory that it keeps: asking the system anew for each hash would cost up to half the time.
pub(super) struct Argon {
    wanted: Cost,
    memory: Vec<Block>,
}

impl Argon {
    pub(super) fn new(wanted: Cost) -> Self {
        Self { wanted, memory: Vec::new() }
    }

    /// Gives the memory back, until the next hash.
    pub(super) fn forget(&mut self) {
        self.memory = Vec::new();
    }

    /// Has the allocator hand to the system what was given back: it waits for a while, and then until something large is given back again.
    pub(super) fn settle() {
        drop(std::hint::black_box(Vec::<Block>::with_capacity(LARGE)));
    }

    pub(super) fn wanted(&self) -> Cost {
        self.wanted
    }

    pub(super) fn hash(&mut self, password: &str, salt: [u8; SALT_LENGTH]) -> Result<PasswordHash, Failure> {
        let mut hash = Zeroizing::new([0; HASH_LENGTH]);
        let hasher = self.wanted.hasher(Algorithm::Argon2id, Version::V0x13, HASH_LENGTH)?;
        self.compute(&hasher, password, &salt, &mut *hash)?;

        let Cost { memory_kib, passes, lanes } = self.wanted;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(*hash));
        Ok(PasswordHash::from(format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")))
    }

    pub(super) fn matches(&mut self, password: &str, stored: &Stored) -> Result<bool, Failure> {
        let mut buffer = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let hash = &mut buffer[..stored.hash.len()];
        let hasher = stored.cost.hasher(stored.algorithm, stored.version, stored.hash.len())?;
        self.compute(&hasher, password, &stored.salt, hash)?;
        Ok(hash.ct_eq(stored.hash.as_bytes()).into())
    }

    fn compute(&mut self, hasher: &Argon2<'_>, password: &str, salt: &[u8], out: &mut [u8]) -> Result<(), Failure> {
        let needed = hasher.params().block_count();
        let kept = Params::new(self.wanted.memory_kib, self.wanted.passes, self.wanted.lanes, None)?.block_count();
        // A foreign hash may need more than ours: what it needs is given back at once.
        let mut borrowed = Vec::new();
        let memory = if needed <= kept {
            fill(&mut self.memory, kept)?;
            &mut self.memory
        } else {
            fill(&mut borrowed, needed)?;
            &mut borrowed
        };
        Ok(hasher.hash_password_into_with_memory(password.as_bytes(), salt, out, memory)?)
    }
}

fn fill(memory: &mut Vec<Block>, blocks: usize) -> Result<(), Failure> {
    memory.try_reserve_exact(blocks.saturating_sub(memory.len()))?;
    memory.resize(blocks, Block::new());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_for_hashes_of_the_wanted_cost_alone() {
        let mut argon = Argon::new(Cost { memory_kib: 64, passes: 1, lanes: 1 });
        let mut large = Argon::new(Cost { memory_kib: 256, passes: 1, lanes: 1 });
        let text = large.hash("password", [0; SALT_LENGTH]).unwrap();
        let stored = Stored::parse(&phc::PasswordHash::new(text.expose()).unwrap()).unwrap();

        assert!(argon.matches("password", &stored).unwrap());
        assert_eq!(argon.memory.capacity(), 0);

        argon.hash("password", [0; SALT_LENGTH]).unwrap();
        assert_eq!(argon.memory.len(), 64);
    }
}
