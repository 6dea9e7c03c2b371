//! Terms of service that people accept.

use super::{Accounts, Actor, AuditEntry, Forbidden, Operation, Origin, Permit, StoreError, User, acting, operations};
use crate::id::TermsId;
use crate::user::AcceptedTerms;

/// Why terms were not accepted or declined.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There are no such terms.
    #[error("there are no such terms of service")]
    UnknownTerms,
    /// Only people accept terms, and the operator at the machine is nobody here.
    #[error("only an account can accept terms of service")]
    Nobody,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Writes down that the actor accepts terms, or no longer does.
    ///
    /// # Errors
    ///
    /// [`AcceptError::UnknownTerms`] for an id that no terms have.
    #[tracing::instrument(skip_all)]
    pub async fn accept_terms(
        &self,
        _: Permit<operations::RegisterTermsOfServiceAction>,
        actor: &Actor,
        terms: Option<TermsId>,
        is_accepted: bool,
        origin: &Origin,
    ) -> Result<(), AcceptError> {
        let own = actor.user_id().ok_or(AcceptError::Nobody)?;
        let terms = terms.ok_or(AcceptError::UnknownTerms)?;
        let now = self.clock.now();
        let mut work = acting::begin::<AcceptError>(&*self.store, actor, &[]).await?;
        let terms = work.terms().by_id(&terms).await?.ok_or(AcceptError::UnknownTerms)?;
        let before = work.users().locked(own).await?.ok_or(AcceptError::Nobody)?;
        let accepted = if is_accepted {
            Some(AcceptedTerms { id: terms.id.as_str().to_owned(), at: now })
        } else {
            before.accepted_terms.clone().filter(|accepted| accepted.id != terms.id.as_str())
        };
        work.users().update(&User { accepted_terms: accepted, ..before }).await?;
        let extra = format!("TermsOfServiceId={}, accepted={is_accepted}", terms.id);
        let entry = self.done(Operation::RegisterTermsOfServiceAction, actor, own, now, origin);
        work.audits().record(&[AuditEntry { shown_as: Some(extra), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }

    /// The terms that the actor accepted last, if he did.
    #[must_use]
    pub fn accepted_terms<'a>(&self, _: &Permit<operations::GetUserTermsOfService>, actor: &'a Actor) -> Option<&'a AcceptedTerms> {
        actor.user().and_then(|own| own.accepted_terms.as_ref())
    }
}

#[cfg(test)]
mod tests;
