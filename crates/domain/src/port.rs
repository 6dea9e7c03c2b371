//! What the domain asks of the world, besides storage.

use std::time::Duration;

use async_trait::async_trait;

use crate::credential::{Digest, KeyId, Password, PasswordHash};
use crate::time::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Draws what nobody can guess.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Randomness: Send + Sync {
    /// 128 bits of the system's generator.
    fn bits(&self) -> [u8; 16];
}

/// What comes of checking a password.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It is another one, or there is none.
    Wrong,
    /// It is right; with a fresh hash where the stored one is of another kind or weaker than wanted.
    Right {
        /// The hash to store in place of the one that was verified.
        renewed: Option<PasswordHash>,
    },
}

/// Why a password was neither made nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// Too many wait already.
    #[error("too many passwords wait to be checked")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hasher failed.
    #[error("a password could not be hashed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes and checks password hashes on workers of its own, a bounded number at a time.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes a password with the wanted parameters.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when too many wait.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError>;

    /// Checks a password. Without a stored hash it costs what a check costs, and is wrong.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when too many wait.
    async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError>;
}

/// What a keyed hash is for: each purpose has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Session tokens.
    Session,
    /// Proof against forged cross-site requests.
    Csrf,
    /// Login names that nobody has, in the audit.
    UnknownLogin,
    /// The value that shows at start whether a store belongs to a key.
    Check,
}

impl Purpose {
    /// The name from which the purpose's key is derived.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Session => "session token",
            Self::Csrf => "csrf",
            Self::UnknownLogin => "unknown login",
            Self::Check => "key check",
        }
    }
}

/// Makes keyed hashes under the service's keys, former ones included.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Keyring: Send + Sync {
    /// The key that new hashes are made under.
    fn current(&self) -> KeyId;

    /// A text's hash under the current key.
    fn digest(&self, purpose: Purpose, text: &str) -> Digest;

    /// A text's hashes under every key, the current one first.
    fn candidates(&self, purpose: Purpose, text: &str) -> Vec<Digest>;

    /// Whether a text is one of another text's hashes, told in constant time.
    fn matches(&self, purpose: Purpose, text: &str, presented: &str) -> bool;
}
