//! Links from groups to teams and channels, over HTTP.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::group::Place;
use muster_domain::id::GroupId;
use muster_domain::permission::{Permitted, operations};

use super::{GroupLinkBody, GroupLinkPatchBody, group_id};
use crate::body::RawBody;
use crate::call::{Call, SignedCall};
use crate::channel::channel_id;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;
use crate::team::team_id;

/// `POST /api/v4/groups/{group_id}/teams/{team_id}/link`
#[utoipa::path(
    post, path = "/api/v4/groups/{group_id}/teams/{team_id}/link", operation_id = "LinkGroupSyncableForTeam", tag = "directory",
    request_body = GroupLinkPatchBody,
    params(
        ("group_id" = String, Path, description = "The group's id"),
        ("team_id" = String, Path, description = "The team's id"),
    ),
    responses(
        (status = 201, description = "Linked", body = inline(GroupLinkBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be linked", body = inline(ErrorBody)),
        (status = 404, description = "No such group or team", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.link_team", skip_all)]
pub(crate) async fn to_team(call: SignedCall, path: Path<(String, String)>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (group, place) = (group_id(&path.0)?, Place::Team(team_id(&path.1)?));
    link::<operations::LinkGroupSyncableForTeam>(&call, &group, &place, body).await
}

/// `DELETE /api/v4/groups/{group_id}/teams/{team_id}/link`
#[utoipa::path(
    delete, path = "/api/v4/groups/{group_id}/teams/{team_id}/link", operation_id = "UnlinkGroupSyncableForTeam", tag = "directory",
    params(
        ("group_id" = String, Path, description = "The group's id"),
        ("team_id" = String, Path, description = "The team's id"),
    ),
    responses(
        (status = 200, description = "Not linked any more", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such group, team or link", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.unlink_team", skip_all)]
pub(crate) async fn from_team(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (group, place) = (group_id(&path.0)?, Place::Team(team_id(&path.1)?));
    unlink::<operations::UnlinkGroupSyncableForTeam>(&call, &group, &place).await
}

/// `POST /api/v4/groups/{group_id}/channels/{channel_id}/link`
#[utoipa::path(
    post, path = "/api/v4/groups/{group_id}/channels/{channel_id}/link", operation_id = "LinkGroupSyncableForChannel", tag = "directory",
    request_body = GroupLinkPatchBody,
    params(
        ("group_id" = String, Path, description = "The group's id"),
        ("channel_id" = String, Path, description = "The channel's id"),
    ),
    responses(
        (status = 201, description = "Linked", body = inline(GroupLinkBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be linked", body = inline(ErrorBody)),
        (status = 404, description = "No such group or channel", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.link_channel", skip_all)]
pub(crate) async fn to_channel(call: SignedCall, path: Path<(String, String)>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (group, place) = (group_id(&path.0)?, Place::Channel(channel_id(&path.1)?));
    link::<operations::LinkGroupSyncableForChannel>(&call, &group, &place, body).await
}

/// `DELETE /api/v4/groups/{group_id}/channels/{channel_id}/link`
#[utoipa::path(
    delete, path = "/api/v4/groups/{group_id}/channels/{channel_id}/link", operation_id = "UnlinkGroupSyncableForChannel",
    tag = "directory",
    params(
        ("group_id" = String, Path, description = "The group's id"),
        ("channel_id" = String, Path, description = "The channel's id"),
    ),
    responses(
        (status = 200, description = "Not linked any more", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such group, channel or link", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.unlink_channel", skip_all)]
pub(crate) async fn from_channel(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (group, place) = (group_id(&path.0)?, Place::Channel(channel_id(&path.1)?));
    unlink::<operations::UnlinkGroupSyncableForChannel>(&call, &group, &place).await
}

async fn link<O: Permitted>(call: &Call, group: &GroupId, place: &Place, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("group_syncable").await?;
    for key in ["auto_add", "scheme_admin"] {
        fields.flag(key)?;
    }
    call.service.directory.link_group::<O>(&call.actor, group, place, true, &call.origin).await?;
    let now = call.service.clock.now().as_millis();
    Ok(HttpResponse::Created().json(GroupLinkBody::new(group.as_str(), place, now)))
}

async fn unlink<O: Permitted>(call: &Call, group: &GroupId, place: &Place) -> Result<HttpResponse, ApiError> {
    call.service.directory.link_group::<O>(&call.actor, group, place, false, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
