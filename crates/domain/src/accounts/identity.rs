//! By whom an account's holder is vouched for.

use super::{
    Accounts, Actor, AuditEntry, Event, Forbidden, Operation, Origin, StoreError, UniqueField, User, UserId, acting, notice, operations,
    permit,
};
use crate::one_time::TokenKind;
use crate::provider::LDAP;
use crate::user::ExternalIdentity;

/// Why the way an account signs in was not changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The provider, or its name for the holder, is missing.
    #[error("auth_service and auth_data are needed")]
    Incomplete,
    /// One of them is too long.
    #[error("auth_service has at most 32 characters, auth_data at most 128 bytes, and neither has a NUL")]
    Invalid,
    /// Another account signs in by it.
    #[error("another account signs in by this identity")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Identity) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl Accounts {
    /// Makes an account sign in by a provider's word: its password ends, its sessions go on. An id that nobody has changes nothing.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_identity(
        &self,
        actor: &Actor,
        id: &UserId,
        service: String,
        subject: String,
        origin: &Origin,
    ) -> Result<(), IdentityError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserAuth>(actor, seen.as_ref())?;
        if service.is_empty() || subject.is_empty() {
            return Err(IdentityError::Incomplete);
        }
        if !crate::text::fits(&service, 32) || subject.len() > 128 || subject.contains('\0') {
            return Err(IdentityError::Invalid);
        }
        let now = self.clock.now();
        let mut work = acting::begin::<IdentityError>(&*self.store, actor, &[id]).await?;
        let Some(before) = work.users().locked(id).await? else { return Ok(()) };
        permit::<operations::UpdateUserAuth>(actor, Some(&before))?;
        let after = User {
            identity: ExternalIdentity { service, subject: Some(subject) },
            password_updated_at: now,
            updated_at: now.max(before.updated_at),
            ..before.clone()
        };
        work.users().update(&after).await?;
        work.credentials().remove_password(id).await?;
        work.one_time_tokens().end(id, &TokenKind::ENDED_BY_PASSWORD).await?;
        let event = Event::SignInMethodChanged(after.identity.service.clone());
        notice::post(&mut *work, &self.postbox, event, &after, now).await?;
        // Codes are asked for of those alone who show a password here.
        if !matches!(after.identity.service.as_str(), "email" | LDAP) {
            work.factors().clear(id, now).await?;
        }
        let sides = [&before, &after].map(|user| Some(serde_json::json!({ "auth_service": user.identity.service })));
        let [was, is] = sides;
        let entry = self.done(Operation::UpdateUserAuth, actor, id, now, origin);
        work.audits()
            .record(&[AuditEntry {
                before: was,
                after: is,
                shown_as: Some(format!("updated user auth to service={}", after.identity.service)),
                ..entry
            }])
            .await?;
        work.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
