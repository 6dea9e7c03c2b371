//! What lies around accounts, at rest.

use async_trait::async_trait;

use super::StoreError;
#[cfg(doc)]
use super::UniqueField;
use crate::channel::{Channel, ChannelMember};
use crate::credential::Digest;
use crate::group::{Group, Place};
use crate::id::{ChannelId, GroupId, InvitationId, TeamId, TermsId, UserId};
use crate::invitation::{Invitation, NewInvitation};
use crate::page::Page;
use crate::preference::Preference;
use crate::status::Status;
use crate::team::{Team, TeamMember};
use crate::terms::Terms;
use crate::time::Timestamp;

/// Teams at rest, looked at.
#[async_trait]
pub trait ReadTeams: Send {
    /// The team of an id.
    async fn by_id(&mut self, id: &TeamId) -> Result<Option<Team>, StoreError>;
    /// The team of a name.
    async fn by_name(&mut self, name: &str) -> Result<Option<Team>, StoreError>;
    /// The team of a standing invitation.
    async fn by_invite_id(&mut self, invite_id: &str) -> Result<Option<Team>, StoreError>;
    /// Teams in use, by display name, then id; all, or those that members of the system may join by themselves.
    async fn list(&mut self, only_open: bool, page: Page) -> Result<Vec<Team>, StoreError>;
    /// The teams in use that an account belongs to now, by display name, then id.
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<Team>, StoreError>;
    /// Somebody's place in a team, a former one too.
    async fn member(&mut self, team: &TeamId, user: &UserId) -> Result<Option<TeamMember>, StoreError>;
    /// Who belongs to a team now, by username, then id.
    async fn members(&mut self, team: &TeamId, page: Page) -> Result<Vec<TeamMember>, StoreError>;
    /// An account's places in teams, former ones too, by team.
    async fn memberships(&mut self, user: &UserId) -> Result<Vec<TeamMember>, StoreError>;
}

/// Teams at rest, changed.
#[async_trait]
pub trait Teams: ReadTeams {
    /// Adds a team.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] with [`UniqueField::Name`] when a team, an archived one too, has its name.
    async fn insert(&mut self, team: &Team) -> Result<(), StoreError>;

    /// Makes somebody a member, a former one again; tells whether he was none. Of several at once, one is told so.
    async fn join(&mut self, member: &TeamMember) -> Result<bool, StoreError>;

    /// Makes many accounts members at once; who is or was one stays as he is.
    async fn fill(&mut self, members: &[TeamMember]) -> Result<(), StoreError>;

    /// Ends somebody's membership of a team and of all its channels; tells whether he was a member.
    async fn leave(&mut self, team: &TeamId, user: &UserId, at: Timestamp) -> Result<bool, StoreError>;

    /// Makes somebody a guest, or no guest, of every team and channel that he belongs to, and no admin of any as a guest.
    async fn set_guest(&mut self, user: &UserId, is_guest: bool) -> Result<(), StoreError>;
}

/// Channels at rest, looked at.
#[async_trait]
pub trait ReadChannels: Send {
    /// The channel of an id, an archived one too.
    async fn by_id(&mut self, id: &ChannelId) -> Result<Option<Channel>, StoreError>;
    /// The channel of a name in a team, or among those without a team.
    async fn by_name(&mut self, team: Option<&TeamId>, name: &str) -> Result<Option<Channel>, StoreError>;
    /// Somebody's place in a channel.
    async fn member(&mut self, channel: &ChannelId, user: &UserId) -> Result<Option<ChannelMember>, StoreError>;
    /// Who is in a channel, by username, then id.
    async fn members(&mut self, channel: &ChannelId, page: Page) -> Result<Vec<ChannelMember>, StoreError>;
    /// The channels in use that an account is in, by display name, then id: those of a team and those without one, or all.
    async fn of_user(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<Channel>, StoreError>;
    /// The places of an account in the channels of a team and in those without one, or in all, by channel.
    async fn memberships(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<ChannelMember>, StoreError>;
}

/// Channels at rest, changed.
#[async_trait]
pub trait Channels: ReadChannels {
    /// Adds a channel.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] with [`UniqueField::Name`] when a channel of its team, an archived one too, has its name. Nothing of the
    /// unit of work is lost by that: direct channels are made by whoever comes first.
    async fn insert(&mut self, channel: &Channel) -> Result<(), StoreError>;

    /// Puts people into a channel; who is in it stays as he is. Tells who was not.
    async fn join(&mut self, members: &[ChannelMember]) -> Result<Vec<UserId>, StoreError>;

    /// Takes somebody out of a channel; tells whether he was in it.
    async fn leave(&mut self, channel: &ChannelId, user: &UserId) -> Result<bool, StoreError>;
}

/// Groups at rest, looked at.
#[async_trait]
pub trait ReadGroups: Send {
    /// The group of an id, a removed one too.
    async fn by_id(&mut self, id: &GroupId) -> Result<Option<Group>, StoreError>;
    /// Groups in use, by display name, then id.
    async fn list(&mut self, page: Page) -> Result<Vec<Group>, StoreError>;
    /// Whether a group in use has a name.
    async fn has_name(&mut self, name: &str) -> Result<bool, StoreError>;
    /// How many accounts are in a group.
    async fn size(&mut self, group: &GroupId) -> Result<u64, StoreError>;
}

/// Groups at rest, changed.
#[async_trait]
pub trait Groups: ReadGroups {
    /// Adds a group.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] with [`UniqueField::Name`] when a group in use has its name.
    async fn insert(&mut self, group: &Group) -> Result<(), StoreError>;

    /// Removes a group; its members and links with it.
    async fn remove(&mut self, group: &GroupId, at: Timestamp) -> Result<(), StoreError>;

    /// Puts accounts into a group; who is in it stays, ids that nobody has are left out. Tells who was not.
    async fn add(&mut self, group: &GroupId, users: &[UserId], at: Timestamp) -> Result<Vec<UserId>, StoreError>;

    /// Takes accounts out of a group; tells who was in it.
    async fn take_out(&mut self, group: &GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError>;

    /// Links a group to a team or a channel; linking twice is linking once.
    async fn link(&mut self, group: &GroupId, place: &Place, at: Timestamp) -> Result<(), StoreError>;

    /// Ends a link; tells whether there was one.
    async fn unlink(&mut self, group: &GroupId, place: &Place) -> Result<bool, StoreError>;
}

/// Invitations at rest, looked at.
#[async_trait]
pub trait ReadInvitations: Send {
    /// The invitation whose token has one of the hashes.
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<Invitation>, StoreError>;
}

/// Invitations at rest, changed.
#[async_trait]
pub trait Invitations: ReadInvitations {
    /// Adds an invitation.
    async fn insert(&mut self, invitation: &NewInvitation) -> Result<(), StoreError>;

    /// Uses an invitation up; tells whether it was there. Of any number at once, one is told so.
    async fn redeem(&mut self, id: &InvitationId) -> Result<bool, StoreError>;

    /// Removes invitations that were made before a time, some at a time; tells how many.
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError>;
}

/// Terms of service at rest, looked at.
#[async_trait]
pub trait ReadTerms: Send {
    /// The terms of an id.
    async fn by_id(&mut self, id: &TermsId) -> Result<Option<Terms>, StoreError>;
    /// The newest terms; of two of one time, those that were added last.
    async fn latest(&mut self) -> Result<Option<Terms>, StoreError>;
}

/// Terms of service at rest, changed. Who accepted which is part of the accounts.
#[async_trait]
pub trait TermsOfService: ReadTerms {
    /// Adds terms.
    async fn insert(&mut self, terms: &Terms) -> Result<(), StoreError>;
}

/// What clients remember, looked at.
#[async_trait]
pub trait ReadPreferences: Send {
    /// What is remembered of an account, or in one category of it, by category and name.
    async fn of_user(&mut self, user: &UserId, category: Option<&str>) -> Result<Vec<Preference>, StoreError>;
    /// How much is remembered of an account, what the service keeps there itself ([`crate::preference::OF_SERVICE`]) left out.
    async fn count(&mut self, user: &UserId) -> Result<u32, StoreError>;
}

/// What clients remember, changed.
#[async_trait]
pub trait Preferences: ReadPreferences {
    /// Remembers; what was there of the same account, category and name is replaced.
    async fn put(&mut self, preferences: &[Preference]) -> Result<(), StoreError>;

    /// Forgets what has the account, category and name of these.
    async fn remove(&mut self, preferences: &[Preference]) -> Result<(), StoreError>;
}

/// Whether people are there, looked at.
#[async_trait]
pub trait ReadStatuses: Send {
    /// What is known of some accounts, by id; of whom nothing is known is left out.
    async fn of_users(&mut self, users: &[UserId]) -> Result<Vec<Status>, StoreError>;
}

/// Whether people are there, changed.
#[async_trait]
pub trait Statuses: ReadStatuses {
    /// Writes a status down, in place of the one before.
    async fn put(&mut self, status: &Status) -> Result<(), StoreError>;
}
