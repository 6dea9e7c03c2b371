//! Accounts.

mod row;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::store::{ReadUsers, StoreError, Users};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::username::Username;

pub(crate) use row::UserRow;
use row::{IdentityRow, NewUserRow, ProfileRow};

use crate::lease::Lease;
use crate::schema::{identities, users};

/// PostgreSQL takes 65,535 values in one statement; an account has 32.
const ACCOUNTS_A_STATEMENT: usize = 2_000;

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
    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp) -> Result<Vec<User>, StoreError> {
        // No time at all is before every time, below zero too.
        let since = if since == Timestamp::NEVER { i64::MIN } else { since.as_millis() };
        let query = users::table
            .filter(users::id.eq_any(ids.iter().map(UserId::as_str).collect::<Vec<_>>()))
            .filter(users::updated_at.gt(since))
            .order((users::username, users::id))
            .select(UserRow::as_select());
        let found = query.load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.by_usernames", skip_all, fields(count = usernames.len()))]
    async fn by_usernames(&mut self, usernames: &[Username]) -> Result<Vec<User>, StoreError> {
        let query = users::table
            .filter(users::username.eq_any(usernames.iter().map(Username::as_str).collect::<Vec<_>>()))
            .order((users::username, users::id))
            .select(UserRow::as_select());
        let found = query.load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.users.any", skip_all)]
    async fn any(&mut self) -> Result<bool, StoreError> {
        let query = diesel::select(exists(users::table.select(users::id)));
        let found = query.get_result(self.connection()?).await;
        self.settle(found)
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
        let row = ProfileRow::try_from(user)?;
        let query = diesel::update(users::table.filter(users::id.eq(user.id.as_str()))).set(&row);
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }

    #[tracing::instrument(name = "db.users.grow_epoch", skip_all, fields(user.id = id.as_str()))]
    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        let query =
            diesel::update(users::table.filter(users::id.eq(id.as_str()))).set(users::credential_epoch.eq(users::credential_epoch + 1));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }
}
