//! Access tokens in memory.

use std::collections::HashMap;

use async_trait::async_trait;

use super::state::State;
use super::{Look, Repositories, Work, at_most, part};
use crate::access_token::{AccessToken, NewAccessToken};
use crate::credential::{Digest, KeyId};
use crate::id::{AccessTokenId, UserId};
use crate::page::Page;
use crate::session::Touch;
use crate::store::{AccessTokens, ReadAccessTokens, StoreError, UniqueField};

#[async_trait]
impl<S: Look> ReadAccessTokens for Repositories<S> {
    async fn by_id(&mut self, id: &AccessTokenId) -> Result<Option<AccessToken>, StoreError> {
        Ok(self.0.state().access_tokens.get(id).map(|held| held.token.clone()))
    }

    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        Ok(part(self.0.state().tokens(|token| token.user_id == *user), page))
    }

    async fn list(&mut self, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        Ok(part(self.0.state().tokens(|_| true), page))
    }

    async fn search(&mut self, term: &str, most: u32) -> Result<Vec<AccessToken>, StoreError> {
        let state = self.0.state();
        let is_owner = |token: &AccessToken| {
            token.user_id.as_str() == term || state.username(&token.user_id).is_some_and(|name| name.as_str() == term)
        };
        let mut found = state.tokens(|token| token.id.as_str() == term || is_owner(token));
        found.truncate(at_most(most));
        Ok(found)
    }

    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let mut counts = HashMap::new();
        for held in self.0.state().access_tokens.values() {
            *counts.entry(held.hash.key().clone()).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }
}

#[async_trait]
impl AccessTokens for Repositories<Work> {
    async fn insert(&mut self, token: &NewAccessToken, most: u32) -> Result<bool, StoreError> {
        let state = self.0.state_mut();
        let owner = &token.token.user_id;
        if !state.accounts.contains_key(owner) {
            return Err(StoreError::Unavailable("an access token belongs to no account".into()));
        }
        if state.tokens(|held| held.user_id == *owner).len() >= at_most(most) {
            return Ok(false);
        }
        if state.access_tokens.contains_key(&token.token.id) || state.is_text_held(&token.hash, &token.token.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        state.access_tokens.insert(token.token.id.clone(), token.clone());
        Ok(true)
    }

    async fn set_active(&mut self, id: &AccessTokenId, is_active: bool) -> Result<Option<bool>, StoreError> {
        let held = self.0.state_mut().access_tokens.get_mut(id);
        Ok(held.map(|held| std::mem::replace(&mut held.token.is_active, is_active) != is_active))
    }

    async fn remove(&mut self, id: &AccessTokenId) -> Result<bool, StoreError> {
        Ok(self.0.state_mut().access_tokens.remove(id).is_some())
    }

    async fn touch(&mut self, id: &AccessTokenId, touch: &Touch) -> Result<(), StoreError> {
        let state = self.0.state_mut();
        if touch.token.as_ref().is_some_and(|hash| state.is_text_held(hash, id)) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        if let Some(held) = state.access_tokens.get_mut(id) {
            held.token.last_used_at = held.token.last_used_at.max(Some(touch.at));
            held.token.last_address = Some(touch.address);
            if let Some(hash) = &touch.token {
                held.hash = hash.clone();
            }
        }
        Ok(())
    }
}

impl State {
    /// Access tokens, oldest first.
    fn tokens(&self, is_wanted: impl Fn(&AccessToken) -> bool) -> Vec<AccessToken> {
        let mut found: Vec<_> = self.access_tokens.values().map(|held| &held.token).filter(|token| is_wanted(token)).cloned().collect();
        found.sort_by_key(|token| token.created_at);
        found
    }

    fn is_text_held(&self, hash: &Digest, by_other_than: &AccessTokenId) -> bool {
        self.access_tokens.values().any(|held| held.token.id != *by_other_than && held.hash.value() == hash.value())
    }
}
