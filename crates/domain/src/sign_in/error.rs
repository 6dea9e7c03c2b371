//! Why nobody is let in.

use crate::limit::Standing;
use crate::port::PasswordsError;
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
    /// Too many wrong passwords in a row.
    #[error("the account is locked for too many wrong passwords")]
    Locked,
    /// Too many tries from this network or at this account.
    #[error("too many tries")]
    TooMany(Standing),
    /// The password was not checked.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    /// The word under which the audit holds a refusal; none for what is no refusal of a credential.
    pub(super) fn audited(&self) -> Option<&'static str> {
        match self {
            Self::InvalidCredentials => Some("invalid"),
            Self::Inactive => Some("inactive"),
            Self::Bot => Some("bot"),
            Self::Remote => Some("remote"),
            Self::FactorNeeded => Some("factor"),
            Self::Locked => Some("locked"),
            Self::TooMany(_) => Some("rate"),
            Self::BlankPassword | Self::Passwords(_) | Self::Store(_) => None,
        }
    }
}
