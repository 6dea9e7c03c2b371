//! What an account has done.

use super::{Accounts, Actor, Forbidden, StoreError, UserId, operations, permit};
use crate::audit::ActionSeen;
use crate::page::Page;

/// Why an account's history is not shown.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// What an account has done, newest first. An id that nobody has has done nothing.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn history(&self, actor: &Actor, id: &UserId, page: Page) -> Result<Vec<ActionSeen>, HistoryError> {
        let mut reading = self.store.read().await?;
        let target = match actor.user() {
            Some(own) if own.id == *id => Some(own.clone()),
            _ => reading.users().by_id(id).await?,
        };
        permit::<operations::GetUserAudits>(actor, target.as_ref())?;
        Ok(reading.audits().by_actor(id, page).await?)
    }
}

#[cfg(test)]
mod tests;
