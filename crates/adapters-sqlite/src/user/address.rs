//! Accounts by what their addresses lack.

use diesel::prelude::*;
use muster_domain::page::Page;
use muster_domain::role;

use super::list::{in_order, page};
use super::row::UserRow;
use crate::sql::Sql;
use crate::statement::snapshot;

/// Active people, no guests, that sign in by password and whose address has none of some texts in it.
pub(super) fn outside(c: &mut SqliteConnection, domains: &[String], part: Page) -> QueryResult<Vec<UserRow>> {
    let people = "SELECT users.id, 0 FROM users WHERE users.deleted_at = 0 AND users.is_bot = 0 AND users.auth_service = '' \
        AND instr(' ' || users.roles || ' ', ' ' || ? || ' ') = 0";
    let people =
        domains.iter().fold(Sql::new(people).with(role::GUEST), |people, domain| people.and(" AND instr(users.email, ?) = 0").with(domain));
    let people = people.and(" ORDER BY users.username, users.id");
    snapshot(c, |c| {
        let places = page(c, &[people], part.offset(), part.size)?;
        in_order(c, places.iter().map(|(id, _)| id.as_str()))
    })
}
