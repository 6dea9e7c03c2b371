//! What the service remembers of itself.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use muster_domain::store::{ReadService, Service, StoreError};
use muster_domain::time::Timestamp;

use crate::lease::Lease;
use crate::schema::service_state;
use crate::statement::{Bind, Statement};

const TIME: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
/// The row's lock is what counts; its name is none that is remembered.
const LOCK: &str = "INSERT INTO service_state AS held (name, value) VALUES ('lock: ' || ?, '') \
    ON CONFLICT (name) DO UPDATE SET value = held.value";
const GROW_GLOBAL_EPOCH: &str = "UPDATE service_state SET value = (value::bigint + 1)::text WHERE name = 'global_epoch'";

#[async_trait]
impl ReadService for Lease {
    #[tracing::instrument(name = "db.service.get", skip_all)]
    async fn get(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let query = service_state::table.filter(service_state::name.eq(name)).select(service_state::value);
        let found = query.first(self.connection()?).await.optional();
        self.settle(found)
    }

    #[tracing::instrument(name = "db.service.time", skip_all)]
    async fn time(&mut self) -> Result<Timestamp, StoreError> {
        let query = Statement::<(BigInt,)>::new(TIME, Vec::new());
        let told = query.get_result::<(i64,)>(self.connection()?).await;
        self.settle(told).map(|(millis,)| Timestamp::from_millis(millis))
    }
}

#[async_trait]
impl Service for Lease {
    #[tracing::instrument(name = "db.service.latch", skip_all)]
    async fn latch(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        let row = (service_state::name.eq(name), service_state::value.eq(value));
        let query = diesel::insert_into(service_state::table).values(row).on_conflict_do_nothing();
        let inserted = query.execute(self.connection()?).await;
        Ok(self.settle(inserted)? == 1)
    }

    #[tracing::instrument(name = "db.service.put", skip_all)]
    async fn put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let row = (service_state::name.eq(name), service_state::value.eq(value));
        let query = diesel::insert_into(service_state::table)
            .values(row)
            .on_conflict(service_state::name)
            .do_update()
            .set(service_state::value.eq(excluded(service_state::value)));
        let stored = query.execute(self.connection()?).await;
        self.settle(stored).map(|_| ())
    }

    #[tracing::instrument(name = "db.service.lock", skip_all)]
    async fn lock(&mut self, name: &str) -> Result<(), StoreError> {
        let locked = Statement::<()>::new(LOCK, vec![Bind::Text(name)]).execute(self.connection()?).await;
        self.settle(locked).map(|_| ())
    }

    #[tracing::instrument(name = "db.service.grow_global_epoch", skip_all)]
    async fn grow_global_epoch(&mut self) -> Result<(), StoreError> {
        let updated = Statement::<()>::new(GROW_GLOBAL_EPOCH, Vec::new()).execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }
}
