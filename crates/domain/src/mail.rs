//! Mail that the service sends: letters, and the rows of the outbox in which they wait, sealed.

use async_trait::async_trait;

use crate::credential::{Sealed, Token};
use crate::email::Email;
use crate::id::{MailId, UserId};
use crate::locale::Locale;
use crate::time::Timestamp;
use crate::user::User;

mod courier;
mod payload;
mod postbox;
mod resealing;
mod retrial;

pub use courier::{Courier, DeliveryRules, Errand};
pub use payload::InvalidLetter;
pub use postbox::Postbox;
pub use resealing::{ResealedLetters, Resealing, ResealingError};
pub use retrial::Retrial;

/// What a letter is about, which decides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailKind {
    /// A link by which somebody gets a new password.
    Reset,
    /// A new password was asked for by somebody who signs in another way.
    SignsInElsewhere,
    /// A link by which somebody shows that he reads mail at an address.
    Verification,
    /// A link by which a guest signs in.
    MagicLink,
    /// Somebody signed in with a device that he never used before.
    NewDevice,
    /// The password changed.
    PasswordChanged,
    /// The account has a new address, told there.
    EmailArrived,
    /// The account has a new address, told at the former one, with a link that undoes it.
    EmailLeft,
    /// A second factor is asked for from now on.
    FactorOn,
    /// No second factor is asked for any more.
    FactorOff,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes took the place of the former ones.
    RecoveryCodesMade,
    /// An access token was made.
    TokenMade,
    /// An access token that was switched off counts again.
    TokenEnabled,
    /// The account signs in another way.
    SignInMethodChanged,
    /// The account may do more than before.
    RolesRaised,
    /// The account was switched off or removed.
    AccountEnded,
    /// The account has another login name.
    UsernameChanged,
}

impl MailKind {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 18] = [
        (Self::Reset, "reset"),
        (Self::SignsInElsewhere, "signs_in_elsewhere"),
        (Self::Verification, "verification"),
        (Self::MagicLink, "magic_link"),
        (Self::NewDevice, "new_device"),
        (Self::PasswordChanged, "password_changed"),
        (Self::EmailArrived, "email_arrived"),
        (Self::EmailLeft, "email_left"),
        (Self::FactorOn, "factor_on"),
        (Self::FactorOff, "factor_off"),
        (Self::RecoveryCodeUsed, "recovery_code_used"),
        (Self::RecoveryCodesMade, "recovery_codes_made"),
        (Self::TokenMade, "token_made"),
        (Self::TokenEnabled, "token_enabled"),
        (Self::SignInMethodChanged, "sign_in_method_changed"),
        (Self::RolesRaised, "roles_raised"),
        (Self::AccountEnded, "account_ended"),
        (Self::UsernameChanged, "username_changed"),
    ];

    /// The name under which stores hold the kind.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, id)| id)
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(kind, _)| *kind)
    }
}

/// One mail before it is rendered. What it holds is sealed wherever it is stored.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it is about.
    pub kind: MailKind,
    /// The address it goes to: a stored one, never one that a request named.
    pub to: Email,
    /// The language it is written in.
    pub locale: Locale,
    /// The login name of the account it is about.
    pub username: String,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// What its link carries.
    pub token: Option<Token>,
    /// What it tells besides: a device, a description, a provider.
    pub detail: Option<String>,
}

impl Letter {
    /// A letter to the holder of an account, at the address that the account has.
    #[must_use]
    pub fn new(kind: MailKind, user: &User, at: Timestamp) -> Self {
        Self {
            kind,
            to: user.email.clone(),
            locale: user.profile.locale.clone(),
            username: user.username.as_str().to_owned(),
            at,
            token: None,
            detail: None,
        }
    }

    /// The same letter with what its link carries.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// The same letter with what it tells besides.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// Whether mail reaches the holder of an account: bots have none, and those of other servers get theirs there.
#[must_use]
pub fn reaches(user: &User) -> bool {
    user.bot.is_none() && !user.is_remote()
}

/// A row of the outbox to be stored.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Names the row, and the mail where it arrives.
    pub id: MailId,
    /// The account whose removal takes the row along; none for the mail that tells of a removal.
    pub user_id: Option<UserId>,
    /// What it is about.
    pub kind: MailKind,
    /// The letter, sealed.
    pub sealed: Sealed,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is of no use any more.
    pub expires_at: Option<Timestamp>,
}

/// A row that one worker holds for a while, to deliver it.
#[derive(Debug, Clone)]
pub struct ClaimedMail {
    /// The row.
    pub id: MailId,
    /// The letter, sealed.
    pub sealed: Sealed,
    /// Tries so far, this one included.
    pub tries: u32,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A letter as it lies in its row.
#[derive(Debug, Clone)]
pub struct SealedMail {
    /// The row.
    pub id: MailId,
    /// The letter, sealed.
    pub sealed: Sealed,
}

/// Which rows a worker takes, and for how long nobody else gets them.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Names the worker's take: what it does with its rows counts while they are its own.
    pub by: String,
    /// Rows that are due by then.
    pub now: Timestamp,
    /// When others may take them.
    pub until: Timestamp,
    /// How many at most.
    pub most: u32,
}

/// Where a row of the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It waits to be tried, for the first time or again.
    Waiting,
    /// A mail server took it.
    Delivered,
    /// It was given up, and can be tried again.
    Dead,
    /// It was of no use any more before it was delivered.
    Expired,
}

impl MailState {
    /// Every state with its name.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Waiting, "waiting"), (Self::Delivered, "delivered"), (Self::Dead, "dead"), (Self::Expired, "expired")];

    /// The name under which stores hold the state.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, id)| id)
    }

    /// The state of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(state, _)| *state)
    }
}

/// What an admin is shown of a row: nothing of the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRecord {
    /// The row.
    pub id: MailId,
    /// The account it is about.
    pub user_id: Option<UserId>,
    /// What it is about.
    pub kind: MailKind,
    /// Where it stands.
    pub state: MailState,
    /// Tries so far.
    pub tries: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next, or others may take it.
    pub due_at: Timestamp,
    /// Why the last try failed, without anything that is in the letter.
    pub reason: Option<String>,
}

/// A try that did not end in delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTry {
    /// When.
    pub at: Timestamp,
    /// Why, without anything that is in the letter.
    pub reason: String,
    /// When to try again; never, if it is given up.
    pub retry_at: Option<Timestamp>,
}

/// Why a mail server did not take a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may take it later: it was not reached, was silent, hung up, or said so.
    #[error("not now: {0}")]
    NotNow(String),
    /// It will never take it.
    #[error("never: {0}")]
    Never(String),
}

/// Renders letters and hands them to a mail server.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Delivers one letter. Its id goes along, so that who gets it twice can tell.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] when the server did not say that it took it.
    async fn deliver(&self, id: &MailId, letter: &Letter) -> Result<(), DeliveryError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_states_have_names_of_their_own() {
        assert!(MailKind::ALL.iter().all(|(kind, id)| MailKind::from_id(id) == Some(*kind) && kind.id() == *id));
        assert!(MailState::ALL.iter().all(|(state, id)| MailState::from_id(id) == Some(*state) && state.id() == *id));
    }
}
