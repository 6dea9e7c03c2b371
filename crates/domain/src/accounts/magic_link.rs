//! Links by which guests sign in.

use super::recovery::RecoveryError;
use super::{Accounts, Client, Operation, Origin, Permit, operations};
use crate::mail::{MailKind, reaches};
use crate::one_time::TokenKind;
use crate::sign_in::{signs_in_by_link, text_login};
use crate::store::LoginName;

impl Accounts {
    /// Tells whether an account is a guest's that signs in by links, and sends it one if so, in place of an earlier one. Of everybody
    /// else, and of nobody, it is told that a password is asked for.
    ///
    /// # Errors
    ///
    /// [`RecoveryError::TooMany`] when the guest gets too many mails, besides failures.
    #[tracing::instrument(skip_all)]
    pub async fn ask_for_link(
        &self,
        _: Permit<operations::GetLoginType>,
        login: &str,
        client: &Client,
        origin: &Origin,
    ) -> Result<bool, RecoveryError> {
        if !self.sign_ins.rules().has_links || !self.postbox.is_open() {
            return Ok(false);
        }
        let Some(LoginName::Text(login)) = text_login(login) else { return Ok(false) };
        let user = self.store.read().await?.users().by_login(&login).await?;
        let Some(user) = user.filter(|user| signs_in_by_link(user) && user.is_active() && reaches(user)) else { return Ok(false) };
        self.may_ask_for_mail(user.email.as_str(), client)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        self.put_link(&mut *work, TokenKind::MagicLink, MailKind::MagicLink, &user, now).await?;
        work.audits().record(&[self.asked(Operation::GetLoginType, &user.id, now, origin)]).await?;
        work.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
