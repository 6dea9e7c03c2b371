//! What the service remembers of itself.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use muster_domain::store::{ReadService, Service, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::service_state;
use crate::statement::{Bind, Statement};

const TIME: &str = "SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER)";

const LATCH: &str = "INSERT INTO service_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING";

const PUT: &str = "INSERT INTO service_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const GROW: &str = "INSERT INTO service_state (name, value) VALUES ('global_epoch', '1') \
    ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)";

impl Repositories {
    async fn remember(&mut self, sql: &'static str, name: &str, value: &str) -> Result<usize, StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.run(move |c| Statement::<()>::new(sql, vec![Bind::Text(&name), Bind::Text(&value)]).execute(c)).await
    }
}

#[async_trait]
impl ReadService for Repositories {
    #[tracing::instrument(name = "db.service.get", skip_all)]
    async fn get(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.run(move |c| service_state::table.find(name).select(service_state::value).get_result(c).optional()).await
    }

    #[tracing::instrument(name = "db.service.time", skip_all)]
    async fn time(&mut self) -> Result<Timestamp, StoreError> {
        let millis = self.run(|c| Statement::<BigInt>::new(TIME, Vec::new()).get_result::<i64>(c)).await?;
        Ok(Timestamp::from_millis(millis))
    }
}

#[async_trait]
impl Service for Repositories {
    #[tracing::instrument(name = "db.service.latch", skip_all)]
    async fn latch(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        Ok(self.remember(LATCH, name, value).await? == 1)
    }

    #[tracing::instrument(name = "db.service.put", skip_all)]
    async fn put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.remember(PUT, name, value).await.map(drop)
    }

    #[tracing::instrument(name = "db.service.lock", skip_all)]
    async fn lock(&mut self, _name: &str) -> Result<(), StoreError> {
        // Units of work take turns: this one holds every name.
        Ok(())
    }

    #[tracing::instrument(name = "db.service.grow_global_epoch", skip_all)]
    async fn grow_global_epoch(&mut self) -> Result<(), StoreError> {
        self.run(|c| Statement::<()>::new(GROW, Vec::new()).execute(c)).await.map(drop)
    }
}
