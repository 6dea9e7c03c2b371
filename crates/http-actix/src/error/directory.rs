//! Errors of what lies around accounts.

use actix_web::http::StatusCode;
use muster_domain::accounts::BotError;
use muster_domain::channel::InvalidChannel;
use muster_domain::directory::{ChannelError, GroupError, PreferenceError, StatusError, TeamError, TermsError};
use muster_domain::group::InvalidGroup;
use muster_domain::permission::Forbidden;
use muster_domain::preference::InvalidPreference;
use muster_domain::team::InvalidTeam;

use super::{ApiError, unavailable};

const NO_USER: &str = "There is no such account.";

/// Errors that one operation alone answers, or answers in another way than others.
impl ApiError {
    /// A team that was made before, or has a name that another one has.
    pub(crate) fn taken_team() -> Self {
        Self::bad("store.sql_team.save_team.existing.app_error", "Another team has this name, or this team is there already.")
    }

    /// Somebody who may not make teams.
    pub(crate) fn of_team_creation(error: Forbidden) -> Self {
        match error {
            Forbidden::Lacks(_) => {
                let id = "api.team.is_team_creation_allowed.disabled.app_error";
                Self::client(StatusCode::FORBIDDEN, id, "You may not make teams.")
            }
            Forbidden::NotSignedIn
            | Forbidden::OutOfScope(_)
            | Forbidden::NotOwn
            | Forbidden::FactorMissing
            | Forbidden::Stale
            | Forbidden::Demoted
            | Forbidden::NotAtTheMachine => error.into(),
        }
    }

    /// A body that names no member of a team.
    pub(crate) fn of_member_body(error: Self) -> Self {
        if error.status == StatusCode::BAD_REQUEST {
            Self::bad("api.team.add_team_member.invalid_body.app_error", "The request body names no member of a team.")
        } else {
            error
        }
    }

    /// A membership of a team that was not ended.
    pub(crate) fn of_team_leaving(error: TeamError) -> Self {
        match error {
            TeamError::NoMember => {
                Self::bad("api.team.remove_user_from_team.missing.app_error", "The account does not belong to the team.")
            }
            other => other.into(),
        }
    }

    /// A channel that was made before.
    pub(crate) fn existing_channel() -> Self {
        Self::bad("store.sql_channel.save_channel.existing.app_error", "A channel's id can't be chosen.")
    }

    /// A channel looked up by its name.
    pub(crate) fn of_channel_name(error: ChannelError) -> Self {
        match error {
            ChannelError::Missing => missing("app.channel.get_by_name.missing.app_error", "There is no channel of this name."),
            other => other.into(),
        }
    }

    /// A channel of two that was not made.
    pub(crate) fn of_direct_channel(error: ChannelError) -> Self {
        match error {
            ChannelError::MissingUser => Self::bad("api.channel.create_direct_channel.invalid_user.app_error", NO_USER),
            other => other.into(),
        }
    }

    /// A channel of several that was not made.
    pub(crate) fn of_group_channel(error: ChannelError) -> Self {
        match error {
            ChannelError::MissingUser => Self::bad("api.channel.create_group.bad_user.app_error", NO_USER),
            other => other.into(),
        }
    }

    /// A channel that nobody was taken out of.
    pub(crate) fn of_channel_leaving(error: ChannelError) -> Self {
        match error {
            ChannelError::Closed => {
                Self::bad("api.channel.remove_channel_member.type.app_error", "Nobody leaves a direct or group channel.")
            }
            other => other.into(),
        }
    }

    /// A group of a kind that others look after.
    pub(crate) fn foreign_group() -> Self {
        Self::bad("app.group.crud_permission", "Only groups with the source custom are made here.")
    }

    /// A bot that is not there, or not to be known of; other operations miss an account.
    pub(crate) fn of_bot(error: BotError) -> Self {
        match error {
            BotError::Missing => missing("store.sql_bot.get.missing.app_error", "There is no such bot."),
            other => other.into(),
        }
    }

    /// Preferences that were not forgotten.
    pub(crate) fn of_forgetting(error: PreferenceError) -> Self {
        match error {
            PreferenceError::Foreign => foreign_preference("api.preference.delete_preferences.delete.app_error"),
            other => other.into(),
        }
    }

    /// A category in which nothing is remembered.
    pub(crate) fn empty_category() -> Self {
        missing("api.preference.preferences_category.get.app_error", "Nothing is remembered in this category.")
    }

    /// Something that is not remembered.
    pub(crate) fn unknown_preference() -> Self {
        Self::bad("app.preference.get.app_error", "Nothing is remembered under this name.")
    }

    /// More names of roles than one request may carry.
    pub(crate) fn too_many_roles() -> Self {
        Self::bad("api.roles.get_multiple_by_name_too_many.request_error", "At most 100 roles are asked for at once.")
    }

    /// A role that is not there, by the id that its look-up has.
    pub(crate) fn no_role(id: &'static str) -> Self {
        missing(id, "There is no such role.")
    }
}

fn missing(id: &'static str, message: &'static str) -> ApiError {
    ApiError::client(StatusCode::NOT_FOUND, id, message)
}

fn no_team() -> ApiError {
    missing("app.team.get.find.app_error", "There is no such team.")
}

fn no_team_member() -> ApiError {
    missing("app.team.get_member.missing.app_error", "The account does not belong to the team.")
}

impl From<InvalidTeam> for ApiError {
    fn from(error: InvalidTeam) -> Self {
        let id = match error {
            InvalidTeam::DisplayName => "model.team.is_valid.name.app_error",
            InvalidTeam::LongName => "model.team.is_valid.url.app_error",
            InvalidTeam::Description => "model.team.is_valid.description.app_error",
            InvalidTeam::ReservedName => "model.team.is_valid.reserved.app_error",
            InvalidTeam::Name => "model.team.is_valid.characters.app_error",
            InvalidTeam::Kind => "model.team.is_valid.type.app_error",
            InvalidTeam::CompanyName => "model.team.is_valid.company.app_error",
            InvalidTeam::AllowedDomains => "model.team.is_valid.domains.app_error",
        };
        Self::bad(id, format!("The team is refused: {error}."))
    }
}

impl From<TeamError> for ApiError {
    fn from(error: TeamError) -> Self {
        match error {
            TeamError::Forbidden(error) => error.into(),
            TeamError::Missing => no_team(),
            TeamError::MissingUser => Self::missing_account(),
            TeamError::NoMember => no_team_member(),
            TeamError::Invalid(error) => error.into(),
            TeamError::Taken => Self::taken_team(),
            TeamError::Domain => {
                let id = "api.team.join_user_to_team.allowed_domains.app_error";
                Self::bad(id, "The team does not take mail addresses of this domain.")
            }
            TeamError::GroupConstrained => {
                Self::bad("api.team.add_members.user_denied", "Only members of groups that are linked to the team belong to it.")
            }
            TeamError::Store(error) => unavailable("app.team.get.finding.app_error", error),
        }
    }
}

impl From<InvalidChannel> for ApiError {
    fn from(error: InvalidChannel) -> Self {
        let id = match error {
            InvalidChannel::NotOfATeam => "api.channel.create_channel.direct_channel.app_error",
            InvalidChannel::Kind => "model.channel.is_valid.type.app_error",
            InvalidChannel::DisplayName => "model.channel.is_valid.display_name.app_error",
            InvalidChannel::Name => "model.channel.is_valid.1_or_more.app_error",
            InvalidChannel::Header => "model.channel.is_valid.header.app_error",
            InvalidChannel::Purpose => "model.channel.is_valid.purpose.app_error",
        };
        Self::bad(id, format!("The channel is refused: {error}."))
    }
}

impl From<ChannelError> for ApiError {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Forbidden(error) => error.into(),
            ChannelError::Missing => missing("app.channel.get.existing.app_error", "There is no such channel."),
            ChannelError::MissingUser => Self::missing_account(),
            ChannelError::NotTwo => Self::body_param("user_ids"),
            ChannelError::GroupSize => {
                Self::bad("api.channel.create_group.bad_size.app_error", "A group channel is of three to eight accounts.")
            }
            ChannelError::Closed => {
                Self::bad("api.channel.add_user_to_channel.type.app_error", "Nobody is added to a direct or group channel.")
            }
            ChannelError::NoTeamMember => no_team_member(),
            ChannelError::LeftTeam => {
                Self::bad("api.channel.add_user.to.channel.failed.deleted.app_error", "The account has left the channel's team.")
            }
            ChannelError::Inactive => {
                let id = "app.channel.add_member.deleted_user.app_error";
                Self::client(StatusCode::FORBIDDEN, id, "The account is deactivated.")
            }
            ChannelError::NoMember => missing("app.channel.get_member.missing.app_error", "The account is not in the channel."),
            ChannelError::Invalid(error) => error.into(),
            ChannelError::Taken => {
                Self::bad("store.sql_channel.save_channel.exists.app_error", "Another channel of the team has this name.")
            }
            ChannelError::Store(error) => unavailable("app.channel.get.find.app_error", error),
        }
    }
}

impl From<InvalidGroup> for ApiError {
    fn from(error: InvalidGroup) -> Self {
        let id = match error {
            InvalidGroup::Name => "model.group.name.invalid_chars.app_error",
            InvalidGroup::DisplayName => "model.group.display_name.app_error",
            InvalidGroup::Description => "model.group.description.app_error",
        };
        Self::bad(id, format!("The group is refused: {error}."))
    }
}

impl From<GroupError> for ApiError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Forbidden(error) => error.into(),
            GroupError::Missing => missing("app.group.no_rows", "There is no such group."),
            GroupError::MissingPlace => missing("app.group.no_rows", "There is no such team, channel or link."),
            GroupError::Invalid(error) => error.into(),
            GroupError::Taken => Self::bad("app.custom_group.unique_name", "Another group or an account has this name."),
            GroupError::Store(error) => unavailable("app.select_error", error),
        }
    }
}

impl From<BotError> for ApiError {
    fn from(error: BotError) -> Self {
        match error {
            BotError::Forbidden(error) => error.into(),
            BotError::Missing => Self::missing_account(),
            BotError::AlreadyBot => Self::body_param("user_id"),
            BotError::LastAdmin => Self::bad("app.user.update.lastAdmin.app_error", "This is the last admin."),
            BotError::Username => Self::bad("model.bot.is_valid.username.app_error", format!("The bot is refused: {error}.")),
            BotError::Description => Self::bad("model.bot.is_valid.description.app_error", format!("The bot is refused: {error}.")),
            BotError::Invalid(error) => error.into(),
            BotError::Taken(field) => field.into(),
            BotError::OwnerIsBot => {
                Self::client(StatusCode::FORBIDDEN, "api.context.permissions.app_error", "A bot can't answer for a bot.")
            }
            BotError::PasswordNeeded => Self::body_param("password"),
            BotError::Weak(error) => error.into(),
            BotError::Passwords(error) => error.into(),
            BotError::Store(error) => unavailable("app.bot.getbot.internal_error", error),
        }
    }
}

impl From<InvalidPreference> for ApiError {
    fn from(error: InvalidPreference) -> Self {
        let id = match error {
            InvalidPreference::Category => "model.preference.is_valid.category.app_error",
            InvalidPreference::Name => "model.preference.is_valid.name.app_error",
            InvalidPreference::Value => "model.preference.is_valid.value.app_error",
            InvalidPreference::Theme => "model.preference.is_valid.theme.app_error",
        };
        Self::bad(id, format!("The preference is refused: {error}."))
    }
}

impl From<PreferenceError> for ApiError {
    fn from(error: PreferenceError) -> Self {
        match error {
            PreferenceError::Forbidden(error) => error.into(),
            PreferenceError::Number => Self::body_param("preferences"),
            PreferenceError::Foreign => foreign_preference("api.preference.update_preferences.set.app_error"),
            PreferenceError::Invalid(error) => error.into(),
            PreferenceError::TooMany => Self::bad("app.preference.save.too_many.app_error", "The account has too many preferences."),
            PreferenceError::Missing => Self::missing_account(),
            PreferenceError::Store(error) => unavailable("app.preference.get_all.app_error", error),
        }
    }
}

fn foreign_preference(id: &'static str) -> ApiError {
    ApiError::client(StatusCode::FORBIDDEN, id, "A preference is another account's.")
}

impl From<StatusError> for ApiError {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::Forbidden(error) => error.into(),
            StatusError::Missing => Self::missing_account(),
            StatusError::Store(error) => unavailable("app.status.get.app_error", error),
        }
    }
}

impl From<TermsError> for ApiError {
    fn from(error: TermsError) -> Self {
        match error {
            TermsError::Forbidden(error) => error.into(),
            TermsError::Empty => Self::bad("api.create_terms_of_service.empty_text.app_error", "Terms of service need a text."),
            TermsError::TooLong => {
                let id = "model.terms_of_service.is_valid.text.app_error";
                Self::bad(id, format!("The terms are refused: {error}."))
            }
            TermsError::Missing => missing("app.terms_of_service.get.no_rows.app_error", "There are no terms of service."),
            TermsError::Store(error) => unavailable("app.terms_of_service.get.app_error", error),
        }
    }
}
