//! From what a request names to the accounts it means, and whether the actor may ask for them.

use super::{Actor, Forbidden, ListError, Permission};
use crate::acting;
use crate::id::{ChannelId, TeamId};
use crate::role;
use crate::store::{Reading, StoreError};
use crate::user::query::{RoleFilter, Scope};

/// The teams, channels and groups that a request names, as it names them; empty texts name nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Members of this team.
    pub in_team: String,
    /// Nobody of this team.
    pub not_in_team: String,
    /// Members of this channel.
    pub in_channel: String,
    /// Members of the team, and nobody of this channel.
    pub not_in_channel: String,
    /// Members of this group.
    pub in_group: String,
    /// Nobody of this group.
    pub not_in_group: String,
    /// Those that belong to no team.
    pub without_team: bool,
    /// Only those in a group that is linked to the team or channel.
    pub is_group_constrained: bool,
}

/// What is left of a selection once it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    /// These accounts.
    Scope(Scope),
    /// None: a team is named that nobody has.
    Nobody,
}

/// Whether an actor, who is still in, sees a team's members, as `view_team` says: by his place in it, or everywhere.
pub(super) async fn check_team(reading: &mut dyn Reading, actor: &Actor, team: Option<&TeamId>) -> Result<(), ListError> {
    if actor.holds(Permission::ViewTeam) {
        return Ok(());
    }
    let member = match (team, actor.user_id()) {
        (Some(team), Some(own)) => reading.teams().member(team, own).await?,
        _ => None,
    };
    let sees = member.is_some_and(|member| member.is_active() && member.standing.grants("team", Permission::ViewTeam));
    if sees { Ok(()) } else { Err(Forbidden::Lacks(Permission::ViewTeam).into()) }
}

/// Whether an actor, who is still in, reads a channel, as `read_channel` says: by his place in it or everywhere. Nobody reads one that is
/// not there.
pub(super) async fn check_channel(reading: &mut dyn Reading, actor: &Actor, channel: Option<&ChannelId>) -> Result<(), ListError> {
    if let Some(id) = channel
        && reading.channels().by_id(id).await?.is_some()
        && (actor.holds(Permission::ReadChannel) || is_reader(reading, actor, id).await?)
    {
        return Ok(());
    }
    Err(Forbidden::Lacks(Permission::ReadChannel).into())
}

async fn is_reader(reading: &mut dyn Reading, actor: &Actor, channel: &ChannelId) -> Result<bool, StoreError> {
    let Some(own) = actor.user_id() else { return Ok(false) };
    let member = reading.channels().member(channel, own).await?;
    Ok(member.is_some_and(|member| member.standing.grants("channel", Permission::ReadChannel)))
}

/// The group of an id, whose members anybody may list if it may be mentioned, and else those who look after groups.
pub(super) async fn group_id(reading: &mut dyn Reading, actor: &Actor, text: &str) -> Result<crate::id::GroupId, ListError> {
    let group = match text.parse() {
        Ok(id) => reading.groups().by_id(&id).await?,
        Err(_) => None,
    };
    let group = group.filter(|group| group.deleted_at == crate::time::Timestamp::NEVER).ok_or(ListError::UnknownGroup)?;
    if group.allows_reference || actor.holds(Permission::ReadGroups) {
        Ok(group.id)
    } else {
        Err(Forbidden::Lacks(Permission::ReadGroups).into())
    }
}

impl Selection {
    /// The accounts that a list begins with: the first that is named counts, a channel before its team only where the order is the
    /// channel's. Checks what the actor may ask for.
    pub(super) async fn of_list(&self, reading: &mut dyn Reading, actor: &Actor, is_channel_order: bool) -> Result<Selected, ListError> {
        acting::still_in::<ListError>(reading, actor).await?;
        let (team, channel) = (self.in_team.parse::<TeamId>().ok(), self.in_channel.parse::<ChannelId>().ok());
        if self.without_team {
            if !actor.holds(Permission::ListUsersWithoutTeam) {
                return Err(Forbidden::Lacks(Permission::ListUsersWithoutTeam).into());
            }
            return Ok(Selected::Scope(Scope::WithoutTeam));
        }
        if !self.not_in_channel.is_empty() {
            let outside = self.not_in_channel.parse::<ChannelId>().ok();
            check_channel(reading, actor, outside.as_ref()).await?;
            return Ok(self.outside_channel(team, outside));
        }
        if !self.not_in_team.is_empty() {
            let outside = self.not_in_team.parse::<TeamId>().ok();
            check_team(reading, actor, outside.as_ref()).await?;
            return Ok(self.outside_team(outside));
        }
        if !self.in_team.is_empty() && !is_channel_order {
            check_team(reading, actor, team.as_ref()).await?;
            return Ok(team.map_or(Selected::Nobody, |team| Selected::Scope(Scope::InTeam(team))));
        }
        if !self.in_channel.is_empty() {
            check_channel(reading, actor, channel.as_ref()).await?;
            return Ok(channel.map_or(Selected::Nobody, |channel| Selected::Scope(Scope::InChannel(channel))));
        }
        self.groups_or_everyone(reading, actor).await
    }

    /// The accounts that a search begins with. Whoever is named is checked, whether it counts or not.
    pub(super) async fn of_search(&self, reading: &mut dyn Reading, actor: &Actor) -> Result<Selected, ListError> {
        acting::still_in::<ListError>(reading, actor).await?;
        let grouped = self.groups_or_everyone(reading, actor).await?;
        let [channel, outside_channel] = [&self.in_channel, &self.not_in_channel].map(|text| text.parse::<ChannelId>().ok());
        let [team, outside_team] = [&self.in_team, &self.not_in_team].map(|text| text.parse::<TeamId>().ok());
        for (named, channel) in [(&self.in_channel, &channel), (&self.not_in_channel, &outside_channel)] {
            if !named.is_empty() {
                check_channel(reading, actor, channel.as_ref()).await?;
            }
        }
        for (named, team) in [(&self.in_team, &team), (&self.not_in_team, &outside_team)] {
            if !named.is_empty() {
                check_team(reading, actor, team.as_ref()).await?;
            }
        }
        Ok(if self.without_team {
            Selected::Scope(Scope::WithoutTeam)
        } else if let Some(channel) = channel {
            Selected::Scope(Scope::InChannel(channel))
        } else if !self.not_in_channel.is_empty() {
            self.outside_channel(team, outside_channel)
        } else if !self.not_in_team.is_empty() {
            self.outside_team(outside_team)
        } else if !self.in_group.is_empty() || !self.not_in_group.is_empty() || self.in_team.is_empty() {
            grouped
        } else {
            team.map_or(Selected::Nobody, |team| Selected::Scope(Scope::InTeam(team)))
        })
    }

    async fn groups_or_everyone(&self, reading: &mut dyn Reading, actor: &Actor) -> Result<Selected, ListError> {
        if !self.in_group.is_empty() {
            return Ok(Selected::Scope(Scope::InGroup(group_id(reading, actor, &self.in_group).await?)));
        }
        if !self.not_in_group.is_empty() {
            return Ok(Selected::Scope(Scope::NotInGroup(group_id(reading, actor, &self.not_in_group).await?)));
        }
        Ok(Selected::Scope(Scope::Everyone))
    }

    fn outside_channel(&self, team: Option<TeamId>, channel: Option<ChannelId>) -> Selected {
        match (team, channel) {
            (Some(team), Some(channel)) => {
                Selected::Scope(Scope::NotInChannel { team, channel, is_constrained: self.is_group_constrained })
            }
            _ => Selected::Nobody,
        }
    }

    fn outside_team(&self, team: Option<TeamId>) -> Selected {
        // Nobody belongs to a team that has no id, so everybody is outside.
        Selected::Scope(match team {
            Some(team) => Scope::NotInTeam { team, is_constrained: self.is_group_constrained },
            None => Scope::Everyone,
        })
    }
}

/// The roles that a request names, as it names them; empty texts name nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleNames {
    /// A text in the names of roles.
    pub role: String,
    /// Roles of the system.
    pub roles: Vec<String>,
    /// Roles in the team.
    pub team_roles: Vec<String>,
    /// Roles in the channel.
    pub channel_roles: Vec<String>,
}

impl RoleNames {
    /// Checks that every name is a role's.
    pub(super) fn check_known(&self, scope: &Selection) -> Result<(), ListError> {
        let is_known = |name: &String| role::known(name).is_some();
        let in_channel = if scope.in_channel.is_empty() { &[][..] } else { &self.channel_roles };
        let in_team = if scope.in_team.is_empty() { &[][..] } else { &self.team_roles };
        if !self.role.is_empty() && role::known(&self.role).is_none() {
            return Err(ListError::UnknownRole("role"));
        }
        let lists = [("roles", &self.roles[..]), ("channelRoles", in_channel), ("teamRoles", in_team)];
        match lists.into_iter().find(|(_, names)| !names.iter().all(is_known)) {
            Some((name, _)) => Err(ListError::UnknownRole(name)),
            None => Ok(()),
        }
    }

    /// Checks that every name has the form of a role's; of roles in a place that is not asked for, none is looked at.
    pub(super) fn check_form(&self, scope: &Selection) -> Result<(), ListError> {
        let in_channel = if scope.in_channel.is_empty() { &[][..] } else { &self.channel_roles };
        let in_team = if scope.in_team.is_empty() { &[][..] } else { &self.team_roles };
        let lists = [("roles", &self.roles[..]), ("channelRoles", in_channel), ("teamRoles", in_team)];
        match lists.into_iter().find(|(_, names)| !names.iter().all(|name| role::is_name(name))) {
            Some((name, _)) => Err(ListError::UnknownRole(name)),
            None => Ok(()),
        }
    }

    /// What they ask of accounts of a scope.
    pub(super) fn filter(&self, scope: &Scope) -> RoleFilter {
        let mut filter = RoleFilter::default();
        if !self.role.is_empty() {
            filter = filter.with_part(&self.role);
        }
        let places = match scope {
            Scope::InTeam(_) => &self.team_roles[..],
            Scope::InChannel(_) => &self.channel_roles[..],
            _ => &[],
        };
        let filter = self.roles.iter().fold(filter, |filter, name| filter.or_system(name));
        places.iter().fold(filter, |filter, name| filter.or_place(name))
    }

    /// Whether no account can have what is asked for: no role's name has the text in it.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.role.is_empty() && RoleFilter::default().with_part(&self.role).all_of.is_empty()
    }
}

#[cfg(test)]
mod tests;
