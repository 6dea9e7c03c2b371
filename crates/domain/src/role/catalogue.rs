//! The roles that there are, with what each grants by the wire's names.

use std::sync::LazyLock;

use super::{ADMIN, Permission};
use crate::id;

/// One role, as the wire shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// The names of what it grants; some of it belongs to other services of the same people.
    pub permissions: &'static [&'static str],
    /// Whether memberships have it by a flag.
    pub is_scheme_managed: bool,
}

impl Role {
    /// Names the role, the same in every service: drawn from its name.
    #[must_use]
    pub fn id(&self) -> String {
        // FNV-1a of 128 bits: two names of the catalogue never meet, which a test shows.
        let hash = self.name.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        id::encode(hash.to_be_bytes())
    }

    /// Whether it grants a permission.
    #[must_use]
    pub fn grants(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission.id())
    }
}

const USER: &[&str] = &[
    "create_custom_group",
    "create_direct_channel",
    "create_emojis",
    "create_group_channel",
    "create_team",
    "delete_custom_group",
    "delete_emojis",
    "edit_custom_group",
    "join_public_teams",
    "list_public_teams",
    "manage_custom_group_members",
    "restore_custom_group",
    "view_members",
];
const GUEST: &[&str] = &["create_direct_channel", "create_group_channel"];
const READ_ONLY_ADMIN: &[&str] = &[
    "list_private_teams",
    "list_public_teams",
    "read_channel",
    "read_other_users_teams",
    "read_public_channel",
    "read_public_channel_groups",
    "sysconsole_read_user_management_channels",
    "sysconsole_read_user_management_groups",
    "sysconsole_read_user_management_permissions",
    "sysconsole_read_user_management_teams",
    "sysconsole_read_user_management_users",
    "view_team",
];
const USER_MANAGER: &[&str] = &[
    "add_user_to_team",
    "join_private_teams",
    "join_public_channels",
    "join_public_teams",
    "list_private_teams",
    "list_public_teams",
    "manage_private_channel_members",
    "manage_public_channel_members",
    "manage_team",
    "manage_team_roles",
    "read_channel",
    "read_public_channel",
    "remove_user_from_team",
    "sysconsole_read_user_management_channels",
    "sysconsole_read_user_management_groups",
    "sysconsole_read_user_management_permissions",
    "sysconsole_read_user_management_teams",
    "sysconsole_write_user_management_channels",
    "sysconsole_write_user_management_groups",
    "sysconsole_write_user_management_teams",
    "view_team",
];
const MANAGER: &[&str] = &[
    "add_user_to_team",
    "join_private_teams",
    "join_public_channels",
    "join_public_teams",
    "list_private_teams",
    "list_public_teams",
    "manage_private_channel_members",
    "manage_public_channel_members",
    "manage_team",
    "manage_team_roles",
    "read_channel",
    "read_public_channel",
    "remove_user_from_team",
    "sysconsole_read_environment_developer",
    "sysconsole_read_integrations_bot_accounts",
    "sysconsole_read_site_users_and_teams",
    "sysconsole_read_user_management_channels",
    "sysconsole_read_user_management_groups",
    "sysconsole_read_user_management_permissions",
    "sysconsole_read_user_management_teams",
    "sysconsole_write_site_users_and_teams",
    "sysconsole_write_user_management_channels",
    "sysconsole_write_user_management_groups",
    "sysconsole_write_user_management_permissions",
    "sysconsole_write_user_management_teams",
    "view_team",
];
const TEAM_USER: &[&str] = &[
    "add_user_to_team",
    "create_private_channel",
    "create_public_channel",
    "invite_user",
    "join_public_channels",
    "list_team_channels",
    "read_public_channel",
    "view_team",
];
const TEAM_ADMIN: &[&str] = &[
    "delete_others_posts",
    "delete_post",
    "import_team",
    "manage_channel_roles",
    "manage_team",
    "manage_team_roles",
    "remove_user_from_team",
];
const CHANNEL_USER: &[&str] = &[
    "add_reaction",
    "create_post",
    "delete_post",
    "delete_private_channel",
    "delete_public_channel",
    "edit_post",
    "get_public_link",
    "manage_private_channel_members",
    "manage_private_channel_properties",
    "manage_public_channel_members",
    "manage_public_channel_properties",
    "read_channel",
    "read_channel_content",
    "remove_reaction",
    "upload_file",
    "use_channel_mentions",
];
const CHANNEL_GUEST: &[&str] = &[
    "add_reaction",
    "create_post",
    "edit_post",
    "read_channel",
    "read_channel_content",
    "remove_reaction",
    "upload_file",
    "use_channel_mentions",
];
const TOKENS: &[&str] = &["create_user_access_token", "read_user_access_token", "revoke_user_access_token"];
const CUSTOM_GROUPS: &[&str] =
    &["create_custom_group", "delete_custom_group", "edit_custom_group", "manage_custom_group_members", "restore_custom_group"];

const fn role(name: &'static str, display_name: &'static str, permissions: &'static [&'static str], is_scheme_managed: bool) -> Role {
    Role { name, display_name, permissions, is_scheme_managed }
}

/// Every role but the admin's, whose permissions are all of all others' and of every operation.
const OTHERS: &[Role] = &[
    role("system_user", "Member", USER, true),
    role("system_guest", "Guest", GUEST, true),
    role("system_read_only_admin", "Viewer", READ_ONLY_ADMIN, false),
    role("system_user_manager", "User manager", USER_MANAGER, false),
    role("system_manager", "System manager", MANAGER, false),
    role("system_custom_group_admin", "Custom group manager", CUSTOM_GROUPS, false),
    role("system_user_access_token", "Access token holder", TOKENS, false),
    role("system_post_all", "Poster everywhere", &["create_post", "use_channel_mentions"], false),
    role("system_post_all_public", "Poster in public channels", &["create_post_public", "use_channel_mentions"], false),
    role("shared_channel_manager", "Shared channel manager", &["manage_shared_channels"], false),
    role("secure_connection_manager", "Secure connection manager", &["manage_secure_connections"], false),
    role("team_user", "Team member", TEAM_USER, true),
    role("team_admin", "Team admin", TEAM_ADMIN, true),
    role("team_guest", "Team guest", &["view_team"], true),
    role("team_post_all", "Poster in a team", &["create_post", "use_channel_mentions"], false),
    role("team_post_all_public", "Poster in a team's public channels", &["create_post_public", "use_channel_mentions"], false),
    role("channel_user", "Channel member", CHANNEL_USER, true),
    role("channel_admin", "Channel admin", &["manage_channel_roles", "use_group_mentions"], true),
    role("channel_guest", "Channel guest", CHANNEL_GUEST, true),
    role("custom_group_user", "Custom group member", &[], false),
];

/// Every role that there is.
pub static CATALOGUE: LazyLock<Vec<Role>> = LazyLock::new(|| {
    let mut all: Vec<&'static str> = OTHERS.iter().flat_map(|role| role.permissions).copied().collect();
    all.extend(Permission::ALL.iter().map(|permission| permission.id()));
    all.sort_unstable();
    all.dedup();
    let mut roles = vec![role(ADMIN, "Administrator", all.leak(), true)];
    roles.extend_from_slice(OTHERS);
    roles
});

/// The role of a name.
#[must_use]
pub fn known(name: &str) -> Option<&'static Role> {
    CATALOGUE.iter().find(|role| role.name == name)
}

/// Whether the role of a name grants a permission. Asked several times in a request, so the frequent names come first.
#[must_use]
pub fn grants(name: &str, permission: Permission) -> bool {
    name == ADMIN || OTHERS.iter().find(|role| role.name == name).is_some_and(|role| role.grants(permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_name_and_an_id_of_its_own() {
        for role in CATALOGUE.iter() {
            assert!(super::super::is_name(role.name));
            assert_eq!(CATALOGUE.iter().filter(|other| other.id() == role.id() || other.name == role.name).count(), 1);
        }
    }

    #[test]
    fn an_admin_grants_what_any_role_grants() {
        let admin = known(ADMIN).unwrap();
        assert!(CATALOGUE.iter().all(|role| role.permissions.iter().all(|id| admin.permissions.contains(id))));
    }

    #[test]
    fn no_manager_may_edit_accounts() {
        for name in super::super::MANAGERS {
            assert!(!grants(name, Permission::EditOtherUsers) && !grants(name, Permission::ManageRoles));
            assert!(!grants(name, Permission::WriteUserManagement));
        }
    }
}
