//! Groups of accounts over HTTP.

pub(crate) mod link;
mod wire;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::{ListWanted, Selection};
use muster_domain::group::NewGroup;
use muster_domain::id::{GroupId, UserId};
use muster_domain::permission::operations;

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::session::StatusBody;
use crate::user::UserBody;

pub use wire::{CreateGroupBody, GroupBody, GroupLinkBody, GroupLinkPatchBody, GroupMemberBody, GroupMembersBody, GroupUsersBody};

/// Most accounts that one request puts into a group or takes out.
const BATCH: usize = 1000;

/// The group that a path names.
pub(crate) fn group_id(text: &str) -> Result<GroupId, ApiError> {
    text.parse().map_err(|_| ApiError::url_param("group_id"))
}

/// `POST /api/v4/groups`
#[utoipa::path(
    post, path = "/api/v4/groups", operation_id = "CreateGroup", tag = "directory", request_body = CreateGroupBody,
    responses(
        (status = 201, description = "Made; unknown accounts are left out", body = inline(GroupBody)),
        (status = 400, description = "A field breaks a rule, or the name is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.create", skip_all)]
pub(crate) async fn create(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("group").await?;
    let (wanted, users) = (wanted(&mut fields)?, users(&mut fields)?);
    let permit = call.permit::<operations::CreateGroup>()?;
    let group = call.service.directory.create_group(permit, &call.actor, wanted, &users, &call.origin).await?;
    Ok(HttpResponse::Created().json(GroupBody::from(&group)))
}

fn wanted(fields: &mut Fields) -> Result<NewGroup, ApiError> {
    if fields.text("source")?.is_some_and(|source| !source.is_empty() && source != wire::CUSTOM) {
        return Err(ApiError::foreign_group());
    }
    let allows_reference = fields.flag("allow_reference")?;
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    Ok(NewGroup { name: text("name")?, display_name: text("display_name")?, description: text("description")?, allows_reference })
}

fn users(fields: &mut Fields) -> Result<Vec<UserId>, ApiError> {
    let mut ids = fields.list("user_ids")?;
    if ids.len() > BATCH {
        return Err(ApiError::body_param("user_ids"));
    }
    ids.sort_unstable();
    ids.dedup();
    ids.iter().map(|id| id.parse().map_err(|_| ApiError::body_param("user_ids"))).collect()
}

/// `GET /api/v4/groups`
#[utoipa::path(
    get, path = "/api/v4/groups", operation_id = "GetGroups", tag = "directory",
    params(
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
    ),
    responses(
        (status = 200, description = "Groups in use by display name", body = inline(Vec<GroupBody>)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.list", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::GetGroups>()?;
    let groups = call.service.directory.groups(permit, Query::of(&request).page()).await?;
    Ok(HttpResponse::Ok().json(groups.iter().map(GroupBody::from).collect::<Vec<_>>()))
}

/// `GET /api/v4/groups/{group_id}`
#[utoipa::path(
    get, path = "/api/v4/groups/{group_id}", operation_id = "GetGroup", tag = "directory",
    params(("group_id" = String, Path, description = "The group's id")),
    responses(
        (status = 200, description = "Shown", body = inline(GroupBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let (group, size) = call.service.directory.group(call.permit::<operations::GetGroup>()?, &group_id(&path)?).await?;
    Ok(HttpResponse::Ok().json(GroupBody { member_count: Some(size), ..GroupBody::from(&group) }))
}

/// `DELETE /api/v4/groups/{group_id}`
#[utoipa::path(
    delete, path = "/api/v4/groups/{group_id}", operation_id = "DeleteGroup", tag = "directory",
    params(("group_id" = String, Path, description = "The group's id")),
    responses(
        (status = 200, description = "Removed", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be removed", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.delete", skip_all)]
pub(crate) async fn delete(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let (group, permit) = (group_id(&path)?, call.permit::<operations::DeleteGroup>()?);
    call.service.directory.delete_group(permit, &call.actor, &group, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/groups/{group_id}/members`
#[utoipa::path(
    post, path = "/api/v4/groups/{group_id}/members", operation_id = "AddGroupMembers", tag = "directory",
    request_body = GroupMembersBody,
    params(("group_id" = String, Path, description = "The group's id")),
    responses(
        (status = 200, description = "Those who were not in it before", body = inline(Vec<GroupMemberBody>)),
        (status = 400, description = "No ids", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.add_members", skip_all)]
pub(crate) async fn add_members(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (group, users) = (group_id(&path)?, named(body).await?);
    let permit = call.permit::<operations::AddGroupMembers>()?;
    let added = call.service.directory.add_to_group(permit, &call.actor, &group, &users, &call.origin).await?;
    Ok(members(&group, &added, call.service.clock.now().as_millis(), 0))
}

/// `DELETE /api/v4/groups/{group_id}/members`
#[utoipa::path(
    delete, path = "/api/v4/groups/{group_id}/members", operation_id = "DeleteGroupMembers", tag = "directory",
    request_body = GroupMembersBody,
    params(("group_id" = String, Path, description = "The group's id")),
    responses(
        (status = 200, description = "Those who were in it", body = inline(Vec<GroupMemberBody>)),
        (status = 400, description = "No ids", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.delete_members", skip_all)]
pub(crate) async fn delete_members(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (group, users) = (group_id(&path)?, named(body).await?);
    let permit = call.permit::<operations::DeleteGroupMembers>()?;
    let taken = call.service.directory.take_out_of_group(permit, &call.actor, &group, &users, &call.origin).await?;
    Ok(members(&group, &taken, 0, call.service.clock.now().as_millis()))
}

async fn named(body: RawBody) -> Result<Vec<UserId>, ApiError> {
    let users = users(&mut body.fields("user_ids").await?)?;
    if users.is_empty() { Err(ApiError::body_param("user_ids")) } else { Ok(users) }
}

fn members(group: &GroupId, users: &[UserId], create_at: i64, delete_at: i64) -> HttpResponse {
    let user_ids = users.iter().map(UserId::as_str);
    let bodies = user_ids.map(|user_id| GroupMemberBody { group_id: group.as_str(), user_id, create_at, delete_at });
    HttpResponse::Ok().json(bodies.collect::<Vec<_>>())
}

/// `GET /api/v4/groups/{group_id}/members`
#[utoipa::path(
    get, path = "/api/v4/groups/{group_id}/members", operation_id = "GetGroupUsers", tag = "directory",
    params(
        ("group_id" = String, Path, description = "The group's id"),
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
    ),
    responses(
        (status = 200, description = "Accounts in the group by username, as far as they are seen", body = inline(GroupUsersBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.groups.users", skip_all)]
pub(crate) async fn users_of(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let group = group_id(&path)?;
    call.permit::<operations::GetGroupUsers>()?;
    let selection = Selection { in_group: group.as_str().to_owned(), ..Selection::default() };
    let wanted = ListWanted { selection, page: Query::of(&request).page(), ..ListWanted::default() };
    let listed = call.service.accounts.list(call.permit::<operations::GetUsers>()?, &call.actor, wanted).await?;
    let (_, total_member_count) = call.service.directory.group(call.permit::<operations::GetGroup>()?, &group).await?;
    let members = listed.iter().map(|listed| UserBody::from(&listed.shown)).collect();
    Ok(HttpResponse::Ok().json(GroupUsersBody { members, total_member_count }))
}
