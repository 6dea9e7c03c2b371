//! What accounts have done and accepted, over HTTP.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::accounts::AcceptError;
use muster_domain::audit::ActionSeen;
use muster_domain::permission::operations;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user_id;
use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::session::StatusBody;

/// Something that an account has done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditBody<'a> {
    /// Names the entry.
    pub id: &'a str,
    /// When, in ms.
    pub create_at: i64,
    /// Who.
    pub user_id: &'a str,
    /// The path of the request.
    pub action: &'a str,
    /// What is told besides.
    pub extra_info: &'a str,
    /// The address it came from.
    pub ip_address: &'a str,
    /// The session or token that acted.
    pub session_id: &'a str,
}

impl<'a> From<&'a ActionSeen> for AuditBody<'a> {
    fn from(seen: &'a ActionSeen) -> Self {
        Self {
            id: &seen.id,
            create_at: seen.at.as_millis(),
            user_id: &seen.actor,
            action: &seen.action,
            extra_info: &seen.extra,
            ip_address: &seen.address,
            session_id: &seen.session_id,
        }
    }
}

/// `GET /api/v4/users/{user_id}/audits`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/audits", operation_id = "GetUserAudits", tag = "users",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Entries of a page: 60, at most 200"),
    ),
    responses(
        (status = 200, description = "What the account has done, newest first", body = inline(Vec<AuditBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.audits", skip_all)]
pub(crate) async fn audits(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let seen = call.service.accounts.history(&call.actor, &id, Query::of(&request).page()).await?;
    Ok(HttpResponse::Ok().json(seen.iter().map(AuditBody::from).collect::<Vec<_>>()))
}

/// Whether terms of service are accepted.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TermsActionBody {
    /// Which terms; `termsOfServiceId` is the same.
    #[serde(rename = "serviceTermsId")]
    pub service_terms_id: String,
    /// `true` or `false`, as a truth value or as a text.
    pub accepted: String,
}

/// `POST /api/v4/users/{user_id}/terms_of_service`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/terms_of_service", operation_id = "RegisterTermsOfServiceAction", tag = "users",
    request_body = TermsActionBody,
    params(("user_id" = String, Path, description = "Not looked at: only oneself accepts")),
    responses(
        (status = 200, description = "Written down", body = inline(StatusBody)),
        (status = 400, description = "Not said which terms, or whether they are accepted", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Never: everybody accepts for himself", body = inline(ErrorBody)),
        (status = 404, description = "No such terms", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.accept_terms", skip_all)]
pub(crate) async fn accept_terms(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields("termsOfServiceId").await?;
    let wanted = TermsAction::of(&mut fields)?;
    let permit = call.permit::<operations::RegisterTermsOfServiceAction>()?;
    let accepted =
        call.service.accounts.accept_terms(permit, &call.actor, wanted.terms.parse().ok(), wanted.is_accepted, &call.origin).await;
    accepted.map_err(|error| match (error, wanted.documented_field) {
        // The reference server knows neither the API text's name nor its type, and says so before it looks the terms up.
        (AcceptError::UnknownTerms, Some(field)) => ApiError::body_param(field),
        (error, _) => error.into(),
    })?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// What is said of terms, in the reference server's form or in the API text's.
struct TermsAction {
    terms: String,
    is_accepted: bool,
    /// The field that the reference server misses, where the API text's form was used.
    documented_field: Option<&'static str>,
}

impl TermsAction {
    fn of(fields: &mut Fields) -> Result<Self, ApiError> {
        let (named, documented) = (fields.text("termsofserviceid")?, fields.text("servicetermsid")?);
        let has_text = fields.has_text("accepted");
        let is_documented = named.as_deref().unwrap_or_default().is_empty();
        let terms = named.filter(|id| !id.is_empty()).or(documented).filter(|id| !id.is_empty());
        let terms = terms.ok_or_else(|| ApiError::body_param("termsOfServiceId"))?;
        let is_accepted = fields.truth_or_text("accepted")?;
        let documented_field = if is_documented { Some("termsOfServiceId") } else { has_text.then_some("accepted") };
        Ok(Self { terms, is_accepted, documented_field })
    }
}

/// The terms that somebody accepted last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserTermsOfService)]
pub struct AcceptedTermsBody<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Which.
    pub terms_of_service_id: &'a str,
    /// When, in ms.
    pub create_at: i64,
}

/// `GET /api/v4/users/{user_id}/terms_of_service`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/terms_of_service", operation_id = "GetUserTermsOfService", tag = "users",
    params(("user_id" = String, Path, description = "Not looked at: oneself's are shown")),
    responses(
        (status = 200, description = "Accepted", body = inline(AcceptedTermsBody)),
        (status = 400, description = "Never: the id is not looked at", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "None accepted", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.accepted_terms", skip_all)]
pub(crate) async fn accepted_terms(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::GetUserTermsOfService>()?;
    let own = call.actor.user_id().zip(call.service.accounts.accepted_terms(&permit, &call.actor));
    let Some((user_id, terms)) = own else { return Err(ApiError::no_accepted_terms()) };
    let body = AcceptedTermsBody { user_id: user_id.as_str(), terms_of_service_id: &terms.id, create_at: terms.at.as_millis() };
    Ok(HttpResponse::Ok().json(body))
}
