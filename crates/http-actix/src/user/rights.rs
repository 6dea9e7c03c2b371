//! What accounts may do, and as what, over HTTP.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user_id;
use crate::body::RawBody;
use crate::bot::BotBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;

/// The roles that an account is to have.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RolesBody {
    /// Their names, with spaces between them.
    pub roles: String,
}

/// `PUT /api/v4/users/{user_id}/roles`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/roles", operation_id = "UpdateUserRoles", tag = "users", request_body = RolesBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Given", body = inline(StatusBody)),
        (status = 400, description = "No such roles, no such account, or the last admin", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be given", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.roles", skip_all)]
pub(crate) async fn roles(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let wanted = body.texts().await?.take("roles");
    call.service.accounts.set_roles(&call.actor, &id, &wanted, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/demote`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/demote", operation_id = "DemoteUserToGuest", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "A guest's now", body = inline(StatusBody)),
        (status = 400, description = "No id, or the last admin", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "A guest's already", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.demote", skip_all)]
pub(crate) async fn demote(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    call.service.accounts.demote(&call.actor, &id, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/promote`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/promote", operation_id = "PromoteGuestToUser", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "An ordinary one now", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "No guest's", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.promote", skip_all)]
pub(crate) async fn promote(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    call.service.accounts.promote(&call.actor, &id, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// A bot that was an account of a person's.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConvertedBody<'a> {
    /// The bot.
    #[serde(flatten)]
    pub bot: BotBody<'a>,
    /// Always `OK`.
    pub status: &'static str,
}

/// `POST /api/v4/users/{user_id}/convert_to_bot`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/convert_to_bot", operation_id = "ConvertUserToBot", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "A bot's now", body = inline(ConvertedBody)),
        (status = 400, description = "No id, a bot's already, or the last admin", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.convert_to_bot", skip_all)]
pub(crate) async fn convert_to_bot(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let user = call.service.accounts.convert_to_bot(&call.actor, &id, &call.origin).await?;
    let bot = BotBody { display_name: user.username.as_str(), ..BotBody::from(&user) };
    Ok(HttpResponse::Ok().json(ConvertedBody { bot, status: StatusBody::OK.status }))
}

/// By whom an account's holder is vouched for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = UserAuthData)]
pub struct UserAuthBody {
    /// The provider's name for him.
    pub auth_data: String,
    /// The provider.
    pub auth_service: String,
}

/// `PUT /api/v4/users/{user_id}/auth`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/auth", operation_id = "UpdateUserAuth", tag = "users", request_body = UserAuthBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Signs in by it now", body = inline(UserAuthBody)),
        (status = 400, description = "Incomplete, or another account's", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 501, description = "Never: any provider can be named", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.auth", skip_all)]
pub(crate) async fn auth(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    if !call.actor.holds(muster_domain::role::Permission::ManageSystem) {
        // Who may not learns nothing of what is wrong with what he sends.
        return Err(muster_domain::permission::Forbidden::Lacks(muster_domain::role::Permission::ManageSystem).into());
    }
    let id = user_id(&call, &path)?;
    let mut fields = body.fields("user").await?;
    let (auth_service, auth_data) = (fields.text("auth_service")?.unwrap_or_default(), fields.text("auth_data")?.unwrap_or_default());
    let (service, subject) = (auth_service.clone(), auth_data.clone());
    call.service.accounts.set_identity(&call.actor, &id, service, subject, &call.origin).await?;
    Ok(HttpResponse::Ok().json(UserAuthBody { auth_data, auth_service }))
}
