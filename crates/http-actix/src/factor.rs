//! Second factors over HTTP.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, EXPIRES, HeaderValue, PRAGMA};
use actix_web::web::Path;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::{Fields, RawBody};
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;
use crate::user::user_id;

/// What a code generator is given.
#[derive(Debug, Serialize, ToSchema)]
pub struct MfaSecretBody<'a> {
    /// The secret, as base32.
    pub secret: &'a str,
    /// A QR code of it: a PNG, as base64.
    pub qr_code: String,
}

/// What a second factor is to be.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateMfaBody {
    /// Whether it is to be asked for.
    pub activate: bool,
    /// A code of the new secret, to activate it.
    pub code: Option<String>,
}

/// Codes that stand in for a lost second factor, each for one time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryCodesBody {
    /// The codes.
    pub codes: Vec<String>,
}

/// `POST /api/v4/users/{user_id}/mfa/generate`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/mfa/generate", operation_id = "GenerateMfaSecret", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Made; it waits for a code that activates it", body = inline(MfaSecretBody)),
        (status = 400, description = "No id, or an account that signs in otherwise", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "Second factors are switched off", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.factors.generate", skip_all)]
pub(crate) async fn generate(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let enrolment = call.service.second_factors.generate(&call.actor, &id, &call.origin).await?;
    let body = MfaSecretBody { secret: enrolment.secret.expose_secret(), qr_code: STANDARD.encode(&enrolment.picture) };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "no-cache, no-store")).insert_header((PRAGMA, "no-cache"));
    answer.insert_header((EXPIRES, HeaderValue::from_static("0")));
    Ok(answer.json(body))
}

/// What a body wants: nothing, to be switched off, or the code that activates.
fn wanted(mut fields: Fields) -> Result<Option<String>, ApiError> {
    if !fields.truth("activate")? {
        return Ok(None);
    }
    let code = fields.text("code").ok().flatten().filter(|code| !code.is_empty());
    code.map(Some).ok_or_else(|| ApiError::body_param("code"))
}

/// `PUT /api/v4/users/{user_id}/mfa`
#[utoipa::path(
    put, path = "/api/v4/users/{user_id}/mfa", operation_id = "UpdateUserMfa", tag = "users", request_body = UpdateMfaBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Activated, or switched off", body = inline(StatusBody)),
        (status = 400, description = "No code, or an account that signs in otherwise", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in, or a wrong code", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "Second factors are switched off", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.factors.update", skip_all)]
pub(crate) async fn update(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let factors = &call.service.second_factors;
    match body.fields("activate").await.and_then(wanted) {
        Ok(Some(code)) => factors.activate(&call.actor, &id, &code, &call.origin).await?,
        Ok(None) => factors.deactivate(&call.actor, &id, &call.origin).await?,
        Err(error) => {
            // Who may not change it learns nothing of what is wrong with what he sends.
            factors.check_change(&call.actor, &id).await?;
            return Err(error);
        }
    }
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/mfa/recovery_codes`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/mfa/recovery_codes", operation_id = "CreateRecoveryCodes", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 201, description = "Made, in place of all there were; they are told this once", body = inline(RecoveryCodesBody)),
        (status = 400, description = "No id, or no second factor", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Somebody else's account", body = inline(ErrorBody)),
        (status = 501, description = "Second factors are switched off", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.factors.recovery_codes", skip_all)]
pub(crate) async fn recovery_codes(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let codes = call.service.second_factors.new_recovery_codes(&call.actor, &id, &call.origin).await?;
    let codes = codes.iter().map(muster_domain::factor::RecoveryCode::shown).collect();
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(RecoveryCodesBody { codes }))
}
