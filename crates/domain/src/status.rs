//! Whether people are there.

use crate::id::UserId;
use crate::time::Timestamp;

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// There.
    Online,
    /// Not looking.
    Away,
    /// Not to be disturbed.
    DoNotDisturb,
    /// Not there.
    Offline,
    /// Out of office.
    OutOfOffice,
}

impl Presence {
    const ALL: [Self; 5] = [Self::Online, Self::Away, Self::DoNotDisturb, Self::Offline, Self::OutOfOffice];

    /// The name on the wire and in stores.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::DoNotDisturb => "dnd",
            Self::Offline => "offline",
            Self::OutOfOffice => "ooo",
        }
    }

    /// The presence of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|presence| presence.id() == id)
    }
}

/// Whether somebody is there, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Who.
    pub user_id: UserId,
    /// Whether he is there.
    pub presence: Presence,
    /// Whether he said so himself.
    pub is_manual: bool,
    /// When he was last active.
    pub last_activity_at: Timestamp,
    /// When he may be disturbed again, in seconds since the Unix epoch; 0 for no such time.
    pub dnd_end_secs: i64,
}

impl Status {
    /// The status of who has none.
    #[must_use]
    pub const fn unknown(user_id: UserId) -> Self {
        Self { user_id, presence: Presence::Offline, is_manual: false, last_activity_at: Timestamp::NEVER, dnd_end_secs: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presences_have_names_of_their_own() {
        assert!(Presence::ALL.iter().all(|presence| Presence::from_id(presence.id()) == Some(*presence)));
        assert_eq!(Presence::from_id("asleep"), None);
    }
}
