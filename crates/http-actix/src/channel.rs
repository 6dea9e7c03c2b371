//! Channels over HTTP.

pub(crate) mod member;
mod wire;

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::channel::NewChannel;
use muster_domain::directory::ChannelSeen;
use muster_domain::id::{ChannelId, UserId};
use muster_domain::permission::operations;

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::team::team_id;
use crate::user::user_id;

pub use wire::{AddChannelMembersBody, ChannelBody, ChannelMemberBody, CreateChannelBody};

/// The channel that a path names.
pub(crate) fn channel_id(text: &str) -> Result<ChannelId, ApiError> {
    text.parse().map_err(|_| ApiError::url_param("channel_id"))
}

/// `POST /api/v4/channels`
#[utoipa::path(
    post, path = "/api/v4/channels", operation_id = "CreateChannel", tag = "directory", request_body = CreateChannelBody,
    responses(
        (status = 201, description = "Made; who asked is its admin", body = inline(ChannelBody)),
        (status = 400, description = "A field breaks a rule, or the name is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.create", skip_all)]
pub(crate) async fn create(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let wanted = wanted(&mut body.fields("channel").await?)?;
    let seen = call.service.directory.create_channel(&call.actor, wanted, &call.origin).await?;
    Ok(HttpResponse::Created().json(ChannelBody::from(&seen)))
}

fn wanted(fields: &mut Fields) -> Result<NewChannel, ApiError> {
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let (id, display_name) = (text("id")?, text("display_name")?);
    let wanted = NewChannel {
        team_id: text("team_id")?.parse().map_err(|_| ApiError::body_param("team_id"))?,
        name: text("name")?,
        kind: text("type")?,
        header: text("header")?,
        purpose: text("purpose")?,
        display_name,
    };
    if wanted.display_name.is_empty() {
        return Err(ApiError::body_param("display_name"));
    }
    if id.is_empty() { Ok(wanted) } else { Err(ApiError::existing_channel()) }
}

/// `POST /api/v4/channels/direct`
#[utoipa::path(
    post, path = "/api/v4/channels/direct", operation_id = "CreateDirectChannel", tag = "directory", request_body = Vec<String>,
    responses(
        (status = 201, description = "The channel of the two, made now or before", body = inline(ChannelBody)),
        (status = 400, description = "Not two ids, or an unknown account", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.direct", skip_all)]
pub(crate) async fn direct(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let users = people(&body.list().await?, 2)?;
    let permit = call.permit::<operations::CreateDirectChannel>()?;
    let seen = call.service.directory.direct_channel(permit, &call.actor, &users, &call.origin).await;
    Ok(HttpResponse::Created().json(ChannelBody::from(&seen.map_err(ApiError::of_direct_channel)?)))
}

/// `POST /api/v4/channels/group`
#[utoipa::path(
    post, path = "/api/v4/channels/group", operation_id = "CreateGroupChannel", tag = "directory", request_body = Vec<String>,
    responses(
        (status = 201, description = "The channel of these and of who asked, made now or before", body = inline(ChannelBody)),
        (status = 400, description = "Not three to eight ids, or an unknown account", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.group", skip_all)]
pub(crate) async fn group(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let users = people(&body.list().await?, usize::MAX)?;
    let permit = call.permit::<operations::CreateGroupChannel>()?;
    let seen = call.service.directory.group_channel(permit, &call.actor, &users, &call.origin).await;
    Ok(HttpResponse::Created().json(ChannelBody::from(&seen.map_err(ApiError::of_group_channel)?)))
}

fn people(ids: &[String], most: usize) -> Result<Vec<UserId>, ApiError> {
    if ids.is_empty() || ids.len() > most {
        return Err(ApiError::body_param("user_ids"));
    }
    ids.iter().map(|id| id.parse().map_err(|_| ApiError::body_param("user_id"))).collect()
}

/// `GET /api/v4/channels/{channel_id}`
#[utoipa::path(
    get, path = "/api/v4/channels/{channel_id}", operation_id = "GetChannel", tag = "directory",
    params(("channel_id" = String, Path, description = "The channel's id")),
    responses(
        (status = 200, description = "Shown", body = inline(ChannelBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such channel", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let seen = call.service.directory.channel(&call.actor, &channel_id(&path)?).await?;
    Ok(HttpResponse::Ok().json(ChannelBody::from(&seen)))
}

/// `GET /api/v4/teams/{team_id}/channels/name/{name}`
#[utoipa::path(
    get, path = "/api/v4/teams/{team_id}/channels/name/{name}", operation_id = "GetChannelByName", tag = "directory",
    params(
        ("team_id" = String, Path, description = "The team's id"),
        ("name" = String, Path, description = "The channel's name in addresses"),
    ),
    responses(
        (status = 200, description = "Shown", body = inline(ChannelBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such channel", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.by_name", skip_all)]
pub(crate) async fn by_name(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let seen = call.service.directory.channel_by_name(&call.actor, &team_id(&path.0)?, &path.1).await;
    Ok(HttpResponse::Ok().json(ChannelBody::from(&seen.map_err(ApiError::of_channel_name)?)))
}

/// `GET /api/v4/teams/name/{team_name}/channels/name/{name}`
#[utoipa::path(
    get, path = "/api/v4/teams/name/{team_name}/channels/name/{name}", operation_id = "GetChannelByNameForTeamName", tag = "directory",
    params(
        ("team_name" = String, Path, description = "The team's name in addresses"),
        ("name" = String, Path, description = "The channel's name in addresses"),
    ),
    responses(
        (status = 200, description = "Shown", body = inline(ChannelBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such channel", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.by_names", skip_all)]
pub(crate) async fn by_names(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let seen = call.service.directory.channel_by_names(&call.actor, &path.0, &path.1).await;
    Ok(HttpResponse::Ok().json(ChannelBody::from(&seen.map_err(ApiError::of_channel_name)?)))
}

/// `GET /api/v4/users/{user_id}/channels`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/channels", operation_id = "GetAllChannelsForUser", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Channels the account is in", body = inline(Vec<ChannelBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.of_user", skip_all)]
pub(crate) async fn of_user(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let channels = call.service.directory.channels_of::<operations::GetAllChannelsForUser>(&call.actor, &user, None).await?;
    Ok(shown(&channels))
}

/// `GET /api/v4/users/{user_id}/teams/{team_id}/channels`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/teams/{team_id}/channels", operation_id = "GetChannelsForTeamForUser", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("team_id" = String, Path, description = "The team's id"),
    ),
    responses(
        (status = 200, description = "Channels of the team, and those without one, that the account is in", body = inline(Vec<ChannelBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.of_user_in_team", skip_all)]
pub(crate) async fn of_user_in_team(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (user, team) = (user_id(&call, &path.0)?, team_id(&path.1)?);
    let directory = &call.service.directory;
    let channels = directory.channels_of::<operations::GetChannelsForTeamForUser>(&call.actor, &user, Some(&team)).await?;
    Ok(shown(&channels))
}

fn shown(channels: &[ChannelSeen]) -> HttpResponse {
    HttpResponse::Ok().json(channels.iter().map(ChannelBody::from).collect::<Vec<_>>())
}
