//! Whether people are there, and how many the service has room for, over HTTP.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::id::UserId;
use muster_domain::permission::{Permitted, operations};
use muster_domain::role::Permission;
use muster_domain::status::{Presence, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;
use crate::user::{batch, user_id};

/// Whether somebody is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct PresenceBody<'a> {
    /// Who.
    pub user_id: &'a str,
    /// `online`, `away`, `dnd`, `offline` or `ooo`.
    pub status: &'static str,
    /// Whether he said so himself.
    pub manual: bool,
    /// When he was last active, in ms.
    pub last_activity_at: i64,
    /// When he may be disturbed again, in seconds since 1970; 0 for no such time.
    pub dnd_end_time: i64,
}

impl<'a> From<&'a Status> for PresenceBody<'a> {
    fn from(status: &'a Status) -> Self {
        Self {
            user_id: status.user_id.as_str(),
            status: status.presence.id(),
            manual: status.is_manual,
            last_activity_at: status.last_activity_at.as_millis(),
            dnd_end_time: status.dnd_end_secs,
        }
    }
}

/// What somebody says of whether he is there.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateStatusBody {
    /// The account's id, as in the address; `me` does not do here.
    pub user_id: String,
    /// `online`, `away`, `dnd` or `offline`.
    pub status: String,
    /// When he may be disturbed again, in seconds since 1970.
    pub dnd_end_time: Option<i64>,
}

/// What somebody does at the moment, in his own words; either emoji or text is needed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomStatus)]
pub struct CustomStatusBody {
    /// A picture's name.
    pub emoji: String,
    /// The words; those beyond 100 characters are cut.
    pub text: String,
    /// How long it lasts, as clients name it.
    pub duration: String,
    /// When it ends, as `2030-01-01T00:00:00Z`.
    pub expires_at: String,
}

/// How many accounts the service has room for. It has no such limits: those are 0.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ServerLimits)]
#[serde(rename_all = "camelCase")]
pub struct ServerLimitsBody {
    /// Accounts beyond which admins are warned.
    pub max_users_limit: u64,
    /// Accounts beyond which none is opened.
    pub max_users_hard_limit: u64,
    /// Active accounts; 0 to all but admins.
    pub active_user_count: u64,
    /// Guests that are in one channel alone.
    pub single_channel_guest_count: u64,
    /// Most of them.
    pub single_channel_guest_limit: u64,
    /// Most messages.
    pub post_history_limit: u64,
    /// When the oldest message that is shown was sent, in ms.
    pub last_accessible_post_time: i64,
}

/// `GET /api/v4/users/{user_id}/status`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/status", operation_id = "GetUserStatus", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Whether he is there; an unknown account is not", body = inline(PresenceBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let (user, permit) = (user_id(&call, &path)?, call.permit::<operations::GetUserStatus>()?);
    let status = call.service.directory.status(permit, &call.actor, &user).await?;
    Ok(HttpResponse::Ok().json(PresenceBody::from(&status)))
}

/// `POST /api/v4/users/status/ids`
#[utoipa::path(
    post, path = "/api/v4/users/status/ids", operation_id = "GetUsersStatusesByIds", tag = "directory", request_body = Vec<String>,
    responses(
        (status = 200, description = "Whether they are there; unknown accounts are not", body = inline(Vec<PresenceBody>)),
        (status = 400, description = "No list of ids, or one of more than 5,000", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.by_ids", skip_all)]
pub(crate) async fn by_ids(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let ids: Result<Vec<UserId>, _> = batch(body, "user_ids").await?.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| ApiError::body_param("user_ids"))?;
    let permit = call.permit::<operations::GetUsersStatusesByIds>()?;
    let statuses = call.service.directory.statuses(permit, &call.actor, &ids).await?;
    Ok(HttpResponse::Ok().json(statuses.iter().map(PresenceBody::from).collect::<Vec<_>>()))
}

/// `PUT /api/v4/users/{user_id}/status`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/status", operation_id = "UpdateUserStatus", tag = "directory", request_body = UpdateStatusBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Written down", body = inline(PresenceBody)),
        (status = 400, description = "No id, or no such status", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.update", skip_all)]
pub(crate) async fn update(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let (presence, dnd_end_secs) = wanted(&mut body.fields("status").await?, &user)?;
    let status = call.service.directory.set_status(&call.actor, &user, presence, dnd_end_secs, &call.origin).await?;
    Ok(HttpResponse::Ok().json(PresenceBody::from(&status)))
}

fn wanted(fields: &mut Fields, user: &UserId) -> Result<(Presence, i64), ApiError> {
    if fields.text("user_id")?.is_none_or(|named| named != user.as_str()) {
        return Err(ApiError::body_param("user_id"));
    }
    let presence = Presence::from_id(&fields.text("status")?.unwrap_or_default());
    // Nobody says that he is out of office: a client's answering machine does.
    let presence = presence.filter(|presence| *presence != Presence::OutOfOffice).ok_or_else(|| ApiError::body_param("status"))?;
    let dnd_end_secs = fields.number("dnd_end_time")?.unwrap_or_default();
    if dnd_end_secs < 0 { Err(ApiError::body_param("dnd_end_time")) } else { Ok((presence, dnd_end_secs)) }
}

/// `PUT /api/v4/users/{user_id}/status/custom`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/status/custom", operation_id = "UpdateUserCustomStatus", tag = "directory",
    request_body = CustomStatusBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Written down", body = inline(StatusBody)),
        (status = 400, description = "No id, or nothing said", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.update_custom", skip_all)]
pub(crate) async fn update_custom(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let status = custom(&mut body.fields("custom_status").await?)?;
    let accounts = &call.service.accounts;
    accounts.set_custom_status::<operations::UpdateUserCustomStatus>(&call.actor, &user, Some(status), &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

fn custom(fields: &mut Fields) -> Result<String, ApiError> {
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let body =
        CustomStatusBody { emoji: text("emoji")?, text: text("text")?, duration: text("duration")?, expires_at: text("expires_at")? };
    if body.emoji.is_empty() && body.text.is_empty() {
        return Err(ApiError::body_param("custom_status"));
    }
    serde_json::to_string(&body).map_err(|_| ApiError::body_param("custom_status"))
}

/// `DELETE /api/v4/users/{user_id}/status/custom`
#[utoipa::path(
    delete, path = "/api/v4/users/{user_id}/status/custom", operation_id = "UnsetUserCustomStatus", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Nothing is said any more", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.unset_custom", skip_all)]
pub(crate) async fn unset_custom(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let accounts = &call.service.accounts;
    accounts.set_custom_status::<operations::UnsetUserCustomStatus>(&call.actor, &user, None, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `DELETE /api/v4/users/{user_id}/status/custom/recent`
#[utoipa::path(
    delete, path = "/api/v4/users/{user_id}/status/custom/recent", operation_id = "RemoveRecentCustomStatus", tag = "directory",
    request_body = CustomStatusBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Not offered any more", body = inline(StatusBody)),
        (status = 400, description = "No id, or nothing said", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.forget_custom", skip_all)]
pub(crate) async fn forget_custom(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    forgotten::<operations::RemoveRecentCustomStatus>(&call, &path, body).await
}

/// `POST /api/v4/users/{user_id}/status/custom/recent/delete`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/status/custom/recent/delete", operation_id = "PostUserRecentCustomStatusDelete", tag = "directory",
    request_body = CustomStatusBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Not offered any more", body = inline(StatusBody)),
        (status = 400, description = "No id, or nothing said", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.statuses.forget_custom_by_post", skip_all)]
pub(crate) async fn forget_custom_by_post(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    forgotten::<operations::PostUserRecentCustomStatusDelete>(&call, &path, body).await
}

async fn forgotten<O: Permitted>(call: &SignedCall, path: &str, body: RawBody) -> Result<HttpResponse, ApiError> {
    let user = user_id(call, path)?;
    let status = custom(&mut body.fields("custom_status").await?)?;
    call.service.directory.forget_custom_status::<O>(&call.actor, &user, &status, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `GET /api/v4/limits/server`
#[utoipa::path(
    get, path = "/api/v4/limits/server", operation_id = "GetServerLimits", tag = "directory",
    responses(
        (status = 200, description = "Limits, and to admins how much of them is used", body = inline(ServerLimitsBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.limits.get", skip_all)]
pub(crate) async fn limits(call: SignedCall) -> Result<HttpResponse, ApiError> {
    call.permit::<operations::GetServerLimits>()?;
    let mut body = ServerLimitsBody::default();
    if call.actor.holds(Permission::ManageSystem) {
        body.active_user_count = call.service.accounts.total(call.permit::<operations::GetTotalUsersStats>()?, &call.actor).await?;
    }
    Ok(HttpResponse::Ok().json(body))
}
