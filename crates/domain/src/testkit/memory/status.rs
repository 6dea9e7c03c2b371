//! Whether people are there, in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{Look, Repositories, Work};
use crate::id::UserId;
use crate::status::Status;
use crate::store::{ReadStatuses, Statuses, StoreError};

#[async_trait]
impl<S: Look> ReadStatuses for Repositories<S> {
    async fn of_users(&mut self, users: &[UserId]) -> Result<Vec<Status>, StoreError> {
        let state = self.0.state();
        let wanted: BTreeSet<_> = users.iter().collect();
        Ok(wanted.into_iter().filter_map(|user| state.statuses.get(user)).cloned().collect())
    }
}

#[async_trait]
impl Statuses for Repositories<Work> {
    async fn put(&mut self, status: &Status) -> Result<(), StoreError> {
        self.0.state_mut().statuses.insert(status.user_id.clone(), status.clone());
        Ok(())
    }
}
