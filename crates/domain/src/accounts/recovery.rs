//! New passwords for those who forgot theirs, by links in mails.

use super::{
    Accounts, AuditEntry, Client, Counted, Operation, Origin, Outcome, Password, PasswordsError, Permit, Standing, StoreError, Timestamp,
    User, UserId, WeakPassword, Whose, operations,
};
use crate::credential::Token;
use crate::email::Email;
use crate::id::OneTimeTokenId;
use crate::mail::{Letter, MailKind, reaches};
use crate::one_time::{self, NewOneTimeToken, OneTimeToken, TokenKind};
use crate::port::Purpose;
use crate::store::UnitOfWork;

/// Why no mail was sent to who asked for one.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The service sends no mail.
    #[error("the service sends no mail")]
    NoMail,
    /// Too many mails from this network, or to this address.
    #[error("too many mails")]
    TooMany(Standing),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Nobody holds such a token, or somebody has used it.
    #[error("the link is unknown")]
    UnknownLink,
    /// The token is good for something else.
    #[error("the link is for something else")]
    OtherLink,
    /// The token is too old, or the account's address or password has changed since.
    #[error("the link has expired")]
    ExpiredLink,
    /// The account signs in another way.
    #[error("the account signs in another way")]
    Provided,
    /// Too many links that nobody holds, from this network.
    #[error("too many tries")]
    TooMany(Standing),
    /// The password is refused; the link can still be used.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Sends the holder of an address a link by which he gets a new password, or a mail that says how he signs in. Nobody learns
    /// whether there is such an account.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`]; none of it depends on whether there is an account.
    #[tracing::instrument(skip_all)]
    pub async fn send_reset(
        &self,
        _: Permit<operations::SendPasswordResetEmail>,
        address: &str,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), RecoveryError> {
        self.may_ask_for_mail(address, client)?;
        let Ok(email) = Email::parse(address) else { return Ok(()) };
        let Some(user) = self.store.read().await?.users().by_email(&email).await?.filter(reaches) else { return Ok(()) };
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        if user.identity.service.is_empty() {
            self.put_link(&mut *work, TokenKind::Reset, MailKind::Reset, &user, now).await?;
        } else {
            let letter = Letter::new(MailKind::SignsInElsewhere, &user, now).with_detail(user.identity.service.clone());
            self.postbox.put(&mut *work, Some(&user.id), &letter, None).await?;
        }
        work.audits().record(&[self.asked(Operation::SendPasswordResetEmail, &user.id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Gives an account a new password by the token of a link. All its sessions and its other links end.
    ///
    /// # Errors
    ///
    /// [`ResetError`] names the first check that failed; a refused password does not use the link up.
    #[tracing::instrument(skip_all)]
    pub async fn reset_password(
        &self,
        _: Permit<operations::ResetPassword>,
        token: &Token,
        password: &Password,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), ResetError> {
        let done = self.reset_by(token, password, client, origin).await;
        if matches!(done, Err(ResetError::UnknownLink | ResetError::OtherLink | ResetError::ExpiredLink | ResetError::Provided)) {
            self.sign_ins.record_refused_link(Operation::ResetPassword, origin).await;
        }
        done
    }

    async fn reset_by(&self, token: &Token, password: &Password, client: &Client, origin: &Origin) -> Result<(), ResetError> {
        let hashes = self.keys.candidates(Purpose::OneTime, token.expose());
        let mut reading = self.store.read().await?;
        let Some(held) = reading.one_time_tokens().by_token(&hashes).await? else {
            return Err(self.unknown_token(client).map_or(ResetError::UnknownLink, ResetError::TooMany));
        };
        if held.kind != TokenKind::Reset {
            return Err(ResetError::OtherLink);
        }
        let seen = reading.users().by_id(&held.user_id).await?.ok_or(ResetError::UnknownLink)?;
        drop(reading);
        check_link(&held, &seen, self.clock.now())?;
        self.check_password(password, &[seen.username.as_str(), seen.email.as_str()])?;
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let before = work.users().locked(&held.user_id).await?.ok_or(ResetError::UnknownLink)?;
        let used = work.one_time_tokens().redeem(&hashes, TokenKind::Reset, now).await?.ok_or(ResetError::UnknownLink)?;
        check_link(&used, &before, now)?;
        self.replace_password(&mut *work, &before, hash, None, Some(&before.id), now).await?;
        work.audits().record(&[self.asked(Operation::ResetPassword, &before.id, now, origin)]).await?;
        work.commit().await?;
        Ok(())
    }

    /// Whether somebody may ask for a mail to an address, which counts whether an account has it or not.
    pub(super) fn may_ask_for_mail(&self, address: &str, client: &Client) -> Result<(), RecoveryError> {
        if !self.postbox.is_open() {
            return Err(RecoveryError::NoMail);
        }
        let recipient = address.trim().to_lowercase();
        let whose =
            [(Counted::MailsByAddress, Whose::Network(client.address.network())), (Counted::MailsByRecipient, Whose::Account(&recipient))];
        match whose.into_iter().filter_map(|(counted, whose)| self.limits.take(counted, whose)).find(|standing| !standing.is_allowed()) {
            Some(standing) => Err(RecoveryError::TooMany(standing)),
            None => Ok(()),
        }
    }

    /// Counts a token that nobody holds; where the caller stands if that was one too many.
    pub(super) fn unknown_token(&self, client: &Client) -> Option<Standing> {
        let standing = self.limits.take(Counted::UnknownTokensByAddress, Whose::Network(client.address.network()));
        standing.filter(|standing| !standing.is_allowed())
    }

    /// Makes a token in place of the account's earlier one of its kind, and puts the letter with its link into the outbox.
    pub(super) async fn put_link(
        &self,
        work: &mut dyn UnitOfWork,
        kind: TokenKind,
        mail: MailKind,
        user: &User,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let token = self.put_token(work, kind, user, now).await?;
        let letter = Letter::new(mail, user, now).with_token(token);
        self.postbox.put(work, Some(&user.id), &letter, Some(now.after(kind.lifetime()))).await
    }

    /// Makes a token for the address that an account has.
    pub(super) async fn put_token(
        &self,
        work: &mut dyn UnitOfWork,
        kind: TokenKind,
        user: &User,
        now: Timestamp,
    ) -> Result<Token, StoreError> {
        let token = one_time::draw(&*self.randomness);
        let held = OneTimeToken {
            id: OneTimeTokenId::from_random(self.randomness.bits()),
            user_id: user.id.clone(),
            kind,
            email: user.email.clone(),
            created_at: now,
            expires_at: now.after(kind.lifetime()),
        };
        let hash = self.keys.digest(Purpose::OneTime, token.expose());
        work.one_time_tokens().put(&NewOneTimeToken { token: held, hash }).await?;
        Ok(token)
    }

    /// An entry of something that somebody without a session has done to an account, by a mail to its holder.
    pub(super) fn asked(&self, operation: Operation, user: &UserId, now: Timestamp, origin: &Origin) -> AuditEntry {
        AuditEntry { target: Some(user.clone()), ..AuditEntry::new(self.audit_id(), now, operation, Outcome::Done, origin.clone()) }
    }
}

/// Whether a reset's token still fits its account.
fn check_link(token: &OneTimeToken, user: &User, now: Timestamp) -> Result<(), ResetError> {
    if !token.is_live(now) || token.email != user.email {
        return Err(ResetError::ExpiredLink);
    }
    if !user.identity.service.is_empty() {
        return Err(ResetError::Provided);
    }
    if reaches(user) { Ok(()) } else { Err(ResetError::OtherLink) }
}

#[cfg(test)]
mod tests;
