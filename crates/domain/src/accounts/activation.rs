//! Switching accounts off and on again.

use super::{
    Accounts, Actor, AuditEntry, Event, Forbidden, Operation, Origin, Permission, StoreError, Timestamp, User, UserId, acting, notice,
    operations, permit,
};
use crate::page::Page;
use crate::session::{EndReason, Ending};
use crate::status::{Presence, Status};
use crate::store::UnitOfWork;
use crate::user::query::BotListing;

/// Why an account was not switched.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Nobody deactivates his own account here.
    #[error("people don't deactivate their own accounts here")]
    OwnNotAllowed,
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// Nobody but this admin could look after the service.
    #[error("it is the last admin")]
    LastAdmin,
    /// Its directory decides whether it is active.
    #[error("the account's directory decides whether it is active")]
    Provided,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What units of work hold while they take an admin away: of two that would leave none, one waits and then sees it.
const ADMINS: &str = "admins";

impl Accounts {
    /// Switches an account off, which ends its sessions and stops its bots, or on again.
    ///
    /// # Errors
    ///
    /// [`ActivationError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_active(&self, actor: &Actor, id: &UserId, is_active: bool, origin: &Origin) -> Result<(), ActivationError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserActive>(actor, seen.as_ref())?;
        let is_own = actor.user_id() == Some(id);
        if is_own && is_active && !actor.holds(Permission::WriteUserManagement) {
            return Err(Forbidden::Lacks(Permission::WriteUserManagement).into());
        }
        if is_own && !is_active && !self.rules.allows_own_deactivation {
            return Err(ActivationError::OwnNotAllowed);
        }
        let seen = seen.ok_or(ActivationError::Missing)?;
        if seen.identity.service == "ldap" {
            return Err(ActivationError::Provided);
        }
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_held = hold_admins(&mut *work, &seen).await?;
        acting::hold::<ActivationError>(&mut *work, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(ActivationError::Missing)?;
        permit::<operations::UpdateUserActive>(actor, Some(&before))?;
        if is_active {
            work.users().update(&User { deleted_at: Timestamp::NEVER, updated_at: now.max(before.updated_at), ..before.clone() }).await?;
            work.users().grow_epoch(id).await?;
        } else {
            if is_last_admin(&mut *work, &before, is_held).await? {
                return Err(ActivationError::LastAdmin);
            }
            self.deactivate(&mut *work, actor, &before, now).await?;
            notice::post(&mut *work, &self.postbox, Event::Deactivated, &before, now).await?;
        }
        let extra = format!("user_id={id} active={is_active}");
        let entry = self.done(Operation::UpdateUserActive, actor, id, now, origin);
        let sides = [before.is_active(), is_active].map(|active| Some(serde_json::json!({ "active": active })));
        let [was, is] = sides;
        work.audits().record(&[AuditEntry { before: was, after: is, shown_as: Some(extra), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Switches an account off within a unit of work: its sessions end, sign-ins that were begun fail, its bots stop.
    pub(super) async fn deactivate(
        &self,
        work: &mut dyn UnitOfWork,
        actor: &Actor,
        before: &User,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        switch_off(work, actor, before, now).await?;
        if !self.rules.stops_bots_with_owner || before.bot.is_some() {
            return Ok(());
        }
        loop {
            let listing = BotListing {
                owner: Some(before.id.clone()),
                page: Page { number: 0, size: crate::page::LARGEST },
                ..BotListing::default()
            };
            // Those that were switched off are not listed again.
            let bots: Vec<User> = work.users().bots(&listing).await?.into_iter().filter(|bot| bot.id != before.id).collect();
            if bots.is_empty() {
                return Ok(());
            }
            for bot in bots {
                switch_off(work, actor, &bot, now).await?;
            }
        }
    }
}

async fn switch_off(work: &mut dyn UnitOfWork, actor: &Actor, before: &User, now: Timestamp) -> Result<(), StoreError> {
    let after = User { deleted_at: now, updated_at: now.max(before.updated_at), ..before.clone() };
    work.users().update(&after).await?;
    work.users().grow_epoch(&before.id).await?;
    let ending = Ending { at: now, reason: EndReason::Deactivated, by: actor.user_id().cloned() };
    work.sessions().end_all(&before.id, None, &ending).await?;
    let status = Status { presence: Presence::Offline, last_activity_at: now, ..Status::unknown(before.id.clone()) };
    work.statuses().put(&status).await
}

/// Makes units of work that may take an admin away take turns; before the account is locked, so that no two wait for each other.
pub(super) async fn hold_admins(work: &mut dyn UnitOfWork, seen: &User) -> Result<bool, StoreError> {
    let may_be = seen.is_admin();
    if may_be {
        work.service().lock(ADMINS).await?;
    }
    Ok(may_be)
}

/// Whether nobody could look after the service but an account.
pub(super) async fn is_last_admin(work: &mut dyn UnitOfWork, before: &User, is_held: bool) -> Result<bool, StoreError> {
    if !before.is_admin() || !before.is_active() || before.bot.is_some() {
        return Ok(false);
    }
    if !is_held {
        work.service().lock(ADMINS).await?;
    }
    Ok(!work.users().has_other_admin(&before.id).await?)
}

#[cfg(test)]
mod tests;
