//! What clients remember.

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::id::UserId;
use muster_domain::preference::{OF_SERVICE, Preference};
use muster_domain::store::{Preferences, ReadPreferences, StoreError};

use crate::connection::Repositories;
use crate::schema::preferences;
use crate::statement::{Bind, Statement, all_or_none};
use crate::user::id;

const PUT: &str = "INSERT INTO preferences (user_id, category, name, value) VALUES (?, ?, ?, ?) \
    ON CONFLICT (user_id, category, name) DO UPDATE SET value = excluded.value";

#[derive(Queryable, Selectable)]
#[diesel(table_name = preferences, check_for_backend(Sqlite))]
struct PreferenceRow {
    user_id: String,
    category: String,
    name: String,
    value: String,
}

impl TryFrom<PreferenceRow> for Preference {
    type Error = StoreError;

    fn try_from(row: PreferenceRow) -> Result<Self, StoreError> {
        let user_id = id(&row.user_id, "preferences", "user_id")?;
        Ok(Self { user_id, category: row.category, name: row.name, value: row.value })
    }
}

fn put(c: &mut SqliteConnection, preference: &Preference) -> QueryResult<usize> {
    let Preference { user_id, category, name, value } = preference;
    let binds = vec![Bind::Text(user_id.as_str()), Bind::Text(category), Bind::Text(name), Bind::Text(value)];
    Statement::<()>::new(PUT, binds).execute(c)
}

fn remove(c: &mut SqliteConnection, preference: &Preference) -> QueryResult<usize> {
    let Preference { user_id, category, name, .. } = preference;
    diesel::delete(preferences::table.find((user_id.as_str(), category, name))).execute(c)
}

impl Repositories {
    async fn each(
        &mut self,
        preferences: &[Preference],
        write: fn(&mut SqliteConnection, &Preference) -> QueryResult<usize>,
    ) -> Result<(), StoreError> {
        let preferences = preferences.to_vec();
        self.run(move |c| all_or_none(c, |c| preferences.iter().try_for_each(|preference| write(c, preference).map(drop)))).await
    }
}

#[async_trait]
impl ReadPreferences for Repositories {
    #[tracing::instrument(name = "db.preferences.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, category: Option<&str>) -> Result<Vec<Preference>, StoreError> {
        let (user, category) = (user.clone(), category.map(str::to_owned));
        let query = move |c: &mut _| {
            let own = preferences::table.filter(preferences::user_id.eq(user.as_str()));
            let own = own.order((preferences::category, preferences::name)).select(PreferenceRow::as_select());
            match category {
                Some(category) => own.filter(preferences::category.eq(category)).load(c),
                None => own.load(c),
            }
        };
        self.run(query).await?.into_iter().map(Preference::try_from).collect()
    }

    #[tracing::instrument(name = "db.preferences.count", skip_all, fields(user.id = user.as_str()))]
    async fn count(&mut self, user: &UserId) -> Result<u32, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let (category, name) = OF_SERVICE;
            let of_clients = preferences::category.ne(category).or(preferences::name.ne(name));
            let counted = preferences::table.filter(preferences::user_id.eq(user.as_str())).filter(of_clients);
            counted.select(count_star()).get_result::<i64>(c)
        };
        Ok(u32::try_from(self.run(query).await?).unwrap_or(u32::MAX))
    }
}

#[async_trait]
impl Preferences for Repositories {
    #[tracing::instrument(name = "db.preferences.put", skip_all, fields(preferences = preferences.len()))]
    async fn put(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        self.each(preferences, put).await
    }

    #[tracing::instrument(name = "db.preferences.remove", skip_all, fields(preferences = preferences.len()))]
    async fn remove(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        self.each(preferences, remove).await
    }
}
