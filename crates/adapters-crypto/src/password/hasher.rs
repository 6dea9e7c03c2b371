//! What one thread of the pool does with a password.

use std::collections::TryReserveError;
use std::sync::Arc;

use bcrypt::BcryptError;
use muster_domain::credential::{Password, PasswordHash};
use muster_domain::port::Verdict;

use super::argon::{self, Argon, Cost};
use super::pool::Worker;
use super::stored::{Stored, Unusable};
use crate::clock::Stopwatch;

/// Stands in for a password that can't be right, and for one whose hash is missing.
const NOBODYS: &str = "nobody has this password";
const NOBODYS_SALT: [u8; 16] = [0; 16];

/// Why a hash was not computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("Argon2 failed")]
    Argon(#[from] argon2::Error),
    #[error("bcrypt failed")]
    Bcrypt(#[from] BcryptError),
    #[error("no memory to hash in")]
    Memory(#[from] TryReserveError),
    #[error("a new hash could not be read back")]
    Unreadable(#[from] Unusable),
}

/// Makes and checks hashes, one at a time.
pub(super) struct Hasher {
    argon: Argon,
    /// Verified where there is nothing to verify, so that this costs the same.
    nobodys: Arc<argon::Stored>,
}

impl Worker for Hasher {
    fn rest(&mut self) {
        self.argon.forget();
    }

    fn settle(&mut self) {
        Argon::settle();
    }
}

impl Hasher {
    pub(super) fn new(wanted: Cost) -> Result<Self, Failure> {
        let mut argon = Argon::new(wanted);
        let hash = timed("argon2", || argon.hash(NOBODYS, NOBODYS_SALT))?;
        let Stored::Argon(nobodys) = Stored::parse(hash.expose())? else { return Err(Unusable::Unknown.into()) };
        Ok(Self { argon, nobodys: Arc::new(nobodys) })
    }

    /// So many hashers, of which one is this.
    pub(super) fn times(self, count: usize) -> Vec<Self> {
        let twin = || Self { argon: Argon::new(self.argon.wanted()), nobodys: Arc::clone(&self.nobodys) };
        let mut hashers: Vec<_> = (1..count).map(|_| twin()).collect();
        hashers.push(self);
        hashers
    }

    pub(super) fn hash(&mut self, password: &Password, salt: [u8; 16]) -> Result<PasswordHash, Failure> {
        timed("argon2", || self.argon.hash(password.expose(), salt))
    }

    /// Checks a password; `None` stands for one that can't be right, and costs as much. A fresh hash takes the given salt.
    pub(super) fn verify(
        &mut self,
        password: Option<&Password>,
        stored: Option<&PasswordHash>,
        salt: [u8; 16],
    ) -> Result<Verdict, Failure> {
        let found = self.check(password.map_or(NOBODYS, Password::expose), stored)?;
        match (password, found) {
            (Some(password), Found::Outdated) => Ok(Verdict::Right { renewed: self.renew(password, salt) }),
            (Some(_), Found::Right) => Ok(Verdict::Right { renewed: None }),
            (None, _) | (_, Found::Wrong) => Ok(Verdict::Wrong),
        }
    }

    fn check(&mut self, password: &str, stored: Option<&PasswordHash>) -> Result<Found, Failure> {
        match stored.map(|stored| Stored::parse(stored.expose())) {
            Some(Ok(Stored::Argon(stored))) => {
                let is_right = timed("argon2", || self.argon.matches(password, &stored))?;
                Ok(Found::of(is_right, stored.is_as(self.argon.wanted())))
            }
            Some(Ok(Stored::Bcrypt(stored))) => Ok(Found::of(timed("bcrypt", || stored.matches(password))?, false)),
            Some(Ok(Stored::Pbkdf2(stored))) => Ok(Found::of(timed("pbkdf2", || stored.matches(password)), false)),
            Some(Err(reason)) => {
                tracing::warn!(%reason, "a stored password hash is not usable: no password is right for it");
                self.check_nobodys(password)
            }
            None => self.check_nobodys(password),
        }
    }

    fn check_nobodys(&mut self, password: &str) -> Result<Found, Failure> {
        timed("argon2", || self.argon.matches(password, &self.nobodys))?;
        Ok(Found::Wrong)
    }

    /// A fresh hash. The password was right: that it can't be hashed anew now keeps nobody out.
    fn renew(&mut self, password: &Password, salt: [u8; 16]) -> Option<PasswordHash> {
        let renewed = self.hash(password, salt);
        renewed.inspect_err(|error| tracing::warn!(%error, "an outdated password hash could not be renewed")).ok()
    }
}

/// What comes of comparing a password with a stored hash.
enum Found {
    Wrong,
    Right,
    /// Right, but new hashes are made otherwise.
    Outdated,
}

impl Found {
    fn of(is_right: bool, is_as_wanted: bool) -> Self {
        match (is_right, is_as_wanted) {
            (false, _) => Self::Wrong,
            (true, true) => Self::Right,
            (true, false) => Self::Outdated,
        }
    }
}

/// Records how long one hash of a kind takes.
fn timed<T>(kind: &'static str, compute: impl FnOnce() -> T) -> T {
    let watch = Stopwatch::start();
    let computed = compute();
    metrics::histogram!("muster_password_seconds", "kind" => kind).record(watch.elapsed());
    computed
}

#[cfg(test)]
mod tests;
