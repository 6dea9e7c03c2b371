//! Lists of bots.

use diesel::prelude::*;
use muster_domain::user::query::BotListing;

use super::list::{in_order, page};
use super::row::UserRow;
use crate::sql::Sql;
use crate::statement::snapshot;

/// One page of bots, oldest first.
pub(super) fn bots(c: &mut SqliteConnection, listing: &BotListing) -> QueryResult<Vec<UserRow>> {
    let mut bots = match &listing.owner {
        Some(owner) => {
            let own = "SELECT users.id, 0 FROM users INDEXED BY users_bots_of_owner WHERE users.bot_owner_id = ? AND users.is_bot = 1";
            Sql::new(own).with(owner.as_str())
        }
        None => Sql::new("SELECT users.id, 0 FROM users INDEXED BY users_bots WHERE users.is_bot = 1"),
    };
    if !listing.with_inactive {
        bots = bots.and(" AND users.deleted_at = 0");
    }
    if listing.is_orphaned {
        bots = bots.and(" AND NOT EXISTS (SELECT 1 FROM users AS o WHERE o.id = users.bot_owner_id AND o.deleted_at = 0)");
    }
    let bots = bots.and(" ORDER BY users.bot_created_at, users.id");
    snapshot(c, |c| {
        let places = page(c, &[bots], listing.page.offset(), listing.page.size)?;
        in_order(c, places.iter().map(|(id, _)| id.as_str()))
    })
}
