//! Sessions at rest.

use async_trait::async_trait;

use super::StoreError;
use crate::access_token::TokenOwner;
use crate::credential::{Digest, KeyId};
use crate::id::{SessionId, UserId};
use crate::page::Page;
use crate::session::{DeviceChange, Ending, Guard, NewSession, Session, SignedIn, Touch};
use crate::time::Timestamp;

/// What a shown token may be stored as.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Its hashes as a session's.
    pub sessions: Vec<Digest>,
    /// Its hashes as an access token.
    pub access_tokens: Vec<Digest>,
}

/// What a shown token stands for.
#[derive(Debug, Clone)]
pub enum Held {
    /// A session that has not ended.
    Session(SignedIn),
    /// An access token, on or off.
    AccessToken(TokenOwner),
}

impl Held {
    /// The id of the session or of the access token.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Session(signed_in) => signed_in.session.id.as_str(),
            Self::AccessToken(owner) => owner.token.id.as_str(),
        }
    }
}

/// Sessions at rest, looked at.
#[async_trait]
pub trait ReadSessions: Send {
    /// The session that has not ended, or the access token, whose text has one of the hashes, with its account; in one statement.
    async fn by_token(&mut self, shown: &Shown) -> Result<Option<Held>, StoreError>;
    /// The session of an id that has not ended.
    async fn by_id(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError>;
    /// An account's sessions that have not ended, the one last active first, then by id.
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError>;
    /// An account's sessions that have ended, the one that ended last first, then by id.
    async fn ended_of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError>;
    /// How many sessions that have not ended are stored under each key.
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError>;
}

/// Sessions at rest, changed.
#[async_trait]
pub trait Sessions: ReadSessions {
    /// Makes a session if the guard still holds and the account is active, forgives wrong passwords and writes down the sign-in.
    /// Tells whether it did.
    async fn open(&mut self, session: &NewSession, guard: Guard) -> Result<bool, StoreError>;

    /// Ends one session; tells whether it had not ended before.
    async fn end(&mut self, id: &SessionId, ending: &Ending) -> Result<bool, StoreError>;

    /// Ends every session of an account but one; tells how many.
    async fn end_all(&mut self, user: &UserId, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError>;

    /// Ends an account's sessions on a push device, but one; tells how many.
    async fn end_device(&mut self, user: &UserId, device_id: &str, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError>;

    /// Ends an account's sessions beyond so many: a new one stays, whatever the others' times are, and with it those that were last
    /// active. Tells how many ended.
    async fn end_beyond(&mut self, user: &UserId, new: &SessionId, kept: u32, ending: &Ending) -> Result<u64, StoreError>;

    /// Ends one session of an account; tells whether it had not ended before.
    async fn end_own(&mut self, user: &UserId, id: &SessionId, ending: &Ending) -> Result<bool, StoreError>;

    /// Ends sessions of everybody that began by the time of the ending, some at a time; tells how many.
    async fn end_everybodys(&mut self, ending: &Ending, most: u32) -> Result<u64, StoreError>;

    /// Ends sessions whose time is over, at that time, some at a time; tells how many.
    async fn end_expired(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// Ends sessions that were last active at a time or before, some at a time; tells how many.
    async fn end_idle(&mut self, last_active: Timestamp, now: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// Changes the push device of a session that has not ended; tells whether it did.
    async fn attach(&mut self, id: &SessionId, change: &DeviceChange) -> Result<bool, StoreError>;

    /// Writes down the use of a session that has not ended.
    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError>;

    /// Removes sessions that ended or expired before a time, some at a time; tells how many.
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError>;
}
