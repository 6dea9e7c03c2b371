//! Passwords over HTTP: changed by who knows them, or by a link in a mail.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::accounts::NewSecret;
use muster_domain::credential::{Password, Token};
use muster_domain::one_time;
use muster_domain::permission::operations;
use serde::Deserialize;
use utoipa::ToSchema;

use super::user_id;
use crate::body::RawBody;
use crate::call::{Call, SignedCall};
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasswordBody {
    /// The one it is now; needed to change one's own.
    pub current_password: Option<String>,
    /// The one it is to be.
    pub new_password: String,
    /// `true` where it is the hash of one, which only admins may send.
    pub already_hashed: Option<String>,
}

/// Whom to send a mail to.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AddressBody {
    /// The account's mail address.
    pub email: String,
}

/// A new password, and the right to set it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ResetBody {
    /// What the link carries; `token` is the same.
    pub code: String,
    /// The password.
    pub new_password: String,
}

/// `PUT /api/v4/users/{user_id}/password`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/password", operation_id = "UpdateUserPassword", tag = "users", request_body = PasswordBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Changed; the account's other sessions have ended", body = inline(StatusBody)),
        (status = 400, description = "A wrong current password, or a new one that is refused", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in, or locked", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 503, description = "Too many passwords wait to be checked", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.password", skip_all)]
pub(crate) async fn change(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let mut body = body.texts().await?;
    let wanted = NewSecret {
        current: Password::from(body.take("current_password")),
        new: Password::from(body.take("new_password")),
        // A hash that was taken for a password would let in whoever has seen it.
        is_hashed: body.is_true("already_hashed"),
    };
    call.service.accounts.change_password(&call.actor, &id, &wanted, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/password/reset/send`
#[utoipa::path(
    post, path = "/api/v4/users/password/reset/send", operation_id = "SendPasswordResetEmail", tag = "users", request_body = AddressBody,
    responses(
        (status = 200, description = "Sent, if an account has the address", body = inline(StatusBody)),
        (status = 400, description = "No address", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many mails", body = inline(ErrorBody)),
        (status = 501, description = "No mail server is set", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.send_reset", skip_all)]
pub(crate) async fn send_reset(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let email = address(body).await?;
    let permit = call.permit::<operations::SendPasswordResetEmail>()?;
    let sent = call.service.accounts.send_reset(permit, &email, &call.client, &call.origin);
    call.no_sooner(sent).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// The address that a body names.
pub(super) async fn address(body: RawBody) -> Result<String, ApiError> {
    let email = body.texts().await?.take("email");
    if email.is_empty() { Err(ApiError::body_param("email")) } else { Ok(email) }
}

/// The token that a body carries under one of some names.
pub(super) fn token(body: &mut crate::body::Texts, names: &[&'static str]) -> Result<Token, ApiError> {
    let shown = names.iter().map(|name| body.take(name)).find(|text| !text.is_empty()).unwrap_or_default();
    let name = names.first().copied().unwrap_or_default();
    if shown.len() == one_time::LENGTH { Ok(Token::presented(&shown)) } else { Err(ApiError::body_param(name)) }
}

/// `POST /api/v4/users/password/reset`
#[utoipa::path(
    post, path = "/api/v4/users/password/reset", operation_id = "ResetPassword", tag = "users", request_body = ResetBody,
    responses(
        (status = 200, description = "Set; the account's sessions have ended", body = inline(StatusBody)),
        (status = 400, description = "A link that does not count, or a password that is refused", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many links that nobody holds", body = inline(ErrorBody)),
        (status = 503, description = "Too many passwords wait to be hashed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.reset_password", skip_all)]
pub(crate) async fn reset(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut body = body.texts().await?;
    let (token, password) = (token(&mut body, &["token", "code"])?, Password::from(body.take("new_password")));
    let permit = call.permit::<operations::ResetPassword>()?;
    call.service.accounts.reset_password(permit, &token, &password, &call.client, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
