//! Groups of accounts, and the teams and channels they are linked to.

use crate::id::{ChannelId, GroupId, TeamId};
use crate::text::fits;
use crate::time::Timestamp;

/// A group of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Names the group, for life.
    pub id: GroupId,
    /// Its name in mentions, alone among groups and usernames.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Whether anybody may mention it and list its members.
    pub allows_reference: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was removed; never while it is in use.
    pub deleted_at: Timestamp,
}

/// What a group is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A team.
    Team(TeamId),
    /// A channel.
    Channel(ChannelId),
}

/// The first rule that a group's fields break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroup {
    /// The name in mentions.
    #[error("name has 1 to 64 of a-z, 0-9, ., - and _")]
    Name,
    /// The text that people call it by.
    #[error("display_name has 1 to 128 characters")]
    DisplayName,
    /// The description.
    #[error("description has at most 1024 characters")]
    Description,
}

/// What somebody asks of a new group, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewGroup {
    /// Its name in mentions.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Whether anybody may mention it.
    pub allows_reference: bool,
}

impl NewGroup {
    /// Checks every field, and makes the group.
    ///
    /// # Errors
    ///
    /// [`InvalidGroup`] names the first rule that is broken.
    pub fn into_group(self, id: GroupId, now: Timestamp) -> Result<Group, InvalidGroup> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
        let rules = [
            (!(1..=64).contains(&self.name.len()) || !self.name.bytes().all(allowed), InvalidGroup::Name),
            (self.display_name.is_empty() || !fits(&self.display_name, 128), InvalidGroup::DisplayName),
            (!fits(&self.description, 1024), InvalidGroup::Description),
        ];
        match rules.into_iter().find(|(is_broken, _)| *is_broken) {
            Some((_, broken)) => Err(broken),
            None => Ok(Group {
                id,
                name: self.name,
                display_name: self.display_name,
                description: self.description,
                allows_reference: self.allows_reference,
                created_at: now,
                updated_at: now,
                deleted_at: Timestamp::NEVER,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fixture::{BORN, id};

    #[test]
    fn the_first_broken_rule_is_told() {
        let wanted = NewGroup { name: "crew".into(), display_name: "Crew".into(), ..NewGroup::default() };
        let refused = |group: NewGroup| group.into_group(id("g"), BORN).unwrap_err();
        assert_eq!(refused(NewGroup { name: "Crew!".into(), ..wanted.clone() }), InvalidGroup::Name);
        assert_eq!(refused(NewGroup { display_name: String::new(), ..wanted.clone() }), InvalidGroup::DisplayName);
        assert_eq!(refused(NewGroup { description: "d".repeat(1025), ..wanted.clone() }), InvalidGroup::Description);
        assert!(wanted.into_group(id("g"), BORN).is_ok());
    }
}
