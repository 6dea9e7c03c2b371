//! Signing in by a link in a mail, which stands in for a guest's password.

use super::{Claim, Opened, SignInError, SignIns};
use crate::audit::Origin;
use crate::client::Client;
use crate::credential::{Method, Token};
use crate::id::UserId;
use crate::limit::{Counted, Whose};
use crate::one_time::{OneTimeToken, TokenKind};
use crate::operation::Operation;
use crate::port::Purpose;
use crate::session::SessionKind;
use crate::store::{Attempt, LoginName, UnitOfWork};
use crate::user::User;

/// The service of accounts that sign in by links.
pub const MAGIC_LINK: &str = "magic_link";

/// Whether an account signs in by links: guests alone do, and have no password.
#[must_use]
pub fn signs_in_by_link(user: &User) -> bool {
    user.is_guest() && user.identity.service == MAGIC_LINK && !user.is_remote()
}

impl SignIns {
    /// Begins a session for a guest who holds the token of a link that was sent to his address. The link is used up with it; where he
    /// is not let in for another reason it is not.
    ///
    /// # Errors
    ///
    /// [`SignInError`] says why not; [`SignInError::InvalidCredentials`] does not tell what is wrong with the link.
    #[tracing::instrument(skip_all)]
    pub(crate) async fn sign_in_by_link(
        &self,
        token: &Token,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let hashes = self.keys.candidates(Purpose::OneTime, token.expose());
        let held = self.store.read().await?.one_time_tokens().by_token(&hashes).await?;
        let account = held.as_ref().map(|held| held.user_id.clone());
        let result = match held {
            Some(held) if self.rules.has_links => self.redeemed(&hashes, &held.user_id, claim, client, origin).await,
            Some(_) => Err(SignInError::InvalidCredentials),
            None => self
                .count(Counted::UnknownTokensByAddress, Whose::Network(client.address.network()))
                .and(Err(SignInError::InvalidCredentials)),
        };
        if let Err(error) = &result {
            self.record_link(error, account, origin).await;
        }
        result
    }

    /// Counts a sign-in by a link, of whatever kind it is.
    pub(crate) fn count_link(&self, client: &Client) -> Result<(), SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))
    }

    /// Writes down why somebody was not let in by a link.
    pub(crate) async fn record_link(&self, error: &SignInError, account: Option<UserId>, origin: &Origin) {
        if let Some(reason) = error.audited() {
            self.record_refusal(Operation::Login, reason, account, "", origin).await;
        }
    }

    /// Begins a session for the guest whose account a unit of work has just opened, and keeps it.
    pub(crate) async fn enter_new(
        &self,
        mut work: Box<dyn UnitOfWork>,
        guest: &UserId,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let attempt = work.credentials().attempt(&LoginName::Id(guest.clone()), &self.rules.lock, self.clock.now()).await?;
        self.enter(work, attempt.ok_or(SignInError::InvalidCredentials)?, claim, client, origin).await
    }

    async fn enter(
        &self,
        mut work: Box<dyn UnitOfWork>,
        attempt: Attempt,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let kind = if client.is_mobile() { SessionKind::Mobile } else { SessionKind::Sso };
        let session = self.new_session(&attempt.user.id, kind, vec![Method::MagicLink], client, self.clock.now());
        let token = self.put_session(&mut *work, &session, attempt.guard).await?;
        self.finish(work, attempt.user, session, token, claim, origin).await
    }

    async fn redeemed(
        &self,
        hashes: &[crate::credential::Digest],
        holder: &UserId,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // The account before its tokens, as everywhere.
        let attempt = work.credentials().attempt(&LoginName::Id(holder.clone()), &self.rules.lock, now).await?;
        let attempt = attempt.ok_or(SignInError::InvalidCredentials)?;
        let redeemed = work.one_time_tokens().redeem(hashes, TokenKind::MagicLink, now).await?;
        check(&redeemed.ok_or(SignInError::InvalidCredentials)?, &attempt.user)?;
        self.enter(work, attempt, claim, client, origin).await
    }
}

/// Whether a link still opens the account. A lock does not count: it is there for guesses, and nobody guesses a link.
fn check(link: &OneTimeToken, user: &User) -> Result<(), SignInError> {
    if user.email != link.email || !signs_in_by_link(user) {
        Err(SignInError::InvalidCredentials)
    } else if !user.is_active() {
        Err(SignInError::Inactive)
    } else {
        Ok(())
    }
}
