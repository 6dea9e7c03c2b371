//! Roles, and what each of them grants.

use std::fmt;

mod catalogue;

pub use catalogue::{CATALOGUE, Role, grants, known};

/// Makes the list of permissions, each with its name on the wire.
macro_rules! permissions {
    ($($name:ident $id:literal,)*) => {
        /// Something that a role lets its holder do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission {
            $(#[doc = concat!("`", $id, "`")] $name,)*
        }

        impl Permission {
            /// Every permission that an operation here asks for.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name that the wire and the printed table use.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

permissions! {
    ManageSystem "manage_system",
    EditOtherUsers "edit_other_users",
    ViewMembers "view_members",
    ManageRoles "manage_roles",
    DemoteToGuest "demote_to_guest",
    PromoteGuest "promote_guest",
    ReadUserManagement "sysconsole_read_user_management_users",
    WriteUserManagement "sysconsole_write_user_management_users",
    ListUsersWithoutTeam "list_users_without_team",
    CreateBot "create_bot",
    ReadBots "read_bots",
    ReadOthersBots "read_others_bots",
    ManageBots "manage_bots",
    ManageOthersBots "manage_others_bots",
    CreateUserAccessToken "create_user_access_token",
    ReadUserAccessToken "read_user_access_token",
    RevokeUserAccessToken "revoke_user_access_token",
    CreateTeam "create_team",
    ViewTeam "view_team",
    ManageTeam "manage_team",
    InviteUser "invite_user",
    InviteGuest "invite_guest",
    AddUserToTeam "add_user_to_team",
    RemoveUserFromTeam "remove_user_from_team",
    JoinPublicTeams "join_public_teams",
    JoinPrivateTeams "join_private_teams",
    ListPublicTeams "list_public_teams",
    ListTeamChannels "list_team_channels",
    CreatePublicChannel "create_public_channel",
    CreatePrivateChannel "create_private_channel",
    CreateDirectChannel "create_direct_channel",
    CreateGroupChannel "create_group_channel",
    JoinPublicChannels "join_public_channels",
    ReadChannel "read_channel",
    ReadPublicChannel "read_public_channel",
    ManagePublicChannelMembers "manage_public_channel_members",
    ManagePrivateChannelMembers "manage_private_channel_members",
    CreateCustomGroup "create_custom_group",
    EditCustomGroup "edit_custom_group",
    ManageCustomGroupMembers "manage_custom_group_members",
    ReadGroups "sysconsole_read_user_management_groups",
    WriteGroups "sysconsole_write_user_management_groups",
}

/// The role of ordinary accounts.
pub const USER: &str = "system_user";
/// The role of people who see only what they were invited to.
pub const GUEST: &str = "system_guest";
/// The role of those who may do everything.
pub const ADMIN: &str = "system_admin";
/// The roles of those who may look after parts of the system.
pub const MANAGERS: [&str; 3] = ["system_manager", "system_user_manager", "system_read_only_admin"];

/// Most bytes of a list of roles.
const LONGEST: usize = 256;

/// An ordered list of role names, as the wire shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(Vec<String>);

/// A text that is no list of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("roles are names of a-z, 0-9 and _ with one space between them, 256 bytes in all")]
pub struct InvalidRoles;

/// Whether a text has the form of a role's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

impl Roles {
    /// Reads names with spaces between them.
    ///
    /// # Errors
    ///
    /// [`InvalidRoles`] when a name is malformed or the list is too long.
    pub fn parse(text: &str) -> Result<Self, InvalidRoles> {
        let names: Vec<_> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let valid = text.len() <= LONGEST && names.iter().all(|name| is_name(name));
        valid.then_some(Self(names)).ok_or(InvalidRoles)
    }

    /// The role of an ordinary account.
    #[must_use]
    pub fn user() -> Self {
        Self(vec![USER.to_owned()])
    }

    /// The role of a guest.
    #[must_use]
    pub fn guest() -> Self {
        Self(vec![GUEST.to_owned()])
    }

    /// The roles of the first admin.
    #[must_use]
    pub fn admin() -> Self {
        Self(vec![ADMIN.to_owned(), USER.to_owned()])
    }

    /// The same list without names that come twice.
    #[must_use]
    pub fn tidied(self) -> Self {
        let mut kept: Vec<String> = Vec::with_capacity(self.0.len());
        for name in self.0 {
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        Self(kept)
    }

    /// The same list with one name in place of another.
    #[must_use]
    pub fn with(self, name: &str, in_place_of: &str) -> Self {
        Self(self.0.into_iter().map(|held| if held == in_place_of { name.to_owned() } else { held }).collect()).tidied()
    }

    /// The same list, with an ordinary member's role first where a manager's stands alone: managers' roles have none of its permissions.
    #[must_use]
    pub fn with_member_beside_manager(mut self) -> Self {
        let is_alone = self.names().any(|name| MANAGERS.contains(&name)) && ![USER, GUEST, ADMIN].iter().any(|name| self.contains(name));
        if is_alone {
            self.0.insert(0, USER.to_owned());
        }
        self
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether these roles grant anything that others do not.
    #[must_use]
    pub fn grant_beyond(&self, others: &Self) -> bool {
        let granted = |roles: &Self| roles.names().filter_map(known).flat_map(|role| role.permissions.iter().copied()).collect();
        let (own, theirs): (std::collections::BTreeSet<&str>, std::collections::BTreeSet<&str>) = (granted(self), granted(others));
        !own.is_subset(&theirs)
    }

    /// Whether any of the roles grants a permission; a name that nobody knows grants nothing.
    #[must_use]
    pub fn grant(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| grants(role, permission))
    }

    /// Whether a role is in the list.
    #[must_use]
    pub fn contains(&self, role: &str) -> bool {
        self.0.iter().any(|held| held == role)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_roles_is_kept() {
        let roles = Roles::parse("system_admin system_user").unwrap();
        assert_eq!(roles.to_string(), "system_admin system_user");
        assert_eq!(roles, Roles::admin());
    }

    #[test]
    fn malformed_roles_are_refused() {
        assert_eq!(Roles::parse("system user,admin"), Err(InvalidRoles));
        assert_eq!(Roles::parse(&"r".repeat(65)), Err(InvalidRoles));
        assert_eq!(Roles::parse(&"role ".repeat(60)), Err(InvalidRoles));
    }

    #[test]
    fn only_admins_hold_everything() {
        assert!(Permission::ALL.iter().all(|permission| Roles::admin().grant(*permission)));
        assert!(!Roles::user().grant(Permission::EditOtherUsers));
        assert!(Roles::user().grant(Permission::ViewMembers));
        assert!(!Roles::parse("system_guest no_such_role").unwrap().grant(Permission::ViewMembers));
    }

    #[test]
    fn a_tidied_list_names_nothing_twice() {
        assert_eq!(Roles::parse("a b a").unwrap().tidied().to_string(), "a b");
        assert_eq!(Roles::parse("system_guest x").unwrap().with(USER, GUEST).to_string(), "system_user x");
    }

    #[test]
    fn a_manager_is_a_member_too() {
        let managed = |text| Roles::parse(text).unwrap().with_member_beside_manager().to_string();
        assert_eq!(managed("system_manager"), "system_user system_manager");
        assert_eq!(managed("system_guest system_manager"), "system_guest system_manager");
        assert_eq!(managed("team_user"), "team_user");
    }
}
