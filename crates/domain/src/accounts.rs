//! Opening accounts, looking at them, changing them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::client::Client;
use crate::credential::{NewPassword, Password};
use crate::id::{AuditId, CredentialId, UserId};
use crate::limit::{Counted, RateLimits, Standing, Whose};
use crate::locale::Locale;
use crate::operation::Operation;
use crate::password::{PasswordPolicy, WeakPassword};
use crate::permission::{Forbidden, Permit, operations, permit};
use crate::port::{Clock, Passwords, PasswordsError, Randomness};
use crate::role::{Permission, Roles};
use crate::sign_in::SignIns;
use crate::store::{Store, StoreError, UniqueField};
use crate::use_cases::Ports;
use crate::user::registration::{Birth, Registration};
use crate::user::shown::Privacy;
use crate::user::{InvalidUser, User};
use crate::username::Username;

mod change;
mod look_up;
mod seed;

pub use change::PatchError;
pub use look_up::{LookUpError, Seen};

/// What the operator decides about accounts.
#[derive(Debug, Clone)]
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
}

/// Links by which somebody may have been invited.
#[derive(Debug, Clone, Default)]
pub struct Invitation {
    /// The token of an invitation by mail; empty for none.
    pub token: String,
    /// The id of a team's standing invitation; empty for none.
    pub team: String,
}

/// Why no account was opened.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nobody holds such an invitation by mail.
    #[error("the invitation is unknown")]
    UnknownInvitation,
    /// No team has such a standing invitation.
    #[error("the team's invitation is unknown")]
    UnknownTeamInvitation,
    /// Only admins open accounts here.
    #[error("sign-up is closed")]
    Closed,
    /// Too many sign-ups from this network.
    #[error("too many sign-ups")]
    TooMany(Standing),
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// An id was asked for.
    #[error("an id can't be chosen")]
    ChosenId,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidUser),
    /// Another account holds the name or the address.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => Self::Taken(field),
            other => Self::Store(other),
        }
    }
}

/// The name under which the store remembers that there was a first account.
const FIRST_ACCOUNT: &str = "first_account";

/// The use cases of accounts.
pub struct Accounts {
    store: Arc<dyn Store>,
    passwords: Arc<dyn Passwords>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    limits: Arc<dyn RateLimits>,
    sign_ins: Arc<SignIns>,
    rules: AccountRules,
    /// Once true for good: the latch never opens again.
    had_first: AtomicBool,
}

impl Accounts {
    /// The use cases on these ports; `sign_ins` proves passwords.
    #[must_use]
    pub fn new(ports: &Ports, sign_ins: Arc<SignIns>, rules: AccountRules) -> Self {
        let Ports { store, passwords, clock, randomness, limits, .. } = ports.clone();
        Self { store, passwords, clock, randomness, limits, sign_ins, rules, had_first: AtomicBool::new(false) }
    }

    /// What the operator decided.
    #[must_use]
    pub fn rules(&self) -> &AccountRules {
        &self.rules
    }

    /// Opens an account for somebody who signs up, or whom an admin signs up. The first of all becomes admin where the rules
    /// say so; of two at once, one does.
    ///
    /// # Errors
    ///
    /// [`RegisterError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn register(
        &self,
        _: Permit<operations::CreateUser>,
        actor: &Actor,
        wanted: Registration,
        invitation: &Invitation,
        client: &Client,
        origin: &Origin,
    ) -> Result<User, RegisterError> {
        if !invitation.token.is_empty() {
            return Err(RegisterError::UnknownInvitation);
        }
        if !invitation.team.is_empty() {
            return Err(RegisterError::UnknownTeamInvitation);
        }
        if actor.holds(Permission::ManageSystem) {
            return self.open(actor, wanted, Admission::ByAdmin, origin).await;
        }
        let admission = self.public_admission().await?;
        match self.limits.take(Counted::SignUpsByAddress, Whose::Network(client.address.network())) {
            Some(standing) if !standing.is_allowed() => Err(RegisterError::TooMany(standing)),
            _ => self.open(actor, wanted.by_the_public(), admission, origin).await,
        }
    }

    /// Opens an account for the operator at the machine, an admin's if he says so.
    ///
    /// # Errors
    ///
    /// [`RegisterError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, wanted: Registration, is_admin: bool) -> Result<User, RegisterError> {
        let admission = if is_admin { Admission::AsAdmin } else { Admission::ByAdmin };
        self.open(&Actor::Operator, wanted, admission, &Origin { request_id: None, address: None }).await
    }

    /// Replaces a password for the operator at the machine; the account's sessions end, and it is unlocked.
    ///
    /// # Errors
    ///
    /// [`LookUpError::Missing`] for an unknown name; [`SetPasswordError::Weak`] for a password that is refused.
    #[tracing::instrument(skip_all)]
    pub async fn set_password(&self, username: &Username, password: &Password) -> Result<(), SetPasswordError> {
        self.rules.passwords.check(password)?;
        let user = self.store.read().await?.users().by_username(username).await?.ok_or(SetPasswordError::Missing)?;
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let credential = self.new_password(&user.id, hash);
        let ending = crate::session::Ending { at: now, reason: crate::session::EndReason::PasswordChanged, by: None };
        let mut work = self.store.begin().await?;
        work.credentials().change(&credential).await?;
        work.sessions().end_all(&user.id, None, &ending).await?;
        let origin = Origin { request_id: None, address: None };
        let entry = AuditEntry::new(self.audit_id(), now, Operation::UpdateUserPassword, Outcome::Done, origin);
        work.audits().record(&[AuditEntry { target: Some(user.id), reason: Some("operator"), ..entry }]).await?;
        work.commit().await?;
        Ok(())
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

    async fn public_admission(&self) -> Result<Admission, RegisterError> {
        let may_be_first = self.awaits_first_admin().await?;
        match (self.rules.open_sign_up, may_be_first) {
            (true, _) => Ok(Admission::Open),
            (false, true) => Ok(Admission::FirstOnly),
            (false, false) => Err(RegisterError::Closed),
        }
    }

    async fn open(&self, actor: &Actor, wanted: Registration, admission: Admission, origin: &Origin) -> Result<User, RegisterError> {
        if wanted.auth_service.is_empty() {
            self.rules.passwords.check(&wanted.password)?;
        }
        if !wanted.id.is_empty() {
            return Err(RegisterError::ChosenId);
        }
        let password = wanted.password.clone();
        let mut user = wanted.into_user(self.birth())?;
        let credential = if password.is_empty() { None } else { Some(self.new_password(&user.id, self.passwords.hash(&password).await?)) };
        let mut work = self.store.begin().await?;
        let is_first = !self.had_first.load(Ordering::Relaxed) && work.service().latch(FIRST_ACCOUNT, user.id.as_str()).await?;
        user.roles = admission.roles(is_first && self.rules.first_is_admin).ok_or(RegisterError::Closed)?;
        work.users().insert(std::slice::from_ref(&user)).await?;
        if let Some(credential) = credential {
            work.credentials().insert(&[credential]).await?;
        }
        work.audits().record(&[self.created_entry(actor, &user, origin)]).await?;
        work.commit().await?;
        self.had_first.store(true, Ordering::Relaxed);
        Ok(user)
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

    fn audit_id(&self) -> AuditId {
        AuditId::from_random(self.randomness.bits())
    }

    fn created_entry(&self, actor: &Actor, user: &User, origin: &Origin) -> AuditEntry {
        let after = serde_json::json!({ "username": user.username.as_str(), "roles": user.roles.to_string() });
        let entry = AuditEntry::new(self.audit_id(), user.created_at, Operation::CreateUser, Outcome::Done, origin.clone());
        AuditEntry { target: Some(user.id.clone()), after: Some(after), ..entry.by(actor) }
    }
}

/// Why a password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// There is no such account.
    #[error("there is no account of that name")]
    Missing,
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// On what ground an account is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    /// Anybody may sign up.
    Open,
    /// Only the first of all may.
    FirstOnly,
    /// An admin does it.
    ByAdmin,
    /// The operator does it, for an admin.
    AsAdmin,
}

impl Admission {
    /// The roles of the new account; none when it may not be opened after all.
    fn roles(self, is_first_admin: bool) -> Option<Roles> {
        match self {
            Self::AsAdmin => Some(Roles::admin()),
            Self::Open | Self::FirstOnly | Self::ByAdmin if is_first_admin => Some(Roles::admin()),
            Self::Open | Self::ByAdmin => Some(Roles::user()),
            Self::FirstOnly => None,
        }
    }
}

#[cfg(test)]
mod tests;
