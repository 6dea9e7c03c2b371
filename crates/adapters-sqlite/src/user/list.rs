//! Pages of lists.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use muster_domain::user::query::{Filter, Listing, NameFormat, Order, Scope};

use super::question::{About, Condition, Question, Sorted, has_rights};
use super::row::{UserColumns, UserRow, texts, user_columns};
use super::source::{Few, Source};
use super::{marks, outsiders};
use crate::connection::Bounds;
use crate::sql::Sql;
use crate::statement::{Bind, Statement, snapshot};

/// Accounts in the order of their ids in a JSON list.
pub(crate) const IN_ORDER: &str =
    concat!("SELECT ", user_columns!(), " FROM json_each(?) AS wanted CROSS JOIN users ON users.id = wanted.value ORDER BY wanted.key");

/// Accounts in the order of their usernames in a JSON list.
const BY_NAME: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN users ON users.username = wanted.value ORDER BY wanted.key"
);

/// An account's id or username, and what an order tells besides.
pub(super) type Place = (String, i64);

const CREATED: Sorted = Sorted { join: "", by: "users.created_at DESC, users.username, users.id", value: "0", needs_row: true };

/// An order by display name: of everybody, and of a group's members.
struct Named {
    users: &'static str,
    everybody: Sorted,
    members: &'static str,
    group: Sorted,
}

const BY_NICKNAME: Named = Named {
    users: "users INDEXED BY users_by_nickname",
    everybody: Sorted { by: "users.sort_nickname, users.id", ..CREATED },
    members: "group_members AS m INDEXED BY group_members_by_nickname",
    group: Sorted { by: "m.sort_nickname, m.user_id", ..CREATED },
};
const BY_FULL_NAME: Named = Named {
    users: "users INDEXED BY users_by_full_name",
    everybody: Sorted { by: "users.sort_full_name, users.id", ..CREATED },
    members: "group_members AS m INDEXED BY group_members_by_full_name",
    group: Sorted { by: "m.sort_full_name, m.user_id", ..CREATED },
};

const ACTIVITY: Sorted = Sorted {
    join: " CROSS JOIN statuses AS s ON s.user_id = $id",
    by: "s.last_activity_at DESC, $name, $id",
    value: "s.last_activity_at",
    needs_row: false,
};

const STATUS: Sorted = Sorted {
    join: " LEFT JOIN statuses AS s ON s.user_id = $id",
    by: "CASE s.presence WHEN 'online' THEN 0 WHEN 'away' THEN 1 WHEN 'dnd' THEN 2 ELSE 3 END, $name, $id",
    value: "0",
    needs_row: false,
};

/// One page of a list, with what its order tells of each account.
pub(super) fn list(c: &mut SqliteConnection, listing: &Listing, bounds: Bounds) -> QueryResult<Vec<(UserRow, i64)>> {
    snapshot(c, |c| {
        if let Some(team) = only_outside(listing)
            && !outsiders::are_kept(c, &listing.scope)?
        {
            let start = marks::start(c, (marks::EVERYONE, team), listing.page.offset(), bounds)?;
            let names = page(c, &[outside(team, &start.first_name)], start.rest, listing.page.size)?;
            let names = texts(names.iter().map(|(name, _)| name.as_str()));
            let rows = Statement::<UserColumns>::new(BY_NAME, vec![Bind::Text(&names)]).load::<UserRow>(c)?;
            return Ok(rows.into_iter().map(|row| (row, 0)).collect());
        }
        let (parts, offset) = parts(c, listing, bounds)?;
        let places = page(c, &parts, offset, listing.page.size)?;
        let rows = in_order(c, places.iter().map(|(id, _)| id.as_str()))?;
        Ok(rows.into_iter().zip(places.into_iter().map(|(_, value)| value)).collect())
    })
}

/// What a list is made of, one after the other, and how many of its accounts to pass over.
fn parts(c: &mut SqliteConnection, listing: &Listing, bounds: Bounds) -> QueryResult<(Vec<Sql>, u64)> {
    let Listing { scope, filter, order, page } = listing;
    let few = Few::of_rows(c, page.offset() + u64::from(page.size), bounds)?;
    let question = Question::new(c, scope, filter, matches!(order, Order::Activity | Order::Created))?;
    let parts = match order {
        Order::Username | Order::DisplayName(NameFormat::Username) => return by_name(c, question, listing, few, bounds),
        Order::Created => vec![sorted(c, &question, few, &CREATED, "users INDEXED BY users_by_creation")?],
        Order::DisplayName(NameFormat::Nickname) => vec![by_display_name(c, &question, scope, few, &BY_NICKNAME)?],
        Order::DisplayName(NameFormat::FullName) => vec![by_display_name(c, &question, scope, few, &BY_FULL_NAME)?],
        Order::Activity => vec![by_activity(c, &question, few)?],
        Order::Status => by_status(c, question, few)?,
        Order::AdminsFirst => admins_first(c, question, scope, few)?,
    };
    Ok((parts, page.offset()))
}

fn by_name(c: &mut SqliteConnection, mut question: Question, listing: &Listing, few: Few, bounds: Bounds) -> QueryResult<(Vec<Sql>, u64)> {
    let mut offset = listing.page.offset();
    if let Some((list, without)) = marked(listing) {
        let start = marks::start(c, (&list, &without), offset, bounds)?;
        offset = start.rest;
        question = question.with(Condition::of_name(Sql::new("$name >= ?").with(&start.first_name)));
    }
    let part = question.walk(question.by_name(c, few)?);
    Ok((vec![part], offset))
}

/// The team outside which everybody is asked for, by username and without a filter.
fn only_outside(listing: &Listing) -> Option<&str> {
    match &listing.scope {
        Scope::NotInTeam { team, is_constrained: false } if listing.filter == Filter::default() && is_by_username(listing.order) => {
            Some(team.as_str())
        }
        _ => None,
    }
}

/// The names of everybody outside a team from the stretch of a name on: everyone's less the members', both read in order. That costs
/// less than half of what a look-up for each does.
fn outside(team: &str, first_name: &str) -> Sql {
    const STRETCHES: &str = " FROM list_marks AS e LEFT JOIN list_marks AS t ON t.list = ? AND t.first_name = e.first_name CROSS JOIN ";
    const WITHIN: &str = " AND m.username >= e.first_name AND m.username < coalesce((SELECT min(n.first_name) FROM list_marks AS n \
        WHERE n.list = '' AND n.first_name > e.first_name), '~') \
        WHERE e.list = '' AND e.first_name >= ? AND e.size > coalesce(t.size, 0)";
    let names = || Sql::new("SELECT m.username, 0, e.first_name").and(STRETCHES).with(team);
    let everyone = names().and("users AS m INDEXED BY sqlite_autoindex_users_2 ON true").and(WITHIN).with(first_name);
    let members = names().and("team_members AS m INDEXED BY team_members_by_name ON m.team_id = ? AND m.deleted_at = 0").with(team);
    everyone.and(" EXCEPT ").then(members.and(WITHIN).with(first_name)).and(" ORDER BY 3, 1")
}

const fn is_by_username(order: Order) -> bool {
    matches!(order, Order::Username | Order::DisplayName(NameFormat::Username))
}

/// The list whose sizes are known that is asked for, and the one that is left out of it.
fn marked(listing: &Listing) -> Option<(String, String)> {
    let (all, inactive) = match &listing.scope {
        Scope::Everyone => (marks::EVERYONE, marks::INACTIVE.to_owned()),
        Scope::InTeam(team) => (team.as_str(), marks::inactive_of(team.as_str())),
        _ => return None,
    };
    let nobody = || marks::NOBODY.to_owned();
    let lists = match listing.filter.is_active {
        None => (all.to_owned(), nobody()),
        Some(true) => (all.to_owned(), inactive),
        Some(false) => (inactive, nobody()),
    };
    let by_activity_alone = Filter { is_active: listing.filter.is_active, ..Filter::default() };
    (listing.filter == by_activity_alone).then_some(lists)
}

/// Few accounts are sorted; of many, the index that has the order is walked past those that are not asked for.
fn sorted(c: &mut SqliteConnection, question: &Question, few: Few, order: &Sorted, index: &'static str) -> QueryResult<Sql> {
    let index = (About::Itself, Source::of_users(index, Sql::new("true")));
    Ok(question.sorted(question.narrow(c, few.to_sort())?.map_or(&index, |(_, source)| source), order))
}

fn by_display_name(c: &mut SqliteConnection, question: &Question, scope: &Scope, few: Few, named: &Named) -> QueryResult<Sql> {
    if let Scope::InGroup(group) = scope
        && question.narrow(c, few.to_sort())?.is_none()
    {
        let members = Source::members_of_group(named.members, group.as_str());
        return Ok(question.sorted(&(About::Scope, members), &named.group));
    }
    sorted(c, question, few, &named.everybody, named.users)
}

fn by_activity(c: &mut SqliteConnection, question: &Question, few: Few) -> QueryResult<Sql> {
    if let Some((_, source)) = question.narrow(c, few.to_sort())? {
        return Ok(question.sorted(source, &ACTIVITY));
    }
    let index = (About::Itself, Source::of_statuses("statuses AS s INDEXED BY statuses_by_activity", "true"));
    Ok(question.sorted(&index, &Sorted { join: "", ..ACTIVITY }))
}

fn by_status(c: &mut SqliteConnection, question: Question, few: Few) -> QueryResult<Vec<Sql>> {
    if let Some((_, source)) = question.narrow(c, few.to_sort())? {
        return Ok(vec![question.sorted(source, &STATUS)]);
    }
    let present = ["s.presence = 'online'", "s.presence = 'away'", "s.presence = 'dnd'"];
    let walk = |given| question.walk(&(About::Itself, Source::of_statuses("statuses AS s INDEXED BY statuses_by_presence", given)));
    let mut parts: Vec<_> = present.map(walk).into();
    let absent = "NOT EXISTS (SELECT 1 FROM statuses AS s WHERE s.user_id = $id AND s.presence IN ('online', 'away', 'dnd'))";
    let others = question.with(Condition::of_name(Sql::new(absent)));
    parts.push(others.walk(others.widest()));
    Ok(parts)
}

fn admins_first(c: &mut SqliteConnection, question: Question, scope: &Scope, few: Few) -> QueryResult<Vec<Sql>> {
    let Some(admins) = Source::admins(scope) else { return Ok(vec![question.walk(question.by_name(c, few)?)]) };
    let first = question.walk(&(About::Scope, admins));
    let others = question.with(Condition::of_name(Sql::new("NOT ").then(has_rights(scope, "t.is_admin = 1)"))));
    let rest = others.walk(others.by_name(c, few)?);
    Ok(vec![first, rest])
}

/// The places of one page in parts that follow each other.
pub(super) fn page(c: &mut SqliteConnection, parts: &[Sql], mut offset: u64, size: u32) -> QueryResult<Vec<Place>> {
    let (mut found, mut most) = (Vec::new(), u64::from(size));
    for (number, part) in parts.iter().enumerate() {
        let rows = part.clone().and(" LIMIT ? OFFSET ?").number(limited(most)).number(limited(offset));
        let rows = rows.statement::<(Text, BigInt)>().load::<Place>(c)?;
        if !rows.is_empty() {
            offset = 0;
        } else if offset > 0 && number + 1 < parts.len() {
            let passed = Sql::new("SELECT count(*) FROM (").then(part.clone()).and(" LIMIT ?)").number(limited(offset));
            offset -= passed.statement::<BigInt>().get_result::<i64>(c)?.unsigned_abs();
        }
        most -= rows.len() as u64;
        found.extend(rows);
        if most == 0 {
            break;
        }
    }
    Ok(found)
}

fn limited(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

/// The accounts of some ids, in the order of the ids.
pub(super) fn in_order<'a>(c: &mut SqliteConnection, ids: impl Iterator<Item = &'a str>) -> QueryResult<Vec<UserRow>> {
    Statement::<UserColumns>::new(IN_ORDER, vec![Bind::Text(&texts(ids))]).load(c)
}
