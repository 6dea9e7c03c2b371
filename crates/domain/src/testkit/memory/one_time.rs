//! Tokens of links in mails, in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work, at_most};
use crate::credential::Digest;
use crate::id::UserId;
use crate::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use crate::store::{OneTimeTokens, ReadOneTimeTokens, StoreError, UniqueField};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadOneTimeTokens for Repositories<S> {
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<OneTimeToken>, StoreError> {
        Ok(self.0.state().one_time_tokens.values().find(|held| hashes.contains(&held.hash)).map(|held| held.token.clone()))
    }
}

#[async_trait]
impl OneTimeTokens for Repositories<Work> {
    async fn put(&mut self, new: &NewOneTimeToken) -> Result<(), StoreError> {
        let tokens = &mut self.0.state_mut().one_time_tokens;
        let slot = |token: &OneTimeToken| (token.user_id.clone(), token.kind, token.email.clone());
        let wanted = slot(&new.token);
        tokens.retain(|_, held| slot(&held.token) != wanted);
        if tokens.contains_key(&new.token.id) || tokens.values().any(|held| held.hash.value() == new.hash.value()) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        tokens.insert(new.token.id.clone(), new.clone());
        Ok(())
    }

    async fn redeem(&mut self, hashes: &[Digest], kind: TokenKind, now: Timestamp) -> Result<Option<OneTimeToken>, StoreError> {
        let tokens = &mut self.0.state_mut().one_time_tokens;
        let is_meant = |held: &NewOneTimeToken| hashes.contains(&held.hash) && held.token.kind == kind && held.token.is_live(now);
        let found = tokens.values().find(|held| is_meant(held)).map(|held| held.token.clone());
        if let Some(token) = &found {
            tokens.remove(&token.id);
        }
        Ok(found)
    }

    async fn end(&mut self, user: &UserId, kinds: &[TokenKind]) -> Result<u64, StoreError> {
        let is_meant = |held: &&mut NewOneTimeToken| {
            held.token.user_id == *user && kinds.contains(&held.token.kind) && held.token.expires_at != Timestamp::NEVER
        };
        let mut count = 0;
        for held in self.0.state_mut().one_time_tokens.values_mut().filter(is_meant) {
            held.token.expires_at = Timestamp::NEVER;
            count += 1;
        }
        Ok(count)
    }

    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let tokens = &mut self.0.state_mut().one_time_tokens;
        let old = tokens.values().map(|held| &held.token).filter(|token| token.created_at < before);
        let old: Vec<_> = old.map(|token| token.id.clone()).take(at_most(most)).collect();
        tokens.retain(|id, _| !old.contains(id));
        Ok(old.len() as u64)
    }
}
