//! What the service remembers of itself, in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work};
use crate::store::{ReadService, Service, StoreError};
use crate::testkit::fixture::BORN;
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadService for Repositories<S> {
    async fn get(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.state().values.get(name).cloned())
    }

    async fn time(&mut self) -> Result<Timestamp, StoreError> {
        // Tests set the time: the store's stands where the fixed clock begins.
        Ok(BORN)
    }
}

#[async_trait]
impl Service for Repositories<Work> {
    async fn latch(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        let values = &mut self.0.state_mut().values;
        let is_open = !values.contains_key(name);
        if is_open {
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(is_open)
    }

    async fn put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.0.state_mut().values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    async fn lock(&mut self, _name: &str) -> Result<(), StoreError> {
        // Units of work take turns: while this one lasts, no other holds anything.
        Ok(())
    }

    async fn grow_global_epoch(&mut self) -> Result<(), StoreError> {
        self.0.state_mut().grow_global_epoch();
        Ok(())
    }
}
