//! Making, listing, switching and revoking access tokens.

use std::sync::Arc;

use crate::access_token::{AccessToken, DESCRIPTION, NewAccessToken, TokenRules, new_text};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::credential::Token;
use crate::id::{AccessTokenId, AuditId, UserId};
use crate::mail::Postbox;
use crate::notice::{self, Event};
use crate::page::Page;
use crate::permission::{Forbidden, Permit, Permitted, operations, permit};
use crate::port::{Clock, Keyring, Purpose, Randomness};
use crate::role::Permission;
use crate::store::{Store, StoreError, UnitOfWork};
use crate::text::fits;
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

/// Most tokens that one search gives.
const FOUND: u32 = 1000;

/// What somebody asks of a new token.
#[derive(Debug, Clone, Default)]
pub struct WantedToken {
    /// What it is for.
    pub description: String,
    /// When it ends; `None` for never, or with the token that makes it.
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Debug)]
pub struct MadeToken {
    /// The token.
    pub token: AccessToken,
    /// Its text, told this once.
    pub text: Token,
}

/// Why a token was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    MissingOwner,
    /// There is no such token.
    #[error("there is no such token")]
    Missing,
    /// It is not said what the token is for.
    #[error("it is not said what the token is for")]
    NoDescription,
    /// What it is for takes too many words.
    #[error("what the token is for has at most 255 bytes")]
    Description,
    /// People have no tokens here.
    #[error("people have no access tokens here")]
    Disabled,
    /// The token has to end.
    #[error("it is not said when the token ends")]
    NoEnd,
    /// It would have ended already.
    #[error("the token would have ended already")]
    EndInPast,
    /// It would live longer than it may, or than the token that makes it.
    #[error("the token would live too long")]
    EndTooFar,
    /// The account has as many as it may have.
    #[error("the account has as many tokens as it may have")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases of access tokens.
pub struct Tokens {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    postbox: Postbox,
    rules: TokenRules,
}

impl Tokens {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, rules: TokenRules) -> Self {
        let Ports { store, keys, clock, randomness, .. } = ports.clone();
        Self { store, keys, clock, randomness, postbox: Postbox::new(ports), rules }
    }

    /// Makes a token for an account. One that a token makes is good for no more, and no longer, than that.
    ///
    /// # Errors
    ///
    /// [`TokenError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, actor: &Actor, owner: &UserId, wanted: WantedToken, origin: &Origin) -> Result<MadeToken, TokenError> {
        let seen = self.store.read().await?.users().by_id(owner).await?.ok_or(TokenError::MissingOwner)?;
        self.check(actor, &seen, &wanted)?;
        let mut work = acting::begin::<TokenError>(&*self.store, actor, &[&seen.id]).await?;
        let owner = work.users().locked(&seen.id).await?.ok_or(TokenError::MissingOwner)?;
        // What was seen may have changed until the account was locked.
        self.check(actor, &owner, &wanted)?;
        let made = self.made(actor, &owner, wanted, self.parent(&mut *work, actor).await?.as_ref())?;
        let new = NewAccessToken { token: made.token.clone(), hash: self.keys.digest(Purpose::AccessToken, made.text.expose()) };
        if !work.access_tokens().insert(&new, self.rules.per_user).await? {
            return Err(TokenError::TooMany);
        }
        let event = Event::TokenMade(made.token.description.clone());
        notice::post(&mut *work, &self.postbox, event, &owner, made.token.created_at).await?;
        let entry = self.done::<operations::CreateUserAccessToken>(actor, &made.token, origin);
        work.audits().record(&[entry]).await?;
        work.commit().await?;
        Ok(made)
    }

    /// An account's tokens. An id that nobody has has none.
    ///
    /// # Errors
    ///
    /// [`TokenError::Forbidden`] but for who may edit the account.
    #[tracing::instrument(skip_all)]
    pub async fn of_user(&self, actor: &Actor, owner: &UserId, page: Page) -> Result<Vec<AccessToken>, TokenError> {
        let mut reading = self.store.read().await?;
        let seen = reading.users().by_id(owner).await?;
        permit::<operations::GetUserAccessTokensForUser>(actor, seen.as_ref())?;
        Ok(reading.access_tokens().of_user(owner, page).await?)
    }

    /// Everybody's tokens.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn list(&self, _: Permit<operations::GetUserAccessTokens>, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        self.store.read().await?.access_tokens().list(page).await
    }

    /// The tokens whose id, owner's id or owner's login name is a text.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn search(&self, _: Permit<operations::SearchUserAccessTokens>, term: &str) -> Result<Vec<AccessToken>, StoreError> {
        let term = term.replace('\\', "");
        if !fits(&term, usize::MAX) {
            return Ok(Vec::new());
        }
        self.store.read().await?.access_tokens().search(&term, FOUND).await
    }

    /// One token. Who may see none does not learn which there are.
    ///
    /// # Errors
    ///
    /// [`TokenError::Forbidden`] and [`TokenError::Missing`], besides failures.
    #[tracing::instrument(skip_all)]
    pub async fn token(&self, actor: &Actor, id: &AccessTokenId) -> Result<AccessToken, TokenError> {
        self.permitted::<operations::GetUserAccessToken>(actor, Some(id)).await
    }

    /// Removes a token for good.
    ///
    /// # Errors
    ///
    /// As for [`Self::token`].
    #[tracing::instrument(skip_all)]
    pub async fn revoke(&self, actor: &Actor, id: Option<&AccessTokenId>, origin: &Origin) -> Result<(), TokenError> {
        let token = self.permitted::<operations::RevokeUserAccessToken>(actor, id).await?;
        let mut work = acting::begin::<TokenError>(&*self.store, actor, &[]).await?;
        if !work.access_tokens().remove(&token.id).await? {
            return Err(TokenError::Missing);
        }
        self.keep::<operations::RevokeUserAccessToken>(work, actor, &token, origin).await
    }

    /// Switches a token off.
    ///
    /// # Errors
    ///
    /// As for [`Self::token`].
    #[tracing::instrument(skip_all)]
    pub async fn disable(&self, actor: &Actor, id: Option<&AccessTokenId>, origin: &Origin) -> Result<(), TokenError> {
        let token = self.permitted::<operations::DisableUserAccessToken>(actor, id).await?;
        self.switch::<operations::DisableUserAccessToken>(actor, &token, false, origin).await
    }

    /// Switches a token on.
    ///
    /// # Errors
    ///
    /// As for [`Self::token`].
    #[tracing::instrument(skip_all)]
    pub async fn enable(&self, actor: &Actor, id: Option<&AccessTokenId>, origin: &Origin) -> Result<(), TokenError> {
        self.check_maker(actor)?;
        let token = self.permitted::<operations::EnableUserAccessToken>(actor, id).await?;
        self.switch::<operations::EnableUserAccessToken>(actor, &token, true, origin).await
    }

    async fn switch<O: Permitted>(&self, actor: &Actor, token: &AccessToken, is_active: bool, origin: &Origin) -> Result<(), TokenError> {
        let mut work = acting::begin::<TokenError>(&*self.store, actor, &[&token.user_id]).await?;
        let owner = work.users().locked(&token.user_id).await?.ok_or(TokenError::Missing)?;
        // Whether it was off is asked of the change itself: of two at once, one tells the holder.
        let has_changed = work.access_tokens().set_active(&token.id, is_active).await?.ok_or(TokenError::Missing)?;
        if is_active && has_changed {
            let event = Event::TokenEnabled(token.description.clone());
            notice::post(&mut *work, &self.postbox, event, &owner, self.clock.now()).await?;
        }
        self.keep::<O>(work, actor, token, origin).await
    }

    async fn keep<O: Permitted>(
        &self,
        mut work: Box<dyn UnitOfWork>,
        actor: &Actor,
        token: &AccessToken,
        origin: &Origin,
    ) -> Result<(), TokenError> {
        work.audits().record(&[self.done::<O>(actor, token, origin)]).await?;
        Ok(work.commit().await?)
    }

    /// A token that an actor may do something with; no id is one that no token has.
    async fn permitted<O: Permitted>(&self, actor: &Actor, id: Option<&AccessTokenId>) -> Result<AccessToken, TokenError> {
        // The least that any owner asks for: who lacks it learns nothing of ids.
        permit::<O>(actor, actor.user())?;
        let id = id.ok_or(TokenError::Missing)?;
        let mut reading = self.store.read().await?;
        let token = reading.access_tokens().by_id(id).await?.ok_or(TokenError::Missing)?;
        let owner = reading.users().by_id(&token.user_id).await?.ok_or(TokenError::Missing)?;
        permit::<O>(actor, Some(&owner))?;
        Ok(token)
    }

    fn check(&self, actor: &Actor, owner: &User, wanted: &WantedToken) -> Result<(), TokenError> {
        let create = Permission::CreateUserAccessToken;
        if owner.is_remote() {
            return Err(Forbidden::Lacks(create).into());
        }
        if wanted.description.is_empty() {
            return Err(TokenError::NoDescription);
        }
        permit::<operations::CreateUserAccessToken>(actor, Some(owner))?;
        self.check_maker(actor)?;
        if !self.rules.are_enabled && owner.bot.is_none() {
            return Err(TokenError::Disabled);
        }
        let is_short = wanted.description.len() <= DESCRIPTION && fits(&wanted.description, DESCRIPTION);
        if is_short { Ok(()) } else { Err(TokenError::Description) }
    }

    fn check_maker(&self, actor: &Actor) -> Result<(), Forbidden> {
        let may = self.rules.make_tokens || actor.access_token_id().is_none();
        if may { Ok(()) } else { Err(Forbidden::Lacks(Permission::CreateUserAccessToken)) }
    }

    /// The token that acts, if one does, as it is now.
    async fn parent(&self, work: &mut dyn UnitOfWork, actor: &Actor) -> Result<Option<AccessToken>, TokenError> {
        let Some(id) = actor.access_token_id() else { return Ok(None) };
        let parent = work.access_tokens().by_id(&id).await?.filter(|token| token.is_live(self.clock.now()));
        // It was revoked a moment ago.
        parent.map(Some).ok_or(TokenError::Forbidden(Forbidden::NotSignedIn))
    }

    fn made(&self, actor: &Actor, owner: &User, wanted: WantedToken, parent: Option<&AccessToken>) -> Result<MadeToken, TokenError> {
        let now = self.clock.now();
        let expires_at = self.end(owner, wanted.expires_at, parent, now)?;
        let text = new_text(self.randomness.bits(), self.rules.are_marked);
        let token = AccessToken {
            id: AccessTokenId::from_random(self.randomness.bits()),
            user_id: owner.id.clone(),
            description: wanted.description,
            is_active: true,
            scopes: parent.and_then(|parent| parent.scopes.clone()),
            created_by: actor.user_id().cloned(),
            created_via: actor.credential_kind().ok_or(Forbidden::NotSignedIn)?,
            created_at: now,
            expires_at,
            last_used_at: None,
            last_address: None,
        };
        Ok(MadeToken { token, text })
    }

    fn end(
        &self,
        owner: &User,
        wanted: Option<Timestamp>,
        parent: Option<&AccessToken>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, TokenError> {
        let parents = parent.and_then(|parent| parent.expires_at);
        let end = wanted.or(parents);
        if end.is_some_and(|end| end <= now) {
            return Err(TokenError::EndInPast);
        }
        let longest = self.rules.longest.filter(|_| owner.bot.is_none());
        if longest.is_some() && end.is_none() {
            return Err(TokenError::NoEnd);
        }
        let bounds = [parents, longest.map(|longest| now.after(longest))];
        let is_too_far = bounds.into_iter().flatten().any(|bound| end.is_some_and(|end| end > bound));
        if is_too_far { Err(TokenError::EndTooFar) } else { Ok(end) }
    }

    fn done<O: Permitted>(&self, actor: &Actor, token: &AccessToken, origin: &Origin) -> AuditEntry {
        let id = AuditId::from_random(self.randomness.bits());
        let entry = AuditEntry::new(id, self.clock.now(), O::OPERATION, Outcome::Done, origin.clone()).by(actor);
        AuditEntry {
            target: Some(token.user_id.clone()),
            after: Some(serde_json::json!({ "token_id": token.id.as_str() })),
            shown_as: Some(format!("success - token_id={}", token.id)),
            ..entry
        }
    }
}

#[cfg(test)]
mod tests;
