//! Signing in and out, and telling who a token belongs to.

use std::sync::Arc;
use std::time::Duration;

use crate::access_token::TokenRules;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::client::Client;
use crate::credential::{Password, Token};
use crate::factor::FactorRules;
use crate::id::{AuditId, UserId};
use crate::limit::{Counted, RateLimits, Whose};
use crate::mail::Postbox;
use crate::operation::Operation;
use crate::permission::{Permit, operations};
use crate::port::{Clock, FactorCodes, Keyring, Passwords, Purpose, Randomness, Sealer};
use crate::provider::Providers;
use crate::refusal::Refusals;
use crate::session::{EndReason, Ending, Session, SessionLengths};
use crate::store::{LockRules, LoginName, Store, StoreError};
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

mod bearer;
mod device;
mod error;
mod factor;
mod kind;
mod link;
mod open;
mod password;
mod strangers;

pub use bearer::{Bearer, Use};
pub use error::SignInError;
use factor::Shown;
pub use link::{MAGIC_LINK, signs_in_by_link};
use password::{Trial, Tried};
use strangers::Strangers;

/// What the operator decides about signing in.
#[derive(Debug, Clone)]
pub struct SignInRules {
    /// When wrong passwords lock an account.
    pub lock: LockRules,
    /// How long sessions live.
    pub lengths: SessionLengths,
    /// Sessions that one account may have; the least used give way to a new one.
    pub sessions_per_user: u32,
    /// What is decided about access tokens.
    pub tokens: TokenRules,
    /// What holds of second factors.
    pub factor: FactorRules,
    /// Whether nobody is let in before he has shown to read mail at his address.
    pub needs_verified_email: bool,
    /// Whether devices are known that somebody has signed in with before.
    pub knows_devices: bool,
    /// Whether guests who have no password sign in by links in mails.
    pub has_links: bool,
    /// How long ago at most somebody has signed in who changes by what he signs in; nothing where that is not asked.
    pub fresh_for: Option<Duration>,
}

/// What somebody shows to be let in.
pub struct Claim {
    /// Who he says he is; nobody when the text can name no account.
    pub login: Option<LoginName>,
    /// How he named the account, for limits and the audit.
    pub typed: String,
    /// His password.
    pub password: Password,
    /// A code of his second factor, as he typed it.
    pub code: String,
    /// The token of the device that he uses, if it was known before.
    pub device: Option<Token>,
    /// Whether the device can keep such a token: it speaks https and takes cookies.
    pub keeps_device: bool,
}

/// Tells nothing of what was typed: people type passwords into every field.
impl std::fmt::Debug for Claim {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Claim").field("keeps_device", &self.keeps_device).finish_non_exhaustive()
    }
}

/// A session that has just begun.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Its token, told this once.
    pub token: Token,
    /// The account, with the wrong passwords it had before.
    pub user: User,
    /// The token by which the device is known from now on, told this once; nothing if it is known already, or is not to be.
    pub device: Option<Token>,
}

/// The use cases of signing in and out.
pub struct SignIns {
    store: Arc<dyn Store>,
    passwords: Arc<dyn Passwords>,
    keys: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    limits: Arc<dyn RateLimits>,
    sealer: Arc<dyn Sealer>,
    codes: Arc<dyn FactorCodes>,
    providers: Arc<dyn Providers>,
    refusals: Arc<Refusals>,
    postbox: Postbox,
    strangers: Strangers,
    rules: SignInRules,
}

impl SignIns {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, refusals: Arc<Refusals>, rules: SignInRules) -> Self {
        let Ports { store, passwords, keys, clock, randomness, limits, sealer, codes, providers, .. } = ports.clone();
        let (postbox, strangers) = (Postbox::new(ports), Strangers::new());
        Self { store, passwords, keys, clock, randomness, limits, sealer, codes, providers, refusals, postbox, strangers, rules }
    }

    /// What the operator decided.
    #[must_use]
    pub fn rules(&self) -> &SignInRules {
        &self.rules
    }

    /// Begins a session for who shows the right password. Every refusal costs one check of a password.
    ///
    /// # Errors
    ///
    /// [`SignInError`] says why not; [`SignInError::InvalidCredentials`] tells nobody which accounts there are.
    #[tracing::instrument(skip_all)]
    pub async fn sign_in(
        &self,
        _: Permit<operations::Login>,
        claim: Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        if claim.password.is_empty() {
            return Err(SignInError::BlankPassword);
        }
        let tried = self.counted(&claim, client).await;
        let account = tried.as_ref().ok().and_then(Tried::account).cloned();
        let result = match tried {
            Ok(tried) => self.let_in(tried, &claim, client, origin).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result
            && let Some(reason) = error.audited()
        {
            self.record_refusal(Operation::Login, reason, account, &claim.typed, origin).await;
        }
        result
    }

    /// Checks a password and a code as a sign-in does, for something else than a session; the code is used up.
    ///
    /// # Errors
    ///
    /// [`SignInError`] as for [`Self::sign_in`].
    #[tracing::instrument(skip_all)]
    pub(crate) async fn prove_whole(
        &self,
        operation: Operation,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<User, SignInError> {
        if claim.password.is_empty() {
            return Err(SignInError::InvalidCredentials);
        }
        let tried = self.counted(claim, client).await;
        let account = tried.as_ref().ok().and_then(Tried::account).cloned();
        let result = match tried {
            Ok(tried) => self.proven(tried, claim, origin).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result
            && let Some(reason) = error.audited()
        {
            self.record_refusal(operation, reason, account, &claim.typed, origin).await;
        }
        result
    }

    /// Ends the session that acts; who has none is signed out already.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the session goes on because the store failed.
    #[tracing::instrument(skip_all)]
    pub async fn sign_out(&self, _: Permit<operations::Logout>, actor: &Actor, origin: &Origin) -> Result<(), StoreError> {
        let Some(session) = actor.session_id() else { return Ok(()) };
        let ending = Ending { at: self.clock.now(), reason: EndReason::SignedOut, by: actor.user_id().cloned() };
        let mut work = self.store.begin().await?;
        if work.sessions().end(&session, &ending).await? {
            let entry = self.entry(Operation::Logout, ending.at, origin).by(actor);
            work.audits().record(&[AuditEntry { target: entry.actor.clone(), shown_as: Some(String::new()), ..entry }]).await?;
        }
        work.commit().await
    }

    fn count(&self, counted: Counted, whose: Whose<'_>) -> Result<(), SignInError> {
        match self.limits.take(counted, whose) {
            Some(standing) if !standing.is_allowed() => Err(SignInError::TooMany(standing)),
            _ => Ok(()),
        }
    }

    async fn let_in(&self, tried: Tried, claim: &Claim, client: &Client, origin: &Origin) -> Result<Opened, SignInError> {
        let (trial, shown) = self.checked(tried, claim).await?;
        let counted = trial.counted();
        let opened = Box::pin(self.open(trial, shown.as_ref(), claim, client, origin)).await;
        if let Err(SignInError::WrongCode) = &opened {
            // As for any wrong code.
            self.give_back(&counted).await?;
        }
        opened
    }

    /// Checks the password, whether the account may be used, and the code, in this order.
    async fn checked(&self, tried: Tried, claim: &Claim) -> Result<(Trial, Option<Shown>), SignInError> {
        let trial = self.verified(tried, &claim.password).await?;
        let user = &trial.attempt.user;
        let shown = match refusal_after_password(user) {
            Some(refusal) => Err(refusal),
            None => self.shown_factor(user, &claim.code).await,
        };
        let shown = match shown {
            Ok(shown) if self.lacks_verification(user) => {
                if shown.is_some() {
                    // The code was right as far as anybody looked.
                    self.forgive_codes(&user.id).await?;
                }
                Err(SignInError::Unverified)
            }
            other => other,
        };
        if shown.is_err() {
            // The password was right: what is wrong has a counter of its own, or none.
            self.give_back(&trial.counted()).await?;
        }
        Ok((trial, shown?))
    }

    /// Whether somebody has still to show that he reads mail at his address; of its people the directory knows that.
    fn lacks_verification(&self, user: &User) -> bool {
        self.rules.needs_verified_email && !user.is_email_verified && user.identity.service != crate::provider::LDAP
    }

    async fn forgive_codes(&self, user: &UserId) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        work.factors().forgive(user).await?;
        work.commit().await
    }

    async fn proven(&self, tried: Tried, claim: &Claim, origin: &Origin) -> Result<User, SignInError> {
        let (trial, shown) = self.checked(tried, claim).await?;
        // What comes next may be a guess too, so that this one does not open the account for more of them.
        self.give_back(&trial.counted()).await?;
        let user = trial.attempt.user;
        if let Some(shown) = &shown {
            let mut work = self.store.begin().await?;
            self.redeem(&mut *work, shown, &user, origin).await?;
            work.commit().await?;
        }
        Ok(user)
    }

    fn entry(&self, operation: Operation, at: Timestamp, origin: &Origin) -> AuditEntry {
        AuditEntry::new(AuditId::from_random(self.randomness.bits()), at, operation, Outcome::Done, origin.clone())
    }

    /// That the password was right, and that a session began: its holder is shown both.
    fn opened_entries(&self, session: &Session, origin: &Origin) -> [AuditEntry; 2] {
        let own = || AuditEntry {
            actor: Some(session.user_id.clone()),
            target: Some(session.user_id.clone()),
            ..self.entry(Operation::Login, session.created_at, origin)
        };
        [
            AuditEntry { reason: Some("authenticated"), shown_as: Some("authenticated".to_owned()), ..own() },
            AuditEntry {
                credential_id: Some(session.id.as_str().to_owned()),
                credential_kind: Some(crate::actor::CredentialKind::Session.id()),
                shown_as: Some(format!("success session_user={}", session.user_id)),
                ..own()
            },
        ]
    }

    /// Writes down that a link of a mail was refused.
    pub(crate) async fn record_refused_link(&self, operation: Operation, origin: &Origin) {
        self.refusals.record(self.refusals.entry(operation, "link", origin.clone())).await;
    }

    async fn record_refusal(&self, operation: Operation, reason: &'static str, account: Option<UserId>, typed: &str, origin: &Origin) {
        let unknown = account.is_none().then(|| self.keys.digest(Purpose::UnknownLogin, &typed.to_lowercase()));
        let entry = self.refusals.entry(operation, reason, origin.clone());
        self.refusals.record(AuditEntry { target: account, unknown_login: unknown, ..entry }).await;
    }
}

/// Why an account is not let in although its password was right.
fn refusal_after_password(user: &User) -> Option<SignInError> {
    if !user.is_active() {
        Some(SignInError::Inactive)
    } else if user.is_remote() {
        Some(SignInError::Remote)
    } else if !matches!(user.identity.service.as_str(), "" | crate::provider::LDAP) {
        Some(SignInError::InvalidCredentials)
    } else {
        None
    }
}

/// The account that a typed login name or address may stand for.
#[must_use]
pub fn text_login(typed: &str) -> Option<LoginName> {
    let names_something = !typed.is_empty() && typed.len() <= 128 && !typed.contains('\0');
    names_something.then(|| LoginName::Text(typed.to_lowercase()))
}

/// How long the first lock of an account lasts; each further wrong password doubles it.
pub const FIRST_LOCK: Duration = Duration::from_mins(1);
/// The longest lock of an account.
pub const LONGEST_LOCK: Duration = Duration::from_hours(1);

impl Claim {
    /// A claim by name and password alone.
    #[must_use]
    pub fn new(login: Option<LoginName>, typed: String, password: Password) -> Self {
        Self { login, typed, password, code: String::new(), device: None, keeps_device: false }
    }
}

impl LockRules {
    /// Locks after so many wrong passwords in a row: for a minute at first, for an hour at the most.
    #[must_use]
    pub fn after(limit: u32) -> Self {
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self { limit, first_lock_ms: ms(FIRST_LOCK), longest_lock_ms: ms(LONGEST_LOCK) }
    }

    /// Locks after so many wrong passwords in a row, until somebody opens the account.
    #[must_use]
    pub fn for_ever(limit: u32) -> Self {
        // A hundred years, which twenty doublings don't take out of the numbers' range.
        let ever = 100 * 365 * 24 * 3_600_000;
        Self { limit, first_lock_ms: ever, longest_lock_ms: ever }
    }

    /// For how long so many wrong passwords lock an account; nothing below the limit.
    #[must_use]
    pub fn lock_after(&self, tries: u32) -> Option<Duration> {
        /// Doublings that are counted: more would be longer than any longest lock.
        const DOUBLINGS: u32 = 20;
        let beyond = tries.checked_sub(self.limit)?;
        let lock = self.first_lock_ms.saturating_mul(1 << beyond.min(DOUBLINGS)).min(self.longest_lock_ms);
        Some(Duration::from_millis(u64::try_from(lock).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
