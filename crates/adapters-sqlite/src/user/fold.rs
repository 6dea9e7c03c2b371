//! Folded columns and numbers of accounts that were made before there were any.

use diesel::dsl::max;
use diesel::prelude::*;
use muster_domain::user::User;

use super::row::{FoldedRow, UserRow};
use super::write;
use crate::schema::users;

/// Accounts of one transaction.
const BATCH: i64 = 500;

/// Fills what is missing, some accounts a transaction; gives how many could not be read and stay as they are.
pub(crate) fn fold(c: &mut SqliteConnection) -> QueryResult<u64> {
    let (mut last, mut unreadable) = (String::new(), 0);
    loop {
        let rows = c.immediate_transaction(|c| batch(c, &last, &mut unreadable))?;
        match rows {
            Some(id) => last = id,
            None => return Ok(unreadable),
        }
    }
}

/// Fills the next accounts after an id, and gives the last of them.
fn batch(c: &mut SqliteConnection, after: &str, unreadable: &mut u64) -> QueryResult<Option<String>> {
    let unfolded = users::table.filter(users::search_names.eq("")).filter(users::id.gt(after)).order(users::id);
    let rows = unfolded.limit(BATCH).select((users::id, users::number, UserRow::as_select())).load::<(String, Option<i64>, UserRow)>(c)?;
    let last = rows.last().map(|(id, _, _)| id.clone());
    let mut next = users::table.select(max(users::number)).get_result::<Option<i64>>(c)?.unwrap_or_default();
    for (id, number, row) in rows {
        let Ok(user) = User::try_from(row) else {
            *unreadable += 1;
            continue;
        };
        next += i64::from(number.is_none());
        let folded = (FoldedRow::from(&user), users::number.eq(number.unwrap_or(next)));
        diesel::update(users::table.find(&id)).set(folded).execute(c)?;
        write::add_roles(c, &user)?;
    }
    Ok(last)
}
