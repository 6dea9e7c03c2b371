//! How often something may be tried.

use std::net::IpAddr;
use std::time::Duration;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Sign-ins and factor checks from one network.
    SignInsByAddress,
    /// Sign-ins to one account, whether there is such an account or not.
    SignInsByAccount,
    /// Sign-ups from one network.
    SignUpsByAddress,
    /// Tokens that nobody holds, from one network.
    UnknownTokensByAddress,
    /// Mails that one network asks for.
    MailsByAddress,
    /// Mails that are asked for to one address, whether an account has it or not.
    MailsByRecipient,
}

/// Whose tries are counted together.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// A network's.
    Network(IpAddr),
    /// An account's, by the name that was typed.
    Account(&'a str),
}

/// Where a caller stands after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many tries fit at once.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When all of them are back.
    pub reset_after: Duration,
    /// When the next one is allowed; nothing when this one is.
    pub retry_after: Option<Duration>,
}

impl Standing {
    /// Whether the try may go on.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.retry_after.is_none()
    }
}

/// Counts tries. Its memory is bounded, whoever tries.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RateLimits: Send + Sync {
    /// Counts a try; `None` where nothing is limited.
    #[cfg_attr(feature = "mocks", mockall::concretize)]
    fn take(&self, counted: Counted, whose: Whose<'_>) -> Option<Standing>;
}

/// Limits nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unlimited;

impl RateLimits for Unlimited {
    fn take(&self, _: Counted, _: Whose<'_>) -> Option<Standing> {
        None
    }
}
