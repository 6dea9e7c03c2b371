//! Activating a second factor, switching it off, and the codes that stand in for a lost one.

use std::sync::Arc;

use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::factor::{self, FactorCode, FactorTry, NewFactor, NewRecoveryCode, RECOVERY_CODES, RecoveryCode, StoredFactor};
use crate::id::{AuditId, CredentialId, UserId};
use crate::mail::Postbox;
use crate::notice::{self, Event};
use crate::operation::Operation;
use crate::permission::{operations, permit};
use crate::port::{Clock, Enrolment, FactorCodes, Keyring, Purpose, Randomness, SealPurpose, Sealer};
use crate::provider::LDAP;
use crate::session::{EndReason, Ending};
use crate::sign_in::SignIns;
use crate::store::{Store, StoreError, UnitOfWork};
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

mod error;
mod reseal;

pub use error::FactorError;
pub use reseal::Resealed;

/// The use cases of second factors.
pub struct SecondFactors {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keyring>,
    sealer: Arc<dyn Sealer>,
    codes: Arc<dyn FactorCodes>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    sign_ins: Arc<SignIns>,
    postbox: Postbox,
}

impl SecondFactors {
    /// The use cases on these ports; `sign_ins` has the rules.
    #[must_use]
    pub fn new(ports: &Ports, sign_ins: Arc<SignIns>) -> Self {
        let Ports { store, keys, sealer, codes, clock, randomness, .. } = ports.clone();
        Self { store, keys, sealer, codes, clock, randomness, sign_ins, postbox: Postbox::new(ports) }
    }

    /// Makes a new secret for an account, which waits for a code that activates it: until then the former one counts.
    ///
    /// # Errors
    ///
    /// [`FactorError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn generate(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<Enrolment, FactorError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::GenerateMfaSecret>(actor, seen.as_ref())?;
        let user = seen.ok_or(FactorError::Missing)?;
        self.check_enabled()?;
        // Whoever signs in elsewhere may hold a secret, but not activate it.
        if user.is_remote() {
            return Err(FactorError::OtherSignIn);
        }
        let now = self.clock.now();
        let secret = Zeroizing::new([self.randomness.bits(), self.randomness.bits()].concat()[..20].to_vec());
        let enrolment = self.codes.enrolment(&secret, &self.sign_ins.rules().factor.issuer, user.email.as_str())?;
        let id = CredentialId::from_random(self.randomness.bits());
        let sealed = self.sealer.seal(SealPurpose::Factor, factor::context(&id), &secret)?;
        let mut work = acting::begin::<FactorError>(&*self.store, actor, &[&user.id]).await?;
        work.factors().propose(&NewFactor { id, user_id: user.id.clone(), sealed, created_at: now }).await?;
        work.audits().record(&[self.done(Operation::GenerateMfaSecret, actor, &user.id, now, origin)]).await?;
        work.commit().await?;
        Ok(enrolment)
    }

    /// Tells whether somebody may change an account's second factor at all.
    ///
    /// # Errors
    ///
    /// [`FactorError::Forbidden`] when he may not.
    #[tracing::instrument(skip_all)]
    pub async fn check_change(&self, actor: &Actor, id: &UserId) -> Result<(), FactorError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserMfa>(actor, seen.as_ref())?;
        Ok(())
    }

    /// Activates the secret of an account that waits, for who shows a code of it. Where none waits, a code of the active one shows that
    /// it is at hand, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`FactorError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn activate(&self, actor: &Actor, id: &UserId, code: &str, origin: &Origin) -> Result<(), FactorError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserMfa>(actor, seen.as_ref())?;
        let user = seen.ok_or(FactorError::Missing)?;
        check_kind(&user)?;
        self.check_enabled()?;
        let (shown, step) = self.shown(&user, code).await?;
        let now = self.clock.now();
        let mut work = acting::begin::<FactorError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(FactorError::Missing)?;
        permit::<operations::UpdateUserMfa>(actor, Some(&before))?;
        let factors = work.factors();
        let is_first =
            if shown.is_active { factors.use_step(&shown.id, step).await? } else { factors.activate(&shown.id, step, now).await? };
        if !is_first {
            return Err(FactorError::BadCode);
        }
        factors.forgive(id).await?;
        if shown.is_active {
            return Ok(work.commit().await?);
        }
        let after = User { has_second_factor: true, ..before.clone() };
        self.end_others(&mut *work, actor, &before, now).await?;
        notice::post(&mut *work, &self.postbox, Event::FactorOn, &after, now).await?;
        work.audits().record(&[self.changed(actor, &before, true, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Switches an account's second factor off; its secrets and recovery codes are gone.
    ///
    /// # Errors
    ///
    /// [`FactorError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn deactivate(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<(), FactorError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserMfa>(actor, seen.as_ref())?;
        seen.ok_or(FactorError::Missing)?;
        let now = self.clock.now();
        let mut work = acting::begin::<FactorError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(FactorError::Missing)?;
        permit::<operations::UpdateUserMfa>(actor, Some(&before))?;
        if work.factors().clear(id, now).await? {
            let after = User { has_second_factor: false, ..before.clone() };
            self.end_others(&mut *work, actor, &before, now).await?;
            notice::post(&mut *work, &self.postbox, Event::FactorOff, &after, now).await?;
        }
        work.audits().record(&[self.changed(actor, &before, false, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Gives an account new recovery codes in place of all it had. They are told this once.
    ///
    /// # Errors
    ///
    /// [`FactorError::NotActive`] for an account without an active second factor, besides what [`Self::generate`] says.
    #[tracing::instrument(skip_all)]
    pub async fn new_recovery_codes(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<Vec<RecoveryCode>, FactorError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::CreateRecoveryCodes>(actor, seen.as_ref())?;
        self.check_enabled()?;
        let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| RecoveryCode::from_random(self.randomness.bits())).collect();
        let now = self.clock.now();
        let stored =
            |code: &RecoveryCode| NewRecoveryCode { hash: self.keys.digest(Purpose::RecoveryCode, code.expose()), created_at: now };
        let hashes: Vec<_> = codes.iter().map(stored).collect();
        let mut work = acting::begin::<FactorError>(&*self.store, actor, &[id]).await?;
        let user = work.users().locked(id).await?.ok_or(FactorError::Missing)?;
        permit::<operations::CreateRecoveryCodes>(actor, Some(&user))?;
        if !user.has_second_factor {
            return Err(FactorError::NotActive);
        }
        work.factors().replace_recovery_codes(id, &hashes).await?;
        notice::post(&mut *work, &self.postbox, Event::RecoveryCodesMade, &user, now).await?;
        work.audits().record(&[self.done(Operation::CreateRecoveryCodes, actor, id, now, origin)]).await?;
        work.commit().await?;
        Ok(codes)
    }

    /// The secret that waits, or else the active one, and the step of it of which a code was shown. Every code costs a try.
    async fn shown(&self, user: &User, code: &str) -> Result<(StoredFactor, i64), FactorError> {
        let mut work = self.store.begin().await?;
        let tried = work.factors().attempt(&user.id, &self.sign_ins.rules().lock, self.clock.now()).await?;
        let factors = work.factors().of_user(&user.id).await?;
        work.commit().await?;
        if let FactorTry::Locked(_) = tried {
            return Err(FactorError::Locked);
        }
        let shown = factors.into_iter().min_by_key(|factor| factor.is_active).ok_or(FactorError::BadCode)?;
        let FactorCode::Generated(code) = FactorCode::parse(code) else { return Err(FactorError::BadCode) };
        let step = self.sign_ins.step(&shown, code.expose_secret())?.ok_or(FactorError::BadCode)?;
        Ok((shown, step))
    }

    /// Ends the other sessions of somebody who changes his own active factor: he may do so because somebody else uses one of them.
    async fn end_others(&self, work: &mut dyn UnitOfWork, actor: &Actor, before: &User, now: Timestamp) -> Result<(), StoreError> {
        if !before.has_second_factor || actor.user_id() != Some(&before.id) {
            return Ok(());
        }
        let ending = Ending { at: now, reason: EndReason::FactorChanged, by: Some(before.id.clone()) };
        work.sessions().end_all(&before.id, actor.session_id().as_ref(), &ending).await.map(drop)
    }

    fn check_enabled(&self) -> Result<(), FactorError> {
        if self.sign_ins.rules().factor.is_enabled { Ok(()) } else { Err(FactorError::SwitchedOff) }
    }

    fn done(&self, operation: Operation, actor: &Actor, target: &UserId, now: Timestamp, origin: &Origin) -> AuditEntry {
        let id = AuditId::from_random(self.randomness.bits());
        let entry = AuditEntry::new(id, now, operation, Outcome::Done, origin.clone());
        AuditEntry { target: Some(target.clone()), ..entry.by(actor) }
    }

    fn changed(&self, actor: &Actor, before: &User, is_on: bool, now: Timestamp, origin: &Origin) -> AuditEntry {
        let [was, is] = [before.has_second_factor, is_on].map(|is_active| Some(serde_json::json!({ "mfa_active": is_active })));
        let entry = self.done(Operation::UpdateUserMfa, actor, &before.id, now, origin);
        AuditEntry { before: was, after: is, shown_as: Some("success - mfa updated".to_owned()), ..entry }
    }
}

/// Only who signs in with a password here has a second factor here: neither bots nor accounts of other servers or providers do.
fn check_kind(user: &User) -> Result<(), FactorError> {
    let signs_in_here = user.bot.is_none() && !user.is_remote() && matches!(user.identity.service.as_str(), "" | "email" | LDAP);
    if signs_in_here { Ok(()) } else { Err(FactorError::OtherSignIn) }
}

#[cfg(test)]
mod tests;
