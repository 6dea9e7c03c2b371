//! Whether people are there.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use muster_domain::id::UserId;
use muster_domain::status::{Presence, Status};
use muster_domain::store::{ReadStatuses, Statuses, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::statement::{Bind, Statement};
use crate::user::{id, texts};

const OF_USERS: &str = "SELECT user_id, presence, is_manual, last_activity_at, dnd_end_secs FROM statuses \
    WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY user_id";

/// With a copy of the username, which the orders of lists by status need.
const PUT: &str = "INSERT INTO statuses (user_id, username, presence, is_manual, last_activity_at, dnd_end_secs) \
    SELECT users.id, users.username, ?, ?, ?, ? FROM users WHERE users.id = ? \
    ON CONFLICT (user_id) DO UPDATE SET presence = excluded.presence, is_manual = excluded.is_manual, \
    last_activity_at = excluded.last_activity_at, dnd_end_secs = excluded.dnd_end_secs";

type Columns = (Text, Text, Bool, BigInt, BigInt);
type StatusRow = (String, String, bool, i64, i64);

fn status((user, presence, is_manual, last_activity_at, dnd_end_secs): StatusRow) -> Result<Status, StoreError> {
    Ok(Status {
        user_id: id(&user, "statuses", "user_id")?,
        presence: Presence::from_id(&presence).ok_or_else(|| corrupt("statuses", "presence"))?,
        is_manual,
        last_activity_at: Timestamp::from_millis(last_activity_at),
        dnd_end_secs,
    })
}

#[async_trait]
impl ReadStatuses for Repositories {
    #[tracing::instrument(name = "db.statuses.of_users", skip_all, fields(users = users.len()))]
    async fn of_users(&mut self, users: &[UserId]) -> Result<Vec<Status>, StoreError> {
        let wanted = texts(users.iter().map(UserId::as_str));
        let rows = self.run(move |c| Statement::<Columns>::new(OF_USERS, vec![Bind::Text(&wanted)]).load::<StatusRow>(c)).await?;
        rows.into_iter().map(status).collect()
    }
}

#[async_trait]
impl Statuses for Repositories {
    #[tracing::instrument(name = "db.statuses.put", skip_all, fields(user.id = status.user_id.as_str()))]
    async fn put(&mut self, status: &Status) -> Result<(), StoreError> {
        let status = status.clone();
        let query = move |c: &mut _| {
            let mut binds = vec![Bind::Text(status.presence.id()), Bind::Number(status.is_manual.into())];
            binds.extend([Bind::Number(status.last_activity_at.as_millis()), Bind::Number(status.dnd_end_secs)]);
            binds.push(Bind::Text(status.user_id.as_str()));
            Statement::<()>::new(PUT, binds).execute(c)
        };
        self.run(query).await.map(drop)
    }
}
