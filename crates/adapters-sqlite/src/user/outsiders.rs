//! Those outside teams that nearly everybody is in. Triggers keep them (see the migration); which teams have them is decided here.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use muster_domain::user::query::Scope;

use crate::connection::Bounds;
use crate::statement::{Bind, Statement};

const ARE_KEPT: &str = "SELECT EXISTS (SELECT 1 FROM complemented_teams WHERE team_id = ?)";

/// How many are outside a team, times something, beside everyone.
macro_rules! outside {
    ($of:literal) => {
        concat!(
            "SELECT id FROM teams AS t CROSS JOIN (SELECT sum(size) AS size FROM list_marks WHERE list = '') AS everyone WHERE ",
            $of,
            " AND (everyone.size - (SELECT coalesce(sum(size), 0) FROM list_marks WHERE list = t.id)) * "
        )
    };
}

/// A team that at most one in eight is outside of, among more than a few.
const NEARLY_FULL: &str = concat!(
    outside!("everyone.size > ? AND NOT EXISTS (SELECT 1 FROM complemented_teams WHERE team_id = t.id)"),
    "8 <= everyone.size LIMIT 1"
);

/// A team that more than one in four is outside of by now.
const NO_MORE: &str = concat!(outside!("EXISTS (SELECT 1 FROM complemented_teams WHERE team_id = t.id)"), "4 > everyone.size LIMIT 1");

const KEEP: &str = "INSERT INTO complemented_teams (team_id) VALUES (?)";

const FILL: &str = "INSERT INTO team_outsiders (team_id, username, user_id) SELECT ?, users.username, users.id FROM (\
    SELECT username FROM users EXCEPT SELECT username FROM team_members INDEXED BY team_members_by_name WHERE team_id = ? AND deleted_at = 0\
    ) AS o CROSS JOIN users ON users.username = o.username";

const FORGET: &str = "DELETE FROM complemented_teams WHERE team_id = ?";

/// Whether those outside a scope's team are kept.
pub(super) fn are_kept(c: &mut SqliteConnection, scope: &Scope) -> QueryResult<bool> {
    match scope {
        Scope::NotInTeam { team, .. } => Statement::<Bool>::new(ARE_KEPT, vec![Bind::Text(team.as_str())]).get_result(c),
        _ => Ok(false),
    }
}

/// Begins to keep the outsiders of one team, or stops; tells whether there was one.
pub(crate) fn tend(c: &mut SqliteConnection, bounds: Bounds) -> QueryResult<bool> {
    if let Some(team) = Statement::<Text>::new(NO_MORE, vec![]).get_result::<String>(c).optional()? {
        Statement::<()>::new(FORGET, vec![Bind::Text(&team)]).execute(c)?;
        return Ok(true);
    }
    let Some(team) = Statement::<Text>::new(NEARLY_FULL, vec![Bind::Number(bounds.crowd)]).get_result::<String>(c).optional()? else {
        return Ok(false);
    };
    Statement::<()>::new(KEEP, vec![Bind::Text(&team)]).execute(c)?;
    Statement::<()>::new(FILL, vec![Bind::Text(&team), Bind::Text(&team)]).execute(c)?;
    Ok(true)
}
