//! Mail that waits to be delivered, and tokens that mails carry, at rest.

use async_trait::async_trait;

use super::StoreError;
#[cfg(doc)]
use super::UniqueField;
use crate::credential::{Digest, KeyId, Sealed};
use crate::id::{MailId, UserId};
use crate::mail::{Claim, ClaimedMail, FailedTry, MailRecord, MailState, NewMail, SealedMail};
use crate::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use crate::page::Page;
use crate::time::Timestamp;

/// The outbox at rest, looked at.
#[async_trait]
pub trait ReadOutbox: Send {
    /// Rows in one of some states, oldest first.
    async fn list(&mut self, states: &[MailState], page: Page) -> Result<Vec<MailRecord>, StoreError>;
    /// When the next row that waits is due.
    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;
    /// Letters that are sealed under another key than one, whatever their rows' state, by id and after an id.
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&MailId>, most: u32) -> Result<Vec<SealedMail>, StoreError>;
}

/// The outbox at rest, changed.
#[async_trait]
pub trait Outbox: ReadOutbox {
    /// Adds rows, due at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] with [`UniqueField::Id`] when a row has the id of one of them.
    async fn put(&mut self, mails: &[NewMail]) -> Result<(), StoreError>;

    /// Takes rows that are due and of use, those first that were due first, and counts a try of each; gives them oldest first. No two takes get one row before the first take's time is over.
    async fn claim(&mut self, claim: &Claim) -> Result<Vec<ClaimedMail>, StoreError>;

    /// Marks a row of one's own take as delivered and wipes its letter; tells whether it still was one's own.
    async fn delivered(&mut self, id: &MailId, by: &str, at: Timestamp) -> Result<bool, StoreError>;

    /// Notes a failed try of a row of one's own take, which waits again or is dead; tells whether it still was one's own.
    async fn failed(&mut self, id: &MailId, by: &str, failure: &FailedTry) -> Result<bool, StoreError>;

    /// Lets dead rows wait again, due at once with all their tries: one, or all of them. Tells how many.
    async fn retry(&mut self, id: Option<&MailId>, now: Timestamp) -> Result<u64, StoreError>;

    /// Seals a letter anew where it is still the one that was read, whoever holds its row; tells whether it was.
    async fn reseal(&mut self, id: &MailId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError>;

    /// Cuts rows whose letters are of no use any more to what is no secret, some at a time; tells how many.
    async fn cut(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// Removes rows that were delivered, given up or cut before a time, some at a time; tells how many.
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError>;
}

/// Tokens of links in mails at rest, looked at.
#[async_trait]
pub trait ReadOneTimeTokens: Send {
    /// The token that has one of the hashes, whatever its kind and however old.
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<OneTimeToken>, StoreError>;
}

/// Tokens of links in mails at rest, changed.
#[async_trait]
pub trait OneTimeTokens: ReadOneTimeTokens {
    /// Adds a token in place of the account's earlier one of its kind for its address.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] with [`UniqueField::Id`] when another token has its hash or its id.
    async fn put(&mut self, token: &NewOneTimeToken) -> Result<(), StoreError>;

    /// Uses a token of a kind up; nothing when it has expired, ended, or was used. Of several at once, one gets it.
    async fn redeem(&mut self, hashes: &[Digest], kind: TokenKind, now: Timestamp) -> Result<Option<OneTimeToken>, StoreError>;

    /// Ends an account's tokens of some kinds: they are as those that have expired. Tells how many.
    async fn end(&mut self, user: &UserId, kinds: &[TokenKind]) -> Result<u64, StoreError>;

    /// Removes tokens that were made before a time, some at a time; tells how many.
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError>;
}
