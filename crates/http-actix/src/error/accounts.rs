//! The errors of the use cases of accounts and of signing in.

use std::time::Duration;

use actix_web::http::StatusCode;
use muster_domain::accounts::{
    AcceptError, ActivationError, ChangeError, GuestError, HistoryError, IdentityError, ListError, LookUpError, PictureSeenError,
    RegisterError, RemovalError, RolesError, SetPictureError,
};
use muster_domain::permission::Forbidden;
use muster_domain::port::{FilesError, PictureError};
use muster_domain::role::Permission;

use super::{ApiError, locked, unavailable};

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::UnknownInvitation => {
                let id = "api.user.create_user.signup_link_invalid.app_error";
                Self::client(StatusCode::NOT_FOUND, id, "The invitation is not known, or not any more.")
            }
            RegisterError::Forbidden(error) => error.into(),
            RegisterError::OtherLink => Self::bad("api.user.create_user.signup_link_invalid.app_error", "The link is no invitation."),
            RegisterError::UnknownTeamInvitation => {
                let id = "app.team.get_by_invite_id.finding.app_error";
                Self::client(StatusCode::NOT_FOUND, id, "No team has this invitation.")
            }
            RegisterError::ExpiredInvitation => {
                Self::bad("api.user.create_user.signup_link_expired.app_error", "The invitation has expired. Please ask for a new one.")
            }
            RegisterError::OtherAddress => {
                let message = "The invitation was sent to another e-mail address.";
                Self::bad("api.user.create_user.bad_token_email_data.app_error", message)
            }
            RegisterError::GroupConstrained => {
                let message = "Only members of the team's groups belong to it.";
                Self::client(StatusCode::FORBIDDEN, "app.team.invite_id.group_constrained.error", message)
            }
            RegisterError::TeamDomain => {
                let message = "The team does not take e-mail addresses of this domain.";
                Self::client(StatusCode::FORBIDDEN, "api.team.invite_members.invalid_email.app_error", message)
            }
            RegisterError::Domain => {
                Self::bad("api.user.create_user.accepted_domain.app_error", "E-mail addresses of this domain are not taken here.")
            }
            RegisterError::SwitchedOff => {
                let id = "api.user.create_user.signup_email_disabled.app_error";
                Self::client(StatusCode::NOT_IMPLEMENTED, id, "Accounts are opened by an administrator alone.")
            }
            RegisterError::Closed => {
                let message = "Accounts are opened by an administrator or by invitation.";
                Self::client(StatusCode::FORBIDDEN, "api.user.create_user.no_open_server", message)
            }
            RegisterError::TooMany(standing) => Self::limited(standing),
            RegisterError::Weak(error) => error.into(),
            RegisterError::ChosenId => Self::bad("app.user.save.existing.app_error", "An account's id can't be chosen."),
            RegisterError::Invalid(error) => error.into(),
            RegisterError::Taken(field) => field.into(),
            RegisterError::Passwords(error) => error.into(),
            RegisterError::Store(error) => unavailable("app.user.save.app_error", error),
        }
    }
}

/// A look-up that failed: the id of a missing account is not the same everywhere.
#[must_use]
pub fn of_look_up(error: LookUpError, missing: &'static str) -> ApiError {
    match error {
        LookUpError::Forbidden(error) => error.into(),
        LookUpError::HiddenAddresses => {
            let id = "api.user.get_user_by_email.permissions.app_error";
            ApiError::client(StatusCode::FORBIDDEN, id, "Accounts can't be looked up by e-mail address here.")
        }
        LookUpError::Missing => ApiError::client(StatusCode::NOT_FOUND, missing, "There is no such account."),
        LookUpError::Store(error) => error.into(),
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Forbidden(error) => error.into(),
            ChangeError::Missing => Self::body_param("user_id"),
            ChangeError::Provided(field) => {
                let id = "api.user.patch_user.login_provider_attribute_set.app_error";
                Self::client(StatusCode::CONFLICT, id, format!("The {field} is set by the account's sign-in provider."))
            }
            ChangeError::Directory => Self::bad("app.user.update.find.app_error", "The address is set by the account's directory."),
            ChangeError::Domain { is_guest: false } => {
                Self::bad("api.user.update_user.accepted_domain.app_error", "E-mail addresses of this domain are not taken here.")
            }
            ChangeError::Domain { is_guest: true } => {
                let message = "E-mail addresses of this domain are not taken here for guests.";
                Self::bad("api.user.update_user.accepted_guest_domain.app_error", message)
            }
            ChangeError::PasswordNeeded => Self::body_param("password"),
            ChangeError::WrongPassword => Self::unauthorized("api.user.check_user_password.invalid.app_error", "The password is wrong."),
            ChangeError::Locked => locked(None),
            ChangeError::Invalid(error) => error.into(),
            ChangeError::Taken(field) => field.into(),
            ChangeError::Passwords(error) => error.into(),
            ChangeError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

/// A whole replacement that failed: some of its ids are other ones than a patch's.
#[must_use]
pub fn of_update(error: ChangeError) -> ApiError {
    match error {
        ChangeError::Missing => ApiError::missing_account(),
        ChangeError::WrongPassword | ChangeError::Locked => ApiError::body_param("password"),
        ChangeError::Provided(field) => {
            let id = "api.user.update_user.login_provider_attribute_set.app_error";
            ApiError::client(StatusCode::CONFLICT, id, format!("The {field} is set by the account's sign-in provider."))
        }
        other @ (ChangeError::Forbidden(_)
        | ChangeError::Directory
        | ChangeError::Domain { .. }
        | ChangeError::PasswordNeeded
        | ChangeError::Invalid(_)
        | ChangeError::Taken(_)
        | ChangeError::Passwords(_)
        | ChangeError::Store(_)) => other.into(),
    }
}

fn last_admin() -> ApiError {
    let message = "This is the last administrator. Make another one first.";
    ApiError::bad("app.user.update.lastAdmin.app_error", message)
}

/// Somebody's own account, which the operator does not let him switch off.
fn own_not_allowed() -> ApiError {
    let message = "People don't deactivate their own accounts here. Please ask an administrator.";
    ApiError::unauthorized("api.user.update_active.not_enable.app_error", message)
}

impl From<ActivationError> for ApiError {
    fn from(error: ActivationError) -> Self {
        match error {
            ActivationError::Forbidden(Forbidden::Lacks(Permission::WriteUserManagement)) => {
                let id = "api.user.update_active.permissions.app_error";
                Self::client(StatusCode::FORBIDDEN, id, "You may not switch accounts on or off.")
            }
            ActivationError::Forbidden(error) => error.into(),
            ActivationError::OwnNotAllowed => own_not_allowed(),
            ActivationError::Missing => Self::missing_account(),
            ActivationError::LastAdmin => last_admin(),
            ActivationError::Provided => {
                let id = "api.user.update_active.cannot_modify_status_when_user_is_managed_by_ldap.app_error";
                Self::client(StatusCode::FORBIDDEN, id, "The account's directory decides whether it is active.")
            }
            ActivationError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

impl From<RemovalError> for ApiError {
    fn from(error: RemovalError) -> Self {
        match error {
            RemovalError::Forbidden(error) => error.into(),
            RemovalError::OwnNotAllowed => own_not_allowed(),
            RemovalError::Missing => Self::missing_account(),
            RemovalError::NotAllowed { is_admin } => {
                let id = if is_admin {
                    "api.user.delete_user.not_enabled.for_admin.app_error"
                } else {
                    "api.user.delete_user.not_enabled.app_error"
                };
                let message = "Accounts are not removed for good over the network here; accounts.allow_permanent_deletion allows it.";
                Self::client(StatusCode::FORBIDDEN, id, message)
            }
            RemovalError::LastAdmin => last_admin(),
            RemovalError::PictureLeft(cause) => {
                let error = Self::internal("app.file_info.permanent_delete_by_user.app_error", cause);
                let message = "The account is removed, but its picture could not be.".into();
                Self { status: StatusCode::ACCEPTED, message, ..error }
            }
            RemovalError::Store(error) => unavailable("app.user.permanent_delete.app_error", error),
        }
    }
}

impl From<RolesError> for ApiError {
    fn from(error: RolesError) -> Self {
        match error {
            RolesError::Malformed => Self::body_param("roles"),
            RolesError::Forbidden(error) => error.into(),
            RolesError::Missing => Self::bad("app.user.missing_account.const", "There is no such account."),
            RolesError::UnknownRole => Self::bad("app.role.check_roles_exist.role_not_found", "There is no such role."),
            RolesError::LastAdmin => last_admin(),
            RolesError::TooLong => Self::bad("model.user.is_valid.roles_limit.app_error", "The list of roles has at most 256 bytes."),
            RolesError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

impl From<GuestError> for ApiError {
    fn from(error: GuestError) -> Self {
        let as_it_is = |id, message: &'static str| Self::client(StatusCode::NOT_IMPLEMENTED, id, message);
        match error {
            GuestError::Forbidden(error) => error.into(),
            GuestError::Missing => Self::missing_account(),
            GuestError::AlreadyGuest => {
                as_it_is("api.user.demote_user_to_guest.already_guest.app_error", "The account is a guest's already.")
            }
            GuestError::NoGuest => as_it_is("api.user.promote_guest_to_user.no_guest.app_error", "The account is no guest's."),
            GuestError::MagicLink => {
                let message = "The account signs in by links in mails, as guests alone do.";
                as_it_is("api.user.promote_guest_to_user.magic_link_enabled.app_error", message)
            }
            GuestError::LastAdmin => last_admin(),
            GuestError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Forbidden(error) => error.into(),
            IdentityError::Incomplete => {
                Self::bad("api.user.update_user_auth.invalid_request", "Both auth_service and auth_data are needed.")
            }
            IdentityError::Invalid => Self::body_param("user"),
            IdentityError::Taken => muster_domain::store::UniqueField::Identity.into(),
            IdentityError::Store(error) => unavailable("app.user.update_auth_data.app_error", error),
        }
    }
}

impl From<HistoryError> for ApiError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Forbidden(error) => error.into(),
            HistoryError::Store(error) => unavailable("app.audit.get.finding.app_error", error),
        }
    }
}

impl From<AcceptError> for ApiError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Forbidden(error) => error.into(),
            AcceptError::UnknownTerms => {
                Self::client(StatusCode::NOT_FOUND, "app.terms_of_service.get.no_rows.app_error", "There are no such terms of service.")
            }
            AcceptError::Nobody => Self::session_expired(),
            AcceptError::Store(error) => unavailable("app.user_terms_of_service.save.app_error", error),
        }
    }
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Forbidden(error) => error.into(),
            ListError::UnknownGroup => Self::client(StatusCode::NOT_FOUND, "app.group.no_rows", "There is no such group."),
            ListError::UnknownRole(field) => Self::body_param(field),
            ListError::Store(error) => unavailable("app.user.get_profiles.app_error", error),
        }
    }
}

fn busy(retry_after: Duration) -> ApiError {
    let message = "The service makes too many pictures at the moment. Please try again soon.";
    let error = ApiError::client(StatusCode::SERVICE_UNAVAILABLE, "api.context.server_busy.app_error", message);
    ApiError { retry_after: Some(retry_after), ..error }
}

fn no_files(id: &'static str, error: FilesError) -> ApiError {
    let message = "The service can't reach its files. Please try again soon.".into();
    ApiError { message, ..ApiError::internal(id, error) }
}

impl From<PictureError> for ApiError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Unknown => {
                let id = "api.user.upload_profile_user.check_image_limits.app_error";
                Self::bad(id, "The file is no picture: PNG, JPEG, GIF and WebP are shown.")
            }
            PictureError::TooManyPixels => {
                let id = "api.user.upload_profile_user.check_image_limits.app_error";
                Self::bad(id, "The picture has too many pixels.")
            }
            PictureError::Broken => Self::bad("api.user.upload_profile_user.decode.app_error", "The picture is broken."),
            PictureError::Busy { retry_after } => busy(retry_after),
            failed @ PictureError::Failed(_) => Self::internal("api.user.create_profile_image.encode.app_error", failed),
        }
    }
}

impl From<PictureSeenError> for ApiError {
    fn from(error: PictureSeenError) -> Self {
        match error {
            PictureSeenError::LookUp(error) => of_look_up(error, "app.user.missing_account.const"),
            PictureSeenError::Picture(error) => error.into(),
            PictureSeenError::Files(error) => no_files("api.file.read_file.app_error", error),
        }
    }
}

impl From<SetPictureError> for ApiError {
    fn from(error: SetPictureError) -> Self {
        match error {
            SetPictureError::Forbidden(error) => error.into(),
            SetPictureError::NoFiles => {
                let id = "api.user.upload_profile_user.storage.app_error";
                Self::client(StatusCode::NOT_IMPLEMENTED, id, "Pictures are not kept here.")
            }
            SetPictureError::Missing => Self::url_param("user_id"),
            SetPictureError::Picture(error) => error.into(),
            SetPictureError::Files(error) => no_files("api.user.upload_profile_user.upload_profile.app_error", error),
            SetPictureError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

/// A picture that was not taken back: where setting one says that the address is wrong, this says that nobody is there.
#[must_use]
pub fn of_reset_picture(error: SetPictureError) -> ApiError {
    match error {
        SetPictureError::Missing => ApiError::missing_account(),
        other @ (SetPictureError::Forbidden(_)
        | SetPictureError::NoFiles
        | SetPictureError::Picture(_)
        | SetPictureError::Files(_)
        | SetPictureError::Store(_)) => other.into(),
    }
}
