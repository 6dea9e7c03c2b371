//! Counts of accounts.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use muster_domain::user::query::{Count, Filter, Scope};

use super::marks;
use super::question::{About, Condition, Question};
use super::source::{Few, Source};
use crate::connection::Bounds;
use crate::sql::Sql;
use crate::statement::snapshot;

/// Counts accounts: few one by one; of many, all of a scope less those that are deactivated, bots or of another server.
pub(super) fn count(c: &mut SqliteConnection, count: &Count, bounds: Bounds) -> QueryResult<i64> {
    snapshot(c, |c| {
        let kinds = kinds(count);
        let wanted = Question::new(c, &count.scope, &count.filter, false)?;
        let wanted = kinds.iter().fold(wanted, |question, kind| question.with(Condition::of_row(Sql::new(kind))));
        if let Some((_, source)) = wanted.narrow(c, Few::usual(bounds))? {
            return sum(c, &wanted.count(source));
        }
        if count.filter.is_active == Some(false) {
            return sum(c, &wanted.count(wanted.widest()));
        }
        let filter = Filter { is_active: None, ..count.filter.clone() };
        let all = Question::new(c, &count.scope, &filter, false)?;
        let total = total(c, &all, count, &filter)?;
        Ok(total - apart(c, all, count, &kinds)?)
    })
}

/// What must hold of an account itself for it to count.
fn kinds(count: &Count) -> Vec<&'static str> {
    let tests = [(count.with_bots, "users.is_bot = 0"), (count.with_remote, "coalesce(users.remote_id, '') = ''")];
    tests.into_iter().filter(|(all_count, _)| !all_count).map(|(_, kind)| kind).collect()
}

/// How many there are of every kind.
fn total(c: &mut SqliteConnection, all: &Question, count: &Count, filter: &Filter) -> QueryResult<i64> {
    match &count.scope {
        Scope::Everyone if *filter == Filter::default() => marks::size(c, marks::EVERYONE),
        Scope::InTeam(team) if *filter == Filter::default() => marks::size(c, team.as_str()),
        _ => sum(c, &all.count(all.widest())),
    }
}

/// How many of them do not count.
fn apart(c: &mut SqliteConnection, all: Question, count: &Count, kinds: &[&'static str]) -> QueryResult<i64> {
    let activity = (count.filter.is_active == Some(true)).then_some("users.deleted_at = 0");
    let tests: Vec<_> = kinds.iter().copied().chain(activity).map(Sql::new).collect();
    if tests.is_empty() {
        return Ok(0);
    }
    let all = all.with(Condition::of_row(Sql::new("NOT (").then(Sql::joined(tests, " AND ")).and(")")));
    sum(c, &all.count(&(About::Itself, Source::apart())))
}

fn sum(c: &mut SqliteConnection, counted: &Sql) -> QueryResult<i64> {
    counted.statement::<BigInt>().get_result(c)
}
