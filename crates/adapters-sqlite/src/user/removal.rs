//! Accounts removed for good.

use diesel::prelude::*;

use crate::schema::{audits, invitations, teams, users};
use crate::statement::{Bind, Statement, all_or_none};

/// What others did to an account keeps that it happened, and loses what it says of it.
const FORGET: &str = "UPDATE audits SET before = NULL, after = NULL, extra = iif(extra IS NULL, NULL, '') WHERE target = ?";

/// Removes an account with all that is its own. Foreign keys do what is not named here: they take its credentials, memberships,
/// preferences and status along, and it out of what it wrote, made and owned.
pub(super) fn remove(c: &mut SqliteConnection, id: &str) -> QueryResult<bool> {
    all_or_none(c, |c| {
        let Some(email) = users::table.find(id).select(users::email).get_result::<String>(c).optional()? else { return Ok(false) };
        diesel::delete(invitations::table.filter(invitations::email.eq(&email))).execute(c)?;
        diesel::update(teams::table.filter(teams::email.eq(&email))).set(teams::email.eq("")).execute(c)?;
        diesel::delete(audits::table.filter(audits::actor.eq(id))).execute(c)?;
        Statement::<()>::new(FORGET, vec![Bind::Text(id)]).execute(c)?;
        diesel::delete(users::table.find(id)).execute(c)?;
        Ok(true)
    })
}
