//! Passwords, hashed with Argon2 on threads of their own.

mod argon;
mod bcrypt;
mod hasher;
mod options;
mod pbkdf2;
mod pool;
mod stored;

use async_trait::async_trait;
use muster_domain::credential::{Password, PasswordHash};
use muster_domain::password::LONGEST;
use muster_domain::port::{PasswordPlace, Passwords, PasswordsError, Randomness, Verdict};

use self::hasher::{Failure, Hasher};
use self::pool::Pool;
use self::stored::Stored;
use crate::clock::Stopwatch;
use crate::random::SystemRandomness;

pub use self::argon::CostError;
pub use self::options::{ArgonOptions, OptionsError};

/// Hashes passwords with Argon2id, and verifies older bcrypt and PBKDF2 hashes too.
///
/// What a check costs depends on the stored hash alone: an unknown account, a hash that is not usable and a password that
/// nobody can have are checked against something, too. Stored costs are bounded. Dropping it ends its threads.
pub struct ArgonPasswords {
    pool: Pool<Hasher>,
    randomness: SystemRandomness,
}

impl ArgonPasswords {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`OptionsError`] when a value is out of range, or the system refuses memory, threads or randomness.
    pub fn new(options: ArgonOptions) -> Result<Self, OptionsError> {
        let wanted = options.check()?;
        if options.memory_kib < ArgonOptions::MEMORY_FLOOR_KIB {
            let least_kib = ArgonOptions::MEMORY_FLOOR_KIB;
            tracing::warn!(memory_kib = options.memory_kib, least_kib, "password hashes take too little memory to be safe");
        }
        let randomness = SystemRandomness::new().map_err(|error| OptionsError::Start(error.into()))?;
        let watch = Stopwatch::start();
        let hasher = Hasher::new(wanted).map_err(|error| OptionsError::Start(error.into()))?;
        let usual = watch.elapsed();
        let workers = hasher.times(options.threads);
        let pool = Pool::start(workers, options.queue, usual).map_err(|error| OptionsError::Start(error.into()))?;
        Ok(Self { pool, randomness })
    }
}

#[async_trait]
impl Passwords for ArgonPasswords {
    fn admit(&self) -> Result<PasswordPlace, PasswordsError> {
        self.pool.admit()
    }

    #[tracing::instrument(name = "passwords.hash", skip_all)]
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        let password = possible(password).ok_or_else(|| PasswordsError::Failed(Box::new(Unhashable)))?;
        let salt = self.randomness.bits();
        self.pool.run(move |hasher| hasher.hash(&password, salt)).await?.map_err(failed)
    }

    #[tracing::instrument(name = "passwords.verify", skip_all)]
    async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        let (password, salt) = (possible(password), self.randomness.bits());
        self.pool.run(move |hasher| hasher.verify(password.as_ref(), stored.as_ref(), salt)).await?.map_err(failed)
    }

    #[tracing::instrument(name = "passwords.verify_known", skip_all)]
    async fn verify_known(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        let (password, salt) = (possible(password), self.randomness.bits());
        self.pool.run_first(move |hasher| hasher.verify(password.as_ref(), stored.as_ref(), salt)).await?.map_err(failed)
    }

    fn knows(&self, hash: &PasswordHash) -> bool {
        Stored::parse(hash.expose()).is_ok()
    }
}

impl std::fmt::Debug for ArgonPasswords {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ArgonPasswords")
    }
}

/// A password that nobody can have was to be hashed.
#[derive(Debug, thiserror::Error)]
#[error("a password has 1 to {LONGEST} bytes")]
struct Unhashable;

/// A copy of a password that somebody can have. Longer ones are neither copied nor hashed.
fn possible(password: &Password) -> Option<Password> {
    (1..=LONGEST).contains(&password.expose().len()).then(|| password.clone())
}

fn failed(failure: Failure) -> PasswordsError {
    PasswordsError::Failed(Box::new(failure))
}

#[cfg(test)]
#[path = "password/tests/recorder.rs"]
mod recorder;
#[cfg(test)]
mod tests;
