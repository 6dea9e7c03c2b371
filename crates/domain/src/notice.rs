//! What people are told of that happened to their accounts: one table, from events to those who hear of them.

use crate::credential::Token;
use crate::email::Email;
use crate::mail::{Letter, MailKind, Postbox, reaches};
use crate::store::{StoreError, UnitOfWork};
use crate::time::Timestamp;
use crate::user::User;

/// Something that the holder of an account hears of, since somebody else may have done it.
#[derive(Debug, Clone)]
pub enum Event {
    /// A sign-in from a device that was never used before; with what is known of the device.
    NewDevice(String),
    /// Another password.
    PasswordChanged,
    /// Another address.
    EmailChanged {
        /// The one before.
        former: Email,
        /// What the link that undoes it carries; none where nobody has ever shown that he reads mail at the one before.
        undo: Option<Token>,
    },
    /// A second factor is asked for.
    FactorOn,
    /// No second factor is asked for any more.
    FactorOff,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes in place of the former ones.
    RecoveryCodesMade,
    /// An access token; with its description.
    TokenMade(String),
    /// An access token that was switched off counts again; with its description.
    TokenEnabled(String),
    /// Another way to sign in; with the provider, or `email` for a password.
    SignInMethodChanged(String),
    /// Another login name; with the one before.
    Renamed(String),
    /// More rights.
    RolesRaised,
    /// The account was switched off.
    Deactivated,
    /// The account is removed: nothing but this notice is left.
    Removed,
}

/// Who hears of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Whoever reads mail at the account's address.
    Holder(MailKind),
    /// He, and whoever reads mail at the address before.
    HolderAndFormer(MailKind, MailKind),
}

impl Event {
    /// The table.
    const fn audience(&self) -> Audience {
        match self {
            Self::NewDevice(_) => Audience::Holder(MailKind::NewDevice),
            Self::PasswordChanged => Audience::Holder(MailKind::PasswordChanged),
            Self::EmailChanged { .. } => Audience::HolderAndFormer(MailKind::EmailArrived, MailKind::EmailLeft),
            Self::FactorOn => Audience::Holder(MailKind::FactorOn),
            Self::FactorOff => Audience::Holder(MailKind::FactorOff),
            Self::RecoveryCodeUsed => Audience::Holder(MailKind::RecoveryCodeUsed),
            Self::RecoveryCodesMade => Audience::Holder(MailKind::RecoveryCodesMade),
            Self::TokenEnabled(_) => Audience::Holder(MailKind::TokenEnabled),
            Self::TokenMade(_) => Audience::Holder(MailKind::TokenMade),
            Self::SignInMethodChanged(_) => Audience::Holder(MailKind::SignInMethodChanged),
            Self::Renamed(_) => Audience::Holder(MailKind::UsernameChanged),
            Self::RolesRaised => Audience::Holder(MailKind::RolesRaised),
            Self::Deactivated | Self::Removed => Audience::Holder(MailKind::AccountEnded),
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::NewDevice(text)
            | Self::TokenMade(text)
            | Self::TokenEnabled(text)
            | Self::SignInMethodChanged(text)
            | Self::Renamed(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Writes the letters that tell of an event into the outbox of the unit of work in which it happens. The account is as the event
/// leaves it. Bots and accounts of other servers get none.
///
/// # Errors
///
/// [`StoreError`] when they could not be written; then nothing of the unit of work may be kept.
#[tracing::instrument(name = "notice.post", skip_all)]
pub async fn post(work: &mut dyn UnitOfWork, postbox: &Postbox, event: Event, user: &User, at: Timestamp) -> Result<(), StoreError> {
    if !reaches(user) {
        return Ok(());
    }
    // Rows of an account go with it, and this one is put when it is gone.
    let owner = if matches!(event, Event::Removed) { None } else { Some(&user.id) };
    for letter in letters(&event, user, at) {
        postbox.put(work, owner, &letter, None).await?;
    }
    Ok(())
}

fn letters(event: &Event, user: &User, at: Timestamp) -> Vec<Letter> {
    let with_detail = |kind| Letter { detail: event.detail(), ..Letter::new(kind, user, at) };
    match (event.audience(), event) {
        (Audience::HolderAndFormer(kind, former_kind), Event::EmailChanged { former, undo }) => {
            let to_former = Letter { to: former.clone(), ..Letter::new(former_kind, user, at) };
            vec![with_detail(kind), Letter { token: undo.clone(), ..to_former }]
        }
        (Audience::Holder(kind) | Audience::HolderAndFormer(kind, _), _) => vec![with_detail(kind)],
    }
}

#[cfg(test)]
mod tests;
