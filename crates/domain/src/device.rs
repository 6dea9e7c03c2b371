//! Devices that somebody has signed in with in full before: a stranger's wrong passwords don't keep them out.

use std::time::Duration;

use crate::credential::Digest;
use crate::id::{CredentialId, UserId};
use crate::time::Timestamp;

/// How long a device is known after it was last used to sign in.
pub const DEVICE_LIFETIME: Duration = Duration::from_hours(180 * 24);

/// How many devices of one account are known at most; the least used give way.
pub const DEVICES_PER_USER: u32 = 20;

/// A device to be known from now on.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Names it.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// What stands for the token that it keeps.
    pub hash: Digest,
    /// When it became known.
    pub created_at: Timestamp,
}
