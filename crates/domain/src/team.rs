//! Teams, and who belongs to them: as much of them as the accounts' operations look at.

use crate::id::{TeamId, UserId};
use crate::text::fits;
use crate::time::Timestamp;

/// Who may join a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TeamKind {
    /// `O` on the wire.
    Open,
    /// `I` on the wire.
    Invited,
}

impl TeamKind {
    /// The letter that stands for the kind.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Open => "O",
            Self::Invited => "I",
        }
    }

    /// The kind of a letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::Open, Self::Invited].into_iter().find(|kind| kind.letter() == letter)
    }
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Names the team, for life.
    pub id: TeamId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; never while it is in use.
    pub deleted_at: Timestamp,
    /// Its name in addresses.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is about.
    pub description: String,
    /// The mail address of who made it; empty when that account is gone.
    pub email: String,
    /// Who may join.
    pub kind: TeamKind,
    /// The organisation.
    pub company_name: String,
    /// Mail domains of those who may join, with spaces or commas between them; empty for any.
    pub allowed_domains: String,
    /// What a standing invitation carries.
    pub invite_id: String,
    /// Whether members of the system join by themselves.
    pub allows_open_invite: bool,
    /// Whether only members of linked groups belong to it; `None` when nobody has said.
    pub is_group_constrained: Option<bool>,
}

/// How far a member's rights go in a team or a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Standing {
    /// A guest.
    pub is_guest: bool,
    /// An ordinary member.
    pub is_user: bool,
    /// One who looks after it.
    pub is_admin: bool,
}

impl Standing {
    /// An ordinary member's.
    pub const USER: Self = Self { is_guest: false, is_user: true, is_admin: false };
    /// A guest's.
    pub const GUEST: Self = Self { is_guest: true, is_user: false, is_admin: false };
    /// That of who made it.
    pub const ADMIN: Self = Self { is_guest: false, is_user: true, is_admin: true };

    /// The standing of a newcomer.
    #[must_use]
    pub const fn of_newcomer(is_guest: bool) -> Self {
        if is_guest { Self::GUEST } else { Self::USER }
    }

    /// The names of its roles for a kind of place, `team` or `channel`, as the wire shows them.
    #[must_use]
    pub fn roles(self, place: &str) -> String {
        let names = [(self.is_guest, "guest"), (self.is_user, "user"), (self.is_admin, "admin")];
        names.iter().filter(|(holds, _)| *holds).map(|(_, name)| format!("{place}_{name}")).collect::<Vec<_>>().join(" ")
    }

    /// Whether its roles for a kind of place grant a permission.
    #[must_use]
    pub fn grants(self, place: &str, permission: crate::role::Permission) -> bool {
        self.roles(place).split(' ').any(|name| crate::role::grants(name, permission))
    }
}

/// Somebody's place in a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// Which team.
    pub team_id: TeamId,
    /// Who.
    pub user_id: UserId,
    /// How far his rights go.
    pub standing: Standing,
    /// When he joined.
    pub created_at: Timestamp,
    /// When he left; never while he belongs to it.
    pub deleted_at: Timestamp,
}

impl TeamMember {
    /// Whether he belongs to the team now.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.deleted_at == Timestamp::NEVER
    }
}

/// The first rule that a team's fields break, in the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTeam {
    /// The text that people call it by.
    #[error("display_name has 1 to 64 characters")]
    DisplayName,
    /// The length of the name in addresses.
    #[error("name has at most 64 characters")]
    LongName,
    /// The description.
    #[error("description has at most 255 characters")]
    Description,
    /// A name that addresses of the service begin with.
    #[error("name does not begin with a word that addresses of the service use")]
    ReservedName,
    /// The form of the name in addresses.
    #[error("name has at least 2 of a-z, 0-9 and dashes between them")]
    Name,
    /// The kind.
    #[error("type is O or I")]
    Kind,
    /// The organisation.
    #[error("company_name has at most 64 characters")]
    CompanyName,
    /// The mail domains.
    #[error("allowed_domains has at most 500 characters")]
    AllowedDomains,
}

/// What somebody asks of a new team, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewTeam {
    /// Its name in addresses.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// Who may join: `O` or `I`.
    pub kind: String,
    /// What it is about.
    pub description: String,
    /// The organisation.
    pub company_name: String,
    /// Mail domains of those who may join.
    pub allowed_domains: String,
    /// Whether members of the system join by themselves.
    pub allows_open_invite: bool,
    /// Whether only members of linked groups belong to it.
    pub is_group_constrained: Option<bool>,
}

/// Words that addresses of the service begin with.
const RESERVED: [&str; 18] = [
    "admin",
    "api",
    "channel",
    "claim",
    "error",
    "files",
    "help",
    "landing",
    "login",
    "mfa",
    "oauth",
    "plug",
    "plugins",
    "post",
    "signup",
    "boards",
    "playbooks",
    "docs",
];

impl NewTeam {
    /// Checks every field in the order of the wire's rules, and makes the team.
    ///
    /// # Errors
    ///
    /// [`InvalidTeam`] names the first rule that is broken.
    pub fn into_team(self, id: TeamId, invite_id: String, email: String, now: Timestamp) -> Result<Team, InvalidTeam> {
        let kind = TeamKind::from_letter(&self.kind);
        let rules = [
            (self.display_name.is_empty() || !fits(&self.display_name, 64), InvalidTeam::DisplayName),
            (!fits(&self.name, 64), InvalidTeam::LongName),
            (!fits(&self.description, 255), InvalidTeam::Description),
            (RESERVED.iter().any(|word| self.name.starts_with(word)), InvalidTeam::ReservedName),
            (!is_team_name(&self.name), InvalidTeam::Name),
            (kind.is_none(), InvalidTeam::Kind),
            (!fits(&self.company_name, 64), InvalidTeam::CompanyName),
            (!fits(&self.allowed_domains, 500), InvalidTeam::AllowedDomains),
        ];
        if let Some((_, broken)) = rules.into_iter().find(|(is_broken, _)| *is_broken) {
            return Err(broken);
        }
        Ok(Team {
            id,
            created_at: now,
            updated_at: now,
            deleted_at: Timestamp::NEVER,
            name: self.name,
            display_name: self.display_name,
            description: self.description,
            email,
            kind: kind.unwrap_or(TeamKind::Open),
            company_name: self.company_name,
            allowed_domains: self.allowed_domains,
            invite_id,
            allows_open_invite: self.allows_open_invite,
            is_group_constrained: self.is_group_constrained,
        })
    }
}

fn is_team_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() >= 2 && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Permission;
    use crate::testkit::fixture::{BORN, id};

    fn wanted() -> NewTeam {
        NewTeam { name: "crew".into(), display_name: "Crew".into(), kind: "O".into(), ..NewTeam::default() }
    }

    fn refused(change: impl FnOnce(&mut NewTeam)) -> InvalidTeam {
        let mut team = wanted();
        change(&mut team);
        team.into_team(id("t"), "i".into(), String::new(), BORN).unwrap_err()
    }

    #[test]
    fn the_first_broken_rule_is_told() {
        assert_eq!(refused(|team| (team.display_name, team.name) = (String::new(), "n".repeat(65))), InvalidTeam::DisplayName);
        assert_eq!(refused(|team| team.name = "n".repeat(65)), InvalidTeam::LongName);
        assert_eq!(refused(|team| team.description = "d".repeat(256)), InvalidTeam::Description);
        assert_eq!(refused(|team| team.name = "apiary".into()), InvalidTeam::ReservedName);
        for name in ["D!", "d", "-dd", "dd-", "dé"] {
            assert_eq!(refused(|team| team.name = name.into()), InvalidTeam::Name, "{name}");
        }
        assert_eq!(refused(|team| team.kind = "X".into()), InvalidTeam::Kind);
        assert_eq!(refused(|team| team.company_name = "c".repeat(65)), InvalidTeam::CompanyName);
        assert_eq!(refused(|team| team.allowed_domains = "d".repeat(501)), InvalidTeam::AllowedDomains);
        assert!(wanted().into_team(id("t"), "i".into(), String::new(), BORN).is_ok());
    }

    #[test]
    fn standings_are_roles_of_their_place() {
        assert_eq!(Standing::ADMIN.roles("team"), "team_user team_admin");
        assert!(Standing::GUEST.grants("team", Permission::ViewTeam) && !Standing::GUEST.grants("team", Permission::InviteUser));
        assert!(!Standing::default().grants("channel", Permission::ReadChannel));
    }
}
