//! Teams in memory.

use async_trait::async_trait;

use super::state::State;
use super::{Look, Repositories, Work, part};
use crate::id::{TeamId, UserId};
use crate::page::Page;
use crate::store::{ReadTeams, StoreError, Teams, UniqueField};
use crate::team::{Standing, Team, TeamMember};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadTeams for Repositories<S> {
    async fn by_id(&mut self, id: &TeamId) -> Result<Option<Team>, StoreError> {
        Ok(self.0.state().teams.get(id).cloned())
    }

    async fn by_name(&mut self, name: &str) -> Result<Option<Team>, StoreError> {
        Ok(self.0.state().teams.values().find(|team| team.name == name).cloned())
    }

    async fn by_invite_id(&mut self, invite_id: &str) -> Result<Option<Team>, StoreError> {
        Ok(self.0.state().teams.values().find(|team| team.invite_id == invite_id).cloned())
    }

    async fn list(&mut self, only_open: bool, page: Page) -> Result<Vec<Team>, StoreError> {
        Ok(part(self.0.state().teams_in_use(|team| team.allows_open_invite || !only_open), page))
    }

    async fn of_user(&mut self, user: &UserId) -> Result<Vec<Team>, StoreError> {
        let state = self.0.state();
        Ok(state.teams_in_use(|team| state.team_member(&team.id, user).is_some_and(TeamMember::is_active)))
    }

    async fn member(&mut self, team: &TeamId, user: &UserId) -> Result<Option<TeamMember>, StoreError> {
        Ok(self.0.state().team_member(team, user).cloned())
    }

    async fn members(&mut self, team: &TeamId, page: Page) -> Result<Vec<TeamMember>, StoreError> {
        let state = self.0.state();
        let mut members: Vec<_> = state.team_members.values().filter_map(|places| places.get(team)).filter(|m| m.is_active()).collect();
        members.sort_by_key(|member| (state.username(&member.user_id), &member.user_id));
        Ok(part(members.into_iter().cloned(), page))
    }

    async fn memberships(&mut self, user: &UserId) -> Result<Vec<TeamMember>, StoreError> {
        Ok(self.0.state().team_members.get(user).into_iter().flat_map(|places| places.values().cloned()).collect())
    }
}

#[async_trait]
impl Teams for Repositories<Work> {
    async fn insert(&mut self, team: &Team) -> Result<(), StoreError> {
        let teams = &mut self.0.state_mut().teams;
        if teams.contains_key(&team.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        if teams.values().any(|other| other.name == team.name) {
            return Err(StoreError::Taken(UniqueField::Name));
        }
        teams.insert(team.id.clone(), team.clone());
        Ok(())
    }

    async fn join(&mut self, member: &TeamMember) -> Result<bool, StoreError> {
        let state = self.0.state_mut();
        let is_member = state.team_member(&member.team_id, &member.user_id).is_some_and(TeamMember::is_active);
        if is_member || !state.teams.contains_key(&member.team_id) || !state.accounts.contains_key(&member.user_id) {
            return Ok(false);
        }
        let joined = TeamMember { deleted_at: Timestamp::NEVER, ..member.clone() };
        state.team_members.entry(member.user_id.clone()).or_default().insert(member.team_id.clone(), joined);
        Ok(true)
    }

    async fn fill(&mut self, members: &[TeamMember]) -> Result<(), StoreError> {
        for member in members {
            if self.0.state_mut().team_member(&member.team_id, &member.user_id).is_none() {
                self.join(member).await?;
            }
        }
        Ok(())
    }

    async fn leave(&mut self, team: &TeamId, user: &UserId, at: Timestamp) -> Result<bool, StoreError> {
        let State { team_members, channel_members, channels, .. } = self.0.state_mut();
        let member = team_members.get_mut(user).and_then(|places| places.get_mut(team)).filter(|member| member.is_active());
        let Some(member) = member else { return Ok(false) };
        member.deleted_at = at;
        if let Some(places) = channel_members.get_mut(user) {
            places.retain(|channel, _| channels.get(channel).is_none_or(|channel| channel.team_id.as_ref() != Some(team)));
        }
        Ok(true)
    }

    async fn set_guest(&mut self, user: &UserId, is_guest: bool) -> Result<(), StoreError> {
        let State { team_members, channel_members, .. } = self.0.state_mut();
        let teams = team_members.get_mut(user).into_iter().flat_map(|places| places.values_mut());
        let teams = teams.filter(|member| member.is_active()).map(|member| &mut member.standing);
        let channels = channel_members.get_mut(user).into_iter().flat_map(|places| places.values_mut()).map(|member| &mut member.standing);
        for standing in teams.chain(channels) {
            *standing = Standing { is_guest, is_user: !is_guest, is_admin: standing.is_admin && !is_guest };
        }
        Ok(())
    }
}

impl State {
    /// Teams in use, by display name, then id.
    fn teams_in_use(&self, is_wanted: impl Fn(&Team) -> bool) -> Vec<Team> {
        let mut found: Vec<_> =
            self.teams.values().filter(|team| team.deleted_at == Timestamp::NEVER && is_wanted(team)).cloned().collect();
        // The sort is stable, and the map is in the order of ids.
        found.sort_by(|one, other| one.display_name.cmp(&other.display_name));
        found
    }
}
