//! Accounts by the channels they share.

use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use muster_domain::id::{ChannelId, UserId};
use muster_domain::store::{Cause, StoreError};
use muster_domain::user::User;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::statement::{Bind, Statement};
use crate::user::{UserRow, UserSql, account};

const SHARE: &str = "SELECT EXISTS (SELECT 1 FROM channel_members AS one \
    JOIN channel_members AS other ON other.channel_id = one.channel_id WHERE one.user_id = ? AND other.user_id = ?)";

/// Fetched before it is sorted: the planner would walk all members in this order rather than sort a few.
const KNOWN_TO: &str = "WITH known AS MATERIALIZED (SELECT DISTINCT theirs.user_id FROM channel_members AS own \
    JOIN channel_members AS theirs ON theirs.channel_id = own.channel_id WHERE own.user_id = ? AND theirs.user_id <> ?) \
    SELECT user_id FROM known ORDER BY user_id";

const IN_GROUP_CHANNELS: &str = concat!(
    "WITH others AS MATERIALIZED (SELECT theirs.channel_id, theirs.user_id \
     FROM channel_members AS own JOIN channels ON channels.id = own.channel_id \
     JOIN channel_members AS theirs ON theirs.channel_id = own.channel_id \
     WHERE own.user_id = ? AND own.channel_id = ANY(?) AND channels.kind = 'G' AND theirs.user_id <> ?), \
     u AS MATERIALIZED (SELECT others.channel_id, users.* FROM others JOIN users ON users.id = others.user_id) SELECT u.channel_id, ",
    account!("u."),
    " FROM u ORDER BY u.channel_id, u.username, u.id"
);

impl Lease {
    /// Whether two accounts are in a channel together.
    pub(super) async fn share(&mut self, one: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let share = Statement::<(Bool,)>::new(SHARE, vec![Bind::Text(one.as_str()), Bind::Text(other.as_str())]);
        let found = share.get_result::<(bool,)>(self.connection()?).await;
        self.settle(found).map(|(share,)| share)
    }

    /// Everybody else who is in a channel together with an account.
    pub(super) async fn known(&mut self, id: &UserId) -> Result<Vec<UserId>, StoreError> {
        let known = Statement::<(Text,)>::new(KNOWN_TO, vec![Bind::Text(id.as_str()), Bind::Text(id.as_str())]);
        let found = known.load::<(String,)>(self.connection()?).await;
        ids(self.settle(found)?)
    }

    /// The others in group channels of an account.
    pub(super) async fn group_channels(&mut self, id: &UserId, channels: &[ChannelId]) -> Result<Vec<(ChannelId, User)>, StoreError> {
        let channels = channels.iter().map(ChannelId::as_str).collect();
        let binds = vec![Bind::Text(id.as_str()), Bind::Texts(channels), Bind::Text(id.as_str())];
        let found = Statement::<(Text, UserSql)>::new(IN_GROUP_CHANNELS, binds).load::<(String, UserRow)>(self.connection()?).await;
        let read = |(channel, row): (String, UserRow)| Ok((channel.parse().map_err(invalid("channels"))?, User::try_from(row)?));
        self.settle(found)?.into_iter().map(read).collect()
    }

    /// The first ids after one.
    pub(super) async fn first_ids(&mut self, after: Option<&UserId>, most: u32) -> Result<Vec<UserId>, StoreError> {
        // Every id is after no text at all.
        let binds = vec![Bind::Text(after.map_or("", UserId::as_str)), Bind::Number(i64::from(most))];
        let first = Statement::<(Text,)>::new("SELECT id FROM users WHERE id > ? ORDER BY id LIMIT ?", binds);
        let found = first.load::<(String,)>(self.connection()?).await;
        ids(self.settle(found)?)
    }
}

fn ids(rows: Vec<(String,)>) -> Result<Vec<UserId>, StoreError> {
    rows.into_iter().map(|(id,)| id.parse().map_err(invalid("users"))).collect()
}

fn invalid<E: Into<Cause>>(table: &'static str) -> impl Fn(E) -> StoreError {
    move |error| corrupt(table)(error.into())
}
