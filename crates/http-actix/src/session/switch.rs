//! How accounts sign in, over HTTP.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::{Switch, SwitchWanted, SwitchedTo};
use muster_domain::credential::Password;
use muster_domain::permission::operations;
use muster_domain::sign_in::MAGIC_LINK;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{StatusBody, floor};
use crate::body::{Fields, RawBody};
use crate::call::{Call, SignedCall, Witness};
use crate::error::{ApiError, ErrorBody};
use crate::user::user_id;

/// Whose way of signing in is asked after.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LoginTypeBody {
    /// Taken and not needed.
    pub id: Option<String>,
    /// A username or an e-mail address.
    pub login_id: String,
    /// Taken and not needed.
    pub device_id: Option<String>,
}

/// How somebody signs in, as far as it is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthServiceBody {
    /// Empty: with a password. `magic_link`: by the link that was sent now.
    pub auth_service: &'static str,
}

/// From one way of signing in to another.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SwitchBody {
    /// The way now: `email`, `ldap` or a provider.
    pub current_service: String,
    /// The way to be.
    pub new_service: String,
    /// The account's address.
    pub email: Option<String>,
    /// The password that counts now.
    pub password: Option<String>,
    /// The one that is to count.
    pub new_password: Option<String>,
    /// A code of the second factor.
    pub mfa_code: Option<String>,
    /// The name in the directory.
    pub ldap_id: Option<String>,
}

/// Where somebody goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowBody {
    /// The address.
    pub follow_link: String,
}

/// `POST /api/v4/users/login/type`
#[utoipa::path(
    post, path = "/api/v4/users/login/type", operation_id = "GetLoginType", tag = "users", request_body = LoginTypeBody,
    responses(
        (status = 200, description = "Told; the same of every account but a guest's that signs in by links, which is sent one", body = inline(AuthServiceBody)),
        (status = 400, description = "No login_id", body = inline(ErrorBody)),
        (status = 429, description = "Asked too often", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.session.login_type", skip_all)]
pub(crate) async fn login_type(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let login = body.texts().await?.take("login_id");
    if login.is_empty() {
        return Err(ApiError::body_param("login_id"));
    }
    let permit = call.permit::<operations::GetLoginType>()?;
    call.service.sign_ins.count_kind_asked(&permit, &call.client)?;
    let has_link = call.service.accounts.ask_for_link(permit, &login, &call.client, &call.origin).await?;
    Ok(HttpResponse::Ok().json(AuthServiceBody { auth_service: if has_link { MAGIC_LINK } else { "" } }))
}

fn wanted(mut fields: Fields) -> Result<SwitchWanted, ApiError> {
    let mut text = |key: &'static str| Ok::<_, ApiError>(fields.text(key)?.unwrap_or_default());
    let (current, new) = (text("current_service")?, text("new_service")?);
    Ok(SwitchWanted {
        switch: Switch::between(&current, &new).ok_or_else(|| ApiError::body_param("new_service"))?,
        email: text("email")?,
        password: Password::from(text("password")?),
        new_password: Password::from(text("new_password")?),
        code: text("mfa_code")?,
        directory_name: text("ldap_id")?,
    })
}

/// `POST /api/v4/users/login/switch`
#[utoipa::path(
    post, path = "/api/v4/users/login/switch", operation_id = "SwitchAccountType", tag = "users", request_body = SwitchBody,
    responses(
        (status = 200, description = "Switched, or on the way to it", body = inline(FollowBody)),
        (status = 400, description = "No such switch, a weak password, or a code is needed", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in, or a wrong password", body = inline(ErrorBody)),
        (status = 403, description = "Somebody else's account", body = inline(ErrorBody)),
        (status = 404, description = "Never: that there is no such account is not told", body = inline(ErrorBody)),
        (status = 429, description = "Too many tries", body = inline(ErrorBody)),
        (status = 501, description = "Not set up", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.session.switch", skip_all)]
pub(crate) async fn switch(request: HttpRequest, call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let wanted = body.fields("switch").await.and_then(wanted)?;
    let permit = call.permit::<operations::SwitchAccountType>()?;
    if !matches!(wanted.switch, Switch::FromProvider(_)) {
        // A password that proves somebody is written down where it is checked.
        Witness::leave_audit(&request);
    }
    let started = Instant::now();
    let switched = call.service.accounts.switch(permit, &call.actor, wanted, &call.client, &call.origin).await;
    let follow_link = match floor::held(switched, call.service.refused_sign_in, started).await? {
        SwitchedTo::Provider(address) => address,
        SwitchedTo::SignIn => "/login?extra=signin_change".to_owned(),
    };
    Ok(HttpResponse::Ok().json(FollowBody { follow_link }))
}

/// `POST /api/v4/users/{user_id}/reset_failed_attempts`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/reset_failed_attempts", operation_id = "ResetPasswordFailedAttempts", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "It can be signed in to again", body = inline(StatusBody)),
        (status = 400, description = "No id, or an account that signs in otherwise", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be opened", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.reset_attempts", skip_all)]
pub(crate) async fn reset_attempts(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    call.service.accounts.reset_attempts(&call.actor, &id, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
