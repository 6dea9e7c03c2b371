//! Whether people are there.

use super::{AccessError, Directory, permit_for};
use crate::accounts::changed;
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::id::UserId;
use crate::operation::Operation;
use crate::permission::{Forbidden, Permit, Permitted, operations};
use crate::recent_status;
use crate::status::{Presence, Status};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Why a status was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccessError> for StatusError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden(error) => Self::Forbidden(error),
            AccessError::Store(error) => Self::Store(error),
        }
    }
}

impl Directory {
    /// Whether somebody is there; of whom nothing is known is not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn status(&self, _: Permit<operations::GetUserStatus>, actor: &Actor, user: &UserId) -> Result<Status, StoreError> {
        let found = self.statuses_of(actor, std::slice::from_ref(user)).await?;
        Ok(found.into_iter().next().unwrap_or_else(|| Status::unknown(user.clone())))
    }

    /// Whether people are there, in the order in which they are named, each once.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn statuses(
        &self,
        _: Permit<operations::GetUsersStatusesByIds>,
        actor: &Actor,
        users: &[UserId],
    ) -> Result<Vec<Status>, StoreError> {
        self.statuses_of(actor, users).await
    }

    async fn statuses_of(&self, actor: &Actor, users: &[UserId]) -> Result<Vec<Status>, StoreError> {
        let mut reading = self.store.read().await?;
        // Whom the actor does not see, he learns no more of than of those who are not there.
        let seen = self.accounts.visible(&mut *reading, actor, users).await?;
        let mut known: std::collections::HashMap<_, _> =
            reading.statuses().of_users(&seen).await?.into_iter().map(|status| (status.user_id.clone(), status)).collect();
        let mut told = std::collections::HashSet::new();
        let named = users.iter().filter(|user| told.insert(*user));
        Ok(named.map(|user| known.remove(user).unwrap_or_else(|| Status::unknown(user.clone()))).collect())
    }

    /// Writes down whether somebody is there, as he or somebody above him says.
    ///
    /// # Errors
    ///
    /// [`StatusError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_status(
        &self,
        actor: &Actor,
        user: &UserId,
        presence: Presence,
        dnd_end_secs: i64,
        origin: &Origin,
    ) -> Result<Status, StatusError> {
        let mut reading = self.store.read().await?;
        permit_for::<operations::UpdateUserStatus>(&mut *reading, actor, user).await?.ok_or(StatusError::Missing)?;
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<StatusError>(&*self.store, actor, &[user]).await?;
        // Held before its status is looked at: an answering machine is switched on and off with both.
        let before = work.users().locked(user).await?.ok_or(StatusError::Missing)?;
        let known = work.statuses().of_users(std::slice::from_ref(user)).await?.pop();
        let is_back = known.as_ref().is_some_and(|known| known.presence == Presence::OutOfOffice) && presence != Presence::OutOfOffice;
        let status = Status {
            user_id: user.clone(),
            presence,
            // Who says that he is there leaves it to his clients from then on.
            is_manual: presence != Presence::Online,
            last_activity_at: match presence {
                // To be away, or not to be disturbed, is no activity.
                Presence::Away | Presence::DoNotDisturb => known.map_or(Timestamp::NEVER, |known| known.last_activity_at),
                Presence::Online | Presence::Offline | Presence::OutOfOffice => now,
            },
            dnd_end_secs: if presence == Presence::DoNotDisturb { dnd_end_secs } else { 0 },
        };
        work.statuses().put(&status).await?;
        let mut entry = AuditEntry { target: Some(user.clone()), ..self.entry(Operation::UpdateUserStatus, actor, now, origin) };
        if is_back && before.has_answering_machine_on() {
            let after = before.clone().without_answering_machine(now);
            work.users().update(&after).await?;
            let (was, is) = changed(&before, &after);
            entry = AuditEntry { before: Some(was), after: Some(is), ..entry };
        }
        work.audits().record(&[entry]).await?;
        work.commit().await?;
        Ok(status)
    }

    /// Offers something no more that somebody wrote of himself, given as the text of a JSON object.
    ///
    /// # Errors
    ///
    /// [`StatusError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn forget_custom_status<O: Permitted>(
        &self,
        actor: &Actor,
        user: &UserId,
        status: &str,
        origin: &Origin,
    ) -> Result<(), StatusError> {
        let mut reading = self.store.read().await?;
        permit_for::<O>(&mut *reading, actor, user).await?.ok_or(StatusError::Missing)?;
        drop(reading);
        let mut work = acting::begin::<StatusError>(&*self.store, actor, &[]).await?;
        recent_status::forget(&mut *work, user, status).await?;
        let entry = self.entry(O::OPERATION, actor, self.clock.now(), origin);
        work.audits().record(&[AuditEntry { target: Some(user.clone()), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
