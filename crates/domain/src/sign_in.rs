//! Signing in and out, and telling who a token belongs to.

use std::sync::Arc;
use std::time::Duration;

use crate::access_token::TokenRules;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::client::Client;
use crate::credential::{Method, Password, PasswordHash, Token};
use crate::id::{AuditId, SessionId, UserId};
use crate::limit::{Counted, RateLimits, Whose};
use crate::operation::Operation;
use crate::permission::{Permit, operations};
use crate::port::{Clock, Keyring, Passwords, Purpose, Randomness, Verdict};
use crate::refusal::Refusals;
use crate::session::{DeviceProps, EndReason, Ending, NewSession, ProviderSession, Session, SessionKind, SessionLengths};
use crate::store::{Attempt, LockRules, LoginName, Store, StoreError};
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

mod bearer;
mod error;

pub use bearer::{Bearer, Use};
pub use error::SignInError;

/// What the operator decides about signing in.
#[derive(Debug, Clone)]
pub struct SignInRules {
    /// When wrong passwords lock an account.
    pub lock: LockRules,
    /// How long sessions live.
    pub lengths: SessionLengths,
    /// Sessions that one account may have; the least used give way to a new one.
    pub sessions_per_user: u32,
    /// Whether somebody without a session is told that an account asks for a second factor; else he is told that every one does.
    pub reveals_factor: bool,
    /// What is decided about access tokens.
    pub tokens: TokenRules,
}

/// What somebody shows to be let in.
#[derive(Debug)]
pub struct Claim {
    /// Who he says he is; nobody when the text can name no account.
    pub login: Option<LoginName>,
    /// How he named the account, for limits and the audit.
    pub typed: String,
    /// His password.
    pub password: Password,
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
}

/// The use cases of signing in and out.
pub struct SignIns {
    store: Arc<dyn Store>,
    passwords: Arc<dyn Passwords>,
    keys: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    limits: Arc<dyn RateLimits>,
    refusals: Arc<Refusals>,
    rules: SignInRules,
}

impl SignIns {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, refusals: Arc<Refusals>, rules: SignInRules) -> Self {
        let Ports { store, passwords, keys, clock, randomness, limits, .. } = ports.clone();
        Self { store, passwords, keys, clock, randomness, limits, refusals, rules }
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
        let attempt = self.counted_attempt(&claim, client).await;
        let account = attempt.as_ref().ok().and_then(Option::as_ref).map(|attempt| attempt.user.id.clone());
        let result = match attempt {
            Ok(attempt) => self.let_in(attempt, &claim.password, client, origin).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result
            && let Some(reason) = error.audited()
        {
            self.record_refusal(reason, account, &claim.typed, origin).await;
        }
        result
    }

    /// Checks the password of somebody who is signed in, and counts a wrong one as a sign-in does.
    ///
    /// # Errors
    ///
    /// [`SignInError::InvalidCredentials`] and [`SignInError::Locked`], besides failures.
    #[tracing::instrument(skip_all)]
    pub async fn prove(&self, user: &UserId, password: &Password) -> Result<(), SignInError> {
        let attempt = self.attempt(&LoginName::Id(user.clone())).await?;
        let (attempt, _) = self.verified(attempt, password).await?;
        let mut work = self.store.begin().await?;
        work.credentials().forgive(&attempt.user.id).await?;
        work.commit().await?;
        Ok(())
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
            work.audits().record(&[AuditEntry { target: entry.actor.clone(), ..entry }]).await?;
        }
        work.commit().await
    }

    /// Tells whether an account asks for a second factor; nobody's does not.
    ///
    /// # Errors
    ///
    /// [`SignInError::TooMany`] when this network asks too often.
    #[tracing::instrument(skip_all)]
    pub async fn asks_for_factor(&self, _: Permit<operations::CheckUserMfa>, login: &str, client: &Client) -> Result<bool, SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))?;
        if !self.rules.reveals_factor {
            return Ok(true);
        }
        let user = match text_login(login) {
            Some(LoginName::Text(text)) => self.store.read().await?.users().by_login(&text).await?,
            _ => None,
        };
        Ok(user.is_some_and(|user| user.has_second_factor))
    }

    async fn counted_attempt(&self, claim: &Claim, client: &Client) -> Result<Option<Attempt>, SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))?;
        self.count(Counted::SignInsByAccount, Whose::Account(&claim.typed.to_lowercase()))?;
        match &claim.login {
            Some(login) => Ok(self.attempt(login).await?),
            None => Ok(None),
        }
    }

    fn count(&self, counted: Counted, whose: Whose<'_>) -> Result<(), SignInError> {
        match self.limits.take(counted, whose) {
            Some(standing) if !standing.is_allowed() => Err(SignInError::TooMany(standing)),
            _ => Ok(()),
        }
    }

    async fn attempt(&self, login: &LoginName) -> Result<Option<Attempt>, StoreError> {
        let mut work = self.store.begin().await?;
        let attempt = work.credentials().attempt(login, &self.rules.lock, self.clock.now()).await?;
        work.commit().await?;
        Ok(attempt)
    }

    async fn let_in(&self, attempt: Option<Attempt>, password: &Password, client: &Client, origin: &Origin) -> Result<Opened, SignInError> {
        let (attempt, renewed) = self.verified(attempt, password).await?;
        if let Some(refusal) = refusal_after_password(&attempt.user) {
            self.give_back(&attempt.user.id).await?;
            return Err(refusal);
        }
        self.open(attempt, renewed, client, origin).await
    }

    /// Checks a password against what an attempt found, always at the cost of one check; with the hash to store in place of
    /// the one that was verified.
    async fn verified(&self, attempt: Option<Attempt>, password: &Password) -> Result<(Attempt, Option<Renewal>), SignInError> {
        let stored = attempt.as_ref().filter(|attempt| attempt.is_open).and_then(|attempt| attempt.hash.clone());
        let verdict = match self.passwords.verify(password, stored.clone()).await {
            Ok(verdict) => verdict,
            Err(error) => {
                // Nobody looked at the password, so the try does not count.
                if let Some(attempt) = attempt.filter(|attempt| attempt.is_open) {
                    self.give_back(&attempt.user.id).await?;
                }
                return Err(error.into());
            }
        };
        let attempt = attempt.ok_or(SignInError::InvalidCredentials)?;
        match (verdict, stored) {
            (Verdict::Right { renewed }, Some(verified)) => Ok((attempt, renewed.map(|renewed| Renewal { verified, renewed }))),
            (_, None) if attempt.user.bot.is_some() => Err(SignInError::Bot),
            (_, None) if attempt.hash.is_some() => Err(SignInError::Locked),
            _ => Err(SignInError::InvalidCredentials),
        }
    }

    async fn give_back(&self, user: &UserId) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        work.credentials().give_back(user).await?;
        work.commit().await
    }

    async fn open(&self, attempt: Attempt, renewed: Option<Renewal>, client: &Client, origin: &Origin) -> Result<Opened, SignInError> {
        let now = self.clock.now();
        let token = Token::from_random(self.randomness.bits());
        let session = self.new_session(&attempt.user.id, client, now);
        let mut work = self.store.begin().await?;
        if !client.device_id.is_empty() {
            let ending = Ending { at: now, reason: EndReason::DeviceReused, by: Some(attempt.user.id.clone()) };
            work.sessions().end_device(&attempt.user.id, &client.device_id, None, &ending).await?;
        }
        if let Some(Renewal { verified, renewed }) = &renewed {
            work.credentials().renew(&attempt.user.id, verified, renewed).await?;
        }
        let stored = NewSession { session: session.clone(), token: self.keys.digest(Purpose::Session, token.expose()) };
        if !work.sessions().open(&stored, attempt.guard).await? {
            // The password was changed or the sessions were revoked while this one was being checked.
            return Err(SignInError::InvalidCredentials);
        }
        // Sign-ins at once take turns at the account, so that each sees those before it: none is beyond the cap when the last has ended.
        let ending = Ending { at: now, reason: EndReason::TooMany, by: None };
        work.sessions().end_beyond(&attempt.user.id, self.rules.sessions_per_user, &ending).await?;
        work.audits().record(&self.opened_entries(&session, origin)).await?;
        work.commit().await?;
        let user = User { last_login_at: now, updated_at: now.max(attempt.user.updated_at), ..attempt.user };
        Ok(Opened { session, token, user })
    }

    fn new_session(&self, user: &UserId, client: &Client, now: Timestamp) -> Session {
        let kind = if client.is_mobile() { SessionKind::Mobile } else { SessionKind::Web };
        Session {
            id: SessionId::from_random(self.randomness.bits()),
            user_id: user.clone(),
            kind,
            authenticated_at: now,
            methods: vec![Method::Password],
            created_at: now,
            last_active_at: now,
            expires_at: now.after(self.rules.lengths.of(kind)),
            absolute_expires_at: now.after(self.rules.lengths.absolute),
            first_address: client.address,
            last_address: client.address,
            user_agent: client.user_agent.clone(),
            device_id: client.device_id.clone(),
            device: DeviceProps::default(),
            provider: ProviderSession::default(),
            ended: None,
        }
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

    async fn record_refusal(&self, reason: &'static str, account: Option<UserId>, typed: &str, origin: &Origin) {
        let unknown = account.is_none().then(|| self.keys.digest(Purpose::UnknownLogin, &typed.to_lowercase()));
        let entry = self.refusals.entry(Operation::Login, reason, origin.clone());
        self.refusals.record(AuditEntry { target: account, unknown_login: unknown, ..entry }).await;
    }
}

/// A hash that takes the place of another of the same password.
struct Renewal {
    verified: PasswordHash,
    renewed: PasswordHash,
}

/// Why an account is not let in although its password was right.
fn refusal_after_password(user: &User) -> Option<SignInError> {
    if !user.is_active() {
        Some(SignInError::Inactive)
    } else if user.is_remote() {
        Some(SignInError::Remote)
    } else if !user.identity.service.is_empty() {
        Some(SignInError::InvalidCredentials)
    } else if user.has_second_factor {
        Some(SignInError::FactorNeeded)
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

impl LockRules {
    /// Locks after so many wrong passwords in a row: for a minute at first, for an hour at the most.
    #[must_use]
    pub fn after(limit: u32) -> Self {
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self { limit, first_lock_ms: ms(FIRST_LOCK), longest_lock_ms: ms(LONGEST_LOCK) }
    }
}

#[cfg(test)]
mod tests;
