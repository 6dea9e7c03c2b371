//! Where accounts come from: indexes that hold some of them in an order.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use muster_domain::role;
use muster_domain::user::query::{RoleTest, Scope};

use crate::connection::Bounds;
use crate::schema::users;
use crate::sql::Sql;

/// How many times more than few the places may be of accounts that may be few.
const PATIENCE: i64 = 4;

/// Up to how many accounts a source is read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Few {
    /// Where the order is the source's.
    pub(super) ordered: i64,
    /// Where the accounts are sorted.
    pub(super) sorted: i64,
}

impl Few {
    pub(super) fn usual(bounds: Bounds) -> Self {
        Self { ordered: bounds.few, sorted: bounds.few }
    }

    /// What does well for so many accounts from the beginning of a list: to sort a set costs its size; to walk an index for some
    /// of it, these times how many others there are for each.
    pub(super) fn of_rows(c: &mut SqliteConnection, rows: u64, bounds: Bounds) -> QueryResult<Self> {
        let everyone = users::table.select(max(users::number)).get_result::<Option<i64>>(c)?.unwrap_or_default();
        let even = i64::try_from(rows).unwrap_or(i64::MAX).saturating_mul(everyone).isqrt();
        Ok(Self { ordered: bounds.few, sorted: bounds.few.min(even) })
    }

    /// The same where every source has to be sorted.
    pub(super) fn to_sort(self) -> Self {
        Self { ordered: self.sorted, ..self }
    }
}

/// Accounts that an index holds, most of them in the order of their usernames.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// What to read.
    pub(super) from: Sql,
    /// Which of it.
    pub(super) given: Sql,
    /// The column of their ids.
    pub(super) id: &'static str,
    /// The column of their usernames.
    pub(super) name: &'static str,
    /// The order by username.
    pub(super) order: &'static str,
    /// Whether the rows are those of `users`.
    pub(super) has_row: bool,
    /// Whether the index has that order, so that a page of it costs what a page costs.
    pub(super) is_ordered: bool,
    /// What is counted in place of it, where that is cheaper; never fewer.
    counted: Option<Sql>,
    /// How many rows are walked, where that is told without walking.
    size: Option<Sql>,
    /// Whether it has a part that is not few, where the sum of its parts is not.
    has_large: Option<Sql>,
}

impl Source {
    fn new(from: Sql, given: Sql) -> Self {
        Self {
            from,
            given,
            id: "m.user_id",
            name: "m.username",
            order: "m.username, m.user_id",
            has_row: false,
            is_ordered: true,
            counted: None,
            has_large: None,
            size: None,
        }
    }

    /// Accounts by an index of `users` itself.
    pub(super) fn of_users(from: &'static str, given: Sql) -> Self {
        let order = "users.username, users.id";
        Self { id: "users.id", name: "users.username", order, has_row: true, ..Self::new(Sql::new(from), given) }
    }

    /// Statuses by an index of theirs.
    pub(super) fn of_statuses(from: &'static str, given: &'static str) -> Self {
        let order = "s.username, s.user_id";
        Self { id: "s.user_id", name: "s.username", order, ..Self::new(Sql::new(from), Sql::new(given)) }
    }

    /// Everyone, where a scope leads nowhere.
    pub(super) fn everyone(scope: &Scope) -> Self {
        match scope {
            Scope::NotInGroup(_) => Self::names(),
            _ => Self::of_users("users INDEXED BY sqlite_autoindex_users_2", Sql::new("true")),
        }
    }

    pub(super) fn inactive() -> Self {
        Self::of_users("users INDEXED BY users_inactive", Sql::new("users.deleted_at <> 0"))
    }

    /// Those that are deactivated, bots or of another server.
    pub(super) fn apart() -> Self {
        let given = Sql::new("(users.deleted_at <> 0 OR users.is_bot = 1 OR users.remote_id <> '')");
        Self::of_users("users INDEXED BY users_apart", given)
    }

    /// Everyone, by an index of what is searched.
    pub(super) fn searched() -> Self {
        Self::of_users("users INDEXED BY users_searched", Sql::new("true"))
    }

    /// Everyone, for conditions that are better asked before the account's own row is looked at.
    fn names() -> Self {
        Self {
            id: "m.id",
            order: "m.username, m.id",
            ..Self::new(Sql::new("users AS m INDEXED BY sqlite_autoindex_users_2"), Sql::new("true"))
        }
    }

    /// The accounts of some usernames, as JSON.
    pub(super) fn named(usernames: &str) -> Self {
        let from = "json_each(?) AS n CROSS JOIN users INDEXED BY users_searched ON users.username = n.value";
        let mut source = Self::of_users("", Sql::new("true"));
        source.from = Sql::new(from).with(usernames);
        source.is_ordered = false;
        source
    }

    /// The members of a scope, where it has any.
    pub(super) fn of_scope(scope: &Scope, has_former: bool) -> Option<Self> {
        Some(match scope {
            Scope::WithoutTeam => Self::of_users("users INDEXED BY users_without_team", Sql::new("users.active_teams = 0")),
            Scope::InTeam(team) if has_former => {
                let former = Self::new(Sql::new("team_members AS m"), Sql::new("m.team_id = ?").with(team.as_str()));
                Self { is_ordered: false, ..former }
            }
            Scope::InTeam(team) => Self::new(
                Sql::new("team_members AS m INDEXED BY team_members_by_name"),
                Sql::new("m.team_id = ? AND m.deleted_at = 0").with(team.as_str()),
            ),
            Scope::InChannel(channel) => Self::new(
                Sql::new("channel_members AS m INDEXED BY channel_members_by_name"),
                Sql::new("m.channel_id = ?").with(channel.as_str()),
            ),
            Scope::InGroup(group) => Self::members_of_group("group_members AS m INDEXED BY group_members_by_name", group.as_str()),
            Scope::NotInTeam { team, .. } => Self::around_team(team.as_str()),
            Scope::NotInChannel { team, channel, .. } => Self::around_channel(team.as_str(), channel.as_str()),
            Scope::Everyone | Scope::NotInGroup(_) => return None,
        })
    }

    /// The deactivated members of a team.
    pub(super) fn deactivated_members(team: &str) -> Self {
        let given = Sql::new("m.team_id = ? AND m.deleted_at = 0 AND m.is_deactivated = 1").with(team);
        Self::new(Sql::new("team_members AS m INDEXED BY team_members_deactivated"), given)
    }

    /// The members of a group by an index of theirs.
    pub(super) fn members_of_group(from: &'static str, group: &str) -> Self {
        Self::new(Sql::new(from), Sql::new("m.group_id = ?").with(group))
    }

    /// Those outside a team, where they are kept.
    pub(super) fn outsiders(team: &str) -> Self {
        Self::new(Sql::new("team_outsiders AS m"), Sql::new("m.team_id = ?").with(team))
    }

    /// Everyone but for stretches of the list that belong to a team as a whole. Where nearly everyone is a member, those who are
    /// not are found among few others.
    pub(super) fn around_team(team: &str) -> Self {
        let from = "list_marks AS e LEFT JOIN list_marks AS t ON t.list = ? AND t.first_name = e.first_name \
            CROSS JOIN users AS m INDEXED BY sqlite_autoindex_users_2 ON m.username >= e.first_name AND m.username < coalesce(\
            (SELECT min(n.first_name) FROM list_marks AS n WHERE n.list = '' AND n.first_name > e.first_name), '~')";
        let size = "SELECT coalesce(sum(e.size), 0) FROM list_marks AS e LEFT JOIN list_marks AS t ON t.list = ? \
            AND t.first_name = e.first_name WHERE e.list = '' AND e.size > coalesce(t.size, 0)";
        Self {
            from: Sql::new(from).with(team),
            given: Sql::new("e.list = '' AND e.size > coalesce(t.size, 0)"),
            order: "e.first_name, m.username, m.id",
            size: Some(Sql::new(size).with(team)),
            ..Self::names()
        }
    }

    /// The members of a team but for stretches that are in a channel of it as a whole.
    pub(super) fn around_channel(team: &str, channel: &str) -> Self {
        let from = "list_marks AS e LEFT JOIN list_marks AS t ON t.first_name = e.first_name \
            AND t.list = (SELECT channels.id FROM channels WHERE channels.id = ? AND channels.team_id = e.list) \
            CROSS JOIN team_members AS m INDEXED BY team_members_by_name ON m.team_id = e.list AND m.deleted_at = 0 \
            AND m.username >= e.first_name AND m.username < coalesce(\
            (SELECT min(n.first_name) FROM list_marks AS n WHERE n.list = '' AND n.first_name > e.first_name), '~')";
        let size = "SELECT coalesce(sum(e.size), 0) FROM list_marks AS e LEFT JOIN list_marks AS t ON t.first_name = e.first_name \
            AND t.list = (SELECT channels.id FROM channels WHERE channels.id = ? AND channels.team_id = e.list) \
            WHERE e.list = ? AND e.size > coalesce(t.size, 0)";
        let given = Sql::new("e.list = ? AND e.size > coalesce(t.size, 0)").with(team);
        let size = Some(Sql::new(size).with(channel).with(team));
        Self { order: "e.first_name, m.username, m.user_id", size, ..Self::new(Sql::new(from).with(channel), given) }
    }

    /// The members of groups that are linked to a team or a channel.
    pub(super) fn linked(column: &'static str, place: &str) -> Self {
        let members = |select| {
            let from = " FROM group_places AS p CROSS JOIN group_members AS g INDEXED BY group_members_by_name \
                ON g.group_id = p.group_id WHERE p.";
            Sql::new(select).and(from).and(column).and(" = ?").with(place)
        };
        Self::several(members("SELECT DISTINCT g.username, g.user_id"), members("SELECT 1"))
    }

    /// Who is in a channel together with an account, and the account if it is in any.
    pub(super) fn known_to(user: &str) -> Self {
        let known = |select| {
            let from = " FROM channel_members AS mine CROSS JOIN channel_members AS theirs INDEXED BY channel_members_by_name \
                ON theirs.channel_id = mine.channel_id WHERE mine.user_id = ?";
            Sql::new(select).and(from).with(user)
        };
        // The same people may be in many channels: they can be few though their places are not.
        let has_large = "SELECT EXISTS (SELECT 1 FROM channel_members AS mine WHERE mine.user_id = ? AND EXISTS (\
            SELECT 1 FROM channel_members AS theirs INDEXED BY channel_members_by_name WHERE theirs.channel_id = mine.channel_id \
            LIMIT 1 OFFSET ?))";
        let has_large = Some(Sql::new(has_large).with(user));
        Self { has_large, ..Self::several(known("SELECT DISTINCT theirs.username, theirs.user_id"), known("SELECT 1")) }
    }

    fn several(distinct: Sql, all: Sql) -> Self {
        let from = Sql::new("(").then(distinct).and(") AS m");
        let counted = Some(Sql::new("(").then(all).and(")"));
        Self { counted, is_ordered: false, ..Self::new(from, Sql::new("true")) }
    }

    /// Accounts that have one of some roles; nothing where nearly everyone may.
    pub(super) fn of_roles(names: &[&'static str]) -> Option<Self> {
        Self::of_keys(role_keys(names)?)
    }

    /// Accounts of which one of some tests may hold; nothing where that may be nearly everyone.
    pub(super) fn of_tests(tests: &[RoleTest], scope: &Scope) -> Option<Self> {
        let keys = tests.iter().map(|test| match test {
            RoleTest::Exactly(name) => role_keys(&[*name]),
            RoleTest::AnyOf(names) => role_keys(names),
            RoleTest::PlaceAdmin => Some(place_keys(scope, "_admins", "is_admin = 1")),
            RoleTest::PlaceGuest => Some(place_keys(scope, "_guests", "is_guest = 1")),
            RoleTest::PlaceUser => None,
        });
        Self::of_keys(keys.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn of_keys(keys: Vec<Sql>) -> Option<Self> {
        match keys.as_slice() {
            [] => None,
            [one] => Some(Self::new(Sql::new("(").then(one.clone()).and(") AS m"), Sql::new("true"))),
            _ => Some(Self::several(Sql::joined(keys.clone(), " UNION "), Sql::joined(keys, " UNION ALL "))),
        }
    }

    /// Those who look after a scope's team or channel.
    pub(super) fn admins(scope: &Scope) -> Option<Self> {
        Self::of_keys(place_keys(scope, "_admins", "is_admin = 1"))
    }

    /// How many accounts there are, if they are few.
    pub(super) fn count_few(&self, c: &mut SqliteConnection, few: Few) -> QueryResult<Option<i64>> {
        let few = if self.is_ordered { few.ordered } else { few.sorted };
        if let Some(size) = &self.size {
            let size = size.statement::<BigInt>().get_result::<i64>(c)?;
            return Ok((size < few).then_some(size));
        }
        let many = if self.has_large.is_some() { few.saturating_mul(PATIENCE) } else { few };
        let counted = match &self.counted {
            Some(counted) => Sql::new("SELECT 1 FROM ").then(counted.clone()),
            None => Sql::new("SELECT 1 FROM ").then(self.from.clone()).and(" WHERE ").then(self.given.clone()),
        };
        let bounded = Sql::new("SELECT count(*) FROM (").then(counted).and(" LIMIT ?)").number(many);
        let count = bounded.statement::<BigInt>().get_result(c)?;
        if let Some(has_large) = self.has_large.as_ref().filter(|_| (few..many).contains(&count)) {
            let is_large = has_large.clone().number(few).statement::<Bool>().get_result::<bool>(c)?;
            return Ok((!is_large).then_some(count));
        }
        Ok((count < many).then_some(count))
    }
}

/// Usernames and ids of those who have a role, for each role.
fn role_keys(names: &[&'static str]) -> Option<Vec<Sql>> {
    let of = |name: &&str| Sql::new("SELECT username, user_id FROM user_roles_beside WHERE role = ?").with(name);
    (!names.contains(&role::USER)).then(|| names.iter().map(of).collect())
}

/// Usernames and ids of those with some rights in a scope's team or channel.
fn place_keys(scope: &Scope, index: &'static str, right: &'static str) -> Vec<Sql> {
    let keys = match scope {
        Scope::InTeam(team) => {
            let members = Sql::new("SELECT username, user_id FROM team_members INDEXED BY team_members").and(index);
            members.and(" WHERE team_id = ? AND deleted_at = 0 AND ").with(team.as_str())
        }
        Scope::InChannel(channel) => {
            let members = Sql::new("SELECT username, user_id FROM channel_members INDEXED BY channel_members").and(index);
            members.and(" WHERE channel_id = ? AND ").with(channel.as_str())
        }
        _ => return Vec::new(),
    };
    vec![keys.and(right)]
}
