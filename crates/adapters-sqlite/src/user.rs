//! Accounts.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use muster_domain::email::Email;
use muster_domain::id::{ChannelId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{ReadUsers, StoreError, Users};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{BotListing, Count, Listed, Listing, Search, View};
use muster_domain::username::Username;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::users;
use crate::statement::{Bind, Statement};

/// Whether the account of a username is in a channel together with the one that a `?` stands for.
macro_rules! known {
    ($name:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM channel_members AS mine CROSS JOIN channel_members AS theirs INDEXED BY channel_members_by_name \
             WHERE mine.user_id = ? AND theirs.channel_id = mine.channel_id AND theirs.username = ",
            $name,
            ")"
        )
    };
}

mod acquaintance;
mod address;
mod bot;
mod count;
pub(crate) mod fold;
pub(crate) mod list;
pub(crate) mod marks;
pub(crate) mod outsiders;
mod question;
mod removal;
mod row;
mod search;
pub(crate) mod segment;
mod source;
mod trigram;
mod write;

pub(crate) use row::{UserColumns, UserRow, texts, user_columns};

pub(crate) const BY_LOGIN: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE rowid = coalesce((SELECT rowid FROM users WHERE username = ?), (SELECT rowid FROM users WHERE email = ?))"
);

pub(crate) const BY_IDS: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE id IN (SELECT value FROM json_each(?)) AND updated_at > ? ORDER BY +username, id"
);

pub(crate) const KNOWN_BY_IDS: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE id IN (SELECT value FROM json_each(?)) AND updated_at > ? AND ",
    known!("users.username"),
    " ORDER BY +username, id"
);

pub(crate) const BY_USERNAMES: &str =
    concat!("SELECT ", user_columns!(), " FROM users WHERE username IN (SELECT value FROM json_each(?)) ORDER BY username, id");

pub(crate) const KNOWN_BY_USERNAMES: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE username IN (SELECT value FROM json_each(?)) AND ",
    known!("users.username"),
    " ORDER BY username, id"
);

pub(crate) const OTHER_ADMIN: &str = "SELECT EXISTS (SELECT 1 FROM user_roles_beside AS held CROSS JOIN users ON users.id = held.user_id \
    WHERE held.role = 'system_admin' AND users.id <> ? AND users.deleted_at = 0 AND users.is_bot = 0 AND coalesce(users.remote_id, '') = '')";

fn found(row: Option<UserRow>) -> Result<Option<User>, StoreError> {
    row.map(User::try_from).transpose()
}

fn all(rows: Vec<UserRow>) -> Result<Vec<User>, StoreError> {
    rows.into_iter().map(User::try_from).collect()
}

/// An id that a row of `table` holds.
pub(crate) fn id<I: std::str::FromStr>(text: &str, table: &'static str, column: &'static str) -> Result<I, StoreError> {
    text.parse().map_err(|_| corrupt(table, column))
}

impl Repositories {
    async fn some(
        &mut self,
        one: (&'static str, &'static str),
        wanted: String,
        since: Option<i64>,
        view: &View,
    ) -> Result<Vec<User>, StoreError> {
        let view = view.clone();
        let query = move |c: &mut _| {
            let mut binds = vec![Bind::Text(&wanted)];
            binds.extend(since.map(Bind::Number));
            match &view {
                View::Everybody => Statement::<UserColumns>::new(one.0, binds).load::<UserRow>(c),
                View::KnownTo(user) => {
                    binds.push(Bind::Text(user.as_str()));
                    Statement::<UserColumns>::new(one.1, binds).load::<UserRow>(c)
                }
            }
        };
        all(self.run(query).await?)
    }
}

#[async_trait]
impl ReadUsers for Repositories {
    // The id is no field of the span: people look up what they took for an id, tokens among it.
    #[tracing::instrument(name = "db.users.by_id", skip_all)]
    async fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        // Not `first`, here and below: it binds a LIMIT, and SQLite prepares a statement anew each time such a value is bound.
        found(self.run(move |c| users::table.find(id.as_str()).select(UserRow::as_select()).get_result(c).optional()).await?)
    }

    #[tracing::instrument(name = "db.users.by_username", skip_all)]
    async fn by_username(&mut self, username: &Username) -> Result<Option<User>, StoreError> {
        let name = username.clone();
        let query =
            move |c: &mut _| users::table.filter(users::username.eq(name.as_str())).select(UserRow::as_select()).get_result(c).optional();
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_email", skip_all)]
    async fn by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        let email = email.clone();
        let query =
            move |c: &mut _| users::table.filter(users::email.eq(email.as_str())).select(UserRow::as_select()).get_result(c).optional();
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_login", skip_all)]
    async fn by_login(&mut self, login: &str) -> Result<Option<User>, StoreError> {
        let login = login.to_owned();
        let query = move |c: &mut _| {
            let binds = vec![Bind::Text(&login), Bind::Text(&login)];
            Statement::<UserColumns>::new(BY_LOGIN, binds).get_result::<UserRow>(c).optional()
        };
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_ids", skip_all)]
    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp, view: &View) -> Result<Vec<User>, StoreError> {
        let after = if since == Timestamp::NEVER { i64::MIN } else { since.as_millis() };
        self.some((BY_IDS, KNOWN_BY_IDS), texts(ids.iter().map(UserId::as_str)), Some(after), view).await
    }

    #[tracing::instrument(name = "db.users.by_usernames", skip_all)]
    async fn by_usernames(&mut self, usernames: &[Username], view: &View) -> Result<Vec<User>, StoreError> {
        self.some((BY_USERNAMES, KNOWN_BY_USERNAMES), texts(usernames.iter().map(Username::as_str)), None, view).await
    }

    #[tracing::instrument(name = "db.users.any", skip_all)]
    async fn any(&mut self) -> Result<bool, StoreError> {
        let first = self.run(|c| users::table.select(users::id).first::<String>(c).optional()).await?;
        Ok(first.is_some())
    }

    #[tracing::instrument(name = "db.users.list", skip_all)]
    async fn list(&mut self, listing: &Listing) -> Result<Vec<Listed>, StoreError> {
        let (listing, bounds) = (listing.clone(), self.bounds);
        let rows = self.run(move |c| list::list(c, &listing, bounds)).await?;
        let listed = |(row, at)| Ok(Listed { user: User::try_from(row)?, last_activity_at: Timestamp::from_millis(at) });
        rows.into_iter().map(listed).collect()
    }

    #[tracing::instrument(name = "db.users.search", skip_all)]
    async fn search(&mut self, search: &Search) -> Result<Vec<User>, StoreError> {
        let (search, bounds) = (search.clone(), self.bounds);
        all(self.run(move |c| search::search(c, &search, bounds)).await?)
    }

    #[tracing::instrument(name = "db.users.count", skip_all)]
    async fn count(&mut self, count: &Count) -> Result<u64, StoreError> {
        let (count, bounds) = (count.clone(), self.bounds);
        Ok(self.run(move |c| count::count(c, &count, bounds)).await?.unsigned_abs())
    }

    #[tracing::instrument(name = "db.users.share_channel", skip_all)]
    async fn share_channel(&mut self, one: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let (one, other) = (one.clone(), other.clone());
        self.run(move |c| acquaintance::share_channel(c, one.as_str(), other.as_str())).await
    }

    #[tracing::instrument(name = "db.users.known_to", skip_all)]
    async fn known_to(&mut self, id: &UserId) -> Result<Vec<UserId>, StoreError> {
        let user = id.clone();
        let known = self.run(move |c| acquaintance::known_to(c, user.as_str())).await?;
        known.iter().map(|known| self::id(known, "channel_members", "user_id")).collect()
    }

    #[tracing::instrument(name = "db.users.in_group_channels", skip_all)]
    async fn in_group_channels(&mut self, id: &UserId, channels: &[ChannelId]) -> Result<Vec<(ChannelId, User)>, StoreError> {
        let (user, channels) = (id.clone(), channels.to_vec());
        let query = move |c: &mut _| acquaintance::in_group_channels(c, user.as_str(), channels.iter().map(ChannelId::as_str));
        let rows = self.run(query).await?;
        rows.into_iter().map(|(channel, row)| Ok((self::id(&channel, "channels", "id")?, User::try_from(row)?))).collect()
    }

    #[tracing::instrument(name = "db.users.with_address_outside", skip_all)]
    async fn with_address_outside(&mut self, domains: &[String], page: Page) -> Result<Vec<User>, StoreError> {
        let domains = domains.to_vec();
        all(self.run(move |c| address::outside(c, &domains, page)).await?)
    }

    #[tracing::instrument(name = "db.users.bots", skip_all)]
    async fn bots(&mut self, listing: &BotListing) -> Result<Vec<User>, StoreError> {
        let listing = listing.clone();
        all(self.run(move |c| bot::bots(c, &listing)).await?)
    }

    #[tracing::instrument(name = "db.users.ids_after", skip_all)]
    async fn ids_after(&mut self, after: Option<&UserId>, most: u32) -> Result<Vec<UserId>, StoreError> {
        // Every id comes after an empty one.
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        let query = move |c: &mut _| {
            let next = users::table.filter(users::id.gt(after)).order(users::id).limit(i64::from(most));
            next.select(users::id).load::<String>(c)
        };
        self.run(query).await?.iter().map(|next| id(next, "users", "id")).collect()
    }

    #[tracing::instrument(name = "db.users.has_other_admin", skip_all)]
    async fn has_other_admin(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.run(move |c| Statement::<Bool>::new(OTHER_ADMIN, vec![Bind::Text(id.as_str())]).get_result(c)).await
    }
}

#[async_trait]
impl Users for Repositories {
    #[tracing::instrument(name = "db.users.insert", skip_all, fields(users = users.len()))]
    async fn insert(&mut self, users: &[User]) -> Result<(), StoreError> {
        let users = users.to_vec();
        self.run(move |c| write::insert(c, &users)).await
    }

    #[tracing::instrument(name = "db.users.locked", skip_all, fields(user.id = id.as_str()))]
    async fn locked(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        // Nobody else writes while a unit of work lasts.
        self.by_id(id).await
    }

    #[tracing::instrument(name = "db.users.update", skip_all, fields(user.id = user.id.as_str()))]
    async fn update(&mut self, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.run(move |c| write::update(c, &user)).await
    }

    #[tracing::instrument(name = "db.users.remove", skip_all, fields(user.id = id.as_str()))]
    async fn remove(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let id = id.clone();
        let is_removed = self.run(move |c| removal::remove(c, id.as_str())).await?;
        self.forgets |= is_removed;
        Ok(is_removed)
    }

    #[tracing::instrument(name = "db.users.grow_epoch", skip_all, fields(user.id = id.as_str()))]
    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        let id = id.clone();
        let grown = users::credential_epoch.eq(users::credential_epoch + 1);
        self.run(move |c| diesel::update(users::table.find(id.as_str())).set(grown).execute(c)).await.map(drop)
    }
}
