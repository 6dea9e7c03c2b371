//! What clients remember of their users, over HTTP.

use actix_web::HttpResponse;
use actix_web::web::Path;
use muster_domain::directory::PreferenceError;
use muster_domain::permission::operations;
use muster_domain::preference::Preference;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;
use crate::user::user_id;

/// Something that a client remembers of its user.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Preference)]
pub struct PreferenceBody<'a> {
    /// The account's id; `me` does not do here.
    pub user_id: &'a str,
    /// What it belongs to.
    pub category: &'a str,
    /// Its name there.
    pub name: &'a str,
    /// What is remembered.
    pub value: &'a str,
}

impl<'a> From<&'a Preference> for PreferenceBody<'a> {
    fn from(preference: &'a Preference) -> Self {
        let Preference { user_id, category, name, value } = preference;
        Self { user_id: user_id.as_str(), category, name, value }
    }
}

/// `GET /api/v4/users/{user_id}/preferences`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/preferences", operation_id = "GetPreferences", tag = "directory",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Everything", body = inline(Vec<PreferenceBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.preferences.list", skip_all)]
pub(crate) async fn list(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let found = call.service.directory.preferences::<operations::GetPreferences>(&call.actor, &user, None).await?;
    Ok(HttpResponse::Ok().json(found.iter().map(PreferenceBody::from).collect::<Vec<_>>()))
}

/// `GET /api/v4/users/{user_id}/preferences/{category}`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/preferences/{category}", operation_id = "GetPreferencesByCategory", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("category" = String, Path, description = "What they belong to"),
    ),
    responses(
        (status = 200, description = "Everything in the category", body = inline(Vec<PreferenceBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "Nothing in the category", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.preferences.by_category", skip_all)]
pub(crate) async fn by_category(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (user, category) = (user_id(&call, &path.0)?, Some(path.1.as_str()));
    let found = call.service.directory.preferences::<operations::GetPreferencesByCategory>(&call.actor, &user, category).await?;
    if found.is_empty() {
        return Err(ApiError::empty_category());
    }
    Ok(HttpResponse::Ok().json(found.iter().map(PreferenceBody::from).collect::<Vec<_>>()))
}

/// `GET /api/v4/users/{user_id}/preferences/{category}/name/{preference_name}`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/preferences/{category}/name/{preference_name}",
    operation_id = "GetPreferencesByCategoryByName", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("category" = String, Path, description = "What it belongs to"),
        ("preference_name" = String, Path, description = "Its name there"),
    ),
    responses(
        (status = 200, description = "What is remembered", body = inline(PreferenceBody)),
        (status = 400, description = "No id, or nothing is remembered", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.preferences.by_name", skip_all)]
pub(crate) async fn by_name(call: SignedCall, path: Path<(String, String, String)>) -> Result<HttpResponse, ApiError> {
    let (user, category, name) = (user_id(&call, &path.0)?, Some(path.1.as_str()), &path.2);
    let found = call.service.directory.preferences::<operations::GetPreferencesByCategoryByName>(&call.actor, &user, category).await?;
    let one = found.iter().find(|one| one.name == *name).ok_or_else(ApiError::unknown_preference)?;
    Ok(HttpResponse::Ok().json(PreferenceBody::from(one)))
}

/// `PUT /api/v4/users/{user_id}/preferences`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/preferences", operation_id = "UpdatePreferences", tag = "directory",
    request_body = inline(Vec<PreferenceBody>),
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Remembered", body = inline(StatusBody)),
        (status = 400, description = "Not 1 to 100 of them, or one breaks a rule", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed, or another account's", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.preferences.update", skip_all)]
pub(crate) async fn update(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let wanted = named(body, ApiError::from).await?;
    call.service.directory.put_preferences(&call.actor, &user, &wanted, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/preferences/delete`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/preferences/delete", operation_id = "DeletePreferences", tag = "directory",
    request_body = inline(Vec<PreferenceBody>),
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Forgotten", body = inline(StatusBody)),
        (status = 400, description = "Not 1 to 100 of them", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed, or another account's", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.preferences.delete", skip_all)]
pub(crate) async fn delete(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let user = user_id(&call, &path)?;
    let wanted = named(body, ApiError::of_forgetting).await?;
    let removed = call.service.directory.remove_preferences(&call.actor, &user, &wanted, &call.origin).await;
    removed.map_err(ApiError::of_forgetting)?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// The preferences that a body names. One whose id is none is nobody's, so it is another account's.
async fn named(body: RawBody, refused: impl Fn(PreferenceError) -> ApiError) -> Result<Vec<Preference>, ApiError> {
    let one = |mut fields: Fields| {
        let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
        let user_id = text("user_id")?.parse().map_err(|_| refused(PreferenceError::Foreign))?;
        Ok(Preference { user_id, category: text("category")?, name: text("name")?, value: text("value")? })
    };
    body.objects("preferences").await?.into_iter().map(one).collect()
}
