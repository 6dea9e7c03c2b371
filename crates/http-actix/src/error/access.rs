//! The errors of the use cases of access tokens and of sessions.

use actix_web::http::StatusCode;
use muster_domain::live_sessions::LiveSessionError;
use muster_domain::tokens::TokenError;

use super::{ApiError, unavailable};

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forbidden(error) => error.into(),
            TokenError::MissingOwner => Self::missing_account(),
            TokenError::Missing => {
                let id = "app.user_access_token.get_by_user.app_error";
                Self::client(StatusCode::NOT_FOUND, id, "There is no such access token.")
            }
            TokenError::NoDescription => Self::body_param("description"),
            TokenError::Description => {
                let message = "What the access token is for has at most 255 bytes.";
                Self::bad("model.user_access_token.is_valid.description.app_error", message)
            }
            TokenError::Disabled => {
                let id = "app.user_access_token.disabled";
                Self::client(StatusCode::NOT_IMPLEMENTED, id, "People have no access tokens here.")
            }
            TokenError::NoEnd => Self::bad("app.user_access_token.expires_at_required.app_error", "An access token has to end here."),
            TokenError::EndInPast => {
                Self::bad("app.user_access_token.expires_at_in_past.app_error", "The access token would have ended already.")
            }
            TokenError::EndTooFar => {
                Self::bad("app.user_access_token.expires_at_too_far.app_error", "The access token would live too long.")
            }
            TokenError::TooMany => {
                let message = "The account has as many access tokens as it may have. Please revoke one first.";
                Self::bad("app.user_access_token.too_many.app_error", message)
            }
            TokenError::Store(error) => unavailable("app.user_access_token.save.app_error", error),
        }
    }
}

impl From<LiveSessionError> for ApiError {
    fn from(error: LiveSessionError) -> Self {
        match error {
            LiveSessionError::Forbidden(error) => error.into(),
            LiveSessionError::Missing => Self::bad("app.session.get.app_error", "There is no such session, or not any more."),
            LiveSessionError::AnothersSession => Self::url_param("user_id"),
            LiveSessionError::NoId => Self::body_param("session_id"),
            LiveSessionError::Store(error) => unavailable("app.session.get_sessions.app_error", error),
        }
    }
}
