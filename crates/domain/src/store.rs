//! Storage, as the domain sees it: one port, one transaction over everything, and look-ups without one.

use async_trait::async_trait;

use crate::audit::{ActionSeen, AuditEntry, RecordedAudit};
use crate::credential::{NewPassword, PasswordHash};
use crate::email::Email;
use crate::id::{ChannelId, UserId};
use crate::page::Page;
use crate::session::Guard;
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{BotListing, Count, Listed, Listing, Search, View};
use crate::username::Username;

mod access_token;
mod directory;
mod factor;
mod outbox;
mod session;

pub use access_token::{AccessTokens, ReadAccessTokens};
pub use directory::{
    Channels, Groups, Invitations, Preferences, ReadChannels, ReadGroups, ReadInvitations, ReadPreferences, ReadStatuses, ReadTeams,
    ReadTerms, Statuses, Teams, TermsOfService,
};
pub use factor::{Factors, KnownDevices, ReadFactors, ReadKnownDevices};
pub use outbox::{OneTimeTokens, Outbox, ReadOneTimeTokens, ReadOutbox};
pub use session::{Held, ReadSessions, Sessions, Shown};

/// A cause that a driver gave, for the log alone.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What one account alone may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueField {
    /// A login name.
    Username,
    /// A mail address.
    Email,
    /// A provider's name for somebody.
    Identity,
    /// The name of a team, of a channel in its team, or of a group.
    Name,
    /// An id, or the hash of a token.
    Id,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another account holds the value.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The database did not answer, or not in time, or is full.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// A row holds what the domain refuses.
    #[error("the table {table} holds a row that can't be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with the row.
        #[source]
        source: Cause,
    },
}

/// Where everything is kept.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// Read-only repositories on one connection, without a transaction: a look-up is one round trip.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when no connection is to be had in time.
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError>;

    /// Begins a transaction. Dropping it uncommitted undoes its writes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when no connection is to be had in time.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// Does some of the work that keeps searches quick and belongs to no call, and tells whether there is more. What is found does
    /// not depend on it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when it was not done.
    async fn tend(&self) -> Result<bool, StoreError>;
}

/// Repositories to look at.
pub trait Reading: Send {
    /// Accounts.
    fn users(&mut self) -> &mut dyn ReadUsers;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn ReadSessions;
    /// Access tokens.
    fn access_tokens(&mut self) -> &mut dyn ReadAccessTokens;
    /// The audit.
    fn audits(&mut self) -> &mut dyn ReadAudits;
    /// Teams.
    fn teams(&mut self) -> &mut dyn ReadTeams;
    /// Channels.
    fn channels(&mut self) -> &mut dyn ReadChannels;
    /// Groups.
    fn groups(&mut self) -> &mut dyn ReadGroups;
    /// Invitations by mail.
    fn invitations(&mut self) -> &mut dyn ReadInvitations;
    /// Terms of service.
    fn terms(&mut self) -> &mut dyn ReadTerms;
    /// What clients remember.
    fn preferences(&mut self) -> &mut dyn ReadPreferences;
    /// Whether people are there.
    fn statuses(&mut self) -> &mut dyn ReadStatuses;
    /// Mail that waits.
    fn outbox(&mut self) -> &mut dyn ReadOutbox;
    /// Tokens of links in mails.
    fn one_time_tokens(&mut self) -> &mut dyn ReadOneTimeTokens;
    /// Second factors.
    fn factors(&mut self) -> &mut dyn ReadFactors;
    /// Known devices.
    fn known_devices(&mut self) -> &mut dyn ReadKnownDevices;
    /// What the service remembers of itself.
    fn service(&mut self) -> &mut dyn ReadService;
}

/// One transaction, seen through every repository at once.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Accounts.
    fn users(&mut self) -> &mut dyn Users;
    /// Passwords, and tries of them.
    fn credentials(&mut self) -> &mut dyn Credentials;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn Sessions;
    /// Access tokens.
    fn access_tokens(&mut self) -> &mut dyn AccessTokens;
    /// The audit.
    fn audits(&mut self) -> &mut dyn Audits;
    /// Teams.
    fn teams(&mut self) -> &mut dyn Teams;
    /// Channels.
    fn channels(&mut self) -> &mut dyn Channels;
    /// Groups.
    fn groups(&mut self) -> &mut dyn Groups;
    /// Invitations by mail.
    fn invitations(&mut self) -> &mut dyn Invitations;
    /// Terms of service.
    fn terms(&mut self) -> &mut dyn TermsOfService;
    /// What clients remember.
    fn preferences(&mut self) -> &mut dyn Preferences;
    /// Whether people are there.
    fn statuses(&mut self) -> &mut dyn Statuses;
    /// Mail that waits.
    fn outbox(&mut self) -> &mut dyn Outbox;
    /// Tokens of links in mails.
    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokens;
    /// Second factors.
    fn factors(&mut self) -> &mut dyn Factors;
    /// Known devices.
    fn known_devices(&mut self) -> &mut dyn KnownDevices;
    /// What the service remembers of itself.
    fn service(&mut self) -> &mut dyn Service;

    /// Makes every write of the transaction last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the store can't promise that; the writes are then undone.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Accounts at rest, looked at.
#[async_trait]
pub trait ReadUsers: Send {
    /// The account of an id.
    async fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// The account of a login name.
    async fn by_username(&mut self, username: &Username) -> Result<Option<User>, StoreError>;
    /// The account of a mail address.
    async fn by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError>;
    /// The account whose login name or mail address is a lower-case text; the login name counts first.
    async fn by_login(&mut self, login: &str) -> Result<Option<User>, StoreError>;
    /// The accounts of some ids that changed after a time, by username; unknown ids and those out of view are left out.
    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp, view: &View) -> Result<Vec<User>, StoreError>;
    /// The accounts of some login names, by username; unknown names and those out of view are left out.
    async fn by_usernames(&mut self, usernames: &[Username], view: &View) -> Result<Vec<User>, StoreError>;
    /// Whether there is any account.
    async fn any(&mut self) -> Result<bool, StoreError>;
    /// One page of a list. What it costs does not grow with the page's number where the list is everyone's, or a team's, by
    /// username and without a filter.
    async fn list(&mut self, listing: &Listing) -> Result<Vec<Listed>, StoreError>;
    /// The accounts that have every word of a search.
    async fn search(&mut self, search: &Search) -> Result<Vec<User>, StoreError>;
    /// How many accounts there are.
    async fn count(&mut self, count: &Count) -> Result<u64, StoreError>;
    /// Whether two accounts are in a channel together, archived channels included.
    async fn share_channel(&mut self, one: &UserId, other: &UserId) -> Result<bool, StoreError>;
    /// Everybody who is in a channel together with an account, archived channels included, by id; not the account itself.
    async fn known_to(&mut self, id: &UserId) -> Result<Vec<UserId>, StoreError>;
    /// The others in those of some channels that are group channels and that an account is in, by channel and username.
    async fn in_group_channels(&mut self, id: &UserId, channels: &[ChannelId]) -> Result<Vec<(ChannelId, User)>, StoreError>;
    /// Active accounts of people, no guests, that sign in by password and whose address has none of some texts in it, by username.
    async fn with_address_outside(&mut self, domains: &[String], page: Page) -> Result<Vec<User>, StoreError>;
    /// Bots, oldest first, then by id.
    async fn bots(&mut self, listing: &BotListing) -> Result<Vec<User>, StoreError>;
    /// The first ids after an id, in their order.
    async fn ids_after(&mut self, after: Option<&UserId>, most: u32) -> Result<Vec<UserId>, StoreError>;
    /// Whether there is another active admin than an account, no bot, that lives here.
    async fn has_other_admin(&mut self, id: &UserId) -> Result<bool, StoreError>;
}

/// Accounts at rest, changed.
#[async_trait]
pub trait Users: ReadUsers {
    /// Adds new accounts, with their external identities; all of them or none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] names the field another account already holds.
    async fn insert(&mut self, users: &[User]) -> Result<(), StoreError>;

    /// The account of an id, kept from other writers until the unit of work ends.
    async fn locked(&mut self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Writes an account, with its external identity, but for when it was made, when it last signed in, its wrong passwords and
    /// its epoch: these have statements of their own. The caller holds it [`Self::locked`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] names the field another account already holds.
    async fn update(&mut self, user: &User) -> Result<(), StoreError>;

    /// Removes an account for good, with everything that is its own: credentials, sessions, tokens, identities, memberships,
    /// preferences, status, invitations to its address, and the audit of what it did. Of what others did to it the audit keeps that
    /// it happened, and loses what it says of the account. A team that holds its address as its maker's loses it; terms it wrote
    /// lose their author; the bots it owned stay, without owner. Tells whether it was there.
    async fn remove(&mut self, id: &UserId) -> Result<bool, StoreError>;

    /// Makes sign-ins that were begun before fail: what lets somebody into the account has changed.
    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError>;
}

/// How somebody names the account he signs in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginName {
    /// By its id.
    Id(UserId),
    /// By its login name or mail address, in lower case.
    Text(String),
}

/// A try of a password, counted before the password is looked at.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The account as it was before the try was counted.
    pub user: User,
    /// What verifies its password, if it has one.
    pub hash: Option<PasswordHash>,
    /// Whether the try counts; not while the account is locked or is a bot.
    pub is_open: bool,
    /// Until when it is locked.
    pub locked_until: Timestamp,
    /// What must still hold when a session is made.
    pub guard: Guard,
}

/// When an account is locked for wrong passwords.
#[derive(Debug, Clone, Copy)]
pub struct LockRules {
    /// Wrong passwords in a row that lock it.
    pub limit: u32,
    /// The first lock, in ms; each further wrong password doubles it.
    pub first_lock_ms: i64,
    /// The longest lock, in ms.
    pub longest_lock_ms: i64,
}

/// Passwords at rest, and tries of them.
#[async_trait]
pub trait Credentials: Send {
    /// Adds the passwords of new accounts.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when an account has one already.
    async fn insert(&mut self, passwords: &[NewPassword]) -> Result<(), StoreError>;

    /// Replaces a password, unlocks the account and makes sign-ins fail that were begun before.
    async fn change(&mut self, password: &NewPassword) -> Result<(), StoreError>;

    /// Replaces a hash by another of the same password, if it is still the one that was verified.
    async fn renew(&mut self, user: &UserId, verified: &PasswordHash, renewed: &PasswordHash) -> Result<bool, StoreError>;

    /// Finds an account and counts a try of its password, in one statement, so that no burst gets more tries than the limit.
    /// When the lock ends, one more try is allowed, and then again one after twice as long.
    async fn attempt(&mut self, login: &LoginName, rules: &LockRules, now: Timestamp) -> Result<Option<Attempt>, StoreError>;

    /// Gives a counted try back: the password was right, or was never looked at.
    async fn give_back(&mut self, user: &UserId) -> Result<(), StoreError>;

    /// Forgets wrong passwords: a right one was shown.
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError>;

    /// Removes an account's password, forgets wrong ones and makes sign-ins fail that were begun before: somebody else vouches now.
    async fn remove_password(&mut self, user: &UserId) -> Result<(), StoreError>;
}

/// The audit at rest, looked at.
#[async_trait]
pub trait ReadAudits: Send {
    /// The newest entries, newest first.
    async fn latest(&mut self, most: u32) -> Result<Vec<RecordedAudit>, StoreError>;

    /// What an account has done that its holder is shown, newest first: entries with [`AuditEntry::shown_as`].
    async fn by_actor(&mut self, actor: &UserId, page: Page) -> Result<Vec<ActionSeen>, StoreError>;
}

/// The audit at rest, added to.
#[async_trait]
pub trait Audits: Send {
    /// Adds entries.
    async fn record(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError>;
}

/// What the service remembers of itself, looked at.
#[async_trait]
pub trait ReadService: Send {
    /// A remembered value.
    async fn get(&mut self, name: &str) -> Result<Option<String>, StoreError>;
    /// The database's own time.
    async fn time(&mut self) -> Result<Timestamp, StoreError>;
}

/// What the service remembers of itself, changed.
#[async_trait]
pub trait Service: ReadService {
    /// Remembers a value for good, unless one is remembered already; tells whether it did. Of two at once, one does.
    async fn latch(&mut self, name: &str, value: &str) -> Result<bool, StoreError>;

    /// Remembers a value.
    async fn put(&mut self, name: &str, value: &str) -> Result<(), StoreError>;

    /// Waits until no other unit of work holds the name, and holds it until this one ends.
    async fn lock(&mut self, name: &str) -> Result<(), StoreError>;

    /// Makes every sign-in fail that was begun before.
    async fn grow_global_epoch(&mut self) -> Result<(), StoreError>;
}
