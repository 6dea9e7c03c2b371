//! Opening an account again that wrong passwords have locked.

use super::{Accounts, Actor, Forbidden, Operation, Origin, StoreError, UserId, acting, operations, permit};
use crate::provider::LDAP;

/// Why wrong passwords and codes were not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum AttemptsError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// Nobody signs in to it with a password here.
    #[error("the account does not sign in with a password here")]
    OtherSignIn,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Forgets wrong passwords and codes of an account, so that it can be signed in to at once.
    ///
    /// # Errors
    ///
    /// [`AttemptsError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn reset_attempts(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<(), AttemptsError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::ResetPasswordFailedAttempts>(actor, seen.as_ref())?;
        let user = seen.ok_or(AttemptsError::Missing)?;
        if !matches!(user.identity.service.as_str(), "" | "email" | LDAP) {
            return Err(AttemptsError::OtherSignIn);
        }
        let now = self.clock.now();
        let mut work = acting::begin::<AttemptsError>(&*self.store, actor, &[id]).await?;
        work.credentials().forgive(id).await?;
        work.factors().forgive(id).await?;
        work.audits().record(&[self.done(Operation::ResetPasswordFailedAttempts, actor, id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
