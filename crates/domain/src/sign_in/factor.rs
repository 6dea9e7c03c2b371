//! The second factor of a sign-in.

use secrecy::ExposeSecret;

use super::{SignInError, SignIns};
use crate::client::Client;
use crate::credential::{Digest, Method};
use crate::factor::{self, FactorCode, FactorTry, StoredFactor};
use crate::id::CredentialId;
use crate::limit::{Counted, Whose};
use crate::permission::{Permit, operations};
use crate::port::{Purpose, SealPurpose};
use crate::provider::LDAP;
use crate::store::{LoginName, StoreError, UnitOfWork};
use crate::user::User;

/// A right code, which is used up together with what it lets somebody do.
pub(super) enum Shown {
    /// A code of the generator, of one step.
    Step(CredentialId, i64),
    /// A recovery code, by its hashes.
    Recovery(Vec<Digest>),
}

impl Shown {
    pub(super) const fn method(&self) -> Method {
        match self {
            Self::Step(..) => Method::Totp,
            Self::Recovery(_) => Method::RecoveryCode,
        }
    }

    /// Uses the code up and forgets wrong ones; tells whether nobody did before.
    pub(super) async fn redeem(&self, work: &mut dyn UnitOfWork, user: &User) -> Result<bool, StoreError> {
        let is_first = match self {
            Self::Step(id, step) => work.factors().use_step(id, *step).await?,
            Self::Recovery(hashes) => work.factors().redeem_recovery_code(&user.id, hashes).await?,
        };
        if is_first {
            work.factors().forgive(&user.id).await?;
        }
        Ok(is_first)
    }
}

impl SignIns {
    /// Tells whether an account asks for a second factor; nobody's does not.
    ///
    /// # Errors
    ///
    /// [`SignInError::TooMany`] when this network asks too often.
    #[tracing::instrument(skip_all)]
    pub async fn asks_for_factor(&self, _: Permit<operations::CheckUserMfa>, login: &str, client: &Client) -> Result<bool, SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))?;
        if !self.rules.factor.is_enabled {
            return Ok(false);
        }
        if !self.rules.factor.is_revealed {
            return Ok(true);
        }
        let user = match super::text_login(login) {
            Some(LoginName::Text(text)) => self.store.read().await?.users().by_login(&text).await?,
            _ => None,
        };
        Ok(user.is_some_and(|user| user.has_second_factor))
    }

    /// Whether an account may do nothing before it has activated a second factor.
    #[must_use]
    pub fn must_add_factor(&self, user: &User) -> bool {
        let rules = &self.rules.factor;
        let is_ours = matches!(user.identity.service.as_str(), "" | "email" | LDAP);
        let is_meant = user.bot.is_none() && is_ours && (rules.is_enforced_for_guests || !user.is_guest());
        rules.is_enabled && rules.is_enforced && is_meant && !user.has_second_factor
    }

    /// Looks at the code that goes with a right password; nothing where none is asked for. Every code costs a try.
    pub(super) async fn shown_factor(&self, user: &User, code: &str) -> Result<Option<Shown>, SignInError> {
        if !user.has_second_factor || !self.rules.factor.is_enabled {
            return Ok(None);
        }
        let code = FactorCode::parse(code);
        if matches!(code, FactorCode::Missing) {
            return Err(SignInError::FactorNeeded);
        }
        let mut work = self.store.begin().await?;
        let tried = work.factors().attempt(&user.id, &self.rules.lock, self.clock.now()).await?;
        let factors = work.factors().of_user(&user.id).await?;
        work.commit().await?;
        if let FactorTry::Locked(until) = tried {
            return Err(self.locked(until));
        }
        match code {
            FactorCode::Missing | FactorCode::Malformed => Err(SignInError::FactorNeeded),
            FactorCode::Foreign => Err(SignInError::WrongCode),
            FactorCode::Recovery(code) => Ok(Some(Shown::Recovery(self.keys.candidates(Purpose::RecoveryCode, code.expose())))),
            FactorCode::Generated(code) => {
                let active = factors.into_iter().find(|factor| factor.is_active).ok_or(SignInError::WrongCode)?;
                let step = self.step(&active, code.expose_secret())?.filter(|step| *step > active.last_step);
                step.map(|step| Some(Shown::Step(active.id, step))).ok_or(SignInError::WrongCode)
            }
        }
    }

    /// The step of a secret to which a code belongs now.
    pub(crate) fn step(&self, factor: &StoredFactor, code: &str) -> Result<Option<i64>, crate::port::SealError> {
        let secret = self.sealer.open(SealPurpose::Factor, factor::context(&factor.id), &factor.sealed)?;
        Ok(self.codes.step(secret.expose_secret(), code, self.clock.now()))
    }
}
