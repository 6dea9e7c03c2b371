//! Who is in a channel together with whom.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::row::{UserColumns, UserRow, texts, user_columns};
use crate::statement::{Bind, Statement};

const SHARE: &str = "SELECT EXISTS (SELECT 1 FROM channel_members AS mine CROSS JOIN channel_members AS theirs \
    WHERE mine.user_id = ? AND theirs.channel_id = mine.channel_id AND theirs.user_id = ?)";

const KNOWN: &str = "SELECT DISTINCT theirs.user_id FROM channel_members AS mine CROSS JOIN channel_members AS theirs \
    WHERE mine.user_id = ? AND theirs.channel_id = mine.channel_id AND theirs.user_id <> mine.user_id ORDER BY theirs.user_id";

const IN_GROUP_CHANNELS: &str = concat!(
    "SELECT theirs.channel_id, ",
    user_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN channels ON channels.id = wanted.value AND channels.kind = 'G' \
     CROSS JOIN channel_members AS mine ON mine.channel_id = channels.id AND mine.user_id = ? \
     CROSS JOIN channel_members AS theirs ON theirs.channel_id = channels.id AND theirs.user_id <> mine.user_id \
     CROSS JOIN users ON users.id = theirs.user_id ORDER BY theirs.channel_id, users.username, users.id"
);

/// Whether two accounts are in one channel.
pub(super) fn share_channel(c: &mut SqliteConnection, one: &str, other: &str) -> QueryResult<bool> {
    Statement::<Bool>::new(SHARE, vec![Bind::Text(one), Bind::Text(other)]).get_result(c)
}

/// Whoever is in a channel with an account.
pub(super) fn known_to(c: &mut SqliteConnection, id: &str) -> QueryResult<Vec<String>> {
    Statement::<Text>::new(KNOWN, vec![Bind::Text(id)]).load(c)
}

/// The others in group channels of an account, each with the channel.
pub(super) fn in_group_channels<'a>(
    c: &mut SqliteConnection,
    id: &str,
    channels: impl Iterator<Item = &'a str>,
) -> QueryResult<Vec<(String, UserRow)>> {
    let wanted = texts(channels.collect::<std::collections::BTreeSet<_>>().into_iter());
    Statement::<(Text, UserColumns)>::new(IN_GROUP_CHANNELS, vec![Bind::Text(&wanted), Bind::Text(id)]).load(c)
}
