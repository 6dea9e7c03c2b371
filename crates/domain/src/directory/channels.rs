//! Channels.

mod members;

use super::{AccessError, Directory, demand, in_channel, in_team, permit_for};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::channel::{Channel, ChannelKind, ChannelMember, GROUP_SIZES, InvalidChannel, NewChannel, direct_name};
use crate::id::{ChannelId, TeamId, UserId};
use crate::operation::Operation;
use crate::permission::{Forbidden, Permit, Permitted, operations, permit_here};
use crate::role::Permission;
use crate::store::{Reading, StoreError, UniqueField};
use crate::team::Standing;
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{Listing, Scope};

/// Why a channel was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such channel.
    #[error("there is no such channel")]
    Missing,
    /// There is no such account.
    #[error("there is no such account")]
    MissingUser,
    /// A direct channel is of two accounts.
    #[error("a direct channel is of two accounts")]
    NotTwo,
    /// A group channel is of three to eight accounts.
    #[error("a group channel is of three to eight accounts")]
    GroupSize,
    /// Nobody is added to a direct or group channel.
    #[error("nobody is added to a direct or group channel")]
    Closed,
    /// The account never belonged to the channel's team.
    #[error("the account does not belong to the channel's team")]
    NoTeamMember,
    /// The account has left the channel's team.
    #[error("the account has left the channel's team")]
    LeftTeam,
    /// The account is deactivated.
    #[error("the account is deactivated")]
    Inactive,
    /// The account is not in the channel.
    #[error("the account is not in the channel")]
    NoMember,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidChannel),
    /// Another channel of the team has the name.
    #[error("another channel of the team has the name")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChannelError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Name) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl From<AccessError> for ChannelError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden(error) => Self::Forbidden(error),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// A channel as it is shown.
#[derive(Debug, Clone)]
pub struct ChannelSeen {
    /// The channel.
    pub channel: Channel,
    /// What people call it; a group channel is called by its members.
    pub display_name: String,
}

impl Directory {
    /// Makes a channel of a team; the actor becomes its admin.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create_channel(&self, actor: &Actor, wanted: NewChannel, origin: &Origin) -> Result<ChannelSeen, ChannelError> {
        let kind = wanted.kind()?;
        let needed = if kind == ChannelKind::Private { Permission::CreatePrivateChannel } else { Permission::CreatePublicChannel };
        let mut reading = self.store.read().await?;
        let here = in_team(&mut *reading, actor, &wanted.team_id).await?;
        demand::<operations::CreateChannel>(actor, needed, &here)?;
        if reading.teams().by_id(&wanted.team_id).await?.is_none() {
            return Err(Forbidden::Lacks(needed).into());
        }
        drop(reading);
        let now = self.clock.now();
        let channel = wanted.into_channel(ChannelId::from_random(self.randomness.bits()), actor.user_id().cloned(), now)?;
        let mut work = acting::begin::<ChannelError>(&*self.store, actor, &[]).await?;
        work.channels().insert(&channel).await?;
        if let Some(own) = actor.user_id() {
            work.channels().join(&[member(&channel.id, own, Standing::ADMIN, now)]).await?;
        }
        let after = serde_json::json!({ "channel": channel.id.as_str(), "name": channel.name });
        let entry = self.entry(Operation::CreateChannel, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(ChannelSeen { display_name: channel.display_name.clone(), channel })
    }

    /// The channel of two accounts, made where there is none.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn direct_channel(
        &self,
        _: Permit<operations::CreateDirectChannel>,
        actor: &Actor,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<ChannelSeen, ChannelError> {
        let (one, other) = match users {
            [one, other] => (one, other),
            [one] if actor.user_id() == Some(one) => (one, one),
            _ => return Err(ChannelError::NotTwo),
        };
        let is_own = actor.user_id().is_some_and(|own| own == one || own == other);
        if !is_own && !actor.holds(Permission::ManageSystem) {
            return Err(Forbidden::Lacks(Permission::ManageSystem).into());
        }
        let people = self.people(actor, &[one.clone(), other.clone()]).await?;
        let name = direct_name(one, other);
        self.unteamed(Operation::CreateDirectChannel, ChannelKind::Direct, name, &people, actor, origin).await
    }

    /// The channel of three to eight accounts, the actor's among them, made where there is none.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn group_channel(
        &self,
        _: Permit<operations::CreateGroupChannel>,
        actor: &Actor,
        users: &[UserId],
        origin: &Origin,
    ) -> Result<ChannelSeen, ChannelError> {
        let mut ids: Vec<UserId> = users.to_vec();
        ids.extend(actor.user_id().cloned());
        ids.sort_unstable();
        ids.dedup();
        if !GROUP_SIZES.contains(&ids.len()) {
            return Err(ChannelError::GroupSize);
        }
        let people = self.people(actor, &ids).await?;
        let name = self.keys.content_name(&ids.iter().map(UserId::as_str).collect::<String>());
        self.unteamed(Operation::CreateGroupChannel, ChannelKind::Group, name, &people, actor, origin).await
    }

    /// The accounts of ids, each of which the actor must see.
    async fn people(&self, actor: &Actor, ids: &[UserId]) -> Result<Vec<User>, ChannelError> {
        let mut reading = self.store.read().await?;
        let mut people = reading.users().by_ids(ids, Timestamp::NEVER, &crate::user::query::View::Everybody).await?;
        let found: Vec<_> = people.iter().map(|user| user.id.clone()).collect();
        let seen = self.accounts.visible(&mut *reading, actor, &found).await?;
        let is_seen = |id: &UserId| actor.user_id() == Some(id) || seen.contains(id);
        if !found.iter().all(is_seen) {
            return Err(Forbidden::Lacks(Permission::ViewMembers).into());
        }
        if !ids.iter().all(|id| found.contains(id)) {
            // Who sees only whom he knows does not learn who there is.
            let sees_all = actor.holds(Permission::ViewMembers);
            return Err(if sees_all { ChannelError::MissingUser } else { Forbidden::Lacks(Permission::ViewMembers).into() });
        }
        people.sort_by(|one, other| one.username.cmp(&other.username));
        Ok(people)
    }

    async fn unteamed(
        &self,
        operation: Operation,
        kind: ChannelKind,
        name: String,
        people: &[User],
        actor: &Actor,
        origin: &Origin,
    ) -> Result<ChannelSeen, ChannelError> {
        let now = self.clock.now();
        let display_name = if kind == ChannelKind::Group { called(people) } else { String::new() };
        let mut work = acting::begin::<ChannelError>(&*self.store, actor, &[]).await?;
        if let Some(channel) = work.channels().by_name(None, &name).await? {
            return Ok(ChannelSeen { channel, display_name });
        }
        let channel = Channel {
            id: ChannelId::from_random(self.randomness.bits()),
            team_id: None,
            kind,
            name,
            display_name: String::new(),
            header: String::new(),
            purpose: String::new(),
            creator_id: actor.user_id().cloned(),
            created_at: now,
            updated_at: now,
            deleted_at: Timestamp::NEVER,
            is_group_constrained: None,
        };
        match work.channels().insert(&channel).await {
            // Somebody else has made it in this moment.
            Err(StoreError::Taken(UniqueField::Name)) => {
                let found = work.channels().by_name(None, &channel.name).await?;
                return Ok(ChannelSeen { channel: found.ok_or(ChannelError::Missing)?, display_name });
            }
            inserted => inserted?,
        }
        let standing = |user: &User| Standing::of_newcomer(user.is_guest());
        let members: Vec<_> = people.iter().map(|user| member(&channel.id, &user.id, standing(user), now)).collect();
        work.channels().join(&members).await?;
        let after = serde_json::json!({ "channel": channel.id.as_str() });
        let entry = self.entry(operation, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(ChannelSeen { channel, display_name })
    }

    /// The channel of an id, to who reads it.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Missing`] or [`ChannelError::Forbidden`].
    #[tracing::instrument(skip_all)]
    pub async fn channel(&self, actor: &Actor, id: &ChannelId) -> Result<ChannelSeen, ChannelError> {
        let mut reading = self.store.read().await?;
        let channel = reading.channels().by_id(id).await?.ok_or(ChannelError::Missing)?;
        self.channel_seen::<operations::GetChannel>(&mut *reading, actor, channel).await
    }

    /// The channel of a name in a team, to who reads it.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Missing`] or [`ChannelError::Forbidden`].
    #[tracing::instrument(skip_all)]
    pub async fn channel_by_name(&self, actor: &Actor, team: &TeamId, name: &str) -> Result<ChannelSeen, ChannelError> {
        let mut reading = self.store.read().await?;
        let found = reading.channels().by_name(Some(team), name).await?;
        let channel = found.filter(|channel| channel.deleted_at == Timestamp::NEVER).ok_or(ChannelError::Missing)?;
        self.channel_seen::<operations::GetChannelByName>(&mut *reading, actor, channel).await
    }

    /// The channel of a name in a team of a name, to who reads it.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Missing`] or [`ChannelError::Forbidden`].
    #[tracing::instrument(skip_all)]
    pub async fn channel_by_names(&self, actor: &Actor, team: &str, name: &str) -> Result<ChannelSeen, ChannelError> {
        let team = self.store.read().await?.teams().by_name(team).await?.ok_or(ChannelError::Missing)?;
        self.channel_by_name(actor, &team.id, name).await
    }

    async fn channel_seen<O: Permitted>(
        &self,
        reading: &mut dyn Reading,
        actor: &Actor,
        channel: Channel,
    ) -> Result<ChannelSeen, ChannelError> {
        self.check_reader::<O>(reading, actor, &channel).await?;
        let display_name = match channel.kind {
            ChannelKind::Group => self.called(reading, &channel.id).await?,
            _ => channel.display_name.clone(),
        };
        Ok(ChannelSeen { channel, display_name })
    }

    async fn check_reader<O: Permitted>(&self, reading: &mut dyn Reading, actor: &Actor, channel: &Channel) -> Result<(), ChannelError> {
        let here = in_channel(reading, actor, &channel.id).await?;
        let is_open = match (&channel.team_id, channel.kind) {
            (Some(team), ChannelKind::Open) => in_team(reading, actor, team).await?(Permission::ReadPublicChannel),
            _ => false,
        };
        let everywhere = channel.kind == ChannelKind::Open && actor.holds(Permission::ReadPublicChannel);
        let reads = |permission| here(permission) || ((is_open || everywhere) && permission == Permission::ReadChannel);
        Ok(permit_here::<O>(actor, reads).map(drop)?)
    }

    async fn called(&self, reading: &mut dyn Reading, channel: &ChannelId) -> Result<String, StoreError> {
        let listing = Listing { scope: Scope::InChannel(channel.clone()), ..Listing::default() };
        let people: Vec<User> = reading.users().list(&listing).await?.into_iter().map(|listed| listed.user).collect();
        Ok(called(&people))
    }

    /// The channels that an account is in: those of a team and those without one, or all.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn channels_of<O: Permitted>(
        &self,
        actor: &Actor,
        user: &UserId,
        team: Option<&TeamId>,
    ) -> Result<Vec<ChannelSeen>, ChannelError> {
        let mut reading = self.store.read().await?;
        let holder = permit_for::<O>(&mut *reading, actor, user).await?;
        let channels = reading.channels().of_user(user, team).await?;
        let groups: Vec<_> = channels.iter().filter(|one| one.kind == ChannelKind::Group).map(|one| one.id.clone()).collect();
        let others = if groups.is_empty() { Vec::new() } else { reading.users().in_group_channels(user, &groups).await? };
        let named = |channel: Channel| {
            let display_name = if channel.kind == ChannelKind::Group {
                let mut people: Vec<User> = others.iter().filter(|(id, _)| *id == channel.id).map(|(_, user)| user.clone()).collect();
                people.extend(holder.clone());
                people.sort_by(|one, other| one.username.cmp(&other.username));
                called(&people)
            } else {
                channel.display_name.clone()
            };
            ChannelSeen { channel, display_name }
        };
        Ok(channels.into_iter().map(named).collect())
    }
}

fn member(channel: &ChannelId, user: &UserId, standing: Standing, at: Timestamp) -> ChannelMember {
    ChannelMember { channel_id: channel.clone(), user_id: user.clone(), standing, created_at: at }
}

/// What a channel of these people is called.
fn called(people: &[User]) -> String {
    people.iter().map(|user| user.username.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
