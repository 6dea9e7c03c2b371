//! Lists and counts of accounts over HTTP.

use std::collections::BTreeMap;

use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use muster_domain::accounts::{ListWanted, ListedUser, RoleNames, Selection, Statistics};
use muster_domain::permission::operations;
use muster_domain::user::query::{NameFormat, Order};
use muster_domain::user::shown::ShownUser;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{UserBody, list};
use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;

/// `GET /api/v4/users`
#[utoipa::path(
    get, path = "/api/v4/users", operation_id = "GetUsers", tag = "users",
    params(
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Accounts of a page: 60, at most 200"),
        ("in_team" = Option<String>, Query, description = "Members of this team"),
        ("not_in_team" = Option<String>, Query, description = "Nobody of this team"),
        ("in_channel" = Option<String>, Query, description = "Those in this channel"),
        ("not_in_channel" = Option<String>, Query, description = "Members of in_team outside this channel"),
        ("in_group" = Option<String>, Query, description = "Active members of this group"),
        ("not_in_group" = Option<String>, Query, description = "Active accounts outside this group"),
        ("group_constrained" = Option<bool>, Query, description = "With not_in_team or not_in_channel: members of linked groups alone"),
        ("without_team" = Option<bool>, Query, description = "Those that belong to no team"),
        ("active" = Option<bool>, Query, description = "Active ones alone"),
        ("inactive" = Option<bool>, Query, description = "Deactivated ones alone"),
        ("role" = Option<String>, Query, description = "Those with this role of the system"),
        ("sort" = Option<String>, Query, description = "last_activity_at, create_at, status, admin or display_name; by username without it"),
        ("roles" = Option<String>, Query, description = "Those with any of these roles of the system"),
        ("channel_roles" = Option<String>, Query, description = "With in_channel: those with any of these roles in it"),
        ("team_roles" = Option<String>, Query, description = "With in_team: those with any of these roles in it"),
    ),
    responses(
        (status = 200, description = "Shown", body = inline(Vec<UserBody>)),
        (status = 304, description = "As it was: of a team's list"),
        (status = 400, description = "Parameters that make no sense together", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.list", skip_all)]
pub(crate) async fn users(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let wanted = wanted(&query)?;
    let is_tagged = is_tagged(&wanted);
    let listed = call.service.accounts.list(call.permit::<operations::GetUsers>()?, &call.actor, wanted).await?;
    let bodies: Vec<_> = listed.iter().map(body).collect();
    if is_tagged { Ok(tagged(&request, &bodies)) } else { Ok(HttpResponse::Ok().json(bodies)) }
}

fn body(listed: &ListedUser) -> UserBody<'_> {
    UserBody { last_activity_at: listed.last_activity_at.as_millis(), ..UserBody::from(&listed.shown) }
}

fn wanted(query: &Query) -> Result<ListWanted, ApiError> {
    let selection = selection(query);
    if !selection.not_in_channel.is_empty() && selection.in_team.is_empty() {
        return Err(ApiError::url_param("team_id"));
    }
    let order = order(query, &selection)?;
    let is_active = match (query.flag("active"), query.flag("inactive")) {
        (true, true) => return Err(ApiError::url_param("inactive")),
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    Ok(ListWanted { selection, roles: role_names(query), is_active, order, page: query.page() })
}

fn selection(query: &Query) -> Selection {
    let text = |name: &str| query.text(name).to_owned();
    Selection {
        in_team: text("in_team"),
        not_in_team: text("not_in_team"),
        in_channel: text("in_channel"),
        not_in_channel: text("not_in_channel"),
        in_group: text("in_group"),
        not_in_group: text("not_in_group"),
        without_team: query.flag("without_team"),
        is_group_constrained: query.flag("group_constrained"),
    }
}

fn role_names(query: &Query) -> RoleNames {
    RoleNames {
        role: query.text("role").to_owned(),
        roles: query.list("roles"),
        team_roles: query.list("team_roles"),
        channel_roles: query.list("channel_roles"),
    }
}

/// The order that is asked for: each goes with one selection alone.
fn order(query: &Query, selection: &Selection) -> Result<Order, ApiError> {
    let has = |name: &str| !query.text(name).is_empty();
    let only = |allowed: &str| {
        let others = ["in_team", "not_in_team", "in_channel", "not_in_channel", "in_group", "not_in_group", "without_team"];
        has(allowed) && !others.into_iter().any(|name| name != allowed && has(name))
    };
    let (order, fits) = match query.text("sort") {
        "" => (Order::Username, true),
        "last_activity_at" => (Order::Activity, only("in_team")),
        "create_at" => (Order::Created, only("in_team")),
        "status" => (Order::Status, !selection.in_channel.is_empty()),
        "admin" => (Order::AdminsFirst, !selection.in_channel.is_empty()),
        // What people are called is the operator's choice, which the use case knows.
        "display_name" => (Order::DisplayName(NameFormat::default()), only("in_group")),
        _ => return Err(ApiError::url_param("sort")),
    };
    if fits { Ok(order) } else { Err(ApiError::url_param("sort")) }
}

/// Whether a list has a tag: a team's, and those outside a team, in their usual order.
fn is_tagged(wanted: &ListWanted) -> bool {
    let selection = &wanted.selection;
    let is_team = !selection.in_team.is_empty() || !selection.not_in_team.is_empty();
    let is_other = selection.without_team || !selection.in_channel.is_empty() || !selection.not_in_channel.is_empty();
    is_team && !is_other && wanted.order == Order::Username
}

/// A list, or nothing when the caller holds it as it is. Its tag is drawn from what is sent, so that it follows every filter, page and
/// privacy setting.
pub(crate) fn tagged<B: serde::Serialize>(request: &HttpRequest, bodies: &[B]) -> HttpResponse {
    let Ok(json) = serde_json::to_vec(bodies) else { return HttpResponse::Ok().json(bodies) };
    let tag: String = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&Sha256::digest(&json)[..16]);
    let is_held = request.headers().get(IF_NONE_MATCH).is_some_and(|held| held == tag.as_str());
    let mut answer =
        if is_held { HttpResponse::NotModified().finish() } else { HttpResponse::Ok().content_type("application/json").body(json) };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

/// `GET /api/v4/users/known`
#[utoipa::path(
    get, path = "/api/v4/users/known", operation_id = "GetKnownUsers", tag = "users",
    responses(
        (status = 200, description = "Ids of everybody who shares a channel with the caller", body = inline(Vec<String>)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.known", skip_all)]
pub(crate) async fn known(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let ids = call.service.accounts.known(call.permit::<operations::GetKnownUsers>()?, &call.actor).await?;
    Ok(HttpResponse::Ok().json(ids.iter().map(muster_domain::id::UserId::as_str).collect::<Vec<_>>()))
}

/// `POST /api/v4/users/group_channels`
#[utoipa::path(
    post, path = "/api/v4/users/group_channels", operation_id = "GetUsersByGroupChannelIds", tag = "users", request_body = Vec<String>,
    responses(
        (status = 200, description = "The others in each of the first 50 channels", body = inline(BTreeMap<String, Vec<UserBody>>)),
        (status = 400, description = "No list of ids", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.group_channels", skip_all)]
pub(crate) async fn group_channels(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let ids = body.list().await?;
    if ids.is_empty() {
        return Err(ApiError::payload());
    }
    let permit = call.permit::<operations::GetUsersByGroupChannelIds>()?;
    let found = call.service.accounts.in_group_channels(permit, &call.actor, ids).await?;
    let mut channels: BTreeMap<&str, Vec<UserBody<'_>>> = BTreeMap::new();
    for (channel, shown) in &found {
        channels.entry(channel.as_str()).or_default().push(UserBody::from(shown));
    }
    Ok(HttpResponse::Ok().json(channels))
}

/// How many accounts there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsersStats)]
pub struct StatisticsBody {
    /// That many.
    pub total_users_count: u64,
}

/// `GET /api/v4/users/stats`
#[utoipa::path(
    get, path = "/api/v4/users/stats", operation_id = "GetTotalUsersStats", tag = "users",
    responses(
        (status = 200, description = "Active accounts that the caller may see", body = inline(StatisticsBody)),
        (status = 400, description = "Never: nothing is asked", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Never: guests are told how many they know", body = inline(ErrorBody)),
        (status = 404, description = "Never: nobody is named", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.stats", skip_all)]
pub(crate) async fn stats(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let total_users_count = call.service.accounts.total(call.permit::<operations::GetTotalUsersStats>()?, &call.actor).await?;
    Ok(HttpResponse::Ok().json(StatisticsBody { total_users_count }))
}

/// `GET /api/v4/users/stats/filtered`
#[utoipa::path(
    get, path = "/api/v4/users/stats/filtered", operation_id = "GetTotalUsersStatsFiltered", tag = "users",
    params(
        ("in_team" = Option<String>, Query, description = "Members of this team"),
        ("in_channel" = Option<String>, Query, description = "Those in this channel"),
        ("include_deleted" = Option<bool>, Query, description = "Deactivated accounts too"),
        ("include_bots" = Option<bool>, Query, description = "Bots too"),
        ("include_remote_users" = Option<bool>, Query, description = "Accounts of other servers too"),
        ("roles" = Option<String>, Query, description = "Those with any of these roles of the system"),
        ("channel_roles" = Option<String>, Query, description = "Those with any of these roles in the channel"),
        ("team_roles" = Option<String>, Query, description = "Those with any of these roles in the team"),
    ),
    responses(
        (status = 200, description = "Counted", body = inline(StatisticsBody)),
        (status = 400, description = "What no role can be called", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be counted", body = inline(ErrorBody)),
        (status = 404, description = "Never: nobody belongs to a team that is not there", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.stats_filtered", skip_all)]
pub(crate) async fn stats_filtered(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let wanted = Statistics {
        selection: selection(&query),
        roles: role_names(&query),
        with_inactive: query.flag("include_deleted"),
        with_bots: query.flag("include_bots"),
        with_remote: query.flag("include_remote_users"),
    };
    let total_users_count = call.service.accounts.statistics(&call.actor, wanted).await?;
    Ok(HttpResponse::Ok().json(StatisticsBody { total_users_count }))
}

/// `GET /api/v4/users/invalid_emails`
#[utoipa::path(
    get, path = "/api/v4/users/invalid_emails", operation_id = "GetUsersWithInvalidEmails", tag = "users",
    params(
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Accounts of a page: 60, at most 200"),
    ),
    responses(
        (status = 200, description = "Accounts whose address is of no domain that is taken here", body = inline(Vec<UserBody>)),
        (status = 400, description = "Anybody may sign up here", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be listed", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.invalid_emails", skip_all)]
pub(crate) async fn invalid_emails(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::GetUsersWithInvalidEmails>()?;
    if call.service.accounts.rules().open_sign_up {
        let id = "api.user.get_invalid_emails.open_server.app_error";
        let message = "Where anybody may sign up, no address is invalid.";
        return Err(ApiError::client(actix_web::http::StatusCode::BAD_REQUEST, id, message));
    }
    let found = call.service.accounts.with_invalid_address(permit, Query::of(&request).page()).await?;
    let shown: Vec<ShownUser> = found.into_iter().map(muster_domain::user::User::shown_whole).collect();
    Ok(list(&shown))
}
