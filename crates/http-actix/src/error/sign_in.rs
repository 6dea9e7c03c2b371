//! The errors of signing in, of second factors, and of switching between ways of signing in.

use std::time::Duration;

use actix_web::http::StatusCode;
use muster_domain::accounts::{AttemptsError, Switch, SwitchError};
use muster_domain::permission::Forbidden;
use muster_domain::role::Permission;
use muster_domain::second_factor::FactorError;
use muster_domain::sign_in::SignInError;

use super::{ApiError, unavailable};

/// An account that too many wrong passwords or codes have locked; with the time after which the next may be tried.
pub(super) fn locked(retry_after: Option<Duration>) -> ApiError {
    let message = "The account is locked for too many wrong passwords or codes. Please wait, or ask an administrator.";
    let error = ApiError::unauthorized("api.user.check_user_login_attempts.too_many.app_error", message);
    ApiError { retry_after, ..error }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::BlankPassword => Self::bad("api.user.login.blank_pwd.app_error", "A password is needed."),
            SignInError::InvalidCredentials => {
                let id = "api.user.login.invalid_credentials_email_username";
                Self::unauthorized(id, "The e-mail address, the username or the password is wrong.")
            }
            SignInError::Inactive => Self::unauthorized("api.user.login.inactive.app_error", "The account is deactivated."),
            SignInError::Bot => Self::unauthorized("api.user.login.bot_login_forbidden.app_error", "A bot can't sign in with a password."),
            SignInError::Remote => Self::unauthorized("api.user.login.remote_users.login.error", "The account lives on another server."),
            SignInError::FactorNeeded => {
                Self::unauthorized("mfa.validate_token.authenticate.app_error", "A code of the second factor is needed.")
            }
            SignInError::WrongCode => {
                Self::unauthorized("api.user.check_user_mfa.bad_code.app_error", "The code of the second factor is wrong.")
            }
            SignInError::Unverified => {
                let message = "The account's e-mail address is not verified. Please open the link in the mail that was sent there.";
                Self::unauthorized("api.user.login.not_verified.app_error", message)
            }
            SignInError::Locked(retry_after) => locked(retry_after),
            SignInError::TooMany(standing) => Self::limited(standing),
            SignInError::Passwords(error) => error.into(),
            SignInError::Seal(error) => Self::internal("api.user.check_user_mfa.bad_code.app_error", error),
            SignInError::Provider(error) => Self::internal("ent.ldap.do_login.unable_to_connect.app_error", error),
            SignInError::Store(error) => unavailable("app.session.save.app_error", error),
        }
    }
}

impl From<FactorError> for ApiError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Forbidden(error) => error.into(),
            FactorError::Missing => Self::missing_account(),
            FactorError::OtherSignIn => {
                let message = "Only accounts that sign in with a password here have a second factor here.";
                Self::bad("api.user.activate_mfa.email_and_ldap_only.app_error", message)
            }
            FactorError::SwitchedOff => {
                Self::client(StatusCode::NOT_IMPLEMENTED, "mfa.mfa_disabled.app_error", "Second factors are switched off here.")
            }
            FactorError::BadCode => Self::unauthorized("mfa.activate.bad_token.app_error", "The code is wrong."),
            FactorError::Locked => locked(None),
            FactorError::NotActive => Self::bad("api.user.recovery_codes.not_active.app_error", "No second factor is active."),
            FactorError::Enrolment(error) => Self::internal("mfa.generate_qr_code.create_code.app_error", error),
            FactorError::Seal(error) => Self::internal("mfa.generate_qr_code.create_code.app_error", error),
            FactorError::Store(error) => unavailable("app.user.update_mfa.app_error", error),
        }
    }
}

impl From<AttemptsError> for ApiError {
    fn from(error: AttemptsError) -> Self {
        match error {
            AttemptsError::Forbidden(Forbidden::Lacks(Permission::WriteUserManagement)) => {
                let id = "api.user.reset_password_failed_attempts.permissions.app_error";
                Self::client(StatusCode::FORBIDDEN, id, "You may not open locked accounts.")
            }
            AttemptsError::Forbidden(error) => error.into(),
            AttemptsError::Missing => Self::missing_account(),
            AttemptsError::OtherSignIn => {
                let message = "The account does not sign in with a password.";
                Self::bad("api.user.reset_password_failed_attempts.ldap_and_email_only.app_error", message)
            }
            AttemptsError::Store(error) => unavailable("app.user.reset_password_failed_attempts.app_error", error),
        }
    }
}

impl From<SwitchError> for ApiError {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::SignIn(error) => of_switched_sign_in(error),
            SwitchError::NotSignedIn => Self::session_expired(),
            SwitchError::NotOwn => {
                Self::client(StatusCode::FORBIDDEN, "api.user.oauth_to_email.context.app_error", "This is somebody else's account.")
            }
            SwitchError::OtherSignIn => Self::bad("api.user.oauth_to_email.not_oauth_user.app_error", "The account signs in another way."),
            SwitchError::MagicLink => Self::bad("api.user.oauth_to_email.magic_link.app_error", "The account signs in by links in mails."),
            SwitchError::NotSetUp(switch) => not_set_up(switch),
            SwitchError::WrongDirectoryPassword => {
                Self::unauthorized("ent.ldap.do_login.invalid_password.app_error", "The directory's name or password is wrong.")
            }
            SwitchError::Taken => muster_domain::store::UniqueField::Identity.into(),
            SwitchError::Weak(error) => error.into(),
            SwitchError::Passwords(error) => error.into(),
            SwitchError::Provider(error) => Self::internal("api.user.login_by_oauth.not_available.app_error", error),
            SwitchError::Store(error) => unavailable("app.user.update.finding.app_error", error),
        }
    }
}

/// A sign-in that was to prove who switches: nothing of it is masked but which accounts there are.
fn of_switched_sign_in(error: SignInError) -> ApiError {
    match error {
        SignInError::BlankPassword | SignInError::InvalidCredentials => {
            ApiError::unauthorized("api.user.check_user_password.invalid.app_error", "The password is wrong.")
        }
        SignInError::FactorNeeded => ApiError { status: StatusCode::BAD_REQUEST, ..error.into() },
        other @ (SignInError::Inactive
        | SignInError::Bot
        | SignInError::Remote
        | SignInError::WrongCode
        | SignInError::Unverified
        | SignInError::Locked(_)
        | SignInError::TooMany(_)
        | SignInError::Passwords(_)
        | SignInError::Seal(_)
        | SignInError::Provider(_)
        | SignInError::Store(_)) => other.into(),
    }
}

fn not_set_up(switch: Switch) -> ApiError {
    let id = match switch {
        Switch::ToProvider(muster_domain::provider::Provider::Saml) => "api.user.saml.not_available.app_error",
        Switch::ToProvider(_) | Switch::FromProvider(_) => "api.user.authorize_oauth_user.unsupported.app_error",
        Switch::ToDirectory => "api.user.email_to_ldap.not_available.app_error",
        Switch::FromDirectory => "api.user.ldap_to_email.not_available.app_error",
    };
    ApiError::client(StatusCode::NOT_IMPLEMENTED, id, "This way of signing in is not set up here.")
}
