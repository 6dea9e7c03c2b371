//! Whether people are there.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::id::UserId;
use muster_domain::status::{Presence, Status};
use muster_domain::store::{Cause, ReadStatuses, Statuses, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::statuses;
use crate::statement::{Bind, Statement};

/// The account's lock makes a change of its username wait, which would leave the new row behind.
const PUT: &str = "INSERT INTO statuses (user_id, username, presence, is_manual, last_activity_at, dnd_end_secs) \
    SELECT id, username, ?, ?, ?, ? FROM users WHERE id = ? FOR KEY SHARE \
    ON CONFLICT (user_id) DO UPDATE SET presence = excluded.presence, is_manual = excluded.is_manual, \
    last_activity_at = excluded.last_activity_at, dnd_end_secs = excluded.dnd_end_secs";

/// A status as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = statuses, check_for_backend(diesel::pg::Pg))]
struct StatusRow {
    user_id: String,
    presence: String,
    is_manual: bool,
    last_activity_at: i64,
    dnd_end_secs: i64,
}

fn read(row: &StatusRow) -> Result<Status, Cause> {
    Ok(Status {
        user_id: row.user_id.parse()?,
        presence: Presence::from_id(&row.presence).ok_or("the presence is unknown")?,
        is_manual: row.is_manual,
        last_activity_at: Timestamp::from_millis(row.last_activity_at),
        dnd_end_secs: row.dnd_end_secs,
    })
}

#[async_trait]
impl ReadStatuses for Lease {
    #[tracing::instrument(name = "db.statuses.of_users", skip_all, fields(count = users.len()))]
    async fn of_users(&mut self, users: &[UserId]) -> Result<Vec<Status>, StoreError> {
        let ids: Vec<_> = users.iter().map(UserId::as_str).collect();
        let query = statuses::table.filter(statuses::user_id.eq_any(ids)).select(StatusRow::as_select());
        let found = query.load(self.connection()?).await;
        let mut rows: Vec<StatusRow> = self.settle(found)?;
        // Sorted here: the planner would walk everybody in this order rather than sort a few.
        rows.sort_unstable_by(|one, other| one.user_id.cmp(&other.user_id));
        rows.iter().map(|row| read(row).map_err(corrupt("statuses"))).collect()
    }
}

#[async_trait]
impl Statuses for Lease {
    #[tracing::instrument(name = "db.statuses.put", skip_all, fields(user.id = status.user_id.as_str()))]
    async fn put(&mut self, status: &Status) -> Result<(), StoreError> {
        let binds = vec![
            Bind::Text(status.presence.id()),
            Bind::Flag(status.is_manual),
            Bind::Number(status.last_activity_at.as_millis()),
            Bind::Number(status.dnd_end_secs),
            Bind::Text(status.user_id.as_str()),
        ];
        let put = Statement::<()>::new(PUT, binds).execute(self.connection()?).await;
        self.settle(put).map(|_| ())
    }
}
