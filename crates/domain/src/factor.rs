//! The second factor: secrets of code generators, their codes, and the codes that stand in for a lost one.

use std::time::Duration;

use crate::credential::{Digest, Sealed};
use crate::id::{CredentialId, UserId};
use crate::port::SealContext;
use crate::time::Timestamp;

mod code;

pub use code::{FactorCode, RecoveryCode};

/// How many recovery codes an account has at most.
pub const RECOVERY_CODES: usize = 10;

/// How long one code of a generator counts.
pub const STEP: Duration = Duration::from_secs(30);

/// What the operator decides about second factors.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct FactorRules {
    /// Whether a second factor may be activated, and is then asked for.
    pub is_enabled: bool,
    /// Whether nobody may do anything but activate one until he has.
    pub is_enforced: bool,
    /// Whether that holds for guests too.
    pub is_enforced_for_guests: bool,
    /// What code generators call the service.
    pub issuer: String,
    /// Whether somebody without a session is told that an account asks for a second factor; else he is told that every one does.
    pub is_revealed: bool,
}

/// A secret that waits to be activated.
#[derive(Debug, Clone)]
pub struct NewFactor {
    /// Names the secret.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// The secret, sealed for its row.
    pub sealed: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFactor {
    /// Names the secret.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// The secret, sealed for its row.
    pub sealed: Sealed,
    /// Whether its codes are asked for; else it waits for one that activates it.
    pub is_active: bool,
    /// The last step of which a code was used.
    pub last_step: i64,
}

/// A recovery code to be stored.
#[derive(Debug, Clone)]
pub struct NewRecoveryCode {
    /// What stands for the code.
    pub hash: Digest,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A try of a code, counted before the code is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorTry {
    /// It counts.
    Open,
    /// Too many wrong codes: not before this.
    Locked(Timestamp),
}

/// Where a secret lies: sealed for one row, it opens in no other.
#[must_use]
pub fn context(id: &CredentialId) -> SealContext<'_> {
    SealContext { table: "factors", row: id.as_str(), column: "secret" }
}
