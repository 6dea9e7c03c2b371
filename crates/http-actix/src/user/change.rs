//! Changing and removing accounts over HTTP.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::Removal;
use muster_domain::credential::Password;
use muster_domain::permission::operations;
use muster_domain::user::patch::{Patch, Replacement};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PatchUserBody, UserBody, user_id};
use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody, of_update};
use crate::query::Query;
use crate::session::StatusBody;

/// `PUT /api/v4/users/{user_id}/patch`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/patch", operation_id = "PatchUser", tag = "users", request_body = PatchUserBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Changed", body = inline(UserBody)),
        (status = 400, description = "A field breaks a rule, or is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in, or a wrong password", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 409, description = "The field belongs to the account's provider", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.patch", skip_all)]
pub(crate) async fn patch(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let mut fields = body.fields("user").await?;
    let password = Password::from(fields.text("password")?.unwrap_or_default());
    // It is never stored, but it has its type.
    fields.text("remote_id")?;
    let shown = call.service.accounts.patch(&call.actor, &id, wanted(&mut fields)?, &password, &call.origin).await?;
    Ok(HttpResponse::Ok().json(UserBody::from(&shown)))
}

pub(crate) fn wanted(fields: &mut Fields) -> Result<Patch, ApiError> {
    Ok(Patch {
        username: fields.text("username")?,
        email: fields.text("email")?,
        nickname: fields.text("nickname")?,
        first_name: fields.text("first_name")?,
        last_name: fields.text("last_name")?,
        position: fields.text("position")?,
        locale: fields.text("locale")?,
        timezone: fields.map("timezone")?,
        props: fields.map("props")?,
        notify_props: fields.map("notify_props")?,
    })
}

/// An account as its holder wants it; what is missing becomes empty.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateUserBody {
    /// The account's id.
    pub id: String,
    /// Mail address; one's own needs the password.
    pub email: String,
    /// Login name.
    pub username: String,
    /// The present password, for another address.
    pub password: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Nickname.
    pub nickname: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Time zone.
    pub timezone: Option<super::TimezoneBody>,
    /// Free properties.
    pub props: Option<std::collections::BTreeMap<String, String>>,
    /// Notifications.
    pub notify_props: Option<super::UserNotifyPropsBody>,
}

/// `PUT /api/v4/users/{user_id}`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}", operation_id = "UpdateUser", tag = "users", request_body = UpdateUserBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Changed", body = inline(UserBody)),
        (status = 400, description = "A field breaks a rule, or is taken; or the password for another address is missing or wrong", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 409, description = "The field belongs to the account's provider", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.update", skip_all)]
pub(crate) async fn update(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let mut fields = body.fields("user").await?;
    super::check_ignored(&mut fields)?;
    let named = fields.text("id")?.unwrap_or_default();
    if named != id.as_str() {
        return Err(ApiError::body_param("user_id"));
    }
    for ignored in ["auth_service", "auth_data"] {
        fields.text(ignored)?;
    }
    fields.flag("email_verified")?;
    fields.flag("disable_welcome_email")?;
    let password = Password::from(fields.text("password")?.unwrap_or_default());
    let wanted = replacement(&mut fields)?;
    let shown = call.service.accounts.update(&call.actor, &id, wanted, &password, &call.origin).await.map_err(of_update)?;
    Ok(HttpResponse::Ok().json(UserBody::from(&shown)))
}

/// Everything that a whole account says of its holder; what is missing is empty.
fn replacement(fields: &mut Fields) -> Result<Replacement, ApiError> {
    let patch = wanted(fields)?;
    let or_empty = |text: Option<String>| Some(text.unwrap_or_default());
    Ok(Replacement {
        timezone: patch.timezone,
        allows_marketing: fields.flag("allow_marketing")?,
        patch: Patch {
            username: or_empty(patch.username),
            email: or_empty(patch.email),
            nickname: or_empty(patch.nickname),
            first_name: or_empty(patch.first_name),
            last_name: or_empty(patch.last_name),
            position: or_empty(patch.position),
            locale: or_empty(patch.locale),
            timezone: None,
            props: Some(patch.props.unwrap_or_default()),
            notify_props: Some(patch.notify_props.unwrap_or_default()),
        },
    })
}

/// Whether an account is to be active.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ActiveBody {
    /// Whether it is.
    pub active: bool,
}

/// `PUT /api/v4/users/{user_id}/active`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/active", operation_id = "UpdateUserActive", tag = "users", request_body = ActiveBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Switched", body = inline(StatusBody)),
        (status = 400, description = "Not said whether it is to be active, or the last admin", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be switched", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.active", skip_all)]
pub(crate) async fn active(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let is_active = body.fields("active").await?.truth("active")?;
    call.service.accounts.set_active(&call.actor, &id, is_active, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `DELETE /api/v4/users/{user_id}`
#[utoipa::path(
    delete, path = "/api/v4/users/{user_id}", operation_id = "DeleteUser", tag = "users",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("permanent" = Option<bool>, Query, description = "Removes it for good, where the operator allows that"),
    ),
    responses(
        (status = 200, description = "Deactivated, or removed for good", body = inline(StatusBody)),
        (status = 202, description = "Removed for good, but for its picture", body = inline(ErrorBody)),
        (status = 400, description = "No id, or the last admin", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be removed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.delete", skip_all)]
pub(crate) async fn delete(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let how = if Query::of(&request).flag("permanent") { Removal::ForGood } else { Removal::Deactivation };
    call.service.accounts.remove(&call.actor, &id, how, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `DELETE /api/v4/users`, on the local socket alone
#[utoipa::path(
    delete, path = "/api/v4/users", operation_id = "PermanentDeleteAllUsers", tag = "users",
    responses(
        (status = 200, description = "Every account is removed for good; on the local socket alone", body = inline(StatusBody)),
        (status = 404, description = "Asked over the network", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.delete_all", skip_all)]
pub(crate) async fn delete_all(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::PermanentDeleteAllUsers>()?;
    let gone = call.service.accounts.remove_all(permit, &call.actor, &call.origin).await?;
    tracing::warn!(gone, "every account was removed for good, over the local socket");
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
