//! Searching accounts, and completing names, over HTTP.

use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::{CompletionWanted, RoleNames, SearchWanted, Selection};
use muster_domain::permission::operations;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{UserBody, list};
use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;

/// Most accounts that a search finds.
const MOST: i64 = 1000;
/// Accounts that a search finds where nobody said how many.
const USUAL: i64 = 100;

/// What somebody searches for.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SearchUsersBody {
    /// Words that each account found has in its names.
    pub term: String,
    /// Members of this team.
    pub team_id: Option<String>,
    /// Nobody of this team.
    pub not_in_team_id: Option<String>,
    /// Those in this channel.
    pub in_channel_id: Option<String>,
    /// Members of the team outside this channel.
    pub not_in_channel_id: Option<String>,
    /// Active members of this group.
    pub in_group_id: Option<String>,
    /// Active accounts outside this group.
    pub not_in_group_id: Option<String>,
    /// Members of linked groups alone.
    pub group_constrained: Option<bool>,
    /// Deactivated accounts too.
    pub allow_inactive: Option<bool>,
    /// Those that belong to no team.
    pub without_team: Option<bool>,
    /// Most accounts that are found: 100, at most 1000.
    pub limit: Option<i64>,
    /// Those with a role that has this in its name.
    pub role: Option<String>,
    /// Those with any of these roles of the system.
    pub roles: Option<Vec<String>>,
    /// Those with any of these roles in the channel.
    pub channel_roles: Option<Vec<String>>,
    /// Those with any of these roles in the team.
    pub team_roles: Option<Vec<String>>,
}

/// `POST /api/v4/users/search`
#[utoipa::path(
    post, path = "/api/v4/users/search", operation_id = "SearchUsers", tag = "users", request_body = SearchUsersBody,
    responses(
        (status = 200, description = "Found", body = inline(Vec<UserBody>)),
        (status = 400, description = "No term, or a wrong field", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be searched", body = inline(ErrorBody)),
        (status = 404, description = "No such group", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.search", skip_all)]
pub(crate) async fn search(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let (wanted, most) = search_wanted(body).await?;
    if wanted.term.is_empty() {
        return Err(ApiError::body_param("term"));
    }
    if !wanted.selection.not_in_channel.is_empty() && wanted.selection.in_team.is_empty() {
        return Err(ApiError::body_param("team_id"));
    }
    let most = if most == 0 { USUAL } else { most };
    let checked = u32::try_from(most).ok().filter(|_| (1..=MOST).contains(&most));
    let permit = call.permit::<operations::SearchUsers>()?;
    // What may be searched is told before how many is.
    let most = checked.unwrap_or(1);
    let found = call.service.accounts.search(permit, &call.actor, SearchWanted { most, ..wanted }).await?;
    checked.map(|_| list(&found)).ok_or_else(|| ApiError::body_param("limit"))
}

async fn search_wanted(body: RawBody) -> Result<(SearchWanted, i64), ApiError> {
    let mut fields = body.fields("props").await?;
    let most = fields.number("limit")?.unwrap_or_default();
    let mut text = |name: &str| fields.text(name).map(Option::unwrap_or_default);
    let (term, role) = (text("term")?, text("role")?);
    let mut selection = Selection {
        in_team: text("team_id")?,
        not_in_team: text("not_in_team_id")?,
        in_channel: text("in_channel_id")?,
        not_in_channel: text("not_in_channel_id")?,
        in_group: text("in_group_id")?,
        not_in_group: text("not_in_group_id")?,
        ..Selection::default()
    };
    selection.without_team = fields.flag("without_team")?;
    selection.is_group_constrained = fields.flag("group_constrained")?;
    let with_inactive = fields.flag("allow_inactive")?;
    let roles = RoleNames {
        role,
        roles: fields.list("roles")?,
        team_roles: fields.list("team_roles")?,
        channel_roles: fields.list("channel_roles")?,
    };
    Ok((SearchWanted { term, selection, roles, with_inactive, most: 0 }, most))
}

/// Accounts whose names may be meant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserAutocomplete)]
pub struct CompletionBody<'a> {
    /// Those in the channel, or in the team, or all.
    pub users: Vec<UserBody<'a>>,
    /// Those of the team outside the channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub out_of_channel: Vec<UserBody<'a>>,
}

/// `GET /api/v4/users/autocomplete`
#[utoipa::path(
    get, path = "/api/v4/users/autocomplete", operation_id = "AutocompleteUsers", tag = "users",
    params(
        ("team_id" = Option<String>, Query, description = "Rather in this team; everywhere if nobody of it is meant"),
        ("channel_id" = Option<String>, Query, description = "Taken and not needed: in_channel, beside in_team, names a channel"),
        ("in_team" = Option<String>, Query, description = "In this team alone"),
        ("in_channel" = Option<String>, Query, description = "In this channel of it, and apart from them those outside it"),
        ("name" = String, Query, description = "What was typed so far"),
        ("limit" = Option<i64>, Query, description = "Most accounts that are found: 100, at most 1000"),
    ),
    responses(
        (status = 200, description = "Found", body = inline(CompletionBody)),
        (status = 400, description = "A channel without its team, or a negative limit", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be searched", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.autocomplete", skip_all)]
pub(crate) async fn autocomplete(request: HttpRequest, call: SignedCall) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let (in_team, in_channel) = (query.text("in_team").to_owned(), query.text("in_channel").to_owned());
    // Clients rely on the reference server's names; it does not know the API text's, and offers everybody then.
    let rather_in_team = if in_team.is_empty() { query.text("team_id").to_owned() } else { String::new() };
    let limit = match query.text("limit") {
        "" => USUAL,
        text => text.parse().unwrap_or_default(),
    };
    let most = u32::try_from(limit.min(MOST)).map_err(|_| ApiError::url_param("limit"))?;
    let lacks_team = !in_channel.is_empty() && in_team.is_empty();
    let wanted = CompletionWanted { name: query.text("name").to_owned(), in_team, in_channel, rather_in_team, most };
    let permit = call.permit::<operations::AutocompleteUsers>()?;
    let found = call.service.accounts.complete(permit, &call.actor, wanted).await?;
    if lacks_team {
        return Err(ApiError::url_param("in_team"));
    }
    Ok(HttpResponse::Ok().json(CompletionBody {
        users: found.users.iter().map(UserBody::from).collect(),
        out_of_channel: found.out_of_channel.iter().map(UserBody::from).collect(),
    }))
}
