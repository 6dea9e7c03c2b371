//! Changing passwords.

use super::{
    Accounts, Actor, AuditEntry, AuditId, Event, Forbidden, Operation, Origin, Outcome, Password, PasswordsError, Permission, StoreError,
    Timestamp, User, UserId, Username, WeakPassword, acting, notice, operations, permit,
};
use crate::credential::PasswordHash;
use crate::id::SessionId;
use crate::one_time::TokenKind;
use crate::session::{EndReason, Ending};
use crate::sign_in::SignInError;
use crate::store::UnitOfWork;

/// What an account's password is to become.
#[derive(Debug)]
pub struct NewSecret {
    /// The one it is now, shown by who changes his own.
    pub current: Password,
    /// The one it is to be, or its hash.
    pub new: Password,
    /// Whether it is a hash.
    pub is_hashed: bool,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The actor may not, or there is no such account.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Only admins set hashes, their own ones too.
    #[error("only admins set the hash of a password")]
    OwnHash,
    /// It is no hash of a known form, or one that costs too much to check.
    #[error("the hash has no known form, or costs too much to check")]
    UnknownHash,
    /// Who changes his own password shows the one it is now.
    #[error("the current password is needed")]
    CurrentNeeded,
    /// The account's provider knows the password.
    #[error("the account signs in by a provider")]
    Provided,
    /// The account has no password: its holder signs in by links in mails.
    #[error("the account signs in by links in mails")]
    MagicLink,
    /// The account is no person's of this server.
    #[error("the account is a bot's, or lives on another server")]
    NoPerson,
    /// The current password is another one, or was changed meanwhile.
    #[error("the current password is wrong")]
    Wrong,
    /// Too many wrong passwords in a row.
    #[error("the account is locked for too many wrong passwords")]
    Locked,
    /// The new password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password was neither checked nor hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SignInError> for PasswordError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Locked(_) => Self::Locked,
            SignInError::Passwords(error) => Self::Passwords(error),
            SignInError::Store(error) => Self::Store(error),
            _ => Self::Wrong,
        }
    }
}

/// Why the operator did not replace a password.
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

impl Accounts {
    /// Changes a password: one's own by showing it, or another's that ranks below. The account's other sessions and its open links
    /// end, it is unlocked, and its holder hears of it.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn change_password(&self, actor: &Actor, id: &UserId, wanted: &NewSecret, origin: &Origin) -> Result<(), PasswordError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserPassword>(actor, seen.as_ref())?;
        let seen = seen.ok_or(Forbidden::Lacks(Permission::WriteUserManagement))?;
        let is_own = actor.user_id() == Some(id);
        if wanted.is_hashed && !actor.holds(Permission::ManageSystem) {
            return Err(if is_own { PasswordError::OwnHash } else { Forbidden::Lacks(Permission::ManageSystem).into() });
        }
        // A bot may have one: it is good for nothing, since no bot signs in.
        if seen.is_remote() {
            return Err(PasswordError::NoPerson);
        }
        if is_own && !wanted.is_hashed {
            self.check_own(&seen, &wanted.current, origin).await?;
        }
        let hash = self.secret(&seen, wanted).await?;
        let now = self.clock.now();
        let mut work = acting::begin::<PasswordError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(Forbidden::Lacks(Permission::WriteUserManagement))?;
        permit::<operations::UpdateUserPassword>(actor, Some(&before))?;
        if is_own && before.credential_epoch != seen.credential_epoch {
            // What was shown may be no proof any more.
            return Err(PasswordError::Wrong);
        }
        let kept = actor.session_id().filter(|_| is_own);
        self.replace_password(&mut *work, &before, hash, kept.as_ref(), actor.user_id(), now).await?;
        let entry = self.done(Operation::UpdateUserPassword, actor, id, now, origin);
        work.audits().record(&[AuditEntry { shown_as: Some("completed".to_owned()), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }

    async fn check_own(&self, seen: &User, current: &Password, origin: &Origin) -> Result<(), PasswordError> {
        if current.is_empty() {
            return Err(PasswordError::CurrentNeeded);
        }
        match seen.identity.service.as_str() {
            "" => Ok(self.sign_ins.prove_on_record(Operation::UpdateUserPassword, &seen.id, current, origin).await?),
            "magic_link" => Err(PasswordError::MagicLink),
            _ => Err(PasswordError::Provided),
        }
    }

    async fn secret(&self, seen: &User, wanted: &NewSecret) -> Result<PasswordHash, PasswordError> {
        if wanted.is_hashed {
            let hash = PasswordHash::from(wanted.new.expose().to_owned());
            return if self.passwords.knows(&hash) { Ok(hash) } else { Err(PasswordError::UnknownHash) };
        }
        self.check_password(&wanted.new, &[seen.username.as_str(), seen.email.as_str()])?;
        Ok(self.passwords.hash(&wanted.new).await?)
    }

    /// Puts another password in place, with all that follows from it.
    pub(super) async fn replace_password(
        &self,
        work: &mut dyn UnitOfWork,
        before: &User,
        hash: PasswordHash,
        kept: Option<&SessionId>,
        by: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        work.credentials().change(&self.new_password(&before.id, hash)).await?;
        let ending = Ending { at: now, reason: EndReason::PasswordChanged, by: by.cloned() };
        work.sessions().end_all(&before.id, kept, &ending).await?;
        work.one_time_tokens().end(&before.id, &TokenKind::ENDED_BY_PASSWORD).await?;
        notice::post(work, &self.postbox, Event::PasswordChanged, before, now).await
    }

    /// Replaces a password for the operator at the machine; the account's sessions end, and it is unlocked.
    ///
    /// # Errors
    ///
    /// [`SetPasswordError::Missing`] for an unknown name; [`SetPasswordError::Weak`] for a password that is refused.
    #[tracing::instrument(skip_all)]
    pub async fn set_password(&self, username: &Username, password: &Password) -> Result<(), SetPasswordError> {
        let user = self.store.read().await?.users().by_username(username).await?.ok_or(SetPasswordError::Missing)?;
        self.check_password(password, &[user.username.as_str(), user.email.as_str()])?;
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        self.replace_password(&mut *work, &user, hash, None, None, now).await?;
        let entry = AuditEntry::new(
            AuditId::from_random(self.randomness.bits()),
            now,
            Operation::UpdateUserPassword,
            Outcome::Done,
            Origin::at_the_machine(),
        );
        work.audits().record(&[AuditEntry { target: Some(user.id), reason: Some("operator"), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
