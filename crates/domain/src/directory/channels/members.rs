//! Who is in a channel.

use super::super::{demand, in_channel, in_team, permit_for};
use super::{ChannelError, Directory, member};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::channel::{Channel, ChannelKind, ChannelMember};
use crate::id::{ChannelId, TeamId, UserId};
use crate::operation::Operation;
use crate::page::Page;
use crate::permission::{operations, permit_here};
use crate::role::Permission;
use crate::store::Reading;
use crate::team::Standing;

impl Directory {
    /// The places of an account in the channels of a team and in those without one.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn channel_memberships(&self, actor: &Actor, user: &UserId, team: &TeamId) -> Result<Vec<ChannelMember>, ChannelError> {
        let mut reading = self.store.read().await?;
        permit_for::<operations::GetChannelMembersForUser>(&mut *reading, actor, user).await?;
        Ok(reading.channels().memberships(user, Some(team)).await?)
    }

    /// Puts people into a channel of a team. Who is in it stays as he is; those who can't be are left out, unless all are.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed; of several people, for the last of them.
    #[tracing::instrument(skip_all)]
    pub async fn add_channel_members(
        &self,
        actor: &Actor,
        id: &ChannelId,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<Vec<ChannelMember>, ChannelError> {
        let mut reading = self.store.read().await?;
        let channel = reading.channels().by_id(id).await?.ok_or(ChannelError::Missing)?;
        let Some(team) = channel.team_id.clone() else { return Err(ChannelError::Closed) };
        check_adding(&mut *reading, actor, &channel, &team, users).await?;
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<ChannelError>(&*self.store, actor, &[]).await?;
        let (mut members, mut failed) = (Vec::new(), None);
        for id in users {
            let user = work.users().by_id(id).await?;
            let place = work.teams().member(&team, id).await?;
            match (user, place) {
                (None, _) => failed = Some(ChannelError::MissingUser),
                (Some(user), _) if !user.is_active() => failed = Some(ChannelError::Inactive),
                (Some(_), None) => failed = Some(ChannelError::NoTeamMember),
                (Some(_), Some(place)) if !place.is_active() => failed = Some(ChannelError::LeftTeam),
                (Some(user), Some(_)) => members.push(member(&channel.id, id, Standing::of_newcomer(user.is_guest()), now)),
            }
        }
        if let (true, Some(error)) = (members.is_empty(), failed) {
            return Err(error);
        }
        for joined in work.channels().join(&members).await? {
            let after = serde_json::json!({ "channel": channel.id.as_str() });
            let entry = self.entry(Operation::AddChannelMember, actor, now, origin);
            work.audits().record(&[AuditEntry { target: Some(joined), after: Some(after), ..entry }]).await?;
        }
        let mut held = Vec::with_capacity(members.len());
        for one in &members {
            held.extend(work.channels().member(&channel.id, &one.user_id).await?);
        }
        work.commit().await?;
        Ok(held)
    }

    /// Somebody's place in a channel, to who reads it.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn channel_member(&self, actor: &Actor, id: &ChannelId, user: &UserId) -> Result<ChannelMember, ChannelError> {
        let mut reading = self.store.read().await?;
        let here = in_channel(&mut *reading, actor, id).await?;
        permit_here::<operations::GetChannelMember>(actor, here)?;
        reading.channels().member(id, user).await?.ok_or(ChannelError::NoMember)
    }

    /// Who is in a channel, to who reads it.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Forbidden`] to others.
    #[tracing::instrument(skip_all)]
    pub async fn channel_members(&self, actor: &Actor, id: &ChannelId, page: Page) -> Result<Vec<ChannelMember>, ChannelError> {
        let mut reading = self.store.read().await?;
        let here = in_channel(&mut *reading, actor, id).await?;
        permit_here::<operations::GetChannelMembers>(actor, here)?;
        Ok(reading.channels().members(id, page).await?)
    }

    /// Takes somebody out of a channel of a team; anybody leaves by himself.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn remove_channel_member(&self, actor: &Actor, id: &ChannelId, user: &UserId, origin: &Origin) -> Result<(), ChannelError> {
        let mut reading = self.store.read().await?;
        let channel = reading.channels().by_id(id).await?.ok_or(ChannelError::Missing)?;
        if channel.team_id.is_none() {
            return Err(ChannelError::Closed);
        }
        let here = in_channel(&mut *reading, actor, id).await?;
        let is_own = actor.user_id() == Some(user);
        let is_private = channel.kind == ChannelKind::Private;
        let needed = if is_private { Permission::ManagePrivateChannelMembers } else { Permission::ManagePublicChannelMembers };
        demand::<operations::RemoveUserFromChannel>(actor, needed, &|permission| is_own || here(permission))?;
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<ChannelError>(&*self.store, actor, &[]).await?;
        if !work.channels().leave(id, user).await? {
            return Err(ChannelError::NoMember);
        }
        let before = serde_json::json!({ "channel": id.as_str() });
        let entry = self.entry(Operation::RemoveUserFromChannel, actor, now, origin);
        work.audits().record(&[AuditEntry { target: Some(user.clone()), before: Some(before), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

async fn check_adding(
    reading: &mut dyn Reading,
    actor: &Actor,
    channel: &Channel,
    team: &TeamId,
    users: &[UserId],
) -> Result<(), ChannelError> {
    let in_channel = in_channel(reading, actor, &channel.id).await?;
    let in_team = in_team(reading, actor, team).await?;
    let here = |permission| in_channel(permission) || in_team(permission);
    let is_own = actor.user_id().is_some_and(|own| users.iter().all(|user| user == own));
    let needed = match channel.kind {
        ChannelKind::Open if is_own => Permission::JoinPublicChannels,
        ChannelKind::Open => Permission::ManagePublicChannelMembers,
        _ => Permission::ManagePrivateChannelMembers,
    };
    Ok(demand::<operations::AddChannelMember>(actor, needed, &here)?)
}

#[cfg(test)]
mod tests;
