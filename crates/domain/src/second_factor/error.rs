//! Why a second factor was not changed.

use crate::permission::Forbidden;
use crate::port::{EnrolmentError, SealError};
use crate::store::StoreError;

/// Why a second factor was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The account does not sign in with a password here.
    #[error("the account does not sign in with a password here")]
    OtherSignIn,
    /// The operator has switched second factors off.
    #[error("second factors are switched off")]
    SwitchedOff,
    /// The code is wrong, or no secret waits for one.
    #[error("the code is wrong")]
    BadCode,
    /// Too many wrong codes.
    #[error("too many wrong codes")]
    Locked,
    /// No second factor is active.
    #[error("no second factor is active")]
    NotActive,
    /// The QR code could not be drawn.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// The secret could not be sealed or read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
