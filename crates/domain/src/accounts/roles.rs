//! What accounts may do.

use super::activation::{hold_admins, is_last_admin};
use super::{
    Accounts, Actor, AuditEntry, Event, Forbidden, Origin, Permission, Roles, StoreError, User, UserId, acting, notice, operations, permit,
};
use crate::directory::membership;
use crate::permission::Permitted;
use crate::role;

/// Why an account's roles were not changed.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// The list names nothing, or what is no name, or the admin's role alone.
    #[error("the list of roles has a wrong form")]
    Malformed,
    /// The actor may not, or would grant what he does not hold.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// There is no such role.
    #[error("there is no such role")]
    UnknownRole,
    /// Nobody but this admin could look after the service.
    #[error("it is the last admin")]
    LastAdmin,
    /// The list is too long.
    #[error("a list of roles has at most 256 bytes")]
    TooLong,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account did not become a guest's, or a guest's no ordinary one.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// It is a guest's already.
    #[error("the account is a guest's already")]
    AlreadyGuest,
    /// It is no guest's.
    #[error("the account is no guest's")]
    NoGuest,
    /// It signs in by links in mails alone.
    #[error("the account signs in by links in mails")]
    MagicLink,
    /// Nobody but this admin could look after the service.
    #[error("it is the last admin")]
    LastAdmin,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Most bytes of a list of roles as it was sent.
const LONGEST: usize = 256;

impl Accounts {
    /// Replaces an account's roles; live sessions have the new ones at once. Nobody grants what he does not hold.
    ///
    /// # Errors
    ///
    /// [`RolesError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_roles(&self, actor: &Actor, id: &UserId, wanted: &str, origin: &Origin) -> Result<(), RolesError> {
        let names: Vec<&str> = wanted.split_ascii_whitespace().collect();
        if !names.iter().all(|name| role::is_name(name)) || names == [role::ADMIN] {
            return Err(RolesError::Malformed);
        }
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUserRoles>(actor, seen.as_ref())?;
        if names.is_empty() {
            return Err(RolesError::Malformed);
        }
        let seen = seen.ok_or(RolesError::Missing)?;
        check_grant(actor, &seen, &names)?;
        if wanted.len() > LONGEST {
            return Err(RolesError::TooLong);
        }
        let roles = Roles::parse(wanted).map_err(|_| RolesError::TooLong)?.tidied().with_member_beside_manager();
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_held = hold_admins(&mut *work, &seen).await?;
        acting::hold::<RolesError>(&mut *work, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(RolesError::Missing)?;
        permit::<operations::UpdateUserRoles>(actor, Some(&before))?;
        if !roles.contains(role::ADMIN) && is_last_admin(&mut *work, &before, is_held).await? {
            return Err(RolesError::LastAdmin);
        }
        let after = User { roles, updated_at: now.max(before.updated_at), ..before.clone() };
        work.users().update(&after).await?;
        work.users().grow_epoch(id).await?;
        if after.roles.grant_beyond(&before.roles) {
            notice::post(&mut *work, &self.postbox, Event::RolesRaised, &after, now).await?;
        }
        let extra = format!("user={id} roles={}", after.roles);
        let entry = self.roles_entry::<operations::UpdateUserRoles>(actor, &before, &after, origin);
        work.audits().record(&[AuditEntry { shown_as: Some(extra), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Makes an account a guest's, who sees only what he was invited to.
    ///
    /// # Errors
    ///
    /// [`GuestError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn demote(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<(), GuestError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::DemoteUserToGuest>(actor, seen.as_ref())?;
        let seen = seen.ok_or(GuestError::Missing)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_held = hold_admins(&mut *work, &seen).await?;
        acting::hold::<GuestError>(&mut *work, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(GuestError::Missing)?;
        permit::<operations::DemoteUserToGuest>(actor, Some(&before))?;
        if before.is_guest() {
            return Err(GuestError::AlreadyGuest);
        }
        if is_last_admin(&mut *work, &before, is_held).await? {
            return Err(GuestError::LastAdmin);
        }
        let after = User { roles: Roles::guest(), updated_at: now.max(before.updated_at), ..before.clone() };
        work.users().update(&after).await?;
        work.users().grow_epoch(id).await?;
        work.teams().set_guest(id, true).await?;
        work.audits().record(&[self.roles_entry::<operations::DemoteUserToGuest>(actor, &before, &after, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Makes a guest an ordinary member of the system and of the teams and channels he is in; he joins what every member of them does.
    ///
    /// # Errors
    ///
    /// [`GuestError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn promote(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<(), GuestError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::PromoteGuestToUser>(actor, seen.as_ref())?;
        seen.ok_or(GuestError::Missing)?;
        let now = self.clock.now();
        let mut work = acting::begin::<GuestError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(GuestError::Missing)?;
        permit::<operations::PromoteGuestToUser>(actor, Some(&before))?;
        if !before.is_guest() {
            return Err(GuestError::NoGuest);
        }
        if before.identity.service == "magic_link" {
            return Err(GuestError::MagicLink);
        }
        let roles = before.roles.clone().with(role::USER, role::GUEST);
        let after = User { roles, updated_at: now.max(before.updated_at), ..before.clone() };
        work.users().update(&after).await?;
        work.users().grow_epoch(id).await?;
        notice::post(&mut *work, &self.postbox, Event::RolesRaised, &after, now).await?;
        work.teams().set_guest(id, false).await?;
        for team in work.teams().of_user(id).await? {
            membership::enter_defaults(&mut *work, &team.id, &after, now).await?;
        }
        work.audits().record(&[self.roles_entry::<operations::PromoteGuestToUser>(actor, &before, &after, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    fn roles_entry<O: Permitted>(&self, actor: &Actor, before: &User, after: &User, origin: &Origin) -> AuditEntry {
        let [was, is] = [before, after].map(|user| Some(serde_json::json!({ "roles": user.roles.to_string() })));
        AuditEntry { before: was, after: is, ..self.done(O::OPERATION, actor, &before.id, after.updated_at, origin) }
    }
}

/// Whether there are such roles, and whether an actor holds everything that those grant which the account has not yet.
fn check_grant(actor: &Actor, seen: &User, names: &[&str]) -> Result<(), RolesError> {
    for name in names {
        let role = role::known(name).ok_or(RolesError::UnknownRole)?;
        if !seen.roles.contains(name) && !actor.covers(role) {
            return Err(Forbidden::Lacks(Permission::ManageSystem).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
