//! Showing that somebody reads mail at an account's address, and taking a change of address back.

use super::recovery::RecoveryError;
use super::{
    Accounts, Actor, AuditEntry, Client, Event, Forbidden, Operation, Origin, Permit, Standing, StoreError, Timestamp, UniqueField, User,
    UserId, acting, notice, operations, permit,
};
use crate::credential::Token;
use crate::mail::{MailKind, reaches};
use crate::one_time::TokenKind;
use crate::port::Purpose;
use crate::session::{EndReason, Ending};
use crate::sign_in::text_login;
use crate::store::{LoginName, UnitOfWork};
use crate::user::shown::{ShownUser, Viewer};

/// Why an address was not confirmed by a link.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The link is unknown, used, too old, for something else, or for an address that the account has no more.
    #[error("the link does not count, or not any more")]
    BadLink,
    /// Too many links that nobody holds, from this network.
    #[error("too many tries")]
    TooMany(Standing),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an admin did not confirm an address.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
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

/// Why a change of address was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The link is unknown, used, or too old.
    #[error("the link does not count, or not any more")]
    BadLink,
    /// Too many links that nobody holds, from this network.
    #[error("too many tries")]
    TooMany(Standing),
    /// Another account has the address by now.
    #[error("another account has the address")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for UndoError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Email) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl Accounts {
    /// Sends the holder of an account, named by its address or its username, a link that confirms the address it has. Nobody learns
    /// whether there is such an account.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`]; none of it depends on whether there is an account.
    #[tracing::instrument(skip_all)]
    pub async fn send_verification(
        &self,
        _: Permit<operations::SendVerificationEmail>,
        login: &str,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), RecoveryError> {
        self.may_ask_for_mail(login, client)?;
        let Some(LoginName::Text(login)) = text_login(login) else { return Ok(()) };
        let Some(user) = self.store.read().await?.users().by_login(&login).await?.filter(reaches) else { return Ok(()) };
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        self.put_link(&mut *work, TokenKind::Verification, MailKind::Verification, &user, now).await?;
        work.audits().record(&[self.asked(Operation::SendVerificationEmail, &user.id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Confirms an address by the token of a link that was sent there.
    ///
    /// # Errors
    ///
    /// [`VerifyError::BadLink`], whatever is wrong with the link.
    #[tracing::instrument(skip_all)]
    pub async fn verify_email(
        &self,
        _: Permit<operations::VerifyUserEmail>,
        token: &Token,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), VerifyError> {
        let done = self.verify_by(token, client, origin).await;
        if matches!(done, Err(VerifyError::BadLink)) {
            self.sign_ins.record_refused_link(Operation::VerifyUserEmail, origin).await;
        }
        done
    }

    async fn verify_by(&self, token: &Token, client: &Client, origin: &Origin) -> Result<(), VerifyError> {
        let hashes = self.keys.candidates(Purpose::OneTime, token.expose());
        let Some(seen) = self.store.read().await?.one_time_tokens().by_token(&hashes).await? else {
            return Err(self.unknown_token(client).map_or(VerifyError::BadLink, VerifyError::TooMany));
        };
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // The account before its tokens, as everywhere.
        let before = work.users().locked(&seen.user_id).await?.ok_or(VerifyError::BadLink)?;
        let used = work.one_time_tokens().redeem(&hashes, TokenKind::Verification, now).await?;
        let held = used.ok_or(VerifyError::BadLink)?;
        if before.email != held.email {
            // A link for a former address must not bring it back.
            return Err(VerifyError::BadLink);
        }
        work.users().update(&verified(&before, now)).await?;
        work.audits().record(&[self.asked(Operation::VerifyUserEmail, &before.id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Confirms an address without a link. Gives the account without saying so: clients expect it as it was.
    ///
    /// # Errors
    ///
    /// [`VerificationError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn verify_member(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<ShownUser, VerificationError> {
        let seen = self.store.read().await?.users().by_id(id).await?.ok_or(VerificationError::Missing)?;
        permit::<operations::VerifyUserEmailWithoutToken>(actor, Some(&seen))?;
        let now = self.clock.now();
        let mut work = acting::begin::<VerificationError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(VerificationError::Missing)?;
        permit::<operations::VerifyUserEmailWithoutToken>(actor, Some(&before))?;
        work.users().update(&verified(&before, now)).await?;
        let entry = self.done(Operation::VerifyUserEmailWithoutToken, actor, id, now, origin);
        work.audits().record(&[AuditEntry { shown_as: Some("user verified".to_owned()), ..entry }]).await?;
        work.commit().await?;
        Ok(before.shown_to(Viewer::Admin, self.rules.privacy))
    }

    /// Takes a change of address back by the token of a link that was sent to the former one. All sessions and links end: whoever
    /// changed it may know the password.
    ///
    /// # Errors
    ///
    /// [`UndoError`] names the first check that failed; the link can still be used if another account has the address for now.
    #[tracing::instrument(skip_all)]
    pub async fn undo_email(
        &self,
        _: Permit<operations::UndoEmailChange>,
        token: &Token,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), UndoError> {
        let done = self.undo_by(token, client, origin).await;
        if matches!(done, Err(UndoError::BadLink)) {
            self.sign_ins.record_refused_link(Operation::UndoEmailChange, origin).await;
        }
        done
    }

    async fn undo_by(&self, token: &Token, client: &Client, origin: &Origin) -> Result<(), UndoError> {
        let hashes = self.keys.candidates(Purpose::OneTime, token.expose());
        let Some(seen) = self.store.read().await?.one_time_tokens().by_token(&hashes).await? else {
            return Err(self.unknown_token(client).map_or(UndoError::BadLink, UndoError::TooMany));
        };
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let before = work.users().locked(&seen.user_id).await?.ok_or(UndoError::BadLink)?;
        let used = work.one_time_tokens().redeem(&hashes, TokenKind::EmailUndo, now).await?;
        let held = used.ok_or(UndoError::BadLink)?;
        let after = User { email: held.email, ..verified(&before, now) };
        work.users().update(&after).await?;
        work.users().grow_epoch(&after.id).await?;
        let ending = Ending { at: now, reason: EndReason::Revoked, by: Some(after.id.clone()) };
        work.sessions().end_all(&after.id, None, &ending).await?;
        // Links to addresses that came later would bring those back.
        work.one_time_tokens().end(&after.id, &TokenKind::ALL.map(|(kind, _)| kind)).await?;
        let event = Event::EmailChanged { former: before.email.clone(), undo: None };
        notice::post(&mut *work, &self.postbox, event, &after, now).await?;
        work.audits().record(&[self.asked(Operation::UndoEmailChange, &after.id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// What follows from another address: open links end, both addresses hear of it, and the new one is asked for confirmation. Who
    /// has shown that he reads mail at the former one can take the change back.
    pub(super) async fn move_address(
        &self,
        work: &mut dyn UnitOfWork,
        before: &User,
        after: &User,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        work.one_time_tokens().end(&after.id, &TokenKind::ENDED_BY_ADDRESS).await?;
        let can_undo = before.is_email_verified && reaches(before) && self.postbox.is_open();
        let undo = if can_undo { Some(self.put_token(work, TokenKind::EmailUndo, before, now).await?) } else { None };
        let event = Event::EmailChanged { former: before.email.clone(), undo };
        notice::post(work, &self.postbox, event, after, now).await?;
        self.ask_for_confirmation(work, after, now).await
    }

    /// Asks for confirmation of an address that nobody has confirmed, where the rules say so.
    pub(super) async fn ask_for_confirmation(&self, work: &mut dyn UnitOfWork, user: &User, now: Timestamp) -> Result<(), StoreError> {
        if !self.rules.verifies_addresses || !self.postbox.is_open() || user.is_email_verified || !reaches(user) {
            return Ok(());
        }
        self.put_link(work, TokenKind::Verification, MailKind::Verification, user, now).await
    }
}

/// An account whose address is confirmed.
fn verified(user: &User, now: Timestamp) -> User {
    User { is_email_verified: true, updated_at: now.max(user.updated_at), ..user.clone() }
}

#[cfg(test)]
mod tests;
