//! Roles, and what each of them grants.

use std::fmt;

/// One thing that a role lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Everything, everywhere.
    ManageSystem,
    /// Changing other people's accounts.
    EditOtherUsers,
    /// Looking at accounts that one shares no channel with.
    ViewMembers,
    /// Changing bots that others own.
    ManageOthersBots,
}

impl Permission {
    /// The name under which clients know the permission.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ManageSystem => "manage_system",
            Self::EditOtherUsers => "edit_other_users",
            Self::ViewMembers => "view_members",
            Self::ManageOthersBots => "manage_others_bots",
        }
    }
}

/// The role of everybody who is not a guest.
pub const USER: &str = "system_user";
/// The role of people who see only what they were invited to.
pub const GUEST: &str = "system_guest";
/// The role that grants everything.
pub const ADMIN: &str = "system_admin";
/// The roles that run parts of a system without owning it.
pub const MANAGERS: [&str; 3] = ["system_manager", "system_user_manager", "system_read_only_admin"];

/// Most bytes the roles of an account have as text.
const LONGEST: usize = 256;

/// The roles of one account, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(Vec<String>);

/// A text that is no list of role names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("roles are names of a-z, 0-9 and _ with one space between them, 256 bytes in all")]
pub struct InvalidRoles;

impl Roles {
    /// Reads the form of the wire: names with a space between them.
    ///
    /// # Errors
    ///
    /// [`InvalidRoles`] for other characters in a name, a name of more than 64 bytes or a text of more than 256.
    pub fn parse(text: &str) -> Result<Self, InvalidRoles> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let names: Vec<_> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let valid = text.len() <= LONGEST && names.iter().all(|name| name.len() <= 64 && name.bytes().all(allowed));
        valid.then_some(Self(names)).ok_or(InvalidRoles)
    }

    /// The roles of an ordinary account.
    #[must_use]
    pub fn user() -> Self {
        Self(vec![USER.to_owned()])
    }

    /// The roles of an administrator.
    #[must_use]
    pub fn admin() -> Self {
        Self(vec![ADMIN.to_owned(), USER.to_owned()])
    }

    /// Whether any of the roles grants a permission.
    #[must_use]
    pub fn grant(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| match role.as_str() {
            ADMIN => true,
            USER => permission == Permission::ViewMembers,
            _ => false,
        })
    }

    /// Whether a role is among them.
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
        assert!(Roles::admin().grant(Permission::ManageSystem));
        assert!(!Roles::user().grant(Permission::EditOtherUsers));
        assert!(Roles::user().grant(Permission::ViewMembers));
        assert!(!Roles::parse("system_guest no_such_role").unwrap().grant(Permission::ViewMembers));
    }
}
