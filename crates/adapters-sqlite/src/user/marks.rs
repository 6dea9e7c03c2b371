//! Marks in lists by username: where a deep page begins. Triggers keep them (see the migration).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::connection::Bounds;
use crate::statement::{Bind, Statement};

/// The list of everyone; those of teams go by the team's id.
pub(crate) const EVERYONE: &str = "";

/// The list of everybody who is deactivated.
pub(crate) const INACTIVE: &str = "!";

/// The list of a team's deactivated members.
pub(crate) fn inactive_of(team: &str) -> String {
    format!("{INACTIVE}{team}")
}

/// No list's name.
pub(crate) const NOBODY: &str = "-";

const SIZES: &str = "SELECT e.size - coalesce(t.size, 0) FROM list_marks AS e \
    LEFT JOIN list_marks AS t ON t.list = ? AND t.first_name = e.first_name WHERE e.list = ? ORDER BY e.first_name";

const NAME: &str = "SELECT first_name FROM list_marks WHERE list = ? ORDER BY first_name LIMIT 1 OFFSET ? + 0";

const SIZE: &str = "SELECT coalesce(sum(size), 0) FROM list_marks WHERE list = ?";

/// Where a page begins.
pub(crate) struct Start {
    /// A name before it, so near that little is left to pass over; empty for the list's beginning.
    pub(crate) first_name: String,
    /// How many rows to pass over from there.
    pub(crate) rest: u64,
}

/// Where the page after so many rows of a list begins, without those of another list that is a part of it.
pub(crate) fn start(c: &mut SqliteConnection, (list, without): (&str, &str), offset: u64, bounds: Bounds) -> QueryResult<Start> {
    if offset < bounds.shallow {
        return Ok(Start { first_name: String::new(), rest: offset });
    }
    let sizes = Statement::<BigInt>::new(SIZES, vec![Bind::Text(without), Bind::Text(list)]).load::<i64>(c)?;
    let (mut stretch, mut rest) = (0, offset);
    // Past the end of the last stretch there is nobody: what is left is passed over there.
    for size in sizes.iter().take(sizes.len().saturating_sub(1)).map(|size| size.unsigned_abs()) {
        if rest < size {
            break;
        }
        rest -= size;
        stretch += 1;
    }
    let first_name = Statement::<Text>::new(NAME, vec![Bind::Text(list), Bind::Number(stretch)]).get_result(c).optional()?;
    Ok(Start { first_name: first_name.unwrap_or_default(), rest })
}

/// How many accounts are in a list.
pub(crate) fn size(c: &mut SqliteConnection, list: &str) -> QueryResult<i64> {
    Statement::<BigInt>::new(SIZE, vec![Bind::Text(list)]).get_result(c)
}
