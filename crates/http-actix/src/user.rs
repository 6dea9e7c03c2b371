//! Accounts over HTTP.

pub mod change;
pub mod history;
pub mod list;
pub mod picture;
pub mod recovery;
pub mod rights;
pub mod search;
pub mod verification;
mod wire;

use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::{Link, Seen};
use muster_domain::credential::Password;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::permission::operations;
use muster_domain::time::Timestamp;
use muster_domain::user::registration::Registration;
use muster_domain::user::shown::{ShownUser, Viewer};
use muster_domain::username::Username;

use crate::body::{Fields, RawBody};
use crate::call::{Call, SignedCall, query};
use crate::client_config::VERSION;
use crate::error::{ApiError, ErrorBody, of_look_up};

pub use wire::{CreateUserBody, PatchUserBody, TimezoneBody, UserBody, UserNotifyPropsBody};

/// Most ids or names that one request asks for.
const BATCH: usize = 5000;
/// The id of a missing account, looked up by id or address.
pub(crate) const MISSING: &str = "app.user.missing_account.const";

/// Whole numbers of an account that nobody may set.
const IGNORED_NUMBERS: [&str; 10] = [
    "create_at",
    "update_at",
    "delete_at",
    "last_password_update",
    "last_picture_update",
    "failed_attempts",
    "last_activity_at",
    "last_login",
    "bot_last_icon_update",
    "terms_of_service_create_at",
];

/// `POST /api/v4/users`
#[utoipa::path(
    post, path = "/api/v4/users", operation_id = "CreateUser", tag = "users", request_body = CreateUserBody,
    params(
        ("t" = Option<String>, Query, description = "Token of an invitation by mail"),
        ("iid" = Option<String>, Query, description = "Id of a team's standing invitation"),
    ),
    responses(
        (status = 201, description = "Opened", body = inline(UserBody)),
        (status = 400, description = "A field breaks a rule, or is taken", body = inline(ErrorBody)),
        (status = 403, description = "Sign-up is closed", body = inline(ErrorBody)),
        (status = 404, description = "The invitation is unknown", body = inline(ErrorBody)),
        (status = 429, description = "Too many sign-ups", body = inline(ErrorBody)),
        (status = 503, description = "Too many passwords wait to be hashed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.create", skip_all)]
pub(crate) async fn create(request: HttpRequest, call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("user").await?;
    let disables_welcome_email = fields.flag("disable_welcome_email")?;
    let wanted = registration(fields)?;
    let text = |name| query(&request, name).unwrap_or_default();
    let link = Link { token: text("t"), team: text("iid") };
    let permit = call.permit::<operations::CreateUser>()?;
    let user = call.service.accounts.register(permit, &call.actor, wanted, &link, &call.client, &call.origin).await?;
    let shown = user.shown_whole();
    Ok(HttpResponse::Created().json(UserBody { disable_welcome_email: disables_welcome_email, ..UserBody::from(&shown) }))
}

fn registration(mut fields: Fields) -> Result<Registration, ApiError> {
    check_ignored(&mut fields)?;
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let wanted = Registration {
        id: text("id")?,
        username: text("username")?,
        email: text("email")?,
        password: Password::from(text("password")?),
        nickname: text("nickname")?,
        first_name: text("first_name")?,
        last_name: text("last_name")?,
        position: text("position")?,
        locale: text("locale")?,
        auth_service: text("auth_service")?,
        auth_data: text("auth_data")?,
        timezone: None,
        props: fields.map("props")?.unwrap_or_default(),
        notify_props: fields.map("notify_props")?.unwrap_or_default(),
        allows_marketing: fields.flag("allow_marketing")?,
        is_email_verified: fields.flag("email_verified")?,
    };
    Ok(Registration { timezone: fields.map("timezone")?, ..wanted })
}

/// Fields that nobody may set still have their types.
pub(crate) fn check_ignored(fields: &mut Fields) -> Result<(), ApiError> {
    for key in IGNORED_NUMBERS {
        fields.number(key)?;
    }
    for key in ["roles", "remote_id", "mfa_secret", "bot_description", "terms_of_service_id"] {
        fields.text(key)?;
    }
    for key in ["mfa_active", "is_bot"] {
        fields.flag(key)?;
    }
    fields.list("mfa_used_timestamps").map(drop)
}

/// `GET /api/v4/users/{user_id}`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}", operation_id = "GetUser", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Shown", body = inline(UserBody)),
        (status = 304, description = "As it was"),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.get", skip_all)]
pub(crate) async fn get(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let seen = call.service.accounts.user(&call.actor, &id).await.map_err(|error| of_look_up(error, MISSING))?;
    Ok(tagged(&request, &call, &seen.shown, Some(seen.viewer)))
}

/// `GET /api/v4/users/username/{username}`
#[utoipa::path(
    get, path = "/api/v4/users/username/{username}", operation_id = "GetUserByUsername", tag = "users",
    params(("username" = String, Path, description = "The account's login name, in lower case")),
    responses(
        (status = 200, description = "Shown", body = inline(UserBody)),
        (status = 304, description = "As it was"),
        (status = 400, description = "No login name", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.by_username", skip_all)]
pub(crate) async fn by_username(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let username = Username::parse_exact(&path).map_err(|_| ApiError::body_param("username"))?;
    let seen: Result<Seen, _> = call.service.accounts.user_by_username(&call.actor, &username).await;
    let seen = seen.map_err(|error| of_look_up(error, "app.user.get_by_username.app_error"))?;
    Ok(tagged(&request, &call, &seen.shown, Some(seen.viewer)))
}

/// `GET /api/v4/users/email/{email}`
#[utoipa::path(
    get, path = "/api/v4/users/email/{email}", operation_id = "GetUserByEmail", tag = "users",
    params(("email" = String, Path, description = "The account's mail address")),
    responses(
        (status = 200, description = "Shown", body = inline(UserBody)),
        (status = 304, description = "As it was"),
        (status = 400, description = "No address", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Addresses are hidden", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.by_email", skip_all)]
pub(crate) async fn by_email(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let email = Email::parse_untrimmed(&path).map_err(|_| ApiError::url_param("email"))?;
    let shown = call.service.accounts.user_by_email(&call.actor, &email).await.map_err(|error| of_look_up(error, MISSING))?;
    Ok(tagged(&request, &call, &shown, None))
}

/// `POST /api/v4/users/ids`
#[utoipa::path(
    post, path = "/api/v4/users/ids", operation_id = "GetUsersByIds", tag = "users", request_body = Vec<String>,
    params(("since" = Option<i64>, Query, description = "Leaves out what has not changed after this time, in ms")),
    responses(
        (status = 200, description = "Shown; unknown ids are left out", body = inline(Vec<UserBody>)),
        (status = 400, description = "No list of ids, or one of more than 5,000", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.by_ids", skip_all)]
pub(crate) async fn by_ids(request: HttpRequest, call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let ids = batch(body, "user_ids").await?;
    let ids: Vec<UserId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let since = match query(&request, "since").filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| ApiError::body_param("since"))?,
        None => 0,
    };
    let since = Timestamp::from_millis(i64::max(since, 0));
    let shown = call.service.accounts.users_by_ids(call.permit::<operations::GetUsersByIds>()?, &call.actor, &ids, since).await?;
    Ok(list(&shown))
}

/// `POST /api/v4/users/usernames`
#[utoipa::path(
    post, path = "/api/v4/users/usernames", operation_id = "GetUsersByUsernames", tag = "users", request_body = Vec<String>,
    responses(
        (status = 200, description = "Shown; unknown names are left out", body = inline(Vec<UserBody>)),
        (status = 400, description = "No list of names, or one of more than 5,000", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.by_usernames", skip_all)]
pub(crate) async fn by_usernames(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let names = batch(body, "usernames").await?;
    let names: Vec<_> = names.iter().filter_map(|name| Username::parse_exact(name).ok()).collect();
    let permit = call.permit::<operations::GetUsersByUsernames>()?;
    let shown = call.service.accounts.users_by_usernames(permit, &call.actor, &names).await?;
    Ok(list(&shown))
}

/// The account that a path names; `me` is the caller's.
pub(crate) fn user_id(call: &Call, text: &str) -> Result<UserId, ApiError> {
    match (text, call.actor.user_id()) {
        ("me", Some(own)) => Ok(own.clone()),
        _ => text.parse().map_err(|_| ApiError::url_param("user_id")),
    }
}

pub(crate) async fn batch(body: RawBody, what: &'static str) -> Result<Vec<String>, ApiError> {
    let items = body.list().await?;
    if items.is_empty() || items.len() > BATCH { Err(ApiError::body_param(what)) } else { Ok(items) }
}

pub(crate) fn list(shown: &[ShownUser]) -> HttpResponse {
    HttpResponse::Ok().json(shown.iter().map(UserBody::from).collect::<Vec<_>>())
}

/// The account, or nothing when the caller holds it as it is. Tags are plain texts, compared as a whole.
fn tagged(request: &HttpRequest, call: &Call, shown: &ShownUser, viewer: Option<Viewer>) -> HttpResponse {
    let tag = HeaderValue::from_str(&tag(call, shown, viewer)).ok();
    let held = request.headers().get(IF_NONE_MATCH);
    let mut answer = match (&tag, held) {
        (Some(tag), Some(held)) if tag == held => HttpResponse::NotModified().finish(),
        _ => HttpResponse::Ok().json(UserBody::from(shown)),
    };
    if let Some(tag) = tag {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

/// The tag of what a viewer sees: it differs between viewers who see different things of the same account.
fn tag(call: &Call, shown: &ShownUser, viewer: Option<Viewer>) -> String {
    let (user, privacy) = (&shown.user, call.service.accounts.rules().privacy);
    let terms = user.accepted_terms.as_ref().filter(|_| viewer.is_some());
    let level = match viewer {
        Some(Viewer::Own) => "own",
        Some(Viewer::Other) => "other",
        None if shown.hides_notify_props => "other",
        Some(Viewer::Admin) | None => "admin",
    };
    format!(
        "{VERSION}.{}.{}.{}.{}.{}.{}.{}.{level}",
        user.id,
        user.updated_at.as_millis(),
        terms.map(|terms| terms.id.as_str()).unwrap_or_default(),
        terms.map(|terms| terms.at.as_millis()).unwrap_or_default(),
        privacy.shows_full_name,
        privacy.shows_email,
        user.bot.as_ref().map(|bot| bot.icon_updated_at.as_millis()).unwrap_or_default(),
    )
}
