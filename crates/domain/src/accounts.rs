//! Opening accounts, looking at them, changing them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::client::Client;
use crate::credential::{NewPassword, Password};
use crate::email::MailDomains;
use crate::id::{AuditId, CredentialId, UserId};
use crate::limit::{Counted, RateLimits, Standing, Whose};
use crate::locale::Locale;
use crate::mail::Postbox;
use crate::notice::{self, Event};
use crate::operation::Operation;
use crate::password::{PasswordPolicy, WeakPassword};
use crate::permission::{Forbidden, Permit, operations, permit, permit_known};
use crate::port::{Clock, Files, Guesses, Keyring, Passwords, PasswordsError, Pictures, Randomness};
use crate::provider::Providers;
use crate::role::{Permission, Roles};
use crate::sign_in::SignIns;
use crate::store::{Store, StoreError, UniqueField};
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::query::NameFormat;
use crate::user::registration::{Birth, Registration};
use crate::user::shown::Privacy;
use crate::user::{InvalidUser, User};
use crate::username::Username;

mod activation;
mod attempts;
mod bots;
mod change;
mod history;
mod identity;
mod invited_guest;
mod list;
mod look_up;
mod magic_link;
mod passwords;
mod pictures;
mod recovery;
mod register;
mod removal;
mod roles;
mod search;
mod seed;
mod selection;
mod switch;
mod terms;
mod verification;

pub use activation::ActivationError;
pub use attempts::AttemptsError;
pub use bots::{BotError, BotPatch, Converted, NewBot};
pub use change::ChangeError;
pub(crate) use change::changed;
pub use history::HistoryError;
pub use identity::IdentityError;
pub use list::{ListError, ListWanted, ListedUser, Statistics};
pub use look_up::{LookUpError, Seen};
pub use passwords::{NewSecret, PasswordError, SetPasswordError};
pub use pictures::{PictureSeen, PictureSeenError, SetPictureError};
pub use recovery::{RecoveryError, ResetError};
pub use register::{Link, RegisterError};
pub use removal::{Removal, RemovalError};
pub use roles::{GuestError, RolesError};
pub use search::{Completion, CompletionWanted, SearchWanted};
pub use seed::SeededPlaces;
pub use selection::{RoleNames, Selection};
pub use switch::{Switch, SwitchError, SwitchWanted, SwitchedTo};
pub use terms::AcceptError;
pub use verification::{UndoError, VerificationError, VerifyError};

/// What the operator decides about accounts.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct AccountRules {
    /// Whether anybody may sign up.
    pub open_sign_up: bool,
    /// Whether the very first account becomes admin.
    pub first_is_admin: bool,
    /// What a password must be like.
    pub passwords: PasswordPolicy,
    /// The language of those whose own is not shipped.
    pub default_locale: Locale,
    /// What people see of each other.
    pub privacy: Privacy,
    /// Whether anybody may open an account, by an invitation too; admins always may.
    pub allows_sign_up: bool,
    /// Mail domains of members; any if empty.
    pub domains: MailDomains,
    /// Mail domains of guests; any if empty.
    pub guest_domains: MailDomains,
    /// Whether people may deactivate their own accounts.
    pub allows_own_deactivation: bool,
    /// Whether accounts may be removed for good over the network.
    pub allows_removal: bool,
    /// Whether bots stop with the account that answers for them.
    pub stops_bots_with_owner: bool,
    /// What people are called where a list is sorted by it.
    pub name_format: NameFormat,
    /// Whether new addresses are asked for confirmation.
    pub verifies_addresses: bool,
}

/// The name under which the store remembers that there was a first account.
const FIRST_ACCOUNT: &str = "first_account";

/// The use cases of accounts.
pub struct Accounts {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keyring>,
    passwords: Arc<dyn Passwords>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    limits: Arc<dyn RateLimits>,
    sign_ins: Arc<SignIns>,
    providers: Arc<dyn Providers>,
    pictures: Arc<dyn Pictures>,
    files: Option<Arc<dyn Files>>,
    guesses: Option<Arc<dyn Guesses>>,
    postbox: Postbox,
    rules: AccountRules,
    /// Once true for good: the latch never opens again.
    had_first: AtomicBool,
}

impl Accounts {
    /// The use cases on these ports; `sign_ins` proves passwords.
    #[must_use]
    pub fn new(ports: &Ports, sign_ins: Arc<SignIns>, rules: AccountRules) -> Self {
        let Ports { store, keys, passwords, guesses, clock, randomness, limits, providers, pictures, files, .. } = ports.clone();
        let (postbox, had_first) = (Postbox::new(ports), AtomicBool::new(false));
        Self { store, keys, passwords, clock, randomness, limits, sign_ins, providers, pictures, files, guesses, postbox, rules, had_first }
    }

    /// What the operator decided.
    #[must_use]
    pub fn rules(&self) -> &AccountRules {
        &self.rules
    }

    /// Whether there is no account yet.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(!self.store.read().await?.users().any().await?)
    }

    /// Whether the next account to be opened is the first of all and becomes admin.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    pub async fn awaits_first_admin(&self) -> Result<bool, StoreError> {
        Ok(self.rules.first_is_admin && !self.had_first().await?)
    }

    async fn had_first(&self) -> Result<bool, StoreError> {
        if self.had_first.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let had = self.store.read().await?.service().get(FIRST_ACCOUNT).await?.is_some();
        self.had_first.fetch_or(had, Ordering::Relaxed);
        Ok(had)
    }

    fn birth(&self) -> Birth {
        Birth {
            id: UserId::from_random(self.randomness.bits()),
            spare_username: Username::generated(self.randomness.bits()),
            roles: Roles::user(),
            at: self.clock.now(),
            default_locale: self.rules.default_locale.clone(),
        }
    }

    fn new_password(&self, user: &UserId, hash: crate::credential::PasswordHash) -> NewPassword {
        let id = CredentialId::from_random(self.randomness.bits());
        NewPassword { id, user_id: user.clone(), hash, created_at: self.clock.now() }
    }

    /// Whether a new password is good enough for somebody of whom some texts are known.
    fn check_password(&self, password: &Password, known: &[&str]) -> Result<(), WeakPassword> {
        self.rules.passwords.check(password)?;
        let is_guessable = self.guesses.as_ref().is_some_and(|guesses| guesses.is_guessable(password, known));
        if is_guessable { Err(WeakPassword::Guessable) } else { Ok(()) }
    }

    fn audit_id(&self) -> AuditId {
        AuditId::from_random(self.randomness.bits())
    }

    /// An entry of something that an actor has done to an account.
    fn done(&self, operation: Operation, actor: &Actor, target: &UserId, now: Timestamp, origin: &Origin) -> AuditEntry {
        let entry = AuditEntry::new(self.audit_id(), now, operation, Outcome::Done, origin.clone());
        AuditEntry { target: Some(target.clone()), ..entry.by(actor) }
    }
}

#[cfg(test)]
mod tests;
