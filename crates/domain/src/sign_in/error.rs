//! Why nobody is let in.

use std::time::Duration;

use crate::limit::Standing;
use crate::port::{PasswordsError, SealError};
use crate::provider::ProviderError;
use crate::store::StoreError;

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No password was given.
    #[error("no password was given")]
    BlankPassword,
    /// There is no such account, it has another password, or it signs in elsewhere: which, is not told.
    #[error("the login name or the password is wrong")]
    InvalidCredentials,
    /// The account was deactivated; told after the right password alone.
    #[error("the account is deactivated")]
    Inactive,
    /// The account is a bot's.
    #[error("a bot does not sign in with a password")]
    Bot,
    /// The account lives on another server.
    #[error("the account lives on another server")]
    Remote,
    /// A second factor is asked for.
    #[error("a code of the second factor is needed")]
    FactorNeeded,
    /// The code of the second factor is wrong, or was used before.
    #[error("the code of the second factor is wrong")]
    WrongCode,
    /// Nobody has shown yet to read mail at the account's address.
    #[error("the account's address is not verified")]
    Unverified,
    /// Too many wrong passwords or codes in a row; with the time until the next may be tried, unless that is never.
    #[error("the account is locked for too many wrong passwords or codes")]
    Locked(Option<Duration>),
    /// Too many tries from this network or at this account.
    #[error("too many tries")]
    TooMany(Standing),
    /// The password was not checked.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The secret of the second factor could not be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The directory did not answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    /// Whether somebody was refused for what he has shown; not for how often he asks, or for a failure.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.audited().is_some() && !matches!(self, Self::TooMany(_))
    }

    /// The word under which the audit holds a refusal; none for what is no refusal of a credential.
    pub(super) fn audited(&self) -> Option<&'static str> {
        match self {
            Self::InvalidCredentials => Some("invalid"),
            Self::Inactive => Some("inactive"),
            Self::Bot => Some("bot"),
            Self::Remote => Some("remote"),
            Self::FactorNeeded => Some("factor"),
            Self::WrongCode => Some("code"),
            Self::Unverified => Some("unverified"),
            Self::Locked(_) => Some("locked"),
            Self::TooMany(_) => Some("rate"),
            Self::BlankPassword | Self::Passwords(_) | Self::Seal(_) | Self::Provider(_) | Self::Store(_) => None,
        }
    }
}
