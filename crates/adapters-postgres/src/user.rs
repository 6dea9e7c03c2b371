//! Accounts.

mod count;
mod identity;
mod known;
mod list;
mod mark;
mod part;
mod pick;
mod removal;
mod row;
mod search;
mod segment;
mod set;
mod texts;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::email::Email;
use muster_domain::id::{ChannelId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{ReadUsers, StoreError, Users};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{BotListing, Count, Listed, Listing, Search, View};
use muster_domain::username::Username;

use identity::IdentityRow;
use row::{ChangedRow, NewUserRow};
pub(crate) use row::{UserRow, UserSql, account};
pub(crate) use texts::TextsRow;

use crate::lease::Lease;
use crate::schema::{identities, users};
use crate::statement::{Bind, Sql};

/// PostgreSQL takes 65,535 values in one statement; an account has 40.
const ACCOUNTS_A_STATEMENT: usize = 1_600;

fn one(row: Option<UserRow>) -> Result<Option<User>, StoreError> {
    row.map(User::try_from).transpose()
}

fn all(rows: Vec<UserRow>) -> Result<Vec<User>, StoreError> {
    rows.into_iter().map(User::try_from).collect()
}

#[async_trait]
impl ReadUsers for Lease {
    // The id is no field of the span: people look up what they took for an id, tokens among it.
    #[tracing::instrument(name = "db.users.by_id", skip_all)]
    async fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let query = users::table.filter(users::id.eq(id.as_str())).select(UserRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        one(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.by_username", skip_all)]
    async fn by_username(&mut self, username: &Username) -> Result<Option<User>, StoreError> {
        let query = users::table.filter(users::username.eq(username.as_str())).select(UserRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        one(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.by_email", skip_all)]
    async fn by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        let query = users::table.filter(users::email.eq(email.as_str())).select(UserRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        one(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.by_login", skip_all)]
    async fn by_login(&mut self, login: &str) -> Result<Option<User>, StoreError> {
        let query = users::table
            .filter(users::username.eq(login).or(users::email.eq(login)))
            .order(users::username.eq(login).desc())
            .select(UserRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        one(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.by_ids", skip_all, fields(count = ids.len()))]
    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp, view: &View) -> Result<Vec<User>, StoreError> {
        // No time at all is before every time, below zero too.
        let since = if since == Timestamp::NEVER { i64::MIN } else { since.as_millis() };
        let ids = Bind::Texts(ids.iter().map(UserId::as_str).collect());
        self.chosen(Sql::new("f.id = ANY(?) AND f.updated_at > ?", [ids, Bind::Number(since)]), view).await
    }

    #[tracing::instrument(name = "db.users.by_usernames", skip_all, fields(count = usernames.len()))]
    async fn by_usernames(&mut self, usernames: &[Username], view: &View) -> Result<Vec<User>, StoreError> {
        let names = Bind::Texts(usernames.iter().map(Username::as_str).collect());
        self.chosen(Sql::new("f.username = ANY(?)", [names]), view).await
    }

    #[tracing::instrument(name = "db.users.any", skip_all)]
    async fn any(&mut self) -> Result<bool, StoreError> {
        let query = diesel::select(exists(users::table.select(users::id)));
        let found = query.get_result(self.connection()?).await;
        self.settle(found)
    }

    #[tracing::instrument(name = "db.users.list", skip_all)]
    async fn list(&mut self, listing: &Listing) -> Result<Vec<Listed>, StoreError> {
        self.listed(listing).await
    }

    #[tracing::instrument(name = "db.users.search", skip_all)]
    async fn search(&mut self, search: &Search) -> Result<Vec<User>, StoreError> {
        self.searched(search).await
    }

    #[tracing::instrument(name = "db.users.count", skip_all)]
    async fn count(&mut self, count: &Count) -> Result<u64, StoreError> {
        self.counted(count).await
    }

    #[tracing::instrument(name = "db.users.share_channel", skip_all)]
    async fn share_channel(&mut self, one: &UserId, other: &UserId) -> Result<bool, StoreError> {
        self.share(one, other).await
    }

    #[tracing::instrument(name = "db.users.known_to", skip_all, fields(user.id = id.as_str()))]
    async fn known_to(&mut self, id: &UserId) -> Result<Vec<UserId>, StoreError> {
        self.known(id).await
    }

    #[tracing::instrument(name = "db.users.in_group_channels", skip_all, fields(user.id = id.as_str(), count = channels.len()))]
    async fn in_group_channels(&mut self, id: &UserId, channels: &[ChannelId]) -> Result<Vec<(ChannelId, User)>, StoreError> {
        self.group_channels(id, channels).await
    }

    #[tracing::instrument(name = "db.users.with_address_outside", skip_all, fields(count = domains.len()))]
    async fn with_address_outside(&mut self, domains: &[String], page: Page) -> Result<Vec<User>, StoreError> {
        self.outside(domains, page).await
    }

    #[tracing::instrument(name = "db.users.bots", skip_all)]
    async fn bots(&mut self, listing: &BotListing) -> Result<Vec<User>, StoreError> {
        self.listed_bots(listing).await
    }

    #[tracing::instrument(name = "db.users.ids_after", skip_all)]
    async fn ids_after(&mut self, after: Option<&UserId>, most: u32) -> Result<Vec<UserId>, StoreError> {
        self.first_ids(after, most).await
    }

    #[tracing::instrument(name = "db.users.has_other_admin", skip_all)]
    async fn has_other_admin(&mut self, id: &UserId) -> Result<bool, StoreError> {
        self.other_admin(id).await
    }
}

#[async_trait]
impl Users for Lease {
    #[tracing::instrument(name = "db.users.insert", skip_all, fields(count = users.len()))]
    async fn insert(&mut self, users: &[User]) -> Result<(), StoreError> {
        for some in users.chunks(ACCOUNTS_A_STATEMENT) {
            let rows = some.iter().map(NewUserRow::try_from).collect::<Result<Vec<_>, _>>()?;
            let inserted = diesel::insert_into(users::table).values(&rows).execute(self.connection()?).await;
            self.settle(inserted)?;
            let rows: Vec<_> = some.iter().filter_map(IdentityRow::of).collect();
            if !rows.is_empty() {
                let inserted = diesel::insert_into(identities::table).values(&rows).execute(self.connection()?).await;
                self.settle(inserted)?;
            }
        }
        Ok(())
    }

    #[tracing::instrument(name = "db.users.locked", skip_all, fields(user.id = id.as_str()))]
    async fn locked(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let query = users::table.filter(users::id.eq(id.as_str())).select(UserRow::as_select()).for_no_key_update();
        let found = query.first(self.connection()?).await.optional();
        one(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.update", skip_all, fields(user.id = user.id.as_str()))]
    async fn update(&mut self, user: &User) -> Result<(), StoreError> {
        let row = ChangedRow::try_from(user)?;
        let query = diesel::update(users::table.filter(users::id.eq(user.id.as_str()))).set(&row);
        let updated = query.execute(self.connection()?).await;
        if self.settle(updated)? == 0 {
            return Ok(());
        }
        self.identify(user).await
    }

    #[tracing::instrument(name = "db.users.remove", skip_all, fields(user.id = id.as_str()))]
    async fn remove(&mut self, id: &UserId) -> Result<bool, StoreError> {
        self.removed(id).await
    }

    #[tracing::instrument(name = "db.users.grow_epoch", skip_all, fields(user.id = id.as_str()))]
    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        let query =
            diesel::update(users::table.filter(users::id.eq(id.as_str()))).set(users::credential_epoch.eq(users::credential_epoch + 1));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }
}
