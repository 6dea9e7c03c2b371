//! Lists, searches and counts of accounts in memory: everybody is looked at, one after the other.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

use super::super::state::State;
use crate::group::Place;
use crate::id::UserId;
use crate::role::ADMIN;
use crate::status::{Presence, Status};
use crate::team::{Standing, TeamMember};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{Count, Filter, Listed, Listing, Order, RoleFilter, RoleTest, Scope, Search, SearchTexts, View, sort_name};

/// One account of a scope, and how far its rights go there.
struct Found<'a> {
    user: &'a User,
    standing: Standing,
}

impl State {
    pub(super) fn listed(&self, listing: &Listing) -> Vec<Listed> {
        let has_former = matches!(listing.order, Order::Activity | Order::Created);
        let mut found = self.found(&listing.scope, &listing.filter, has_former);
        if listing.order == Order::Activity {
            found.retain(|found| self.statuses.contains_key(&found.user.id));
        }
        found.sort_by(|one, other| self.compared(listing.order, one, other));
        let activity = |found: &Found<'_>| if listing.order == Order::Activity { self.activity(found.user) } else { Timestamp::NEVER };
        found.into_iter().map(|found| Listed { last_activity_at: activity(&found), user: found.user.clone() }).collect()
    }

    pub(super) fn searched(&self, search: &Search) -> Vec<User> {
        let mut found = self.found(&search.scope, &search.filter, false);
        found.retain(|found| has_words(found.user, search));
        let exact = |user: &User| matches!(search.words.as_slice(), [word] if word.folded == user.username.as_str());
        found.sort_by_key(|found| (!exact(found.user), &found.user.username, &found.user.id));
        found.into_iter().map(|found| found.user.clone()).collect()
    }

    pub(super) fn counted(&self, count: &Count) -> usize {
        let found = self.found(&count.scope, &count.filter, false);
        let counts = |user: &User| (count.with_bots || user.bot.is_none()) && (count.with_remote || !user.is_remote());
        found.iter().filter(|found| counts(found.user)).count()
    }

    /// Everybody in a channel with an account, himself if he is in any.
    pub(super) fn known_to(&self, id: &UserId) -> HashSet<&UserId> {
        let channels: HashSet<_> = self.channels_of(id).map(|member| &member.channel_id).collect();
        let is_there = |user: &&UserId| self.channels_of(user).any(|member| channels.contains(&member.channel_id));
        self.channel_members.keys().filter(is_there).collect()
    }

    /// Whether an account is in a view.
    pub(super) fn sees(&self, view: &View) -> impl Fn(&User) -> bool {
        let known = match view {
            View::Everybody => None,
            View::KnownTo(id) => Some(self.known_to(id)),
        };
        move |user| known.as_ref().is_none_or(|known| known.contains(&user.id))
    }

    fn found(&self, scope: &Scope, filter: &Filter, has_former: bool) -> Vec<Found<'_>> {
        let sees = self.sees(&filter.view);
        let in_scope = self.users().filter_map(|user| Some(Found { standing: self.standing(scope, user, has_former)?, user }));
        in_scope.filter(|found| passes(filter, found) && sees(found.user)).collect()
    }

    /// How far somebody's rights go in a scope's team or channel, which is nowhere in others; nothing if he is not of the scope.
    fn standing(&self, scope: &Scope, user: &User, has_former: bool) -> Option<Standing> {
        let id = &user.id;
        let in_team = |team| self.team_member(team, id).filter(|member| member.is_active());
        let in_group = |group| self.groups.get(group).is_some_and(|held| held.members.contains(id));
        let is_meant = match scope {
            Scope::InTeam(team) if has_former => return self.team_member(team, id).map(|member| member.standing),
            Scope::InTeam(team) => return in_team(team).map(|member| member.standing),
            Scope::InChannel(channel) => return self.channel_member(channel, id).map(|member| member.standing),
            Scope::Everyone => true,
            Scope::WithoutTeam => !self.team_members.get(id).is_some_and(|places| places.values().any(TeamMember::is_active)),
            Scope::NotInTeam { team, is_constrained } => {
                in_team(team).is_none() && (!is_constrained || self.is_linked(id, &Place::Team(team.clone())))
            }
            Scope::NotInChannel { team, channel, is_constrained } => {
                in_team(team).is_some()
                    && self.channel_member(channel, id).is_none()
                    && (!is_constrained || self.is_linked(id, &Place::Channel(channel.clone())))
            }
            Scope::InGroup(group) => user.is_active() && in_group(group),
            Scope::NotInGroup(group) => user.is_active() && !in_group(group),
        };
        is_meant.then(Standing::default)
    }

    /// Whether somebody is in a group that is linked to a place.
    fn is_linked(&self, id: &UserId, place: &Place) -> bool {
        self.groups.values().any(|held| held.members.contains(id) && held.places.contains(place))
    }

    fn activity(&self, user: &User) -> Timestamp {
        self.statuses.get(&user.id).map_or(Timestamp::NEVER, |status| status.last_activity_at)
    }

    fn compared(&self, order: Order, one: &Found<'_>, other: &Found<'_>) -> Ordering {
        let by = match order {
            Order::Username => Ordering::Equal,
            Order::Activity => self.activity(other.user).cmp(&self.activity(one.user)),
            Order::Created => other.user.created_at.cmp(&one.user.created_at),
            Order::Status => rank(self.statuses.get(&one.user.id)).cmp(&rank(self.statuses.get(&other.user.id))),
            Order::AdminsFirst => Reverse(one.standing.is_admin).cmp(&Reverse(other.standing.is_admin)),
            // Two who are called alike have the order of their ids.
            Order::DisplayName(format) => {
                sort_name(one.user, format).cmp(&sort_name(other.user, format)).then(one.user.id.cmp(&other.user.id))
            }
        };
        by.then_with(|| one.user.username.cmp(&other.user.username)).then_with(|| one.user.id.cmp(&other.user.id))
    }
}

const fn rank(status: Option<&Status>) -> u8 {
    match status {
        Some(Status { presence: Presence::Online, .. }) => 0,
        Some(Status { presence: Presence::Away, .. }) => 1,
        Some(Status { presence: Presence::DoNotDisturb, .. }) => 2,
        _ => 3,
    }
}

fn has_words(user: &User, search: &Search) -> bool {
    let texts = SearchTexts::of(user);
    search.words.iter().all(|word| texts.have(&word.folded, search.searched) || word.id.as_ref() == Some(&user.id))
}

fn passes(filter: &Filter, found: &Found<'_>) -> bool {
    filter.is_active.is_none_or(|is_active| is_active == found.user.is_active()) && has_roles(&filter.roles, found)
}

fn has_roles(filter: &RoleFilter, found: &Found<'_>) -> bool {
    let roles = &found.user.roles;
    let has_all = filter.all_of.is_empty() || filter.all_of.iter().any(|name| roles.contains(name));
    has_all && (filter.any_of.is_empty() || filter.any_of.iter().any(|test| holds(test, found)))
}

fn holds(test: &RoleTest, found: &Found<'_>) -> bool {
    let (roles, standing) = (&found.user.roles, found.standing);
    match test {
        RoleTest::Exactly(name) => roles.names().eq([*name]),
        RoleTest::AnyOf(names) => names.iter().any(|name| roles.contains(name)),
        RoleTest::PlaceAdmin => standing.is_admin && !roles.contains(ADMIN),
        RoleTest::PlaceUser => standing.is_user && !standing.is_admin && !roles.contains(ADMIN),
        RoleTest::PlaceGuest => standing.is_guest,
    }
}
