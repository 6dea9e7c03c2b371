//! Invitations by mail: whoever holds the token may open one account.

use std::time::Duration;

use crate::credential::Digest;
use crate::id::{ChannelId, InvitationId, TeamId, UserId};
use crate::port::Purpose;
use crate::time::Timestamp;

/// How long an invitation counts.
pub const LIFETIME: Duration = Duration::from_hours(48);

/// An invitation to a team. Its token is not part of it: a store holds the token's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Names the invitation.
    pub id: InvitationId,
    /// The team.
    pub team_id: TeamId,
    /// Channels to join besides; of a guest, the only ones.
    pub channels: Vec<ChannelId>,
    /// The address it was sent to: no other may use it.
    pub email: String,
    /// Whether the account becomes a guest's.
    pub is_guest: bool,
    /// Who invited; nobody when the operator did at the machine.
    pub invited_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Invitation {
    /// Whether it is too old to count.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now.since(self.created_at) > LIFETIME
    }
}

/// Whom an invitation lets in, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitee {
    /// A member, who signs up.
    Member,
    /// A guest, who signs up.
    Guest,
    /// A guest whom the link itself lets in, as links in mails do from then on.
    GuestByLink,
}

impl Invitee {
    /// Whether he becomes a guest.
    #[must_use]
    pub const fn is_guest(self) -> bool {
        matches!(self, Self::Guest | Self::GuestByLink)
    }

    /// Under which key his invitation's token is hashed: by that alone the kinds differ at rest.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Member | Self::Guest => Purpose::OneTime,
            Self::GuestByLink => Purpose::GuestInvitation,
        }
    }
}

/// An invitation to store, with the hash that finds it.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What stands for its token.
    pub token: Digest,
}
