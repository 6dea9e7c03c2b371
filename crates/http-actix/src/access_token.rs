//! Access tokens over HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::access_token::AccessToken;
use muster_domain::id::AccessTokenId;
use muster_domain::permission::operations;
use muster_domain::time::Timestamp;
use muster_domain::tokens::WantedToken;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::session::StatusBody;
use crate::user::user_id;

/// An access token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserAccessToken)]
pub struct AccessTokenBody<'a> {
    /// Names the token.
    pub id: &'a str,
    /// Its text, told once, when it is made.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub token: &'a str,
    /// Whom it acts as.
    pub user_id: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Whether it is switched on.
    pub is_active: bool,
    /// When it was made, in ms.
    pub create_at: i64,
    /// When it ends, in ms; 0 for never.
    pub expires_at: i64,
    /// When it was last used, to five minutes, in ms; 0 for never.
    pub last_used_at: i64,
}

impl<'a> From<&'a AccessToken> for AccessTokenBody<'a> {
    fn from(token: &'a AccessToken) -> Self {
        let millis = |at: Option<Timestamp>| at.map_or(0, Timestamp::as_millis);
        Self {
            id: token.id.as_str(),
            token: "",
            user_id: token.user_id.as_str(),
            description: &token.description,
            is_active: token.is_active,
            create_at: token.created_at.as_millis(),
            expires_at: millis(token.expires_at),
            last_used_at: millis(token.last_used_at),
        }
    }
}

fn shown(tokens: &[AccessToken]) -> HttpResponse {
    HttpResponse::Ok().json(tokens.iter().map(AccessTokenBody::from).collect::<Vec<_>>())
}

/// What is asked of a new token.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateAccessTokenBody {
    /// What it is for, 255 bytes at most.
    pub description: String,
    /// When it ends, in ms; 0 or missing for never.
    pub expires_at: Option<i64>,
}

/// Which token.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenIdBody {
    /// The token's id.
    pub token_id: String,
}

/// What is searched for.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SearchTokensBody {
    /// The whole of a token's id, or of its owner's id or username.
    pub term: String,
}

/// `POST /api/v4/users/{user_id}/tokens`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/tokens", operation_id = "CreateUserAccessToken", tag = "users",
    request_body = CreateAccessTokenBody,
    params(("user_id" = String, Path, description = "The id of the account it acts as, or me")),
    responses(
        (status = 201, description = "Made; its text is told this once", body = inline(AccessTokenBody)),
        (status = 400, description = "No description, too long a one, an end that can't be, or too many tokens", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be made", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "People have no access tokens here", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.create", skip_all)]
pub(crate) async fn create(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let owner = user_id(&call, &path)?;
    let mut fields = body.fields("user_access_token").await?;
    for known in ["id", "token", "user_id"] {
        fields.text(known)?;
    }
    fields.flag("is_active")?;
    let description = fields.text("description")?.unwrap_or_default();
    let expires_at = fields.number("expires_at")?.filter(|at| *at != 0).map(Timestamp::from_millis);
    let made = call.service.tokens.create(&call.actor, &owner, WantedToken { description, expires_at }, &call.origin).await?;
    let status = if call.service.answers_like_reference { StatusCode::OK } else { StatusCode::CREATED };
    let body = AccessTokenBody { token: made.text.expose(), ..AccessTokenBody::from(&made.token) };
    Ok(HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(body))
}

/// `GET /api/v4/users/{user_id}/tokens`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/tokens", operation_id = "GetUserAccessTokensForUser", tag = "users",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Tokens of a page: 60, at most 200"),
    ),
    responses(
        (status = 200, description = "The account's tokens, oldest first", body = inline(Vec<AccessTokenBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.of_user", skip_all)]
pub(crate) async fn of_user(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let owner = user_id(&call, &path)?;
    Ok(shown(&call.service.tokens.of_user(&call.actor, &owner, Query::of(&request).page()).await?))
}

/// `GET /api/v4/users/tokens`
#[utoipa::path(
    get, path = "/api/v4/users/tokens", operation_id = "GetUserAccessTokens", tag = "users",
    params(
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Tokens of a page: 60, at most 200"),
    ),
    responses(
        (status = 200, description = "Everybody's tokens, oldest first", body = inline(Vec<AccessTokenBody>)),
        (status = 400, description = "Never: pages are read leniently", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.list", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::GetUserAccessTokens>()?;
    Ok(shown(&call.service.tokens.list(permit, Query::of(&request).page()).await?))
}

/// `POST /api/v4/users/tokens/search`
#[utoipa::path(
    post, path = "/api/v4/users/tokens/search", operation_id = "SearchUserAccessTokens", tag = "users", request_body = SearchTokensBody,
    responses(
        (status = 200, description = "The tokens found, oldest first", body = inline(Vec<AccessTokenBody>)),
        (status = 400, description = "No term", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be searched", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.search", skip_all)]
pub(crate) async fn search(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::SearchUserAccessTokens>()?;
    let term = body.fields("user_access_token_search").await?.text("term")?.unwrap_or_default();
    if term.is_empty() {
        return Err(ApiError::body_param("term"));
    }
    Ok(shown(&call.service.tokens.search(permit, &term).await?))
}

/// `GET /api/v4/users/tokens/{token_id}`
#[utoipa::path(
    get, path = "/api/v4/users/tokens/{token_id}", operation_id = "GetUserAccessToken", tag = "users",
    params(("token_id" = String, Path, description = "The token's id")),
    responses(
        (status = 200, description = "Shown, without its text", body = inline(AccessTokenBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such token", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.get", skip_all)]
pub(crate) async fn get(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = path.parse().map_err(|_| ApiError::url_param("token_id"))?;
    let token = call.service.tokens.token(&call.actor, &id).await?;
    Ok(HttpResponse::Ok().json(AccessTokenBody::from(&token)))
}

/// The id in a body; none for a text that is none, which no token has.
async fn token_id(body: RawBody) -> Result<Option<AccessTokenId>, ApiError> {
    Ok(body.texts().await?.take("token_id").parse().ok())
}

/// `POST /api/v4/users/tokens/revoke`
#[utoipa::path(
    post, path = "/api/v4/users/tokens/revoke", operation_id = "RevokeUserAccessToken", tag = "users", request_body = TokenIdBody,
    responses(
        (status = 200, description = "Gone for good", body = inline(StatusBody)),
        (status = 400, description = "The body was cut off", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be revoked", body = inline(ErrorBody)),
        (status = 404, description = "No such token", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.revoke", skip_all)]
pub(crate) async fn revoke(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    call.service.tokens.revoke(&call.actor, token_id(body).await?.as_ref(), &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/tokens/disable`
#[utoipa::path(
    post, path = "/api/v4/users/tokens/disable", operation_id = "DisableUserAccessToken", tag = "users", request_body = TokenIdBody,
    responses(
        (status = 200, description = "Off", body = inline(StatusBody)),
        (status = 400, description = "The body was cut off", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be switched", body = inline(ErrorBody)),
        (status = 404, description = "No such token", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.disable", skip_all)]
pub(crate) async fn disable(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    call.service.tokens.disable(&call.actor, token_id(body).await?.as_ref(), &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/tokens/enable`
#[utoipa::path(
    post, path = "/api/v4/users/tokens/enable", operation_id = "EnableUserAccessToken", tag = "users", request_body = TokenIdBody,
    responses(
        (status = 200, description = "On", body = inline(StatusBody)),
        (status = 400, description = "The body was cut off", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be switched", body = inline(ErrorBody)),
        (status = 404, description = "No such token", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.access_tokens.enable", skip_all)]
pub(crate) async fn enable(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    call.service.tokens.enable(&call.actor, token_id(body).await?.as_ref(), &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}
