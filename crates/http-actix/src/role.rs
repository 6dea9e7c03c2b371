//! Roles over HTTP.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::permission::operations;
use muster_domain::role::{self, CATALOGUE, Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};

/// Most names that one request asks for.
const BATCH: usize = 100;

/// A role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub struct RoleBody {
    /// Names the role, the same in every service.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// Always empty: its permissions say what it is for.
    pub description: &'static str,
    /// Always 0: it was never made, it is part of the service.
    pub create_at: i64,
    /// Always 0: it never changes.
    pub update_at: i64,
    /// Always 0: it is in use.
    pub delete_at: i64,
    /// Names of what it grants.
    pub permissions: &'static [&'static str],
    /// Whether memberships have it by a flag.
    pub scheme_managed: bool,
    /// Always true: it is part of the service.
    pub built_in: bool,
    /// Always null: there are no schemes here.
    pub scheme_id: Option<&'static str>,
}

impl From<&Role> for RoleBody {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id(),
            name: role.name,
            display_name: role.display_name,
            description: "",
            create_at: 0,
            update_at: 0,
            delete_at: 0,
            permissions: role.permissions,
            scheme_managed: role.is_scheme_managed,
            built_in: true,
            scheme_id: None,
        }
    }
}

/// `POST /api/v4/roles/names`
#[utoipa::path(
    post, path = "/api/v4/roles/names", operation_id = "GetRolesByNames", tag = "directory", request_body = Vec<String>,
    responses(
        (status = 200, description = "The roles of these names; unknown names are left out", body = inline(Vec<RoleBody>)),
        (status = 400, description = "No list of 1 to 100 names", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.roles.by_names", skip_all)]
pub(crate) async fn by_names(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let names = body.list().await?;
    if names.is_empty() {
        return Err(ApiError::body_param("rolenames"));
    }
    if names.len() > BATCH {
        return Err(ApiError::too_many_roles());
    }
    if names.iter().any(|name| !name.trim().is_empty() && !role::is_name(name)) {
        return Err(ApiError::body_param("rolename"));
    }
    call.permit::<operations::GetRolesByNames>()?;
    Ok(shown(|role| names.iter().any(|name| name == role.name)))
}

/// `GET /api/v4/roles`
#[utoipa::path(
    get, path = "/api/v4/roles", operation_id = "GetAllRoles", tag = "directory",
    responses(
        (status = 200, description = "All roles", body = inline(Vec<RoleBody>)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.roles.list", skip_all)]
pub(crate) async fn list(call: SignedCall) -> Result<HttpResponse, ApiError> {
    call.permit::<operations::GetAllRoles>()?;
    Ok(shown(|_| true))
}

fn shown(is_wanted: impl Fn(&Role) -> bool) -> HttpResponse {
    let wanted = CATALOGUE.iter().filter(|role| is_wanted(role));
    HttpResponse::Ok().json(wanted.map(RoleBody::from).collect::<Vec<_>>())
}

/// `GET /api/v4/roles/{role_id}`
#[utoipa::path(
    get, path = "/api/v4/roles/{role_id}", operation_id = "GetRole", tag = "directory",
    params(("role_id" = String, Path, description = "The role's id")),
    responses(
        (status = 200, description = "Shown", body = inline(RoleBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "No such role", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.roles.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    call.permit::<operations::GetRole>()?;
    if path.len() != muster_domain::id::ID_LENGTH {
        return Err(ApiError::url_param("role_id"));
    }
    let found = CATALOGUE.iter().find(|role| role.id() == *path);
    let role = found.ok_or_else(|| ApiError::no_role("app.role.get.app_error"))?;
    Ok(HttpResponse::Ok().json(RoleBody::from(role)))
}

/// `GET /api/v4/roles/name/{role_name}`
#[utoipa::path(
    get, path = "/api/v4/roles/name/{role_name}", operation_id = "GetRoleByName", tag = "directory",
    params(("role_name" = String, Path, description = "The role's name")),
    responses(
        (status = 200, description = "Shown", body = inline(RoleBody)),
        (status = 400, description = "No name of a role", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "No such role", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.roles.by_name", skip_all)]
pub(crate) async fn by_name(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    call.permit::<operations::GetRoleByName>()?;
    if !role::is_name(&path) {
        return Err(ApiError::url_param("role_name"));
    }
    let role = role::known(&path).ok_or_else(|| ApiError::no_role("app.role.get_by_name.app_error"))?;
    Ok(HttpResponse::Ok().json(RoleBody::from(role)))
}
