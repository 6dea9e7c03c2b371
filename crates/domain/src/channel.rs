//! Channels, and who is in them: as much of them as the accounts' operations look at.

use crate::id::{ChannelId, TeamId, UserId};
use crate::team::Standing;
use crate::text::fits;
use crate::time::Timestamp;

/// Who gets into a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Any member of its team.
    Open,
    /// Who is added.
    Private,
    /// Two people, or one with himself.
    Direct,
    /// Three to eight people.
    Group,
}

impl ChannelKind {
    /// The letter that stands for the kind.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Open => "O",
            Self::Private => "P",
            Self::Direct => "D",
            Self::Group => "G",
        }
    }

    /// The kind of a letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::Open, Self::Private, Self::Direct, Self::Group].into_iter().find(|kind| kind.letter() == letter)
    }
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Names the channel, for life.
    pub id: ChannelId,
    /// Its team; none for direct and group channels.
    pub team_id: Option<TeamId>,
    /// Who gets in.
    pub kind: ChannelKind,
    /// Its name in addresses, alone in its team, or among channels without one.
    pub name: String,
    /// What people call it; empty for direct and group channels, which are called by their members.
    pub display_name: String,
    /// The line above what is said in it.
    pub header: String,
    /// What it is for.
    pub purpose: String,
    /// Who made it.
    pub creator_id: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; never while it is in use.
    pub deleted_at: Timestamp,
    /// Whether only members of linked groups are in it; `None` when nobody has said.
    pub is_group_constrained: Option<bool>,
}

/// Somebody's place in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelMember {
    /// Which channel.
    pub channel_id: ChannelId,
    /// Who.
    pub user_id: UserId,
    /// How far his rights go.
    pub standing: Standing,
    /// When he came.
    pub created_at: Timestamp,
}

/// The channels that every team has and every member but guests joins: name, and what people call it.
pub const DEFAULTS: [(&str, &str); 2] = [("town-square", "Town Square"), ("off-topic", "Off-Topic")];
/// Fewest and most people of a group channel.
pub const GROUP_SIZES: std::ops::RangeInclusive<usize> = 3..=8;

/// The name of the channel of two people.
#[must_use]
pub fn direct_name(one: &UserId, other: &UserId) -> String {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("{first}__{second}")
}

/// The first rule that a channel's fields break, in the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChannel {
    /// A direct or group channel, which has another way to be made.
    #[error("type is neither D nor G here")]
    NotOfATeam,
    /// The kind.
    #[error("type is O or P")]
    Kind,
    /// The text that people call it by.
    #[error("display_name has 1 to 64 characters")]
    DisplayName,
    /// The name in addresses.
    #[error("name has 1 to 64 of a-z, 0-9, - and _")]
    Name,
    /// The header.
    #[error("header has at most 1024 characters")]
    Header,
    /// The purpose.
    #[error("purpose has at most 250 characters")]
    Purpose,
}

/// What somebody asks of a new channel of a team, as it was typed.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// Its team.
    pub team_id: TeamId,
    /// Its name in addresses.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// Who gets in: `O` or `P`.
    pub kind: String,
    /// The line above what is said in it.
    pub header: String,
    /// What it is for.
    pub purpose: String,
}

impl NewChannel {
    /// The kind that is asked for.
    ///
    /// # Errors
    ///
    /// [`InvalidChannel`] when a team can have no such channel.
    pub fn kind(&self) -> Result<ChannelKind, InvalidChannel> {
        match ChannelKind::from_letter(&self.kind) {
            Some(kind @ (ChannelKind::Open | ChannelKind::Private)) => Ok(kind),
            Some(ChannelKind::Direct | ChannelKind::Group) => Err(InvalidChannel::NotOfATeam),
            None => Err(InvalidChannel::Kind),
        }
    }

    /// Checks every field in the order of the wire's rules, and makes the channel.
    ///
    /// # Errors
    ///
    /// [`InvalidChannel`] names the first rule that is broken.
    pub fn into_channel(self, id: ChannelId, creator_id: Option<UserId>, now: Timestamp) -> Result<Channel, InvalidChannel> {
        let kind = self.kind()?;
        let rules = [
            (self.display_name.is_empty() || !fits(&self.display_name, 64), InvalidChannel::DisplayName),
            (!is_channel_name(&self.name), InvalidChannel::Name),
            (!fits(&self.header, 1024), InvalidChannel::Header),
            (!fits(&self.purpose, 250), InvalidChannel::Purpose),
        ];
        match rules.into_iter().find(|(is_broken, _)| *is_broken) {
            Some((_, broken)) => Err(broken),
            None => Ok(Channel {
                id,
                team_id: Some(self.team_id),
                kind,
                name: self.name,
                display_name: self.display_name,
                header: self.header,
                purpose: self.purpose,
                creator_id,
                created_at: now,
                updated_at: now,
                deleted_at: Timestamp::NEVER,
                is_group_constrained: None,
            }),
        }
    }
}

fn is_channel_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    // The separator of direct channels' names is kept for them.
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !(name.len() == 54 && &name[26..28] == "__")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fixture::{BORN, id};

    fn refused(change: impl FnOnce(&mut NewChannel)) -> InvalidChannel {
        let mut channel = NewChannel {
            team_id: id("t"),
            name: "room".into(),
            display_name: "Room".into(),
            kind: "O".into(),
            header: String::new(),
            purpose: String::new(),
        };
        change(&mut channel);
        channel.into_channel(id("c"), None, BORN).unwrap_err()
    }

    #[test]
    fn the_first_broken_rule_is_told() {
        assert_eq!(refused(|channel| channel.kind = "D".into()), InvalidChannel::NotOfATeam);
        assert_eq!(refused(|channel| channel.kind = String::new()), InvalidChannel::Kind);
        assert_eq!(refused(|channel| channel.display_name = "d".repeat(65)), InvalidChannel::DisplayName);
        for name in ["", "Room", "r m", "é"] {
            assert_eq!(refused(|channel| channel.name = name.into()), InvalidChannel::Name, "{name}");
        }
        assert_eq!(refused(|channel| channel.header = "h".repeat(1025)), InvalidChannel::Header);
        assert_eq!(refused(|channel| channel.purpose = "p".repeat(251)), InvalidChannel::Purpose);
    }

    #[test]
    fn the_channel_of_two_has_one_name_whoever_asks() {
        let (ada, bob) = (id::<UserId>("a"), id::<UserId>("b"));
        assert_eq!(direct_name(&ada, &bob), direct_name(&bob, &ada));
        assert_eq!(refused(|channel| channel.name = direct_name(&id("a"), &id("b"))), InvalidChannel::Name);
    }
}
