//! Access tokens at rest.

use async_trait::async_trait;

use super::StoreError;
use crate::access_token::{AccessToken, NewAccessToken};
use crate::credential::KeyId;
use crate::id::{AccessTokenId, UserId};
use crate::page::Page;
use crate::session::Touch;

/// Access tokens at rest, looked at.
#[async_trait]
pub trait ReadAccessTokens: Send {
    /// The token of an id.
    async fn by_id(&mut self, id: &AccessTokenId) -> Result<Option<AccessToken>, StoreError>;
    /// An account's tokens, oldest first, then by id.
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<AccessToken>, StoreError>;
    /// Everybody's tokens, oldest first, then by id.
    async fn list(&mut self, page: Page) -> Result<Vec<AccessToken>, StoreError>;
    /// The tokens whose id, owner's id or owner's login name is a text, oldest first, then by id.
    async fn search(&mut self, term: &str, most: u32) -> Result<Vec<AccessToken>, StoreError>;
    /// How many tokens are stored under each key.
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError>;
}

/// Access tokens at rest, changed.
#[async_trait]
pub trait AccessTokens: ReadAccessTokens {
    /// Adds a token, unless its account has so many already; tells whether it did. The caller holds the account locked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another token has the id or the text.
    async fn insert(&mut self, token: &NewAccessToken, most: u32) -> Result<bool, StoreError>;

    /// Switches a token on or off; tells whether that changed it, or nothing if there is none. Of several at once, one has changed it.
    async fn set_active(&mut self, id: &AccessTokenId, is_active: bool) -> Result<Option<bool>, StoreError>;

    /// Removes a token; tells whether there was one.
    async fn remove(&mut self, id: &AccessTokenId) -> Result<bool, StoreError>;

    /// Writes down the use of a token.
    async fn touch(&mut self, id: &AccessTokenId, touch: &Touch) -> Result<(), StoreError>;
}
