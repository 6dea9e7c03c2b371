//! The table: what each operation asks of who calls it.

use super::{Recorded, Rule};
use crate::operation::Operation;
use crate::role::Permission;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// Who may call it.
    pub rule: Rule,
    /// What the audit holds of it.
    pub recorded: Recorded,
    /// Whether the wire says that it changes something.
    pub is_mutation: bool,
}

const fn read(operation: Operation, rule: Rule) -> Entry {
    Entry { operation, rule, recorded: Recorded::Refusals, is_mutation: false }
}

const fn change(operation: Operation, rule: Rule) -> Entry {
    Entry { operation, rule, recorded: Recorded::Changes, is_mutation: true }
}

/// The table: a row for each operation that is built.
pub const TABLE: &[Entry] = &[
    change(Operation::Login, Rule::Everyone),
    change(Operation::Logout, Rule::Everyone),
    change(Operation::CreateUser, Rule::Everyone),
    read(Operation::CheckUserMfa, Rule::Everyone),
    read(Operation::GetUser, Rule::SeesTarget),
    read(Operation::GetUserByUsername, Rule::SeesTarget),
    read(Operation::GetUserByEmail, Rule::SeesTarget),
    read(Operation::GetUsersByIds, Rule::SignedIn),
    read(Operation::GetUsersByUsernames, Rule::SignedIn),
    read(Operation::GetUsers, Rule::SignedIn),
    read(Operation::SearchUsers, Rule::SignedIn),
    read(Operation::AutocompleteUsers, Rule::SignedIn),
    read(Operation::GetKnownUsers, Rule::SignedIn),
    read(Operation::GetUsersByGroupChannelIds, Rule::SignedIn),
    read(Operation::GetTotalUsersStats, Rule::SignedIn),
    read(Operation::GetTotalUsersStatsFiltered, Rule::Holds(Permission::ReadUserManagement)),
    read(Operation::GetUsersWithInvalidEmails, Rule::Holds(Permission::ReadUserManagement)),
    read(Operation::GetUserAudits, Rule::ActsFor),
    change(Operation::UpdateUser, Rule::EditsTarget),
    change(Operation::PatchUser, Rule::EditsTarget),
    change(Operation::DeleteUser, Rule::EditsTarget),
    change(Operation::PermanentDeleteAllUsers, Rule::AtTheMachine),
    change(Operation::UpdateUserActive, Rule::Activates),
    change(Operation::UpdateUserRoles, Rule::HoldsOver(Permission::ManageRoles)),
    change(Operation::UpdateUserAuth, Rule::HoldsOver(Permission::ManageSystem)),
    change(Operation::DemoteUserToGuest, Rule::HoldsOver(Permission::DemoteToGuest)),
    change(Operation::PromoteGuestToUser, Rule::HoldsOver(Permission::PromoteGuest)),
    change(Operation::ConvertUserToBot, Rule::HoldsOver(Permission::ManageSystem)),
    read(Operation::GetProfileImage, Rule::SeesTarget),
    read(Operation::GetDefaultProfileImage, Rule::SeesTarget),
    change(Operation::SetProfileImage, Rule::EditsTarget),
    change(Operation::SetDefaultProfileImage, Rule::EditsTarget),
    change(Operation::RegisterTermsOfServiceAction, Rule::SignedIn),
    read(Operation::GetUserTermsOfService, Rule::SignedIn),
    change(Operation::CreateTeam, Rule::Holds(Permission::CreateTeam)),
    read(Operation::GetAllTeams, Rule::SignedIn),
    read(Operation::GetTeam, Rule::HoldsHere(Permission::ViewTeam)),
    read(Operation::GetTeamByName, Rule::HoldsHere(Permission::ViewTeam)),
    read(Operation::GetTeamsForUser, Rule::ActsFor),
    read(Operation::GetTeamMembersForUser, Rule::ActsFor),
    read(Operation::GetTeamsUnreadForUser, Rule::ActsFor),
    change(Operation::AddTeamMember, Rule::HoldsHere(Permission::AddUserToTeam)),
    read(Operation::GetTeamMember, Rule::HoldsHere(Permission::ViewTeam)),
    read(Operation::GetTeamMembers, Rule::HoldsHere(Permission::ViewTeam)),
    change(Operation::RemoveTeamMember, Rule::HoldsHere(Permission::RemoveUserFromTeam)),
    change(Operation::CreateChannel, Rule::HoldsHere(Permission::CreatePublicChannel)),
    change(Operation::CreateDirectChannel, Rule::Holds(Permission::CreateDirectChannel)),
    change(Operation::CreateGroupChannel, Rule::Holds(Permission::CreateGroupChannel)),
    read(Operation::GetChannel, Rule::HoldsHere(Permission::ReadChannel)),
    read(Operation::GetChannelByName, Rule::HoldsHere(Permission::ReadChannel)),
    read(Operation::GetChannelByNameForTeamName, Rule::HoldsHere(Permission::ReadChannel)),
    read(Operation::GetAllChannelsForUser, Rule::ActsFor),
    read(Operation::GetChannelsForTeamForUser, Rule::ActsFor),
    read(Operation::GetChannelMembersForUser, Rule::ActsFor),
    change(Operation::AddChannelMember, Rule::HoldsHere(Permission::ManagePublicChannelMembers)),
    read(Operation::GetChannelMember, Rule::HoldsHere(Permission::ReadChannel)),
    read(Operation::GetChannelMembers, Rule::HoldsHere(Permission::ReadChannel)),
    change(Operation::RemoveUserFromChannel, Rule::HoldsHere(Permission::ManagePublicChannelMembers)),
    change(Operation::CreateGroup, Rule::Holds(Permission::CreateCustomGroup)),
    read(Operation::GetGroups, Rule::SignedIn),
    read(Operation::GetGroup, Rule::SignedIn),
    change(Operation::DeleteGroup, Rule::Holds(Permission::EditCustomGroup)),
    change(Operation::AddGroupMembers, Rule::Holds(Permission::ManageCustomGroupMembers)),
    change(Operation::DeleteGroupMembers, Rule::Holds(Permission::ManageCustomGroupMembers)),
    read(Operation::GetGroupUsers, Rule::SignedIn),
    change(Operation::LinkGroupSyncableForTeam, Rule::HoldsHere(Permission::ManageTeam)),
    change(Operation::UnlinkGroupSyncableForTeam, Rule::HoldsHere(Permission::ManageTeam)),
    change(Operation::LinkGroupSyncableForChannel, Rule::HoldsHere(Permission::ManagePublicChannelMembers)),
    change(Operation::UnlinkGroupSyncableForChannel, Rule::HoldsHere(Permission::ManagePublicChannelMembers)),
    change(Operation::CreateBot, Rule::Holds(Permission::CreateBot)),
    read(Operation::GetBots, Rule::Holds(Permission::ReadBots)),
    read(Operation::GetBot, Rule::Holds(Permission::ReadBots)),
    change(Operation::PatchBot, Rule::EditsTarget),
    change(Operation::DisableBot, Rule::EditsTarget),
    change(Operation::EnableBot, Rule::EditsTarget),
    change(Operation::AssignBot, Rule::EditsTarget),
    change(Operation::ConvertBotToUser, Rule::HoldsOver(Permission::ManageSystem)),
    read(Operation::GetRolesByNames, Rule::SignedIn),
    read(Operation::GetAllRoles, Rule::Holds(Permission::ManageSystem)),
    read(Operation::GetRole, Rule::SignedIn),
    read(Operation::GetRoleByName, Rule::SignedIn),
    change(Operation::CreateTermsOfService, Rule::Holds(Permission::ManageSystem)),
    read(Operation::GetTermsOfService, Rule::SignedIn),
    read(Operation::GetPreferences, Rule::ActsFor),
    read(Operation::GetPreferencesByCategory, Rule::ActsFor),
    read(Operation::GetPreferencesByCategoryByName, Rule::ActsFor),
    change(Operation::UpdatePreferences, Rule::ActsFor),
    change(Operation::DeletePreferences, Rule::ActsFor),
    read(Operation::GetUserStatus, Rule::SignedIn),
    read(Operation::GetUsersStatusesByIds, Rule::SignedIn),
    change(Operation::UpdateUserStatus, Rule::ActsFor),
    change(Operation::UpdateUserCustomStatus, Rule::ActsFor),
    change(Operation::UnsetUserCustomStatus, Rule::ActsFor),
    read(Operation::GetServerLimits, Rule::SignedIn),
    change(Operation::InviteByLink, Rule::AtTheMachine),
    change(Operation::GenerateMfaSecret, Rule::ActsFor),
    change(Operation::UpdateUserMfa, Rule::ActsFor),
    change(Operation::CreateRecoveryCodes, Rule::Own),
    read(Operation::GetLoginType, Rule::Everyone),
    change(Operation::SwitchAccountType, Rule::Everyone),
    change(Operation::ResetPasswordFailedAttempts, Rule::HoldsOver(Permission::WriteUserManagement)),
];
