//! Terms of service in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work};
use crate::id::TermsId;
use crate::store::{ReadTerms, StoreError, TermsOfService, UniqueField};
use crate::terms::Terms;

#[async_trait]
impl<S: Look> ReadTerms for Repositories<S> {
    async fn by_id(&mut self, id: &TermsId) -> Result<Option<Terms>, StoreError> {
        Ok(self.0.state().terms.iter().find(|terms| terms.id == *id).cloned())
    }

    async fn latest(&mut self) -> Result<Option<Terms>, StoreError> {
        // Of equal ones this gives the last.
        Ok(self.0.state().terms.iter().max_by_key(|terms| terms.created_at).cloned())
    }
}

#[async_trait]
impl TermsOfService for Repositories<Work> {
    async fn insert(&mut self, terms: &Terms) -> Result<(), StoreError> {
        let held = &mut self.0.state_mut().terms;
        if held.iter().any(|other| other.id == terms.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        held.push(terms.clone());
        Ok(())
    }
}
