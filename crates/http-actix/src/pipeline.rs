//! What happens to every request before and after its handler: a name, the first refusals, headers, the error body, the log.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse};
use futures_util::FutureExt;
use muster_domain::audit::{AuditEntry, Origin};
use muster_domain::id::RequestId;
use muster_domain::operation::Operation;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::app::{self, Service};
use crate::call::{Context, Witness};
use crate::error::{ApiError, ErrorBody, of_status};
use crate::local::LocalSocket;
use crate::undo_page;

/// Most bytes of a path with its query.
const URI_BYTES: usize = 2048;
/// Most bytes of all headers.
const HEADER_BYTES: usize = 16 * 1024;
/// How long a request may take where nobody set it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer waits for its refusal to be written down.
const AUDIT_PATIENCE: Duration = Duration::from_secs(5);
/// What pages may load: their own files, and pictures in their text.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
                           font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Wraps every handler.
///
/// # Errors
///
/// None: what went wrong has become an answer.
pub async fn pipeline(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(service) = request.app_data::<Data<Service>>().cloned() else {
        return Ok(request.error_response(of_status(StatusCode::INTERNAL_SERVER_ERROR)));
    };
    let started = Instant::now();
    let id = RequestId::from_random(service.randomness.bits());
    let context = Context { id: id.clone(), peer: service.proxies.peer(request.request()) };
    let span =
        tracing::info_span!("http.request", request_id = id.as_str(), method = request.method().as_str(), route = tracing::field::Empty);
    request.extensions_mut().insert(context.clone());
    let mut response = match early_refusal(&service, &mut request) {
        Some(refusal) => request.error_response(refusal),
        None => next.call(request).instrument(span.clone()).await?.map_into_boxed_body(),
    };
    finish(&service, &context, &mut response).instrument(span.clone()).await;
    let _entered = span.enter();
    report(&span, &response, started);
    Ok(response)
}

/// Makes an answer of whatever a handler does, a panic and no end included. It wraps each path, not all of them: a request can't be
/// held on to before it has found its path.
///
/// # Errors
///
/// None: what went wrong has become an answer.
pub async fn caught(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let http = request.request().clone();
    // The operator waits as long as it takes to remove every account.
    let is_local = http.app_data::<LocalSocket>().is_some();
    let patience = if is_local { Duration::MAX } else { Service::of(&http).map_or(PATIENCE, |service| service.request_timeout) };
    Ok(match timeout(patience, AssertUnwindSafe(next.call(request)).catch_unwind()).await {
        Ok(Ok(Ok(response))) => response.map_into_boxed_body(),
        Ok(Ok(Err(error))) => ServiceResponse::from_err(error, http),
        Ok(Err(_)) => ServiceResponse::from_err(ApiError::internal("api.context.internal.app_error", "a handler panicked"), http),
        Err(_) => ServiceResponse::from_err(endless(), http),
    })
}

/// A request that found no end, most likely because the database does not answer.
fn endless() -> ApiError {
    let error = ApiError::internal("api.context.server_busy.app_error", "a request took too long and was given up");
    ApiError { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: Some(Duration::from_secs(1)), ..error }
}

/// Refuses what no handler should see.
fn early_refusal(service: &Service, request: &mut ServiceRequest) -> Option<ApiError> {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, |query| query.len() + 1) > URI_BYTES {
        let id = "basic_security_check.url.too_long_error";
        return Some(ApiError::client(StatusCode::URI_TOO_LONG, id, "The address is too long."));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > HEADER_BYTES {
        let id = "api.context.headers_too_large.app_error";
        return Some(ApiError::client(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, id, "The headers are too large."));
    }
    is_forged(service, request.method(), request.headers()).then(|| {
        let message = "Pages of other sites may not do this.";
        ApiError::client(StatusCode::FORBIDDEN, "api.context.permissions.app_error", message)
    })
}

/// Whether a browser says that another site's page sent a request that changes something.
fn is_forged(service: &Service, method: &Method, headers: &HeaderMap) -> bool {
    let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let is_listed = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).is_some_and(|origin| service.cors.allows(origin));
    !is_safe && is_foreign && !is_listed
}

/// Writes the error body and the headers that every answer has, and the refusal into the audit.
async fn finish(service: &Service, context: &Context, response: &mut ServiceResponse<BoxBody>) {
    let status = response.status();
    // An error may have another status: 202 tells that an account is gone, and that its picture may not be.
    let is_error = response.response().error().is_some();
    if is_error || status.is_client_error() || status.is_server_error() {
        write_error(service, context, response);
        record_refusal(service, context, response).await;
    }
    renew_cookies(response);
    let is_get = response.request().method() == Method::GET;
    let headers = response.headers_mut();
    set_all(headers, &[("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("permissions-policy", "")]);
    if let Ok(value) = HeaderValue::from_str(context.id.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(HeaderName::from_static("x-version-id"), service.client_config.version_header());
    if is_get {
        headers.insert(header::EXPIRES, HeaderValue::from_static("0"));
    }
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    }
}

/// Who holds a session in a cookie keeps it as long as the session lives.
fn renew_cookies(response: &mut ServiceResponse<BoxBody>) {
    let witness = response.request().extensions_mut().get_mut::<Witness>().map(|witness| std::mem::take(&mut witness.renewed_cookies));
    let has_own = response.headers().contains_key(header::SET_COOKIE) || matched(response).is_some_and(may_end_its_session);
    for cookie in witness.into_iter().flatten().filter(|_| !has_own) {
        if let Err(error) = response.response_mut().add_cookie(&cookie) {
            tracing::error!(error = muster_domain::cause::chain(&error), "a cookie could not be set");
        }
        // A browser that kept the answer would keep the token.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Whether the session that asks may have ended by what it has asked for.
const fn may_end_its_session(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::RevokeSession
            | Operation::RevokeAllSessions
            | Operation::RevokeSessionsFromAllUsers
            | Operation::UpdateUserActive
            | Operation::DeleteUser
            | Operation::SwitchAccountType
            | Operation::ConvertUserToBot
    )
}

fn set_all(headers: &mut HeaderMap, pairs: &[(&'static str, &'static str)]) {
    for (name, value) in pairs {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// Puts the error body in place of what the answer held.
fn write_error(service: &Service, context: &Context, response: &mut ServiceResponse<BoxBody>) {
    let unmapped = of_status(response.status());
    let error = response.response().error().and_then(|error| error.as_error::<ApiError>()).unwrap_or(&unmapped);
    let mut answer = rendered(service, context, error);
    if response.request().extensions().contains::<undo_page::Page>() {
        answer = undo_page::refusal(&answer, &error.message);
    }
    // What lets a listed page elsewhere read the error.
    let is_shared = |name: &HeaderName| *name == header::VARY || name.as_str().starts_with("access-control-");
    for (name, value) in response.headers().iter().filter(|(name, _)| is_shared(name)) {
        answer.headers_mut().append(name.clone(), value.clone());
    }
    let http = response.request().clone();
    *response = ServiceResponse::new(http, answer);
}

fn rendered(service: &Service, context: &Context, error: &ApiError) -> HttpResponse {
    if let Some(cause) = &error.cause {
        tracing::error!(error.id = %error.id, error = muster_domain::cause::chain(&**cause), "a request failed");
    }
    let body = ErrorBody {
        id: &error.id,
        message: &error.message,
        detailed_error: "",
        request_id: context.id.as_str(),
        status_code: error.status.as_u16(),
    };
    let mut answer = HttpResponse::build(error.status);
    if let Some(standing) = &error.standing {
        answer.insert_header(("x-ratelimit-limit", standing.limit));
        answer.insert_header(("x-ratelimit-remaining", standing.remaining));
        answer.insert_header(("x-ratelimit-reset", seconds(standing.reset_after)));
    }
    if let Some(wait) = error.retry_after.or_else(|| error.standing.as_ref().and_then(|standing| standing.retry_after)) {
        answer.insert_header((header::RETRY_AFTER, seconds(wait)));
    }
    if error.ends_cookie {
        for cookie in service.cookies.ended(context.peer.is_https) {
            answer.cookie(cookie);
        }
    }
    answer.json(body)
}

/// Whole seconds, rounded up, at least one.
fn seconds(span: std::time::Duration) -> u64 {
    span.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
}

/// Writes down that a credential or a permission was refused, unless the use case does so by itself.
async fn record_refusal(service: &Service, context: &Context, response: &ServiceResponse<BoxBody>) {
    let witness = response.request().extensions().get::<Witness>().cloned().unwrap_or_default();
    let reason = match response.status() {
        // The wire calls it so when somebody may not switch his own account off.
        StatusCode::UNAUTHORIZED if is_switching_off(response) => "permission",
        // Who is known by his session and refused all the same has shown a wrong password.
        StatusCode::UNAUTHORIZED if witness.user.is_some() => "password",
        StatusCode::UNAUTHORIZED if witness.showed_token => "session",
        StatusCode::FORBIDDEN => "permission",
        StatusCode::TOO_MANY_REQUESTS => "rate",
        _ => return,
    };
    let Some(operation) = matched(response).filter(|_| !witness.is_audited) else { return };
    let origin = Origin { request_id: Some(context.id.clone()), address: Some(context.peer.address), path: None };
    let entry = service.refusals.entry(operation, reason, origin);
    let written = timeout(AUDIT_PATIENCE, service.refusals.record(AuditEntry { actor: witness.user, ..entry })).await;
    if written.is_err() {
        tracing::error!("a refusal could not be written down in time");
    }
}

fn is_switching_off(response: &ServiceResponse<BoxBody>) -> bool {
    let witness_knows = response.request().extensions().get::<Witness>().is_some_and(|witness| witness.user.is_some());
    witness_knows && matches!(matched(response), Some(Operation::UpdateUserActive | Operation::DeleteUser))
}

fn matched(response: &ServiceResponse<BoxBody>) -> Option<Operation> {
    let request = response.request();
    app::operation(request.method().as_str(), &request.match_pattern()?)
}

/// Counts the request, and writes the line that is worth reading: failures, then refusals, then, when asked for, the rest.
fn report(span: &tracing::Span, response: &ServiceResponse<BoxBody>, started: Instant) {
    let status = response.status().as_u16();
    let operation = matched(response).map_or("other", Operation::id);
    span.record("route", operation);
    metrics::counter!("muster_requests_total", "operation" => operation, "status" => status.to_string()).increment(1);
    metrics::histogram!("muster_request_seconds", "operation" => operation).record(started.elapsed().as_secs_f64());
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match status {
        // What is not set up here fails nobody's work, and who is told to come back is refused; a store that is down is told above.
        501 => tracing::info!(status, took_ms, "refused"),
        503 if response.headers().contains_key(header::RETRY_AFTER) => tracing::info!(status, took_ms, "refused"),
        500.. => tracing::error!(status, took_ms, "failed"),
        400.. => tracing::info!(status, took_ms, "refused"),
        _ => tracing::debug!(status, took_ms, "answered"),
    }
}
