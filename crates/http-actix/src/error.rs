//! Errors as clients read them: every use case's errors become a status and an id here, and nowhere else.

mod access;
mod accounts;
mod directory;
mod recovery;
mod sign_in;

pub use accounts::{of_look_up, of_reset_picture, of_update};
use sign_in::locked;

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use muster_domain::limit::Standing;
use muster_domain::password::WeakPassword;
use muster_domain::permission::Forbidden;
use muster_domain::port::PasswordsError;
use muster_domain::store::{StoreError, UniqueField};
use muster_domain::user::InvalidUser;
use serde::Serialize;

/// A cause, for the log alone.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An answer that says what went wrong.
#[derive(Debug, thiserror::Error)]
#[error("{id}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The id that clients compare.
    pub id: Cow<'static, str>,
    /// What people read.
    pub message: Cow<'static, str>,
    /// Where a limited caller stands.
    pub standing: Option<Box<Standing>>,
    /// When an overloaded service may be asked again.
    pub retry_after: Option<Duration>,
    /// Whether the session cookie is taken back.
    pub ends_cookie: bool,
    /// What happened inside.
    #[source]
    pub cause: Option<Cause>,
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AppError)]
pub struct ErrorBody<'a> {
    /// The id that clients compare.
    pub id: &'a str,
    /// What people read.
    pub message: &'a str,
    /// Always empty: details are for the log.
    pub detailed_error: &'a str,
    /// Finds the request in the log.
    pub request_id: &'a str,
    /// The HTTP status.
    pub status_code: u16,
}

/// The id of a request without the session it needs.
pub const SESSION_EXPIRED: &str = "api.context.session_expired.app_error";

impl ApiError {
    /// A mistake of the caller.
    #[must_use]
    pub fn client(status: StatusCode, id: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, id: id.into(), message: message.into(), standing: None, retry_after: None, ends_cookie: false, cause: None }
    }

    /// A body that lacks a field or has a wrong one.
    #[must_use]
    pub fn body_param(name: &str) -> Self {
        let message = format!("The request body has no {name}, or one of a wrong form.");
        Self::client(StatusCode::BAD_REQUEST, "api.context.invalid_body_param.app_error", message)
    }

    /// An address that has a wrong part.
    #[must_use]
    pub fn url_param(name: &str) -> Self {
        let message = format!("The {name} in the address has a wrong form.");
        Self::client(StatusCode::BAD_REQUEST, "api.context.invalid_url_param.app_error", message)
    }

    /// A body that is not of the expected shape.
    #[must_use]
    pub fn payload() -> Self {
        Self::client(StatusCode::BAD_REQUEST, "api.payload.parse.error", "The request body is not a JSON array of texts.")
    }

    /// No session, or none that counts any more.
    #[must_use]
    pub fn session_expired() -> Self {
        Self::client(StatusCode::UNAUTHORIZED, SESSION_EXPIRED, "The session is missing or has ended. Please sign in.")
    }

    /// A path that leads nowhere, or not by this method.
    #[must_use]
    pub fn not_found() -> Self {
        Self::client(StatusCode::NOT_FOUND, "api.context.404.app_error", "There is nothing at this address.")
    }

    /// A body above the limit.
    #[must_use]
    pub fn too_large() -> Self {
        let id = "api.context.request_body_too_large.app_error";
        Self::client(StatusCode::PAYLOAD_TOO_LARGE, id, "The request body is too large.")
    }

    /// A failure of ours; the cause goes to the log.
    #[must_use]
    pub fn internal(id: &'static str, cause: impl Into<Cause>) -> Self {
        let error = Self::client(StatusCode::INTERNAL_SERVER_ERROR, id, "Something went wrong inside the service. Please try again later.");
        Self { cause: Some(cause.into()), ..error }
    }

    /// A caller that tries too often.
    #[must_use]
    pub fn limited(standing: Standing) -> Self {
        let error = Self::client(StatusCode::TOO_MANY_REQUESTS, "api.context.rate_limit.app_error", "Too many tries. Please wait a while.");
        Self { standing: Some(Box::new(standing)), ..error }
    }

    /// The same error, taking the session cookie back.
    #[must_use]
    pub fn ending_cookie(self) -> Self {
        Self { ends_cookie: true, ..self }
    }

    /// An account that is not there.
    #[must_use]
    pub fn missing_account() -> Self {
        Self::client(StatusCode::NOT_FOUND, "app.user.missing_account.const", "There is no such account.")
    }

    /// No terms of service were accepted.
    #[must_use]
    pub fn no_accepted_terms() -> Self {
        let id = "app.user_terms_of_service.get_by_user.no_rows.app_error";
        Self::client(StatusCode::NOT_FOUND, id, "No terms of service were accepted.")
    }

    fn bad(id: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::client(StatusCode::BAD_REQUEST, id, message)
    }

    fn unauthorized(id: &'static str, message: &'static str) -> Self {
        Self::client(StatusCode::UNAUTHORIZED, id, message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// The bare status: the pipeline writes the body, since it knows the request.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}

/// The error for an answer that some library gave without a body of ours.
#[must_use]
pub fn of_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ApiError::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        status if status.is_server_error() => ApiError::internal("api.context.internal.app_error", "an unmapped failure"),
        status => ApiError::client(status, "api.context.bad_request.app_error", "The request can't be understood."),
    }
}

fn unavailable(id: &'static str, cause: StoreError) -> ApiError {
    let error = ApiError::internal(id, cause);
    let is_away =
        error.cause.as_deref().and_then(|cause| cause.downcast_ref()).is_some_and(|cause| matches!(cause, StoreError::Unavailable(_)));
    if is_away {
        let message = "The service can't reach its database. Please try again soon.".into();
        return ApiError { status: StatusCode::SERVICE_UNAVAILABLE, message, retry_after: Some(Duration::from_secs(1)), ..error };
    }
    error
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        unavailable("app.user.get.app_error", error)
    }
}

impl From<PasswordsError> for ApiError {
    fn from(error: PasswordsError) -> Self {
        match error {
            PasswordsError::Busy { retry_after } => {
                let message = "The service checks too many passwords at the moment. Please try again soon.";
                let error = Self::client(StatusCode::SERVICE_UNAVAILABLE, "api.context.server_busy.app_error", message);
                Self { retry_after: Some(retry_after), ..error }
            }
            failed @ PasswordsError::Failed(_) => Self::internal("app.valid_password_generic.app_error", failed),
        }
    }
}

impl From<Forbidden> for ApiError {
    fn from(error: Forbidden) -> Self {
        match error {
            Forbidden::NotSignedIn => Self::session_expired(),
            Forbidden::FactorMissing => {
                let message = "A second factor must be activated first.";
                Self::client(StatusCode::FORBIDDEN, "api.context.mfa_required.app_error", message)
            }
            Forbidden::Stale => {
                let message = "Your sign-in is too long ago for this. Sign in again, and repeat it.";
                Self::client(StatusCode::FORBIDDEN, "api.context.recent_sign_in_required.app_error", message)
            }
            Forbidden::Lacks(_) | Forbidden::OutOfScope(_) | Forbidden::NotOwn | Forbidden::Demoted | Forbidden::NotAtTheMachine => {
                let message = "You may not do this.";
                Self::client(StatusCode::FORBIDDEN, "api.context.permissions.app_error", message)
            }
        }
    }
}

impl From<WeakPassword> for ApiError {
    fn from(error: WeakPassword) -> Self {
        let message = format!("The password is refused: {error}.");
        let id = match &error {
            WeakPassword::TooShort(_) => "model.user.is_valid.pwd_min_length.app_error".into(),
            WeakPassword::TooLong => "model.user.is_valid.pwd_max_length.app_error".into(),
            WeakPassword::Guessable => "model.user.is_valid.pwd_guessable.app_error".into(),
            WeakPassword::Lacks(kinds) => format!("model.user.is_valid.pwd_{}.app_error", kinds.join("_")),
        };
        Self { id: id.into(), ..Self::bad("", message) }
    }
}

impl From<InvalidUser> for ApiError {
    fn from(error: InvalidUser) -> Self {
        let id = match error {
            InvalidUser::Username => "model.user.is_valid.username.app_error",
            InvalidUser::Email => "model.user.is_valid.email.app_error",
            InvalidUser::Nickname => "model.user.is_valid.nickname.app_error",
            InvalidUser::Position => "model.user.is_valid.position.app_error",
            InvalidUser::FirstName => "model.user.is_valid.first_name.app_error",
            InvalidUser::LastName => "model.user.is_valid.last_name.app_error",
            InvalidUser::AuthData => "model.user.is_valid.auth_data.app_error",
            InvalidUser::AuthDataWithoutService => "model.user.is_valid.auth_data_type.app_error",
            InvalidUser::AuthDataWithPassword => "model.user.is_valid.auth_data_pwd.app_error",
            InvalidUser::Locale => "model.user.is_valid.locale.app_error",
            InvalidUser::Timezone => "model.user.is_valid.timezone_limit.app_error",
            InvalidUser::Property => "model.user.is_valid.invalidProperty.app_error",
        };
        Self::bad(id, format!("The account is refused: {error}."))
    }
}

impl From<UniqueField> for ApiError {
    fn from(field: UniqueField) -> Self {
        match field {
            UniqueField::Username => Self::bad("app.user.save.username_exists.app_error", "An account with this username exists."),
            UniqueField::Email => Self::bad("app.user.save.email_exists.app_error", "An account with this e-mail address exists."),
            UniqueField::Identity => {
                Self::bad("app.user.update_auth_data.email_exists.app_error", "Another account signs in by this identity.")
            }
            UniqueField::Name => Self::bad("app.user.save.username_exists.app_error", "The name is taken."),
            UniqueField::Id => Self::internal("app.user.save.app_error", "a generated id was taken"),
        }
    }
}
