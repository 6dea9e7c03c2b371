//! Which path leads to which handler.

use actix_web::Route;
use actix_web::http::Method;
use actix_web::web;
use muster_domain::operation::Operation;

use crate::{access_token, bot, channel, factor, group, preference, role, session, status, team, terms, user};

/// Makes the list of paths, and for each operation its route.
macro_rules! routes {
    ($($method:ident $path:literal $operation:ident => $handler:path,)*) => {
        /// The operations that are built, by method and path. Of two paths that fit, the first counts.
        pub const OPERATIONS: &[(&str, &str, Operation)] = &[$((stringify!($method), $path, Operation::$operation),)*];

        /// The route of an operation; none of one that is not built.
        pub(crate) fn route(operation: Operation) -> Option<Route> {
            match operation {
                $(Operation::$operation => Some(web::method(Method::$method).to($handler)),)*
                _ => None,
            }
        }
    };
}

routes! {
    POST "/api/v4/users" CreateUser => user::create,
    GET "/api/v4/users" GetUsers => user::list::users,
    DELETE "/api/v4/users" PermanentDeleteAllUsers => user::change::delete_all,
    POST "/api/v4/users/login" Login => session::login,
    POST "/api/v4/users/logout" Logout => session::logout,
    POST "/api/v4/users/password/reset" ResetPassword => user::recovery::reset,
    POST "/api/v4/users/password/reset/send" SendPasswordResetEmail => user::recovery::send_reset,
    POST "/api/v4/users/email/verify" VerifyUserEmail => user::verification::verify,
    POST "/api/v4/users/email/verify/send" SendVerificationEmail => user::verification::send,
    POST "/api/v4/users/email/undo" UndoEmailChange => user::verification::undo,
    POST "/api/v4/users/login/type" GetLoginType => session::switch::login_type,
    POST "/api/v4/users/login/switch" SwitchAccountType => session::switch::switch,
    POST "/api/v4/users/mfa" CheckUserMfa => session::check_mfa,
    POST "/api/v4/users/ids" GetUsersByIds => user::by_ids,
    POST "/api/v4/users/usernames" GetUsersByUsernames => user::by_usernames,
    POST "/api/v4/users/group_channels" GetUsersByGroupChannelIds => user::list::group_channels,
    POST "/api/v4/users/search" SearchUsers => user::search::search,
    GET "/api/v4/users/autocomplete" AutocompleteUsers => user::search::autocomplete,
    GET "/api/v4/users/known" GetKnownUsers => user::list::known,
    GET "/api/v4/users/stats" GetTotalUsersStats => user::list::stats,
    GET "/api/v4/users/stats/filtered" GetTotalUsersStatsFiltered => user::list::stats_filtered,
    GET "/api/v4/users/invalid_emails" GetUsersWithInvalidEmails => user::list::invalid_emails,
    POST "/api/v4/users/status/ids" GetUsersStatusesByIds => status::by_ids,
    GET "/api/v4/users/username/{username:[A-Za-z0-9_.-]+}" GetUserByUsername => user::by_username,
    GET "/api/v4/users/email/{email:.+}" GetUserByEmail => user::by_email,
    GET "/api/v4/users/tokens" GetUserAccessTokens => access_token::list,
    POST "/api/v4/users/tokens/search" SearchUserAccessTokens => access_token::search,
    POST "/api/v4/users/tokens/revoke" RevokeUserAccessToken => access_token::revoke,
    POST "/api/v4/users/tokens/disable" DisableUserAccessToken => access_token::disable,
    POST "/api/v4/users/tokens/enable" EnableUserAccessToken => access_token::enable,
    GET "/api/v4/users/tokens/{token_id:[A-Za-z0-9]+}" GetUserAccessToken => access_token::get,
    POST "/api/v4/users/sessions/revoke/all" RevokeSessionsFromAllUsers => session::live::revoke_everybodys,
    PUT "/api/v4/users/sessions/device" AttachDeviceExtraProps => session::live::device,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}" GetUser => user::get,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}" UpdateUser => user::change::update,
    DELETE "/api/v4/users/{user_id:[A-Za-z0-9]+}" DeleteUser => user::change::delete,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/patch" PatchUser => user::change::patch,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/password" UpdateUserPassword => user::recovery::change,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/email/verify/member" VerifyUserEmailWithoutToken => user::verification::verify_member,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/active" UpdateUserActive => user::change::active,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/roles" UpdateUserRoles => user::rights::roles,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/auth" UpdateUserAuth => user::rights::auth,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/demote" DemoteUserToGuest => user::rights::demote,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/promote" PromoteGuestToUser => user::rights::promote,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/convert_to_bot" ConvertUserToBot => user::rights::convert_to_bot,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/image" GetProfileImage => user::picture::get,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/image" SetProfileImage => user::picture::set,
    DELETE "/api/v4/users/{user_id:[A-Za-z0-9]+}/image" SetDefaultProfileImage => user::picture::reset,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/image/default" GetDefaultProfileImage => user::picture::get_default,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/tokens" CreateUserAccessToken => access_token::create,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/tokens" GetUserAccessTokensForUser => access_token::of_user,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/sessions" GetSessions => session::live::list,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/sessions/ended" GetEndedSessions => session::live::ended,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/sessions/revoke" RevokeSession => session::live::revoke,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/sessions/revoke/all" RevokeAllSessions => session::live::revoke_all,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/mfa/generate" GenerateMfaSecret => factor::generate,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/mfa" UpdateUserMfa => factor::update,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/mfa/recovery_codes" CreateRecoveryCodes => factor::recovery_codes,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/reset_failed_attempts" ResetPasswordFailedAttempts => session::switch::reset_attempts,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/audits" GetUserAudits => user::history::audits,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/terms_of_service" RegisterTermsOfServiceAction => user::history::accept_terms,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/terms_of_service" GetUserTermsOfService => user::history::accepted_terms,
    POST "/api/v4/bots" CreateBot => bot::create,
    GET "/api/v4/bots" GetBots => bot::list,
    GET "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}" GetBot => bot::get,
    PUT "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}" PatchBot => bot::patch,
    POST "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}/disable" DisableBot => bot::disable,
    POST "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}/enable" EnableBot => bot::enable,
    POST "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}/convert_to_user" ConvertBotToUser => bot::convert_to_user,
    POST "/api/v4/bots/{bot_user_id:[A-Za-z0-9]+}/assign/{user_id:[A-Za-z0-9]+}" AssignBot => bot::assign,
    POST "/api/v4/channels" CreateChannel => channel::create,
    POST "/api/v4/channels/direct" CreateDirectChannel => channel::direct,
    POST "/api/v4/channels/group" CreateGroupChannel => channel::group,
    GET "/api/v4/channels/{channel_id:[A-Za-z0-9]+}" GetChannel => channel::get,
    POST "/api/v4/channels/{channel_id:[A-Za-z0-9]+}/members" AddChannelMember => channel::member::add,
    GET "/api/v4/channels/{channel_id:[A-Za-z0-9]+}/members" GetChannelMembers => channel::member::list,
    GET "/api/v4/channels/{channel_id:[A-Za-z0-9]+}/members/{user_id:[A-Za-z0-9]+}" GetChannelMember => channel::member::get,
    DELETE "/api/v4/channels/{channel_id:[A-Za-z0-9]+}/members/{user_id:[A-Za-z0-9]+}" RemoveUserFromChannel => channel::member::remove,
    POST "/api/v4/groups" CreateGroup => group::create,
    GET "/api/v4/groups" GetGroups => group::list,
    GET "/api/v4/groups/{group_id:[A-Za-z0-9]+}" GetGroup => group::get,
    DELETE "/api/v4/groups/{group_id:[A-Za-z0-9]+}" DeleteGroup => group::delete,
    POST "/api/v4/groups/{group_id:[A-Za-z0-9]+}/members" AddGroupMembers => group::add_members,
    DELETE "/api/v4/groups/{group_id:[A-Za-z0-9]+}/members" DeleteGroupMembers => group::delete_members,
    GET "/api/v4/groups/{group_id:[A-Za-z0-9]+}/members" GetGroupUsers => group::users_of,
    POST "/api/v4/groups/{group_id:[A-Za-z0-9]+}/teams/{team_id:[A-Za-z0-9]+}/link" LinkGroupSyncableForTeam => group::link::to_team,
    DELETE "/api/v4/groups/{group_id:[A-Za-z0-9]+}/teams/{team_id:[A-Za-z0-9]+}/link" UnlinkGroupSyncableForTeam => group::link::from_team,
    POST "/api/v4/groups/{group_id:[A-Za-z0-9]+}/channels/{channel_id:[A-Za-z0-9]+}/link" LinkGroupSyncableForChannel => group::link::to_channel,
    DELETE "/api/v4/groups/{group_id:[A-Za-z0-9]+}/channels/{channel_id:[A-Za-z0-9]+}/link" UnlinkGroupSyncableForChannel => group::link::from_channel,
    GET "/api/v4/limits/server" GetServerLimits => status::limits,
    GET "/api/v4/roles" GetAllRoles => role::list,
    POST "/api/v4/roles/names" GetRolesByNames => role::by_names,
    GET "/api/v4/roles/name/{role_name:[a-z0-9_]+}" GetRoleByName => role::by_name,
    GET "/api/v4/roles/{role_id:[A-Za-z0-9]+}" GetRole => role::get,
    POST "/api/v4/teams" CreateTeam => team::create,
    GET "/api/v4/teams" GetAllTeams => team::list,
    GET "/api/v4/teams/name/{name:[A-Za-z0-9_-]+}" GetTeamByName => team::by_name,
    GET "/api/v4/teams/name/{team_name:[A-Za-z0-9_-]+}/channels/name/{name:[A-Za-z0-9_-]+}" GetChannelByNameForTeamName => channel::by_names,
    GET "/api/v4/teams/{team_id:[A-Za-z0-9]+}" GetTeam => team::get,
    POST "/api/v4/teams/{team_id:[A-Za-z0-9]+}/members" AddTeamMember => team::add_member,
    GET "/api/v4/teams/{team_id:[A-Za-z0-9]+}/members" GetTeamMembers => team::members,
    GET "/api/v4/teams/{team_id:[A-Za-z0-9]+}/channels/name/{name:[A-Za-z0-9_-]+}" GetChannelByName => channel::by_name,
    GET "/api/v4/teams/{team_id:[A-Za-z0-9]+}/members/{user_id:[A-Za-z0-9]+}" GetTeamMember => team::member,
    DELETE "/api/v4/teams/{team_id:[A-Za-z0-9]+}/members/{user_id:[A-Za-z0-9]+}" RemoveTeamMember => team::remove_member,
    POST "/api/v4/terms_of_service" CreateTermsOfService => terms::create,
    GET "/api/v4/terms_of_service" GetTermsOfService => terms::get,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/status" GetUserStatus => status::get,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/status" UpdateUserStatus => status::update,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/teams" GetTeamsForUser => team::of_user,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/channels" GetAllChannelsForUser => channel::of_user,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/preferences" GetPreferences => preference::list,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/preferences" UpdatePreferences => preference::update,
    PUT "/api/v4/users/{user_id:[A-Za-z0-9]+}/status/custom" UpdateUserCustomStatus => status::update_custom,
    DELETE "/api/v4/users/{user_id:[A-Za-z0-9]+}/status/custom" UnsetUserCustomStatus => status::unset_custom,
    DELETE "/api/v4/users/{user_id:[A-Za-z0-9]+}/status/custom/recent" RemoveRecentCustomStatus => status::forget_custom,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/status/custom/recent/delete" PostUserRecentCustomStatusDelete => status::forget_custom_by_post,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/teams/members" GetTeamMembersForUser => team::memberships,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/teams/unread" GetTeamsUnreadForUser => team::unread,
    POST "/api/v4/users/{user_id:[A-Za-z0-9]+}/preferences/delete" DeletePreferences => preference::delete,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/preferences/{category:[A-Za-z0-9_]+}" GetPreferencesByCategory => preference::by_category,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/teams/{team_id:[A-Za-z0-9]+}/channels" GetChannelsForTeamForUser => channel::of_user_in_team,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/teams/{team_id:[A-Za-z0-9]+}/channels/members" GetChannelMembersForUser => channel::member::memberships,
    GET "/api/v4/users/{user_id:[A-Za-z0-9]+}/preferences/{category:[A-Za-z0-9_]+}/name/{preference_name:[^/]+}" GetPreferencesByCategoryByName => preference::by_name,
}

/// The operation that a matched path stands for.
#[must_use]
pub fn operation(method: &str, pattern: &str) -> Option<Operation> {
    OPERATIONS.iter().find(|(by, path, _)| *by == method && *path == pattern).map(|(_, _, operation)| *operation)
}
