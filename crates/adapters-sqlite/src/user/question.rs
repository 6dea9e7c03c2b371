//! Which accounts are asked for: what must hold of each, and where to look for them.

use diesel::prelude::*;
use muster_domain::role;
use muster_domain::user::query::{Filter, RoleFilter, RoleTest, Scope, View};

use super::outsiders;
use super::source::{Few, Source};
use crate::sql::Sql;

/// What a condition is about; a source that is about the same needs not ask it of each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Scope,
    Activity,
    Linked,
    View,
    /// Asked of each account whatever it comes from.
    Itself,
}

/// Something that must hold of each account.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    about: About,
    needs_row: bool,
    sql: Sql,
}

impl Condition {
    /// One that looks at the account's own row.
    pub(super) fn of_row(sql: Sql) -> Self {
        Self { about: About::Itself, needs_row: true, sql }
    }

    /// One that needs the account's id and username alone.
    pub(super) fn of_name(sql: Sql) -> Self {
        Self { about: About::Itself, needs_row: false, sql }
    }

    fn about(self, about: About) -> Self {
        Self { about, ..self }
    }
}

/// An order of accounts, for those that come from a source that has another.
pub(super) struct Sorted {
    /// What is joined for it.
    pub(super) join: &'static str,
    /// The order.
    pub(super) by: &'static str,
    /// What is told besides of each account.
    pub(super) value: &'static str,
    /// Whether the account's own row is looked at.
    pub(super) needs_row: bool,
}

/// What there is to be found in a scope besides members.
struct Kept {
    /// Former members count.
    former_members: bool,
    /// Those outside the team are kept.
    outsiders: bool,
}

/// Which accounts are asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    conditions: Vec<Condition>,
    /// Where the filter alone leads.
    sources: Vec<(About, Source)>,
    /// Where the scope leads.
    own: Option<(About, Source)>,
    /// What is walked where no source is narrow.
    base: (About, Source),
    /// How an account's row is found from its id or username.
    row: &'static str,
}

impl Question {
    /// Accounts of a scope that pass a filter; former members of a team too where they are wanted.
    pub(super) fn new(c: &mut SqliteConnection, scope: &Scope, filter: &Filter, has_former: bool) -> QueryResult<Self> {
        let are_outsiders_kept = outsiders::are_kept(c, scope)?;
        Ok(Self::over(scope, filter, &Kept { former_members: has_former, outsiders: are_outsiders_kept }))
    }

    fn over(scope: &Scope, filter: &Filter, kept: &Kept) -> Self {
        let has_former = kept.former_members;
        let is_around = matches!(scope, Scope::NotInTeam { .. }) && !kept.outsiders;
        let about = if is_around { About::Itself } else { About::Scope };
        let deactivated = deactivated_of(scope, filter, has_former);
        let own = match (&deactivated, scope) {
            (Some(members), _) => Some(members.clone()),
            (None, Scope::NotInTeam { team, .. }) if kept.outsiders => Some(Source::outsiders(team.as_str())),
            _ => Source::of_scope(scope, has_former),
        };
        let own = own.map(|source| (about, source));
        let base = own.clone().filter(|(_, source)| source.is_ordered).unwrap_or_else(|| (About::Itself, Source::everyone(scope)));
        let row = " CROSS JOIN users ON users.id = $id";
        let mut question = Self { conditions: Vec::new(), sources: Vec::new(), own, base, row };
        question.ask_roles(scope, &filter.roles, has_former);
        question.ask_activity(filter.is_active, deactivated.is_some());
        question.ask_view(&filter.view);
        question.ask_linked(scope);
        question.conditions.extend(scope_conditions(scope, has_former, about));
        question
    }

    /// The same where most accounts are told apart by what is searched of them.
    pub(super) fn by_texts(mut self) -> Self {
        self.row = " CROSS JOIN users INDEXED BY users_searched ON users.username = $name";
        if self.own.is_none() && self.base.1.has_row {
            self.base.1 = Source::searched();
        }
        self
    }

    /// The same with one more condition.
    pub(super) fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn ask_roles(&mut self, scope: &Scope, filter: &RoleFilter, has_former: bool) {
        if !filter.all_of.is_empty() {
            self.conditions.push(Condition::of_row(has_role(&filter.all_of)));
            self.sources.extend(Source::of_roles(&filter.all_of).map(|source| (About::Itself, source)));
        }
        if !filter.any_of.is_empty() {
            let tests = filter.any_of.iter().map(|test| holds(test, scope));
            self.conditions.push(Condition::of_row(Sql::new("(").then(Sql::joined(tests, " OR ")).and(")")));
            // No index holds the rights of former members.
            if !has_former {
                self.sources.extend(Source::of_tests(&filter.any_of, scope).map(|source| (About::Itself, source)));
            }
        }
    }

    /// `is_of_scope` says that the scope's own source has nobody who is active.
    fn ask_activity(&mut self, is_active: Option<bool>, is_of_scope: bool) {
        match is_active {
            Some(true) => self.conditions.push(Condition::of_row(Sql::new("users.deleted_at = 0"))),
            Some(false) if is_of_scope => {
                self.conditions.push(Condition::of_row(Sql::new("users.deleted_at <> 0")).about(About::Scope));
            }
            Some(false) => {
                self.conditions.push(Condition::of_row(Sql::new("users.deleted_at <> 0")).about(About::Activity));
                self.sources.push((About::Activity, Source::inactive()));
            }
            None => {}
        }
    }

    fn ask_view(&mut self, view: &View) {
        if let View::KnownTo(user) = view {
            self.conditions.push(Condition::of_name(Sql::new(known!("$name")).with(user.as_str())).about(About::View));
            self.sources.push((About::View, Source::known_to(user.as_str())));
        }
    }

    fn ask_linked(&mut self, scope: &Scope) {
        let (column, place) = match scope {
            Scope::NotInTeam { team, is_constrained: true } => ("team_id", team.as_str()),
            Scope::NotInChannel { channel, is_constrained: true, .. } => ("channel_id", channel.as_str()),
            _ => return,
        };
        let linked = Sql::new("EXISTS (SELECT 1 FROM group_places AS p CROSS JOIN group_members AS g WHERE p.").and(column);
        let linked = linked.and(" = ? AND g.group_id = p.group_id AND g.username = $name)").with(place);
        self.conditions.push(Condition::of_name(linked).about(About::Linked));
        self.sources.push((About::Linked, Source::linked(column, place)));
    }

    /// The source with the fewest accounts, if there are few in any.
    pub(super) fn narrow(&self, c: &mut SqliteConnection, few: Few) -> QueryResult<Option<(i64, &(About, Source))>> {
        let mut narrowest = None;
        for source in self.sources.iter().chain(&self.own) {
            if let Some(count) = source.1.count_few(c, few)?
                && narrowest.is_none_or(|(least, _)| count < least)
            {
                narrowest = Some((count, source));
            }
        }
        Ok(narrowest)
    }

    /// The source to walk by username.
    pub(super) fn by_name(&self, c: &mut SqliteConnection, few: Few) -> QueryResult<&(About, Source)> {
        // Where there is no choice, nothing needs be counted.
        if self.sources.is_empty() {
            return Ok(&self.base);
        }
        Ok(self.narrow(c, few)?.map_or_else(|| self.widest(), |(_, source)| source))
    }

    /// The source to walk by username where none is narrow.
    pub(super) fn widest(&self) -> &(About, Source) {
        self.sources.iter().find(|(_, source)| source.is_ordered).unwrap_or(&self.base)
    }

    /// Ids of accounts from a source in the order of their usernames; they pass the conditions.
    pub(super) fn walk(&self, source: &(About, Source)) -> Sql {
        self.sorted(source, &Sorted { join: "", by: source.1.order, value: "0", needs_row: false })
    }

    /// Ids of accounts from a source in another order, with a number each.
    pub(super) fn sorted(&self, source: &(About, Source), sorted: &Sorted) -> Sql {
        let select = Sql::new("SELECT $id, ").and(sorted.value).and(" FROM ");
        let found = select.then(self.found(source, sorted.needs_row, sorted.join)).and(" ORDER BY ").and(sorted.by);
        found.about(source.1.id, source.1.name)
    }

    /// How many accounts from a source pass the conditions.
    pub(super) fn count(&self, source: &(About, Source)) -> Sql {
        Sql::new("SELECT count(*) FROM ").then(self.found(source, false, "")).about(source.1.id, source.1.name)
    }

    fn found(&self, (about, source): &(About, Source), needs_row: bool, join: &'static str) -> Sql {
        let asked = || self.conditions.iter().filter(|condition| *about == About::Itself || condition.about != *about);
        let needs_row = needs_row || asked().any(|condition| condition.needs_row);
        let mut found = source.from.clone();
        if needs_row && !source.has_row {
            found = found.and(self.row);
        }
        found = found.and(join).and(" WHERE ").then(source.given.clone());
        asked().fold(found, |found, condition| found.and(" AND ").then(condition.sql.clone()))
    }
}

/// The members of a team that are asked for, if they are its deactivated ones.
fn deactivated_of(scope: &Scope, filter: &Filter, has_former: bool) -> Option<Source> {
    match scope {
        Scope::InTeam(team) if filter.is_active == Some(false) && !has_former => Some(Source::deactivated_members(team.as_str())),
        _ => None,
    }
}

fn scope_conditions(scope: &Scope, has_former: bool, about: About) -> Vec<Condition> {
    let is_active = || Condition::of_row(Sql::new("users.deleted_at = 0"));
    match scope {
        Scope::Everyone => vec![],
        Scope::WithoutTeam => vec![Condition::of_row(Sql::new("users.active_teams = 0")).about(About::Scope)],
        Scope::InTeam(team) if has_former => {
            let former = "EXISTS (SELECT 1 FROM team_members AS t WHERE t.team_id = ? AND t.user_id = $id)";
            vec![Condition::of_name(Sql::new(former).with(team.as_str())).about(About::Scope)]
        }
        Scope::InTeam(team) => vec![Condition::of_name(in_team(team.as_str())).about(About::Scope)],
        Scope::NotInTeam { team, .. } => vec![Condition::of_name(Sql::new("NOT ").then(in_team(team.as_str()))).about(about)],
        Scope::InChannel(channel) => vec![Condition::of_name(in_channel(channel.as_str())).about(About::Scope)],
        Scope::NotInChannel { team, channel, .. } => vec![
            Condition::of_name(in_team(team.as_str())).about(About::Scope),
            Condition::of_name(Sql::new("NOT ").then(in_channel(channel.as_str()))),
        ],
        Scope::InGroup(group) => vec![Condition::of_name(in_group(group.as_str())).about(About::Scope), is_active()],
        Scope::NotInGroup(group) => vec![Condition::of_name(Sql::new("NOT ").then(in_group(group.as_str()))), is_active()],
    }
}

// By username and not by id: a walk by username then finds its way in these indexes in order too.

fn in_team(team: &str) -> Sql {
    let there = "EXISTS (SELECT 1 FROM team_members AS t INDEXED BY team_members_by_name \
        WHERE t.team_id = ? AND t.deleted_at = 0 AND t.username = $name)";
    Sql::new(there).with(team)
}

fn in_channel(channel: &str) -> Sql {
    let there = "EXISTS (SELECT 1 FROM channel_members AS t INDEXED BY channel_members_by_name \
        WHERE t.channel_id = ? AND t.username = $name)";
    Sql::new(there).with(channel)
}

fn in_group(group: &str) -> Sql {
    let there = "EXISTS (SELECT 1 FROM group_members AS t INDEXED BY group_members_by_name WHERE t.group_id = ? AND t.username = $name)";
    Sql::new(there).with(group)
}

/// Whether one of some roles is held.
fn has_role(names: &[&'static str]) -> Sql {
    let held = names.iter().map(|name| Sql::new("instr(' ' || users.roles || ' ', ' ' || ? || ' ') > 0").with(name));
    Sql::new("(").then(Sql::joined(held, " OR ")).and(")")
}

fn holds(test: &RoleTest, scope: &Scope) -> Sql {
    let no_admin = || Sql::new(" AND NOT ").then(has_role(&[role::ADMIN]));
    match test {
        RoleTest::Exactly(name) => Sql::new("users.roles = ?").with(name),
        RoleTest::AnyOf(names) => has_role(names),
        RoleTest::PlaceAdmin => has_rights(scope, "t.is_admin = 1)").then(no_admin()),
        RoleTest::PlaceUser => has_rights(scope, "t.is_user = 1 AND t.is_admin = 0)").then(no_admin()),
        RoleTest::PlaceGuest => has_rights(scope, "t.is_guest = 1)"),
    }
}

/// Whether somebody has some rights in a scope's team or channel.
pub(super) fn has_rights(scope: &Scope, rights: &'static str) -> Sql {
    let place = match scope {
        Scope::InTeam(team) => {
            Sql::new("EXISTS (SELECT 1 FROM team_members AS t WHERE t.team_id = ? AND t.user_id = $id AND ").with(team.as_str())
        }
        Scope::InChannel(channel) => {
            Sql::new("EXISTS (SELECT 1 FROM channel_members AS t WHERE t.channel_id = ? AND t.user_id = $id AND ").with(channel.as_str())
        }
        _ => return Sql::new("false"),
    };
    place.and(rights)
}
