//! What clients remember of their users.

use super::{AccessError, Directory, permit_for};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::id::UserId;
use crate::permission::{Forbidden, Permitted, operations};
use crate::preference::{BATCH, InvalidPreference, OF_ACCOUNT, Preference};
use crate::store::StoreError;

/// Why preferences were not remembered or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum PreferenceError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There are none, or too many at once.
    #[error("1 to 100 preferences are changed at once")]
    Number,
    /// One of them is another account's.
    #[error("a preference is another account's")]
    Foreign,
    /// One of them breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidPreference),
    /// The account has too many.
    #[error("an account has at most 10,000 preferences")]
    TooMany,
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccessError> for PreferenceError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden(error) => Self::Forbidden(error),
            AccessError::Store(error) => Self::Store(error),
        }
    }
}

impl Directory {
    /// What is remembered of an account, or in one category of it.
    ///
    /// # Errors
    ///
    /// [`PreferenceError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn preferences<O: Permitted>(
        &self,
        actor: &Actor,
        user: &UserId,
        category: Option<&str>,
    ) -> Result<Vec<Preference>, PreferenceError> {
        let mut reading = self.store.read().await?;
        permit_for::<O>(&mut *reading, actor, user).await?;
        Ok(reading.preferences().of_user(user, category).await?)
    }

    /// Remembers something of an account.
    ///
    /// # Errors
    ///
    /// [`PreferenceError`] names the first check that failed; nothing is remembered then.
    #[tracing::instrument(skip_all)]
    pub async fn put_preferences(
        &self,
        actor: &Actor,
        user: &UserId,
        wanted: &[Preference],
        origin: &Origin,
    ) -> Result<(), PreferenceError> {
        self.change_preferences::<operations::UpdatePreferences>(actor, user, wanted, false, origin).await
    }

    /// Forgets something of an account.
    ///
    /// # Errors
    ///
    /// [`PreferenceError`] names the first check that failed; nothing is forgotten then.
    #[tracing::instrument(skip_all)]
    pub async fn remove_preferences(
        &self,
        actor: &Actor,
        user: &UserId,
        wanted: &[Preference],
        origin: &Origin,
    ) -> Result<(), PreferenceError> {
        self.change_preferences::<operations::DeletePreferences>(actor, user, wanted, true, origin).await
    }

    async fn change_preferences<O: Permitted>(
        &self,
        actor: &Actor,
        user: &UserId,
        wanted: &[Preference],
        is_removal: bool,
        origin: &Origin,
    ) -> Result<(), PreferenceError> {
        let mut reading = self.store.read().await?;
        let target = permit_for::<O>(&mut *reading, actor, user).await?;
        drop(reading);
        if !(1..=BATCH).contains(&wanted.len()) {
            return Err(PreferenceError::Number);
        }
        if wanted.iter().any(|one| one.user_id != *user) {
            return Err(PreferenceError::Foreign);
        }
        if target.is_none() {
            return Err(PreferenceError::Missing);
        }
        let mut work = acting::begin::<PreferenceError>(&*self.store, actor, &[]).await?;
        // What is forgotten may be of a form that is remembered no more.
        wanted.iter().try_for_each(if is_removal { Preference::check } else { Preference::check_new })?;
        if is_removal {
            work.preferences().remove(wanted).await?;
        } else {
            work.preferences().put(wanted).await?;
            if work.preferences().count(user).await? > OF_ACCOUNT {
                return Err(PreferenceError::TooMany);
            }
        }
        let entry = self.entry(O::OPERATION, actor, self.clock.now(), origin);
        work.audits().record(&[AuditEntry { target: Some(user.clone()), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
