//! Terms of service over HTTP.

use actix_web::HttpResponse;
use muster_domain::id::UserId;
use muster_domain::permission::operations;
use muster_domain::terms::Terms;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::RawBody;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};

/// Terms of service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TermsOfService)]
pub struct TermsBody<'a> {
    /// Names the text.
    pub id: &'a str,
    /// When it was written, in ms.
    pub create_at: i64,
    /// The id of who wrote it; empty when that account is gone.
    pub user_id: &'a str,
    /// The text.
    pub text: &'a str,
}

impl<'a> From<&'a Terms> for TermsBody<'a> {
    fn from(terms: &'a Terms) -> Self {
        Self {
            id: terms.id.as_str(),
            create_at: terms.created_at.as_millis(),
            user_id: terms.author.as_ref().map(UserId::as_str).unwrap_or_default(),
            text: &terms.text,
        }
    }
}

/// What new terms of service say.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateTermsBody {
    /// The text, 16,383 characters at most.
    pub text: String,
}

/// `POST /api/v4/terms_of_service`
#[utoipa::path(
    post, path = "/api/v4/terms_of_service", operation_id = "CreateTermsOfService", tag = "directory", request_body = CreateTermsBody,
    responses(
        (status = 200, description = "They count from now on", body = inline(TermsBody)),
        (status = 400, description = "No text, or too long a one", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be written", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.terms.create", skip_all)]
pub(crate) async fn create(call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::CreateTermsOfService>()?;
    let text = body.texts().await?.take("text");
    let terms = call.service.directory.create_terms(permit, &call.actor, text, &call.origin).await?;
    Ok(HttpResponse::Ok().json(TermsBody::from(&terms)))
}

/// `GET /api/v4/terms_of_service`
#[utoipa::path(
    get, path = "/api/v4/terms_of_service", operation_id = "GetTermsOfService", tag = "directory",
    responses(
        (status = 200, description = "The terms that count", body = inline(TermsBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 404, description = "There are none", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.terms.get", skip_all)]
pub(crate) async fn get(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let terms = call.service.directory.terms(call.permit::<operations::GetTermsOfService>()?).await?;
    Ok(HttpResponse::Ok().json(TermsBody::from(&terms)))
}
