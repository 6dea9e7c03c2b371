//! The errors of passwords, links in mails and the confirmation of addresses.

use actix_web::http::StatusCode;
use muster_domain::accounts::{PasswordError, RecoveryError, ResetError, UndoError, VerificationError, VerifyError};
use muster_domain::permission::Forbidden;

use super::sign_in::locked;
use super::{ApiError, unavailable};

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Forbidden(Forbidden::NotSignedIn) => Self::session_expired(),
            PasswordError::Forbidden(_) => {
                let message = "You may not change this account's password.";
                Self::client(StatusCode::FORBIDDEN, "api.user.update_password.context.app_error", message)
            }
            PasswordError::OwnHash => {
                Self::unauthorized("api.user.update_password.user_and_hashed.app_error", "Only administrators set the hash of a password.")
            }
            PasswordError::UnknownHash => {
                let message = "The hash has no known form, or costs too much to check.";
                Self::bad("api.user.update_password.password_hash.app_error", message)
            }
            PasswordError::CurrentNeeded => Self::body_param("current_password"),
            PasswordError::Provided => {
                let message = "The account signs in by a provider, which keeps its password.";
                Self::bad("api.user.update_password.oauth.app_error", message)
            }
            PasswordError::MagicLink => {
                Self::bad("api.user.update_password.magic_link.app_error", "The account signs in by links in mails.")
            }
            PasswordError::NoPerson => {
                let message = "The account is a bot's, or lives on another server: it has no password.";
                Self::bad("api.user.update_password.failed.app_error", message)
            }
            PasswordError::Wrong => Self::bad("api.user.update_password.incorrect.app_error", "The current password is wrong."),
            PasswordError::Locked => locked(None),
            PasswordError::Weak(error) => error.into(),
            PasswordError::Passwords(error) => error.into(),
            PasswordError::Store(error) => unavailable("api.user.update_password.failed.app_error", error),
        }
    }
}

impl From<RecoveryError> for ApiError {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::NoMail => {
                let message = "This service sends no mail. Please ask an administrator.";
                Self::client(StatusCode::NOT_IMPLEMENTED, "api.user.send_password_reset.send.app_error", message)
            }
            RecoveryError::TooMany(standing) => Self::limited(standing),
            RecoveryError::Store(error) => unavailable("app.recover.save.app_error", error),
        }
    }
}

impl From<ResetError> for ApiError {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::UnknownLink => {
                let message = "The link is not known, or was used. Please ask for a new one.";
                Self::bad("api.user.reset_password.invalid_link.app_error", message)
            }
            ResetError::OtherLink => Self::bad("api.user.reset_password.broken_token.app_error", "The link is not for a new password."),
            ResetError::ExpiredLink => {
                Self::bad("api.user.reset_password.link_expired.app_error", "The link has expired. Please ask for a new one.")
            }
            ResetError::Provided => Self::bad("api.user.reset_password.sso.app_error", "The account signs in by a provider."),
            ResetError::TooMany(standing) => Self::limited(standing),
            ResetError::Weak(error) => error.into(),
            ResetError::Passwords(error) => error.into(),
            ResetError::Store(error) => unavailable("api.user.update_password.failed.app_error", error),
        }
    }
}

fn bad_link() -> ApiError {
    ApiError::bad("api.user.verify_email.bad_link.app_error", "The link does not count, or not any more. Please ask for a new one.")
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::BadLink => bad_link(),
            VerifyError::TooMany(standing) => Self::limited(standing),
            VerifyError::Store(error) => unavailable("app.user.verify_email.app_error", error),
        }
    }
}

impl From<VerificationError> for ApiError {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Forbidden(error) => error.into(),
            VerificationError::Missing => Self::missing_account(),
            VerificationError::Store(error) => unavailable("app.user.verify_email.app_error", error),
        }
    }
}

impl From<UndoError> for ApiError {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::BadLink => bad_link(),
            UndoError::TooMany(standing) => Self::limited(standing),
            UndoError::Taken => Self::bad("app.user.save.email_exists.app_error", "Another account has this e-mail address."),
            UndoError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}
