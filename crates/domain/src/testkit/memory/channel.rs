//! Channels in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work, part};
use crate::channel::{Channel, ChannelMember};
use crate::id::{ChannelId, TeamId, UserId};
use crate::page::Page;
use crate::store::{Channels, ReadChannels, StoreError, UniqueField};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadChannels for Repositories<S> {
    async fn by_id(&mut self, id: &ChannelId) -> Result<Option<Channel>, StoreError> {
        Ok(self.0.state().channels.get(id).cloned())
    }

    async fn by_name(&mut self, team: Option<&TeamId>, name: &str) -> Result<Option<Channel>, StoreError> {
        let state = self.0.state();
        Ok(state.channels.values().find(|channel| channel.team_id.as_ref() == team && channel.name == name).cloned())
    }

    async fn member(&mut self, channel: &ChannelId, user: &UserId) -> Result<Option<ChannelMember>, StoreError> {
        Ok(self.0.state().channel_member(channel, user).cloned())
    }

    async fn members(&mut self, channel: &ChannelId, page: Page) -> Result<Vec<ChannelMember>, StoreError> {
        let state = self.0.state();
        let mut members: Vec<_> = state.channel_members.values().filter_map(|places| places.get(channel)).collect();
        members.sort_by_key(|member| (state.username(&member.user_id), &member.user_id));
        Ok(part(members.into_iter().cloned(), page))
    }

    async fn of_user(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<Channel>, StoreError> {
        let state = self.0.state();
        let channels = state.channels_of(user).filter_map(|member| state.channels.get(&member.channel_id));
        let in_use = channels.filter(|channel| channel.deleted_at == Timestamp::NEVER && is_near(channel, team));
        let mut found: Vec<_> = in_use.cloned().collect();
        // The sort is stable, and the places are in the order of ids.
        found.sort_by(|one, other| one.display_name.cmp(&other.display_name));
        Ok(found)
    }

    async fn memberships(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<ChannelMember>, StoreError> {
        let state = self.0.state();
        let is_meant = |member: &&ChannelMember| state.channels.get(&member.channel_id).is_some_and(|channel| is_near(channel, team));
        Ok(state.channels_of(user).filter(is_meant).cloned().collect())
    }
}

/// Whether a channel is of a team or of none; all are where no team is asked for.
fn is_near(channel: &Channel, team: Option<&TeamId>) -> bool {
    team.is_none() || channel.team_id.is_none() || channel.team_id.as_ref() == team
}

#[async_trait]
impl Channels for Repositories<Work> {
    async fn insert(&mut self, channel: &Channel) -> Result<(), StoreError> {
        let channels = &mut self.0.state_mut().channels;
        if channels.contains_key(&channel.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        if channels.values().any(|other| other.team_id == channel.team_id && other.name == channel.name) {
            return Err(StoreError::Taken(UniqueField::Name));
        }
        channels.insert(channel.id.clone(), channel.clone());
        Ok(())
    }

    async fn join(&mut self, members: &[ChannelMember]) -> Result<Vec<UserId>, StoreError> {
        let state = self.0.state_mut();
        let mut joined = Vec::new();
        for member in members {
            if !state.channels.contains_key(&member.channel_id) || !state.accounts.contains_key(&member.user_id) {
                continue;
            }
            let places = state.channel_members.entry(member.user_id.clone()).or_default();
            if !places.contains_key(&member.channel_id) {
                places.insert(member.channel_id.clone(), member.clone());
                joined.push(member.user_id.clone());
            }
        }
        Ok(joined)
    }

    async fn leave(&mut self, channel: &ChannelId, user: &UserId) -> Result<bool, StoreError> {
        let places = self.0.state_mut().channel_members.get_mut(user);
        Ok(places.and_then(|places| places.remove(channel)).is_some())
    }
}
