//! Teams and their members over HTTP.

mod wire;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::directory::TeamSeen;
use muster_domain::id::{TeamId, UserId};
use muster_domain::permission::{operations, permit};
use muster_domain::team::{NewTeam, TeamMember};

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::session::StatusBody;
use crate::user::user_id;

pub use wire::{AddTeamMemberBody, CreateTeamBody, TeamBody, TeamMemberBody, TeamUnreadBody};

/// The team that a path names.
pub(crate) fn team_id(text: &str) -> Result<TeamId, ApiError> {
    text.parse().map_err(|_| ApiError::url_param("team_id"))
}

/// `POST /api/v4/teams`
#[utoipa::path(
    post, path = "/api/v4/teams", operation_id = "CreateTeam", tag = "directory", request_body = CreateTeamBody,
    responses(
        (status = 201, description = "Made; who asked is its admin", body = inline(TeamBody)),
        (status = 400, description = "A field breaks a rule, or the name is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.create", skip_all)]
pub(crate) async fn create(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("team").await?;
    let chosen_id = fields.text("id")?.unwrap_or_default();
    let wanted = wanted(&mut fields)?;
    let permit = permit::<operations::CreateTeam>(&call.actor, None).map_err(ApiError::of_team_creation)?;
    if !chosen_id.is_empty() {
        return Err(ApiError::taken_team());
    }
    let team = call.service.directory.create_team(permit, &call.actor, wanted, &call.origin).await?;
    let seen = TeamSeen { team, hides_email: false, hides_invite: false };
    Ok(HttpResponse::Created().json(TeamBody::from(&seen)))
}

fn wanted(fields: &mut Fields) -> Result<NewTeam, ApiError> {
    for key in ["email", "invite_id", "scheme_id"] {
        fields.text(key)?;
    }
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let wanted = NewTeam {
        name: text("name")?,
        display_name: text("display_name")?,
        kind: text("type")?,
        description: text("description")?,
        company_name: text("company_name")?,
        allowed_domains: text("allowed_domains")?,
        ..NewTeam::default()
    };
    let is_group_constrained = fields.flag("group_constrained")?.then_some(true);
    Ok(NewTeam { allows_open_invite: fields.flag("allow_open_invite")?, is_group_constrained, ..wanted })
}

/// `GET /api/v4/teams`
#[utoipa::path(
    get, path = "/api/v4/teams", operation_id = "GetAllTeams", tag = "directory",
    params(
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
    ),
    responses(
        (status = 200, description = "All teams, or those that anybody may join", body = inline(Vec<TeamBody>)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.list", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::GetAllTeams>()?;
    let teams = call.service.directory.teams(permit, &call.actor, Query::of(&request).page()).await?;
    Ok(shown(&teams))
}

/// `GET /api/v4/teams/{team_id}`
#[utoipa::path(
    get, path = "/api/v4/teams/{team_id}", operation_id = "GetTeam", tag = "directory",
    params(("team_id" = String, Path, description = "The team's id")),
    responses(
        (status = 200, description = "Shown", body = inline(TeamBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such team", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let seen = call.service.directory.team(&call.actor, &team_id(&path)?).await?;
    Ok(HttpResponse::Ok().json(TeamBody::from(&seen)))
}

/// `GET /api/v4/teams/name/{name}`
#[utoipa::path(
    get, path = "/api/v4/teams/name/{name}", operation_id = "GetTeamByName", tag = "directory",
    params(("name" = String, Path, description = "The team's name in addresses")),
    responses(
        (status = 200, description = "Shown", body = inline(TeamBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such team", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.by_name", skip_all)]
pub(crate) async fn by_name(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let seen = call.service.directory.team_by_name(&call.actor, &path).await?;
    Ok(HttpResponse::Ok().json(TeamBody::from(&seen)))
}

/// `GET /api/v4/users/{user_id}/teams`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/teams", operation_id = "GetTeamsForUser", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Teams the account belongs to", body = inline(Vec<TeamBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.of_user", skip_all)]
pub(crate) async fn of_user(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let teams = call.service.directory.teams_of(&call.actor, &user_id(&call, &path)?).await?;
    Ok(shown(&teams))
}

/// `GET /api/v4/users/{user_id}/teams/members`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/teams/members", operation_id = "GetTeamMembersForUser", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "The account's places in teams, former ones too", body = inline(Vec<TeamMemberBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.memberships", skip_all)]
pub(crate) async fn memberships(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let members = call.service.directory.team_memberships::<operations::GetTeamMembersForUser>(&call.actor, &user).await?;
    Ok(shown_members(&members))
}

/// `GET /api/v4/users/{user_id}/teams/unread`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/teams/unread", operation_id = "GetTeamsUnreadForUser", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("exclude_team" = Option<String>, Query, description = "A team that is left out"),
    ),
    responses(
        (status = 200, description = "A row for each team the account belongs to", body = inline(Vec<TeamUnreadBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.unread", skip_all)]
pub(crate) async fn unread(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let (user, query) = (user_id(&call, &path)?, Query::of(&request));
    let members = call.service.directory.team_memberships::<operations::GetTeamsUnreadForUser>(&call.actor, &user).await?;
    let counted = members.iter().filter(|member| member.is_active() && member.team_id.as_str() != query.text("exclude_team"));
    Ok(HttpResponse::Ok().json(counted.map(TeamUnreadBody::from).collect::<Vec<_>>()))
}

/// `POST /api/v4/teams/{team_id}/members`
#[utoipa::path(
    post, path = "/api/v4/teams/{team_id}/members", operation_id = "AddTeamMember", tag = "directory", request_body = AddTeamMemberBody,
    params(("team_id" = String, Path, description = "The team's id")),
    responses(
        (status = 201, description = "A member, now or before", body = inline(TeamMemberBody)),
        (status = 400, description = "No id, or the team takes others alone", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be added", body = inline(ErrorBody)),
        (status = 404, description = "No such team or account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.add_member", skip_all)]
pub(crate) async fn add_member(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let team = team_id(&path)?;
    let (named, user) = newcomer(body).await.map_err(ApiError::of_member_body)?;
    if named != team.as_str() {
        return Err(ApiError::body_param("team_id"));
    }
    let user: UserId = user.parse().map_err(|_| ApiError::body_param("user_id"))?;
    let member = call.service.directory.add_team_member(&call.actor, &team, &user, &call.origin).await?;
    Ok(HttpResponse::Created().json(TeamMemberBody::from(&member)))
}

async fn newcomer(body: RawBody) -> Result<(String, String), ApiError> {
    let mut fields = body.fields("member").await?;
    Ok((fields.text("team_id")?.unwrap_or_default(), fields.text("user_id")?.unwrap_or_default()))
}

/// `GET /api/v4/teams/{team_id}/members`
#[utoipa::path(
    get, path = "/api/v4/teams/{team_id}/members", operation_id = "GetTeamMembers", tag = "directory",
    params(
        ("team_id" = String, Path, description = "The team's id"),
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
    ),
    responses(
        (status = 200, description = "Members by username, as far as they are seen", body = inline(Vec<TeamMemberBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.members", skip_all)]
pub(crate) async fn members(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let page = Query::of(&request).page();
    let members = call.service.directory.team_members(&call.actor, &team_id(&path)?, page).await?;
    Ok(shown_members(&members))
}

/// `GET /api/v4/teams/{team_id}/members/{user_id}`
#[utoipa::path(
    get, path = "/api/v4/teams/{team_id}/members/{user_id}", operation_id = "GetTeamMember", tag = "directory",
    params(
        ("team_id" = String, Path, description = "The team's id"),
        ("user_id" = String, Path, description = "The account's id, or me"),
    ),
    responses(
        (status = 200, description = "The account's place in the team, a former one too", body = inline(TeamMemberBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No member", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.member", skip_all)]
pub(crate) async fn member(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (team, user) = (team_id(&path.0)?, user_id(&call, &path.1)?);
    let member = call.service.directory.team_member(&call.actor, &team, &user).await?;
    Ok(HttpResponse::Ok().json(TeamMemberBody::from(&member)))
}

/// `DELETE /api/v4/teams/{team_id}/members/{user_id}`
#[utoipa::path(
    delete, path = "/api/v4/teams/{team_id}/members/{user_id}", operation_id = "RemoveTeamMember", tag = "directory",
    params(
        ("team_id" = String, Path, description = "The team's id"),
        ("user_id" = String, Path, description = "The account's id, or me"),
    ),
    responses(
        (status = 200, description = "No member any more", body = inline(StatusBody)),
        (status = 400, description = "No id, or no member", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be removed", body = inline(ErrorBody)),
        (status = 404, description = "No such team", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.teams.remove_member", skip_all)]
pub(crate) async fn remove_member(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (team, user) = (team_id(&path.0)?, user_id(&call, &path.1)?);
    let removed = call.service.directory.remove_team_member(&call.actor, &team, &user, &call.origin).await;
    removed.map_err(ApiError::of_team_leaving)?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

fn shown(teams: &[TeamSeen]) -> HttpResponse {
    HttpResponse::Ok().json(teams.iter().map(TeamBody::from).collect::<Vec<_>>())
}

fn shown_members(members: &[TeamMember]) -> HttpResponse {
    HttpResponse::Ok().json(members.iter().map(TeamMemberBody::from).collect::<Vec<_>>())
}
