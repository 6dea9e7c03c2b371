//! Removing accounts: switching them off, or for good.

use super::activation::{hold_admins, is_last_admin};
use super::pictures::folder;
use super::{
    Accounts, Actor, Event, Forbidden, Operation, Origin, Permission, Permit, StoreError, UserId, acting, notice, operations, permit,
};
use crate::port::FilesError;

/// Why an account was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemovalError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Nobody deactivates his own account here.
    #[error("people don't deactivate their own accounts here")]
    OwnNotAllowed,
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// Accounts are not removed for good over the network here.
    #[error("accounts are not removed for good over the network")]
    NotAllowed {
        /// Whether the actor may change that.
        is_admin: bool,
    },
    /// Nobody but this admin could look after the service.
    #[error("it is the last admin")]
    LastAdmin,
    /// The account is gone, and its picture may not be.
    #[error("the account is removed, and its picture may be left")]
    PictureLeft(#[source] FilesError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How an account is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is switched off, and can be switched on again.
    Deactivation,
    /// Nothing is left of it.
    ForGood,
}

/// Accounts that are removed one after another.
const BATCH: u32 = 500;

impl Accounts {
    /// Removes an account.
    ///
    /// # Errors
    ///
    /// [`RemovalError`] names the first check that failed. [`RemovalError::PictureLeft`] comes after the account is gone.
    #[tracing::instrument(skip_all)]
    pub async fn remove(&self, actor: &Actor, id: &UserId, how: Removal, origin: &Origin) -> Result<(), RemovalError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::DeleteUser>(actor, seen.as_ref())?;
        let is_own = actor.user_id() == Some(id);
        if is_own && !self.rules.allows_own_deactivation && !actor.holds(Permission::ManageSystem) {
            return Err(RemovalError::OwnNotAllowed);
        }
        let seen = seen.ok_or(RemovalError::Missing)?;
        let is_at_machine = matches!(actor, Actor::Operator);
        if how == Removal::ForGood && !self.rules.allows_removal && !is_at_machine {
            return Err(RemovalError::NotAllowed { is_admin: actor.holds(Permission::ManageSystem) });
        }
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_held = hold_admins(&mut *work, &seen).await?;
        acting::hold::<RemovalError>(&mut *work, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(RemovalError::Missing)?;
        permit::<operations::DeleteUser>(actor, Some(&before))?;
        // Whoever is at the machine can make another admin.
        if is_last_admin(&mut *work, &before, is_held).await? && !is_at_machine {
            return Err(RemovalError::LastAdmin);
        }
        self.deactivate(&mut *work, actor, &before, now).await?;
        if how == Removal::ForGood {
            work.users().remove(id).await?;
        }
        let event = if how == Removal::ForGood { Event::Removed } else { Event::Deactivated };
        notice::post(&mut *work, &self.postbox, event, &before, now).await?;
        let reason = if how == Removal::ForGood { "for_good" } else { "deactivated" };
        let entry = self.done(Operation::DeleteUser, actor, id, now, origin);
        work.audits().record(&[crate::audit::AuditEntry { reason: Some(reason), ..entry }]).await?;
        work.commit().await?;
        if how == Removal::ForGood { self.clear_pictures(id).await.map_err(RemovalError::PictureLeft) } else { Ok(()) }
    }

    /// Removes every account for good, one after another; one that can't be is left and logged. Tells how many are gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the accounts can't be listed.
    #[tracing::instrument(skip_all)]
    pub async fn remove_all(
        &self,
        _: Permit<operations::PermanentDeleteAllUsers>,
        actor: &Actor,
        origin: &Origin,
    ) -> Result<u64, StoreError> {
        let (mut gone, mut after) = (0, None);
        loop {
            let ids = self.store.read().await?.users().ids_after(after.as_ref(), BATCH).await?;
            let Some(last) = ids.last().cloned() else { return Ok(gone) };
            for id in &ids {
                let removed = self.remove(actor, id, Removal::ForGood, origin).await;
                gone += u64::from(matches!(removed, Ok(()) | Err(RemovalError::PictureLeft(_))));
                if let Err(error) = removed {
                    tracing::error!(error = crate::cause::chain(&error), "an account could not be removed whole");
                }
            }
            after = Some(last);
        }
    }

    async fn clear_pictures(&self, id: &UserId) -> Result<(), FilesError> {
        match &self.files {
            Some(files) => files.clear(&folder(id)).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
