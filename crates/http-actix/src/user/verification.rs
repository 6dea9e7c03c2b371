//! Confirming mail addresses over HTTP, and taking a change of one back.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::permission::operations;
use serde::Deserialize;
use utoipa::ToSchema;

use super::recovery::{AddressBody, address, token};
use super::{UserBody, user_id};
use crate::body::RawBody;
use crate::call::{Call, SignedCall};
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;

/// What the link of a mail carries.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LinkBody {
    /// The token.
    pub token: String,
}

/// `POST /api/v4/users/email/verify/send`
#[utoipa::path(
    post, path = "/api/v4/users/email/verify/send", operation_id = "SendVerificationEmail", tag = "users", request_body = AddressBody,
    responses(
        (status = 200, description = "Sent, if there is such an account", body = inline(StatusBody)),
        (status = 400, description = "No address", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many mails", body = inline(ErrorBody)),
        (status = 501, description = "No mail server is set", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.send_verification", skip_all)]
pub(crate) async fn send(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let email = address(body).await?;
    let permit = call.permit::<operations::SendVerificationEmail>()?;
    let sent = call.service.accounts.send_verification(permit, &email, &call.client, &call.origin);
    call.no_sooner(sent).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/email/verify`
#[utoipa::path(
    post, path = "/api/v4/users/email/verify", operation_id = "VerifyUserEmail", tag = "users", request_body = LinkBody,
    responses(
        (status = 200, description = "Confirmed", body = inline(StatusBody)),
        (status = 400, description = "A link that does not count", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many links that nobody holds", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.verify_email", skip_all)]
pub(crate) async fn verify(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let token = token(&mut body.texts().await?, &["token"])?;
    let permit = call.permit::<operations::VerifyUserEmail>()?;
    call.service.accounts.verify_email(permit, &token, &call.client, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/email/verify/member`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/email/verify/member", operation_id = "VerifyUserEmailWithoutToken", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Confirmed; the account as clients expect it, without saying so", body = inline(UserBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Only admins may", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.verify_member", skip_all)]
pub(crate) async fn verify_member(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let shown = call.service.accounts.verify_member(&call.actor, &id, &call.origin).await?;
    Ok(HttpResponse::Ok().json(UserBody::from(&shown)))
}

/// `POST /api/v4/users/email/undo`
#[utoipa::path(
    post, path = "/api/v4/users/email/undo", operation_id = "UndoEmailChange", tag = "users", request_body = LinkBody,
    responses(
        (status = 200, description = "The former address is back; the account's sessions have ended", body = inline(StatusBody)),
        (status = 400, description = "A link that does not count, or an address that another account has", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many links that nobody holds", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.undo_email", skip_all)]
pub(crate) async fn undo(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let token = token(&mut body.texts().await?, &["token"])?;
    let permit = call.permit::<operations::UndoEmailChange>()?;
    call.service.accounts.undo_email(permit, &token, &call.client, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
