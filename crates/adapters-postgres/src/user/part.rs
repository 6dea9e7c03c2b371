//! What is asked of the accounts of a list, a search or a count, one condition after the other.

use muster_domain::group::Place;
use muster_domain::id::{ChannelId, GroupId, TeamId, UserId};
use muster_domain::role::{ADMIN, USER};
use muster_domain::user::query::{Filter, RoleTest, Scope, Searched, View, Word};

use crate::statement::{Bind, Sql};
use crate::user::texts::spelled;

/// One condition. As SQL it looks at the account's id, or at its row under the name `f`.
#[derive(Debug, Clone)]
pub(super) enum Part<'a> {
    /// Active accounts.
    Active,
    /// Deactivated ones.
    Inactive,
    /// Those of no team.
    Teamless,
    /// Members of a team; former ones too where the order asks for them.
    InTeam(&'a TeamId, Former),
    /// Those of them whose accounts are deactivated.
    DeactivatedInTeam(&'a TeamId),
    /// Everybody else.
    NotInTeam(&'a TeamId),
    /// The same, where these are kept.
    OutsideTeam(&'a TeamId),
    /// Members of a channel.
    InChannel(&'a ChannelId),
    /// Everybody else.
    NotInChannel(&'a ChannelId),
    /// Members of a group.
    InGroup(&'a GroupId),
    /// Everybody else.
    NotInGroup(&'a GroupId),
    /// Members of groups that are linked to a place.
    Linked(Place),
    /// Those with one of some roles.
    Roles(&'a [&'static str]),
    /// Those who pass one of some tests.
    AnyOf(&'a [RoleTest], Standings<'a>),
    /// Those in a channel together with an account.
    KnownTo(&'a UserId),
    /// Those who have a word.
    Word(&'a Word, Searched),
}

/// Whether former members count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Former {
    /// They do.
    Counted,
    /// They don't.
    LeftOut,
}

/// Whose members' standings role tests look at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standings<'a> {
    /// A team's.
    Team(&'a TeamId, Former),
    /// A channel's.
    Channel(&'a ChannelId),
    /// Nobody's.
    Nowhere,
}

/// The conditions of a scope and a filter.
pub(super) fn parts<'a>(scope: &'a Scope, filter: &'a Filter, former: Former) -> Vec<Part<'a>> {
    let mut parts = match (scope, filter.is_active) {
        (Scope::InTeam(team), Some(false)) if former == Former::LeftOut => vec![Part::DeactivatedInTeam(team)],
        (_, is_active) => {
            let activity = is_active.map(|is_active| if is_active { Part::Active } else { Part::Inactive });
            of_scope(scope, former).into_iter().chain(activity).collect()
        }
    };
    if !filter.roles.all_of.is_empty() {
        parts.push(Part::Roles(&filter.roles.all_of));
    }
    if !filter.roles.any_of.is_empty() {
        parts.push(Part::AnyOf(&filter.roles.any_of, standings(scope, former)));
    }
    if let View::KnownTo(viewer) = &filter.view {
        parts.push(Part::KnownTo(viewer));
    }
    parts
}

/// Whose members' standings count in a scope.
pub(super) const fn standings(scope: &Scope, former: Former) -> Standings<'_> {
    match scope {
        Scope::InTeam(team) => Standings::Team(team, former),
        Scope::InChannel(channel) => Standings::Channel(channel),
        _ => Standings::Nowhere,
    }
}

fn of_scope(scope: &Scope, former: Former) -> Vec<Part<'_>> {
    match scope {
        Scope::Everyone => Vec::new(),
        Scope::WithoutTeam => vec![Part::Teamless],
        Scope::InTeam(team) => vec![Part::InTeam(team, former)],
        Scope::NotInTeam { team, is_constrained } => {
            let linked = is_constrained.then(|| Part::Linked(Place::Team(team.clone())));
            std::iter::once(Part::NotInTeam(team)).chain(linked).collect()
        }
        Scope::InChannel(channel) => vec![Part::InChannel(channel)],
        Scope::NotInChannel { team, channel, is_constrained } => {
            let linked = is_constrained.then(|| Part::Linked(Place::Channel(channel.clone())));
            [Part::InTeam(team, Former::LeftOut), Part::NotInChannel(channel)].into_iter().chain(linked).collect()
        }
        Scope::InGroup(group) => vec![Part::InGroup(group), Part::Active],
        Scope::NotInGroup(group) => vec![Part::NotInGroup(group), Part::Active],
    }
}

impl<'a> Part<'a> {
    /// Whether the condition looks at the account's row, and not at its id alone.
    pub(super) fn needs_row(&self) -> bool {
        match self {
            Self::Active | Self::Inactive | Self::Teamless | Self::Roles(_) | Self::AnyOf(..) | Self::Word(..) => true,
            Self::InTeam(..)
            | Self::DeactivatedInTeam(_)
            | Self::NotInTeam(_)
            | Self::OutsideTeam(_)
            | Self::InChannel(_)
            | Self::NotInChannel(_)
            | Self::InGroup(_)
            | Self::NotInGroup(_)
            | Self::Linked(_)
            | Self::KnownTo(_) => false,
        }
    }

    /// The condition on the account whose id and username are what these say in SQL. Indexes by username are read in order where the
    /// accounts come in order; without a username it works too.
    pub(super) fn condition(&self, id: &'static str, username: Option<&'static str>) -> Sql<'a> {
        let by_name = |sql: Sql<'a>| username.iter().fold(sql, |sql, name| sql.and(" AND m.username = ", []).and(name, []));
        let member = |piece: &'static str, of: &'a str| by_name(Sql::new(piece, [Bind::Text(of)]).and(id, [])).and(")", []);
        match self {
            Self::Active => Sql::new("f.deleted_at = 0", []),
            Self::Inactive => Sql::new("f.deleted_at <> 0", []),
            Self::Teamless => Sql::new("f.active_teams = 0", []),
            Self::InTeam(team, former) => member(team_member(*former), team.as_str()),
            Self::DeactivatedInTeam(team) => member(DEACTIVATED_TEAM_MEMBER, team.as_str()),
            Self::NotInTeam(team) | Self::OutsideTeam(team) => {
                Sql::new("NOT ", []).with(member(team_member(Former::LeftOut), team.as_str()))
            }
            Self::InChannel(channel) => member(CHANNEL_MEMBER, channel.as_str()),
            Self::NotInChannel(channel) => Sql::new("NOT ", []).with(member(CHANNEL_MEMBER, channel.as_str())),
            Self::InGroup(group) => member(GROUP_MEMBER, group.as_str()),
            Self::NotInGroup(group) => Sql::new("NOT ", []).with(member(GROUP_MEMBER, group.as_str())),
            Self::Linked(place) => by_name(linked(place).and(id, [])).and(")", []),
            Self::Roles(names) => has_one_of(names),
            Self::AnyOf(tests, standings) => {
                Sql::new("(", []).with(Sql::joined(tests.iter().map(|test| passes(test, *standings)), " OR ")).and(")", [])
            }
            Self::KnownTo(viewer) => member(KNOWN, viewer.as_str()),
            Self::Word(word, searched) => has_word(word, *searched),
        }
    }
}

const fn team_member(former: Former) -> &'static str {
    match former {
        Former::Counted => "EXISTS (SELECT 1 FROM team_members AS m WHERE m.team_id = ? AND m.user_id = ",
        Former::LeftOut => "EXISTS (SELECT 1 FROM team_members AS m WHERE m.deleted_at = 0 AND m.team_id = ? AND m.user_id = ",
    }
}

const DEACTIVATED_TEAM_MEMBER: &str =
    "EXISTS (SELECT 1 FROM team_members AS m WHERE m.deleted_at = 0 AND m.is_deactivated AND m.team_id = ? AND m.user_id = ";
const CHANNEL_MEMBER: &str = "EXISTS (SELECT 1 FROM channel_members AS m WHERE m.channel_id = ? AND m.user_id = ";
const GROUP_MEMBER: &str = "EXISTS (SELECT 1 FROM group_members AS m WHERE m.group_id = ? AND m.user_id = ";
const KNOWN: &str = "EXISTS (SELECT 1 FROM channel_members AS own JOIN channel_members AS m ON m.channel_id = own.channel_id \
    WHERE own.user_id = ? AND m.user_id = ";

fn linked<'a>(place: &Place) -> Sql<'a> {
    let (piece, id) = match place {
        Place::Team(team) => (
            "EXISTS (SELECT 1 FROM group_places AS l JOIN group_members AS m ON m.group_id = l.group_id \
             WHERE l.team_id = ? AND m.user_id = ",
            team.to_string(),
        ),
        Place::Channel(channel) => (
            "EXISTS (SELECT 1 FROM group_places AS l JOIN group_members AS m ON m.group_id = l.group_id \
             WHERE l.channel_id = ? AND m.user_id = ",
            channel.to_string(),
        ),
    };
    Sql::new(piece, [Bind::OwnText(id)])
}

fn has_one_of<'a>(names: &'a [&'static str]) -> Sql<'a> {
    Sql::new("string_to_array(f.roles, ' ') && ?", [Bind::Texts(names.to_vec())])
}

fn passes<'a>(test: &'a RoleTest, standings: Standings<'a>) -> Sql<'a> {
    match test {
        RoleTest::Exactly(name) => Sql::new("f.roles = ?", [Bind::Text(name)]),
        RoleTest::AnyOf(names) => has_one_of(names),
        RoleTest::PlaceAdmin => is_below_admin(standings.is_admin()),
        RoleTest::PlaceUser => is_below_admin(standings.has("p.is_user AND NOT p.is_admin")),
        RoleTest::PlaceGuest => standings.has("p.is_guest"),
    }
}

impl<'a> Standings<'a> {
    /// Whether the account has a standing there.
    fn has(self, standing: &'static str) -> Sql<'a> {
        let (place, of) = match self {
            Self::Team(team, Former::Counted) => ("team_members AS p WHERE p.team_id = ?", team.as_str()),
            Self::Team(team, Former::LeftOut) => ("team_members AS p WHERE p.deleted_at = 0 AND p.team_id = ?", team.as_str()),
            Self::Channel(channel) => ("channel_members AS p WHERE p.channel_id = ?", channel.as_str()),
            Self::Nowhere => return Sql::new("FALSE", []),
        };
        let member = Sql::new("EXISTS (SELECT 1 FROM ", []).and(place, [Bind::Text(of)]).and(" AND p.user_id = f.id AND ", []);
        member.and(standing, []).and(")", [])
    }

    /// Whether the account looks after the place.
    pub(super) fn is_admin(self) -> Sql<'a> {
        self.has("p.is_admin")
    }

    /// The condition of a member.
    pub(super) const fn part(self) -> Option<Part<'a>> {
        match self {
            Self::Team(team, former) => Some(Part::InTeam(team, former)),
            Self::Channel(channel) => Some(Part::InChannel(channel)),
            Self::Nowhere => None,
        }
    }
}

fn is_below_admin(standing: Sql<'_>) -> Sql<'_> {
    Sql::new("(", []).with(standing).and(" AND NOT string_to_array(f.roles, ' ') && ?)", [Bind::Texts(vec![ADMIN])])
}

/// The columns that are searched, each with what it is looked for by: `strpos`, which no index knows, or `LIKE`, which one does.
fn has_word(word: &Word, searched: Searched) -> Sql<'_> {
    let spelling = spelled(&word.folded);
    let mut columns = vec![Sql::new("strpos(f.search_names, ?) > 0", [Bind::OwnText(spelling.clone())])];
    if searched.full_name {
        columns.push(Sql::new("strpos(f.search_full_name, ?) > 0", [Bind::OwnText(spelling.clone())]));
    }
    if searched.email {
        columns.push(Sql::new("strpos(f.search_email, ?) > 0", [Bind::OwnText(spelling)]));
    }
    columns.extend(word.id.as_ref().map(|id| Sql::new("f.id = ?", [Bind::Text(id.as_str())])));
    Sql::new("(", []).with(Sql::joined(columns, " OR ")).and(")", [])
}

/// Whether nearly everybody has one of some roles.
pub(super) fn are_common(names: &[&'static str]) -> bool {
    names.contains(&USER)
}
