//! What clients remember of their users.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::id::UserId;
use muster_domain::preference::{OF_SERVICE, Preference};
use muster_domain::store::{Preferences, ReadPreferences, StoreError};

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::is_storable;
use crate::schema::preferences;
use crate::statement::{Bind, Statement};

const PUT: &str = "INSERT INTO preferences (user_id, category, name, value) \
    SELECT users.id, put.category, put.name, put.value FROM unnest(?, ?, ?, ?) AS put (user_id, category, name, value) \
    JOIN users ON users.id = put.user_id \
    ON CONFLICT (user_id, category, name) DO UPDATE SET value = excluded.value";

const REMOVE: &str = "DELETE FROM preferences USING unnest(?, ?, ?) AS gone (user_id, category, name) \
    WHERE preferences.user_id = gone.user_id AND preferences.category = gone.category AND preferences.name = gone.name";

/// What is remembered as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = preferences, check_for_backend(diesel::pg::Pg))]
struct PreferenceRow {
    user_id: String,
    category: String,
    name: String,
    value: String,
}

impl TryFrom<PreferenceRow> for Preference {
    type Error = StoreError;

    fn try_from(row: PreferenceRow) -> Result<Self, StoreError> {
        let user_id = row.user_id.parse().map_err(|error| corrupt("preferences")(Box::new(error)))?;
        Ok(Self { user_id, category: row.category, name: row.name, value: row.value })
    }
}

/// One column of some preferences.
fn column<'a>(preferences: &[&'a Preference], value: fn(&Preference) -> &str) -> Bind<'a> {
    Bind::Texts(preferences.iter().map(|preference| value(preference)).collect())
}

#[async_trait]
impl ReadPreferences for Lease {
    #[tracing::instrument(name = "db.preferences.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, category: Option<&str>) -> Result<Vec<Preference>, StoreError> {
        let query = preferences::table
            .filter(preferences::user_id.eq(user.as_str()))
            .order((preferences::category, preferences::name))
            .select(PreferenceRow::as_select());
        let found = match category {
            Some(category) if !is_storable(category) => return Ok(Vec::new()),
            Some(category) => query.filter(preferences::category.eq(category)).load(self.connection()?).await,
            None => query.load(self.connection()?).await,
        };
        self.settle(found)?.into_iter().map(Preference::try_from).collect()
    }

    #[tracing::instrument(name = "db.preferences.count", skip_all, fields(user.id = user.as_str()))]
    async fn count(&mut self, user: &UserId) -> Result<u32, StoreError> {
        let (category, name) = OF_SERVICE;
        let of_clients = preferences::category.ne(category).or(preferences::name.ne(name));
        let query = preferences::table.filter(preferences::user_id.eq(user.as_str())).filter(of_clients).select(count_star());
        let counted: QueryResult<i64> = query.first(self.connection()?).await;
        Ok(u32::try_from(self.settle(counted)?).unwrap_or(u32::MAX))
    }
}

#[async_trait]
impl Preferences for Lease {
    #[tracing::instrument(name = "db.preferences.put", skip_all, fields(count = preferences.len()))]
    async fn put(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        // One statement can't write a row twice: of two with one key the last counts.
        let key = |put: &Preference| (put.user_id.clone(), put.category.clone(), put.name.clone());
        let last: BTreeMap<_, _> = preferences.iter().map(|put| (key(put), put)).collect();
        let last: Vec<_> = last.into_values().collect();
        let binds = vec![
            column(&last, |put| put.user_id.as_str()),
            column(&last, |put| &put.category),
            column(&last, |put| &put.name),
            column(&last, |put| &put.value),
        ];
        let put = Statement::<()>::new(PUT, binds).execute(self.connection()?).await;
        self.settle(put).map(|_| ())
    }

    #[tracing::instrument(name = "db.preferences.remove", skip_all, fields(count = preferences.len()))]
    async fn remove(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        let is_held = |gone: &&Preference| is_storable(&gone.category) && is_storable(&gone.name);
        let gone: Vec<_> = preferences.iter().filter(is_held).collect();
        let binds =
            vec![column(&gone, |gone| gone.user_id.as_str()), column(&gone, |gone| &gone.category), column(&gone, |gone| &gone.name)];
        let removed = Statement::<()>::new(REMOVE, binds).execute(self.connection()?).await;
        self.settle(removed).map(|_| ())
    }
}
