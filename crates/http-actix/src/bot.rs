//! Bots over HTTP.

mod wire;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::{BotPatch, Converted, NewBot};
use muster_domain::credential::Password;
use muster_domain::id::UserId;
use muster_domain::permission::operations;
use muster_domain::user::User;
use muster_domain::user::query::BotListing;

use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::user::change::wanted;
use crate::user::list::tagged;
use crate::user::{PatchUserBody, UserBody, user_id};

pub use wire::{BotBody, CreateBotBody, PatchBotBody};

/// The bot that a path names.
fn bot_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError::url_param("bot_user_id"))
}

fn shown(bot: Result<User, muster_domain::accounts::BotError>) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(BotBody::from(&bot.map_err(ApiError::of_bot)?)))
}

/// `POST /api/v4/bots`
#[utoipa::path(
    post, path = "/api/v4/bots", operation_id = "CreateBot", tag = "directory", request_body = CreateBotBody,
    responses(
        (status = 201, description = "Made; who asked answers for it", body = inline(BotBody)),
        (status = 400, description = "A field breaks a rule, or the name is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.create", skip_all)]
pub(crate) async fn create(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("bot").await?;
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let wanted = NewBot { username: text("username")?, display_name: text("display_name")?, description: text("description")? };
    let permit = call.permit::<operations::CreateBot>()?;
    let bot = call.service.accounts.create_bot(permit, &call.actor, wanted, &call.origin).await?;
    Ok(HttpResponse::Created().json(BotBody::from(&bot)))
}

/// `GET /api/v4/bots`
#[utoipa::path(
    get, path = "/api/v4/bots", operation_id = "GetBots", tag = "directory",
    params(
        ("page" = Option<u32>, Query, description = "Which page; 0 is the first"),
        ("per_page" = Option<u32>, Query, description = "Rows of a page, 200 at most; 60 if not said"),
        ("include_deleted" = Option<bool>, Query, description = "Deactivated ones too"),
        ("only_orphaned" = Option<bool>, Query, description = "Only those whose owner is deactivated or gone"),
    ),
    responses(
        (status = 200, description = "All bots, or those that who asks answers for", body = inline(Vec<BotBody>)),
        (status = 304, description = "As it was"),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.list", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let (with_inactive, is_orphaned) = (query.flag("include_deleted"), query.flag("only_orphaned"));
    let listing = BotListing { owner: None, with_inactive, is_orphaned, page: query.page() };
    let bots = call.service.accounts.bots(&call.actor, listing).await?;
    Ok(tagged(&request, &bots.iter().map(BotBody::from).collect::<Vec<_>>()))
}

/// `GET /api/v4/bots/{bot_user_id}`
#[utoipa::path(
    get, path = "/api/v4/bots/{bot_user_id}", operation_id = "GetBot", tag = "directory",
    params(
        ("bot_user_id" = String, Path, description = "The id of the bot's account"),
        ("include_deleted" = Option<bool>, Query, description = "A deactivated one too"),
    ),
    responses(
        (status = 200, description = "Shown", body = inline(BotBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "No such bot, or not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.get", skip_all)]
pub(crate) async fn get(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let with_inactive = Query::of(&request).flag("include_deleted");
    shown(call.service.accounts.bot(&call.actor, &bot_id(&path)?, with_inactive).await)
}

/// `PUT /api/v4/bots/{bot_user_id}`
#[utoipa::path(
    put, path = "/api/v4/bots/{bot_user_id}", operation_id = "PatchBot", tag = "directory", request_body = PatchBotBody,
    params(("bot_user_id" = String, Path, description = "The id of the bot's account")),
    responses(
        (status = 200, description = "Changed", body = inline(BotBody)),
        (status = 400, description = "A field breaks a rule, or the name is taken", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such bot, or not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.patch", skip_all)]
pub(crate) async fn patch(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (id, mut fields) = (bot_id(&path)?, body.fields("bot").await?);
    let mut text = |key: &str| fields.text(key);
    let wanted = BotPatch { username: text("username")?, display_name: text("display_name")?, description: text("description")? };
    shown(call.service.accounts.patch_bot(&call.actor, &id, wanted, &call.origin).await)
}

/// `POST /api/v4/bots/{bot_user_id}/disable`
#[utoipa::path(
    post, path = "/api/v4/bots/{bot_user_id}/disable", operation_id = "DisableBot", tag = "directory",
    params(("bot_user_id" = String, Path, description = "The id of the bot's account")),
    responses(
        (status = 200, description = "Off; its sessions have ended", body = inline(BotBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such bot, or not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.disable", skip_all)]
pub(crate) async fn disable(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = bot_id(&path)?;
    shown(call.service.accounts.set_bot_active::<operations::DisableBot>(&call.actor, &id, false, &call.origin).await)
}

/// `POST /api/v4/bots/{bot_user_id}/enable`
#[utoipa::path(
    post, path = "/api/v4/bots/{bot_user_id}/enable", operation_id = "EnableBot", tag = "directory",
    params(("bot_user_id" = String, Path, description = "The id of the bot's account")),
    responses(
        (status = 200, description = "On", body = inline(BotBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such bot, or not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.enable", skip_all)]
pub(crate) async fn enable(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = bot_id(&path)?;
    shown(call.service.accounts.set_bot_active::<operations::EnableBot>(&call.actor, &id, true, &call.origin).await)
}

/// `POST /api/v4/bots/{bot_user_id}/assign/{user_id}`
#[utoipa::path(
    post, path = "/api/v4/bots/{bot_user_id}/assign/{user_id}", operation_id = "AssignBot", tag = "directory",
    params(
        ("bot_user_id" = String, Path, description = "The id of the bot's account"),
        ("user_id" = String, Path, description = "The id of who answers for it from now on, or me"),
    ),
    responses(
        (status = 200, description = "Changed", body = inline(BotBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed, or not to a bot", body = inline(ErrorBody)),
        (status = 404, description = "No such bot or account, or not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.assign", skip_all)]
pub(crate) async fn assign(call: SignedCall, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, owner) = (bot_id(&path.0)?, user_id(&call, &path.1)?);
    shown(call.service.accounts.assign_bot(&call.actor, &id, &owner, &call.origin).await)
}

/// `POST /api/v4/bots/{bot_user_id}/convert_to_user`
#[utoipa::path(
    post, path = "/api/v4/bots/{bot_user_id}/convert_to_user", operation_id = "ConvertBotToUser", tag = "directory",
    request_body = PatchUserBody,
    params(
        ("bot_user_id" = String, Path, description = "The id of the bot's account"),
        ("set_system_admin" = Option<bool>, Query, description = "Whether it becomes an admin's"),
    ),
    responses(
        (status = 200, description = "A person's now", body = inline(UserBody)),
        (status = 400, description = "A field breaks a rule, or there is no password", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such bot", body = inline(ErrorBody)),
        (status = 503, description = "Too many passwords wait to be hashed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.bots.convert_to_user", skip_all)]
pub(crate) async fn convert_to_user(
    request: HttpRequest,
    call: SignedCall,
    path: Path<String>,
    body: RawBody,
) -> Result<HttpResponse, ApiError> {
    let (id, mut fields) = (bot_id(&path)?, body.fields("user_patch").await?);
    let password = Password::from(fields.text("password")?.unwrap_or_default());
    let is_admin = Query::of(&request).flag("set_system_admin");
    let wanted = Converted { patch: wanted(&mut fields)?, password, is_admin };
    let user = call.service.accounts.convert_to_user(&call.actor, &id, wanted, &call.origin).await;
    let shown = user.map_err(ApiError::of_bot)?.shown_whole();
    Ok(HttpResponse::Ok().json(UserBody::from(&shown)))
}
