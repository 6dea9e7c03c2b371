//! Who is in channels, over HTTP.

use std::collections::HashSet;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::channel::ChannelMember;
use muster_domain::id::UserId;

use super::{AddChannelMembersBody, ChannelMemberBody, channel_id};
use crate::body::RawBody;
use crate::call::{Call, SignedCall};
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::session::StatusBody;
use crate::team::team_id;
use crate::user::user_id;

/// Most accounts that one request puts into a channel.
const BATCH: usize = 1000;

/// `GET /api/v4/users/{user_id}/teams/{team_id}/channels/members`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/teams/{team_id}/channels/members", operation_id = "GetChannelMembersForUser", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("team_id" = String, Path, description = "The team's id"),
    ),
    responses(
        (status = 200, description = "Places in the team's channels and in those without a team", body = inline(Vec<ChannelMemberBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.memberships", skip_all)]
pub(crate) async fn memberships(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (user, team) = (user_id(&call, &path.0)?, team_id(&path.1)?);
    let members = call.service.directory.channel_memberships(&call.actor, &user, &team).await?;
    Ok(HttpResponse::Ok().json(bodies(&call, &members)))
}

/// `POST /api/v4/channels/{channel_id}/members`
#[utoipa::path(
    post, path = "/api/v4/channels/{channel_id}/members", operation_id = "AddChannelMember", tag = "directory",
    request_body = AddChannelMembersBody,
    params(("channel_id" = String, Path, description = "The channel's id")),
    responses(
        (status = 201, description = "In the channel, now or before; a list for several", body = inline(ChannelMemberBody)),
        (status = 400, description = "No ids, or a channel that nobody is added to", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be added", body = inline(ErrorBody)),
        (status = 404, description = "No such channel or account, or no member of its team", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.add_member", skip_all)]
pub(crate) async fn add(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let channel = channel_id(&path)?;
    let (users, is_one) = newcomers(body).await?;
    let members = call.service.directory.add_channel_members(&call.actor, &channel, &users, &call.origin).await?;
    let bodies = bodies(&call, &members);
    let mut answer = HttpResponse::Created();
    Ok(match bodies.first() {
        Some(body) if is_one => answer.json(body),
        _ => answer.json(bodies),
    })
}

/// The accounts that a body names, each once, and whether it names them one by one.
async fn newcomers(body: RawBody) -> Result<(Vec<UserId>, bool), ApiError> {
    let mut fields = body.fields("user_id or user_ids").await?;
    let (one, mut several) = (fields.text("user_id")?, fields.list("user_ids")?);
    if fields.text("post_root_id")?.is_some_and(|id| !id.is_empty()) {
        // Nothing is said in this service, so nobody's message has the id.
        return Err(ApiError::body_param("post_root_id"));
    }
    if several.len() > BATCH {
        return Err(ApiError::body_param("user_ids"));
    }
    if several.is_empty() {
        let one = one.and_then(|id| id.parse().ok()).ok_or_else(|| ApiError::body_param("user_id or user_ids"))?;
        return Ok((vec![one], true));
    }
    let mut told = HashSet::new();
    several.retain(|id| told.insert(id.clone()));
    let ids: Result<_, _> = several.iter().map(|id| id.parse()).collect();
    Ok((ids.map_err(|_| ApiError::body_param("user_id in user_ids"))?, false))
}

/// `GET /api/v4/channels/{channel_id}/members`
#[utoipa::path(
    get, path = "/api/v4/channels/{channel_id}/members", operation_id = "GetChannelMembers", tag = "directory",
    params(
        ("channel_id" = String, Path, description = "The channel's id"),
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
    ),
    responses(
        (status = 200, description = "Members by username", body = inline(Vec<ChannelMemberBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.members", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let page = Query::of(&request).page();
    let members = call.service.directory.channel_members(&call.actor, &channel_id(&path)?, page).await?;
    Ok(HttpResponse::Ok().json(bodies(&call, &members)))
}

/// `GET /api/v4/channels/{channel_id}/members/{user_id}`
#[utoipa::path(
    get, path = "/api/v4/channels/{channel_id}/members/{user_id}", operation_id = "GetChannelMember", tag = "directory",
    params(
        ("channel_id" = String, Path, description = "The channel's id"),
        ("user_id" = String, Path, description = "The account's id, or me"),
    ),
    responses(
        (status = 200, description = "The account's place in the channel", body = inline(ChannelMemberBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "Not in the channel", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.member", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (channel, user) = (channel_id(&path.0)?, user_id(&call, &path.1)?);
    let member = call.service.directory.channel_member(&call.actor, &channel, &user).await?;
    Ok(HttpResponse::Ok().json(ChannelMemberBody::shown_to(call.actor.user_id(), &member)))
}

/// `DELETE /api/v4/channels/{channel_id}/members/{user_id}`
#[utoipa::path(
    delete, path = "/api/v4/channels/{channel_id}/members/{user_id}", operation_id = "RemoveUserFromChannel", tag = "directory",
    params(
        ("channel_id" = String, Path, description = "The channel's id"),
        ("user_id" = String, Path, description = "The account's id, or me"),
    ),
    responses(
        (status = 200, description = "Not in the channel any more", body = inline(StatusBody)),
        (status = 400, description = "No id, or a channel that nobody leaves", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be removed", body = inline(ErrorBody)),
        (status = 404, description = "No such channel, or not in it", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.channels.remove_member", skip_all)]
pub(crate) async fn remove(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (channel, user) = (channel_id(&path.0)?, user_id(&call, &path.1)?);
    let removed = call.service.directory.remove_channel_member(&call.actor, &channel, &user, &call.origin).await;
    removed.map_err(ApiError::of_channel_leaving)?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

fn bodies<'a>(call: &Call, members: &'a [ChannelMember]) -> Vec<ChannelMemberBody<'a>> {
    members.iter().map(|member| ChannelMemberBody::shown_to(call.actor.user_id(), member)).collect()
}
