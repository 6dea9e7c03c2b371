//! Second factors and known devices, as the domain sees their storage.

use async_trait::async_trait;

use super::{LockRules, StoreError};
use crate::credential::{Digest, KeyId, Sealed};
use crate::device::NewDevice;
use crate::factor::{FactorTry, NewFactor, NewRecoveryCode, StoredFactor};
use crate::id::{CredentialId, UserId};
use crate::time::Timestamp;

/// Second factors at rest, looked at.
#[async_trait]
pub trait ReadFactors: Send {
    /// An account's secrets: the active one, and the one that waits.
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<StoredFactor>, StoreError>;
    /// How many recovery codes an account has left.
    async fn recovery_codes_left(&mut self, user: &UserId) -> Result<u64, StoreError>;
    /// Secrets that are sealed under other keys than one, by id, some at a time.
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&CredentialId>, most: u32) -> Result<Vec<StoredFactor>, StoreError>;
    /// How many recovery codes and known devices are stored under other keys than one: they go as they are used or expire.
    async fn hashed_under_others(&mut self, key: &KeyId) -> Result<u64, StoreError>;
}

/// Second factors at rest, changed.
#[async_trait]
pub trait Factors: ReadFactors {
    /// Adds a secret that waits to be activated, in place of another that waits; the active one stays.
    async fn propose(&mut self, factor: &NewFactor) -> Result<(), StoreError>;

    /// Counts a try of an account's code, in one statement, so that no burst gets more tries than the limit. When the lock ends, one
    /// more try is allowed, and then again one after twice as long.
    async fn attempt(&mut self, user: &UserId, rules: &LockRules, now: Timestamp) -> Result<FactorTry, StoreError>;

    /// Forgets wrong codes: a right one was shown.
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError>;

    /// Uses a step of an active secret up; tells whether no code of it or of a later one was used before. Of any number at once, one
    /// is told so.
    async fn use_step(&mut self, id: &CredentialId, step: i64) -> Result<bool, StoreError>;

    /// Makes a secret that waits the active one, in place of another, and uses a step of it up; tells whether it did. From then on the
    /// account asks for a second factor, and sign-ins fail that were begun before.
    async fn activate(&mut self, id: &CredentialId, step: i64, now: Timestamp) -> Result<bool, StoreError>;

    /// Removes an account's secrets and recovery codes and forgets wrong codes; tells whether it asked for a second factor. If so,
    /// sign-ins fail that were begun before.
    async fn clear(&mut self, user: &UserId, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives an account recovery codes in place of all it had.
    async fn replace_recovery_codes(&mut self, user: &UserId, codes: &[NewRecoveryCode]) -> Result<(), StoreError>;

    /// Uses an account's recovery code up; tells whether it was there. Of any number at once, one is told so.
    async fn redeem_recovery_code(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError>;

    /// Replaces how a secret is sealed, if it is still sealed as before; tells whether it did.
    async fn reseal(&mut self, id: &CredentialId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError>;
}

/// Known devices at rest, looked at.
#[async_trait]
pub trait ReadKnownDevices: Send {
    /// Whether an account knows a device.
    async fn is_known(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError>;
}

/// Known devices at rest, changed.
#[async_trait]
pub trait KnownDevices: ReadKnownDevices {
    /// Counts a try of a password from an account's known device, in one statement; tells whether the try counts. It does not when no
    /// such device is known, or after too many wrong passwords from it.
    async fn attempt(&mut self, user: &UserId, hashes: &[Digest], rules: &LockRules, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives a counted try back: the password was never looked at.
    async fn give_back(&mut self, user: &UserId, hashes: &[Digest]) -> Result<(), StoreError>;

    /// Writes down that an account's known device was used to sign in, and forgets wrong passwords from it; tells whether it is known.
    async fn recognise(&mut self, user: &UserId, hashes: &[Digest], now: Timestamp) -> Result<bool, StoreError>;

    /// Makes a device known; those of the account beyond so many that were used last are forgotten. Tells whether the account had any.
    async fn know(&mut self, device: &NewDevice, most: u32) -> Result<bool, StoreError>;

    /// Forgets an account's devices.
    async fn forget(&mut self, user: &UserId) -> Result<(), StoreError>;

    /// Forgets devices that were last used before a time, some at a time; tells how many.
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError>;
}
