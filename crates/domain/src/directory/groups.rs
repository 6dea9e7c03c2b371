//! Groups of accounts, and the teams and channels they are linked to.

use super::{AccessError, Directory, demand, in_channel, in_team};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::group::{Group, InvalidGroup, NewGroup, Place};
use crate::id::{GroupId, UserId};
use crate::operation::Operation;
use crate::page::Page;
use crate::permission::{Forbidden, Permit, Permitted, operations};
use crate::role::Permission;
use crate::store::{Reading, StoreError, UniqueField};
use crate::time::Timestamp;
use crate::username::Username;

/// Why a group was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such group.
    #[error("there is no such group")]
    Missing,
    /// There is no such team or channel.
    #[error("there is no such team or channel")]
    MissingPlace,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidGroup),
    /// Another group, or an account, has the name.
    #[error("another group or an account has the name")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<AccessError> for GroupError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden(error) => Self::Forbidden(error),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for GroupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Name) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl Directory {
    /// Makes a group of accounts; ids that nobody has are left out.
    ///
    /// # Errors
    ///
    /// [`GroupError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create_group(
        &self,
        _: Permit<operations::CreateGroup>,
        actor: &Actor,
        wanted: NewGroup,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<Group, GroupError> {
        let now = self.clock.now();
        let group = wanted.into_group(GroupId::from_random(self.randomness.bits()), now)?;
        let mut work = acting::begin::<GroupError>(&*self.store, actor, &[]).await?;
        if let Ok(name) = Username::parse(&group.name)
            && work.users().by_username(&name).await?.is_some()
        {
            return Err(GroupError::Taken);
        }
        work.groups().insert(&group).await?;
        work.groups().add(&group.id, users, now).await?;
        let after = serde_json::json!({ "group": group.id.as_str(), "name": group.name });
        let entry = self.entry(Operation::CreateGroup, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(group)
    }

    /// The group of an id.
    ///
    /// # Errors
    ///
    /// [`GroupError::Missing`] when there is none.
    #[tracing::instrument(skip_all)]
    pub async fn group(&self, _: Permit<operations::GetGroup>, id: &GroupId) -> Result<(Group, u64), GroupError> {
        let mut reading = self.store.read().await?;
        let group = reading.groups().by_id(id).await?.ok_or(GroupError::Missing)?;
        let size = reading.groups().size(id).await?;
        Ok((group, size))
    }

    /// Groups in use.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn groups(&self, _: Permit<operations::GetGroups>, page: Page) -> Result<Vec<Group>, StoreError> {
        self.store.read().await?.groups().list(page).await
    }

    /// Removes a group.
    ///
    /// # Errors
    ///
    /// [`GroupError::Missing`] when there is none.
    #[tracing::instrument(skip_all)]
    pub async fn delete_group(
        &self,
        _: Permit<operations::DeleteGroup>,
        actor: &Actor,
        id: &GroupId,
        origin: &Origin,
    ) -> Result<(), GroupError> {
        let now = self.clock.now();
        let mut work = acting::begin::<GroupError>(&*self.store, actor, &[]).await?;
        let group = work.groups().by_id(id).await?.filter(is_in_use).ok_or(GroupError::Missing)?;
        work.groups().remove(&group.id, now).await?;
        let before = serde_json::json!({ "group": id.as_str() });
        let entry = self.entry(Operation::DeleteGroup, actor, now, origin);
        work.audits().record(&[AuditEntry { before: Some(before), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Puts accounts into a group; tells who was not in it before.
    ///
    /// # Errors
    ///
    /// [`GroupError::Missing`] when there is no such group.
    #[tracing::instrument(skip_all)]
    pub async fn add_to_group(
        &self,
        _: Permit<operations::AddGroupMembers>,
        actor: &Actor,
        id: &GroupId,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<Vec<UserId>, GroupError> {
        self.change_members::<operations::AddGroupMembers>(actor, id, users, origin).await
    }

    /// Takes accounts out of a group; tells who was in it.
    ///
    /// # Errors
    ///
    /// [`GroupError::Missing`] when there is no such group.
    #[tracing::instrument(skip_all)]
    pub async fn take_out_of_group(
        &self,
        _: Permit<operations::DeleteGroupMembers>,
        actor: &Actor,
        id: &GroupId,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<Vec<UserId>, GroupError> {
        self.change_members::<operations::DeleteGroupMembers>(actor, id, users, origin).await
    }

    async fn change_members<O: Permitted>(
        &self,
        actor: &Actor,
        id: &GroupId,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<Vec<UserId>, GroupError> {
        let now = self.clock.now();
        let mut work = acting::begin::<GroupError>(&*self.store, actor, &[]).await?;
        work.groups().by_id(id).await?.filter(is_in_use).ok_or(GroupError::Missing)?;
        let changed = if O::OPERATION == Operation::AddGroupMembers {
            work.groups().add(id, users, now).await?
        } else {
            work.groups().take_out(id, users).await?
        };
        let after = serde_json::json!({ "group": id.as_str(), "users": changed.iter().map(UserId::as_str).collect::<Vec<_>>() });
        let entry = self.entry(O::OPERATION, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(changed)
    }

    /// Links a group to a team or a channel, or ends the link.
    ///
    /// # Errors
    ///
    /// [`GroupError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn link_group<O: Permitted>(
        &self,
        actor: &Actor,
        id: &GroupId,
        place: &Place,
        is_linked: bool,
        origin: &Origin,
    ) -> Result<(), GroupError> {
        let mut reading = self.store.read().await?;
        check_place::<O>(&mut *reading, actor, place).await?;
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<GroupError>(&*self.store, actor, &[]).await?;
        work.groups().by_id(id).await?.filter(is_in_use).ok_or(GroupError::Missing)?;
        if is_linked {
            work.groups().link(id, place, now).await?;
        } else if !work.groups().unlink(id, place).await? {
            return Err(GroupError::MissingPlace);
        }
        let (kind, place) = match place {
            Place::Team(team) => ("team", team.as_str()),
            Place::Channel(channel) => ("channel", channel.as_str()),
        };
        let after = serde_json::json!({ "group": id.as_str(), kind: place });
        let entry = self.entry(O::OPERATION, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

fn is_in_use(group: &Group) -> bool {
    group.deleted_at == Timestamp::NEVER
}

/// Whether an actor looks after a team or channel, or after groups everywhere.
async fn check_place<O: Permitted>(reading: &mut dyn Reading, actor: &Actor, place: &Place) -> Result<(), GroupError> {
    let everywhere = actor.holds(Permission::WriteGroups);
    match place {
        Place::Team(team) => {
            let here = in_team(reading, actor, team).await?;
            demand::<O>(actor, Permission::ManageTeam, &|permission| everywhere || here(permission))?;
        }
        Place::Channel(channel) => {
            let here = in_channel(reading, actor, channel).await?;
            demand::<O>(actor, Permission::ManagePrivateChannelMembers, &|permission| everywhere || here(permission))?;
        }
    }
    let is_there = match place {
        Place::Team(team) => reading.teams().by_id(team).await?.is_some(),
        Place::Channel(channel) => reading.channels().by_id(channel).await?.is_some(),
    };
    if is_there { Ok(()) } else { Err(GroupError::MissingPlace) }
}

#[cfg(test)]
mod tests;
