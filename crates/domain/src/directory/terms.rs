//! Terms of service, as the operator's admins write them.

use super::Directory;
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::id::TermsId;
use crate::operation::Operation;
use crate::permission::{Forbidden, Permit, operations};
use crate::store::StoreError;
use crate::terms::{LONGEST, Terms};
use crate::text::fits;

/// Why terms were not written or are not shown.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no text.
    #[error("the terms of service have no text")]
    Empty,
    /// The text is too long.
    #[error("terms of service have at most 16,383 characters and no NUL")]
    TooLong,
    /// There are none yet.
    #[error("there are no terms of service")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Writes new terms; the newest once more changes nothing.
    ///
    /// # Errors
    ///
    /// [`TermsError`] names the rule that the text breaks.
    #[tracing::instrument(skip_all)]
    pub async fn create_terms(
        &self,
        _: Permit<operations::CreateTermsOfService>,
        actor: &Actor,
        text: String,
        origin: &Origin,
    ) -> Result<Terms, TermsError> {
        if text.is_empty() {
            return Err(TermsError::Empty);
        }
        if !fits(&text, LONGEST) {
            return Err(TermsError::TooLong);
        }
        let now = self.clock.now();
        let mut work = acting::begin::<TermsError>(&*self.store, actor, &[]).await?;
        if let Some(latest) = work.terms().latest().await?.filter(|latest| latest.text == text) {
            return Ok(latest);
        }
        let id = TermsId::from_random(self.randomness.bits());
        let terms = Terms { id, created_at: now, author: actor.user_id().cloned(), text };
        work.terms().insert(&terms).await?;
        let after = serde_json::json!({ "terms": terms.id.as_str() });
        let entry = self.entry(Operation::CreateTermsOfService, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(terms)
    }

    /// Names the terms that count, for whoever wants to know before he signs in.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn terms_id(&self) -> Result<Option<TermsId>, StoreError> {
        Ok(self.store.read().await?.terms().latest().await?.map(|terms| terms.id))
    }

    /// The terms that count.
    ///
    /// # Errors
    ///
    /// [`TermsError::Missing`] when there are none.
    #[tracing::instrument(skip_all)]
    pub async fn terms(&self, _: Permit<operations::GetTermsOfService>) -> Result<Terms, TermsError> {
        self.store.read().await?.terms().latest().await?.ok_or(TermsError::Missing)
    }
}

#[cfg(test)]
mod tests;
