//! The 76 operations of the API, and those of the directory beside them.

/// Makes the list of operations, and for each a type that stands for it in a [`crate::permission::Permit`].
macro_rules! operations {
    ({ $($name:ident,)* } { $($beside:ident,)* }) => {
        /// One operation of the API, by its name in the API text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $(#[doc = concat!("The operation `", stringify!($name), "`.")] $name,)*
            $(#[doc = concat!("The operation `", stringify!($beside), "` of the directory.")] $beside,)*
        }

        impl Operation {
            /// Every operation of the API.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Every operation of the directory beside it.
            pub const BESIDE: &'static [Self] = &[$(Self::$beside),*];

            /// Its name in the API text.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    $(Self::$beside => stringify!($beside),)*
                }
            }
        }
    };
}

operations! { {
    Login, LoginByCwsToken, LoginSSOCodeExchange, LoginIntune, Logout, CreateUser, GetUsers, PermanentDeleteAllUsers, GetUsersByIds,
    GetUsersByGroupChannelIds, GetUsersByUsernames, SearchUsers, AutocompleteUsers, GetKnownUsers, GetTotalUsersStats,
    GetTotalUsersStatsFiltered, GetUser, UpdateUser, DeleteUser, PatchUser, UpdateUserRoles, UpdateUserActive, GetProfileImage,
    SetProfileImage, SetDefaultProfileImage, GetDefaultProfileImage, GetUserByUsername, ResetPassword, UpdateUserMfa, GenerateMfaSecret,
    DemoteUserToGuest, PromoteGuestToUser, ConvertUserToBot, CheckUserMfa, UpdateUserPassword, SendPasswordResetEmail, GetUserByEmail,
    GetSessions, RevokeSession, RevokeAllSessions, AttachDeviceExtraProps, GetUserAudits, VerifyUserEmailWithoutToken, VerifyUserEmail,
    SendVerificationEmail, SwitchAccountType, GetLoginType, CreateUserAccessToken, GetUserAccessTokensForUser, GetUserAccessTokens,
    RevokeUserAccessToken, GetUserAccessToken, DisableUserAccessToken, EnableUserAccessToken, SearchUserAccessTokens, UpdateUserAuth,
    RegisterTermsOfServiceAction, GetUserTermsOfService, RevokeSessionsFromAllUsers, PublishUserTyping, GetUploadsForUser,
    GetChannelMembersWithTeamDataForUser, MigrateAuthToLdap, MigrateAuthToSaml, GetUserThreads, GetThreadMentionCountsByChannel,
    UpdateThreadsReadForUser, UpdateThreadReadForUser, SetThreadUnreadByPostId, StartFollowingThread, StopFollowingThread, GetUserThread,
    GetTeamPoliciesForUser, GetChannelPoliciesForUser, GetUsersWithInvalidEmails, ResetPasswordFailedAttempts,
} {
    CreateTeam, GetAllTeams, GetTeam, GetTeamByName, GetTeamsForUser, GetTeamMembersForUser, GetTeamsUnreadForUser, AddTeamMember,
    GetTeamMember, GetTeamMembers, RemoveTeamMember, CreateChannel, CreateDirectChannel, CreateGroupChannel, GetChannel,
    GetChannelByName, GetChannelByNameForTeamName, GetAllChannelsForUser, GetChannelsForTeamForUser, GetChannelMembersForUser,
    AddChannelMember, GetChannelMember, GetChannelMembers, RemoveUserFromChannel, CreateGroup, GetGroups, GetGroup, DeleteGroup,
    AddGroupMembers, DeleteGroupMembers, GetGroupUsers, LinkGroupSyncableForTeam, UnlinkGroupSyncableForTeam,
    LinkGroupSyncableForChannel, UnlinkGroupSyncableForChannel, CreateBot, GetBots, GetBot, PatchBot, DisableBot, EnableBot, AssignBot,
    ConvertBotToUser, GetRolesByNames, GetAllRoles, GetRole, GetRoleByName, CreateTermsOfService, GetTermsOfService, GetPreferences,
    GetPreferencesByCategory, GetPreferencesByCategoryByName, UpdatePreferences, DeletePreferences, GetUserStatus,
    GetUsersStatusesByIds, UpdateUserStatus, UpdateUserCustomStatus, UnsetUserCustomStatus, GetServerLimits, InviteByLink,
    RemoveRecentCustomStatus, PostUserRecentCustomStatusDelete,
    GetEndedSessions,
    UndoEmailChange,
    CreateRecoveryCodes,
    RetryMail,
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_76_operations_with_a_name_each() {
        let names: std::collections::BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.id()).collect();
        assert_eq!(names.len(), 76);
        assert!(Operation::BESIDE.iter().all(|operation| !names.contains(operation.id())));
    }
}
