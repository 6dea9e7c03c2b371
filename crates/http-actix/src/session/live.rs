//! Sessions that live, and those that did, over HTTP.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::permission::operations;
use muster_domain::session::DeviceChange;

use super::wire::{DeviceBody, EndedSessionBody, RevokeSessionBody, SessionBody};
use super::{DEVICE_BYTES, StatusBody, cut};
use crate::body::{RawBody, Texts};
use crate::call::SignedCall;
use crate::cookie;
use crate::error::{ApiError, ErrorBody};
use crate::query::Query;
use crate::user::user_id;

/// `GET /api/v4/users/{user_id}/sessions`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/sessions", operation_id = "GetSessions", tag = "users",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Sessions of a page, at most 200; without either all of them"),
    ),
    responses(
        (status = 200, description = "The sessions that live, the one last used first", body = inline(Vec<SessionBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.list", skip_all)]
pub(crate) async fn list(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let (id, query) = (user_id(&call, &path)?, Query::of(&request));
    let is_paged = ["page", "per_page"].iter().any(|name| !query.text(name).is_empty());
    let seen = call.service.live_sessions.list(&call.actor, &id, is_paged.then(|| query.page())).await?;
    let is_own = call.actor.user_id() == Some(&id);
    let bodies = SessionBody::all(&seen, |session| is_own.then(|| call.service.sign_ins.csrf(session.id.as_str())));
    Ok(HttpResponse::Ok().json(bodies))
}

/// `GET /api/v4/users/{user_id}/sessions/ended`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/sessions/ended", operation_id = "GetEndedSessions", tag = "directory",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("page" = Option<u32>, Query, description = "Which page, from 0"),
        ("per_page" = Option<u32>, Query, description = "Sessions of a page: 60, at most 200"),
    ),
    responses(
        (status = 200, description = "The sessions that have ended, and why, the last first", body = inline(Vec<EndedSessionBody>)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.ended", skip_all)]
pub(crate) async fn ended(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let permit = call.permit::<operations::GetEndedSessions>()?;
    let ended = call.service.live_sessions.ended(permit, &id, Query::of(&request).page()).await?;
    Ok(HttpResponse::Ok().json(ended.iter().filter_map(EndedSessionBody::of).collect::<Vec<_>>()))
}

/// `POST /api/v4/users/{user_id}/sessions/revoke`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/sessions/revoke", operation_id = "RevokeSession", tag = "users",
    request_body = RevokeSessionBody,
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "Ended", body = inline(StatusBody)),
        (status = 400, description = "No session of that id, or another account's", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be ended", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.revoke", skip_all)]
pub(crate) async fn revoke(call: SignedCall, path: Path<String>, body: RawBody) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let session = body.texts().await?.take("session_id");
    call.service.live_sessions.revoke(&call.actor, &id, &session, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/{user_id}/sessions/revoke/all`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/sessions/revoke/all", operation_id = "RevokeAllSessions", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "All ended, the caller's own too", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be ended", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.revoke_all", skip_all)]
pub(crate) async fn revoke_all(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    call.service.live_sessions.revoke_all(&call.actor, &id, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `POST /api/v4/users/sessions/revoke/all`
#[utoipa::path(
    post, path = "/api/v4/users/sessions/revoke/all", operation_id = "RevokeSessionsFromAllUsers", tag = "users",
    responses(
        (status = 200, description = "Everybody's ended, the caller's own too", body = inline(StatusBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be ended", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.revoke_everybodys", skip_all)]
pub(crate) async fn revoke_everybodys(call: SignedCall) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::RevokeSessionsFromAllUsers>()?;
    call.service.live_sessions.revoke_everybodys(permit, &call.actor, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `PUT /api/v4/users/sessions/device`
#[utoipa::path(
    put, path = "/api/v4/users/sessions/device", operation_id = "AttachDeviceExtraProps", tag = "users", request_body = DeviceBody,
    responses(
        (status = 200, description = "Written down of the session that asks; an access token has none, and nothing is written", body = inline(StatusBody)),
        (status = 400, description = "A value of another form", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.sessions.device", skip_all)]
pub(crate) async fn device(request: HttpRequest, call: SignedCall, body: RawBody) -> Result<HttpResponse, ApiError> {
    let permit = call.permit::<operations::AttachDeviceExtraProps>()?;
    let wanted = device_change(&mut body.texts().await?)?;
    let end = call.service.live_sessions.attach(permit, &call.actor, wanted, &call.origin).await?;
    let mut answer = HttpResponse::Ok();
    // Who holds the session in a cookie keeps it as long as the session lives.
    if let Some((end, token)) = end.zip(cookie::token(request.headers())) {
        call.renewed_cookies(&token, end).into_iter().for_each(|cookie| {
            answer.cookie(cookie);
        });
    }
    Ok(answer.json(StatusBody::OK))
}

fn device_change(texts: &mut Texts) -> Result<DeviceChange, ApiError> {
    let device = |text: String| Some(text.chars().filter(|c| !c.is_control()).collect::<String>()).filter(|text| !text.is_empty());
    let (device_id, voip_device_id) = (device(texts.take("device_id")), device(texts.take("voip_device_id")));
    let is_silent = given(texts, "device_notification_disabled", truth)?.or_else(|| truth(&texts.take("deviceNotificationDisabled")));
    let mobile_version = given(texts, "mobile_version", version)?.or_else(|| version(&texts.take("mobileVersion")));
    let [device_id, voip_device_id] = [device_id, voip_device_id].map(|id| id.map(|id| cut(&id, DEVICE_BYTES)));
    Ok(DeviceChange { device_id, voip_device_id, is_silent, mobile_version, expires_at: None })
}

/// A value that has a form, if one is given.
fn given<T>(texts: &mut Texts, key: &str, form: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
    let text = texts.take(key);
    if text.is_empty() { Ok(None) } else { form(&text).map(Some).ok_or_else(|| ApiError::body_param(key)) }
}

fn truth(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// Most bytes of a version.
const VERSION_BYTES: usize = 64;

/// A semantic version: three numbers, and what may stand behind them.
fn version(text: &str) -> Option<String> {
    let is_number =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    // Of what stands before a `+`, numbers have no zeros in front.
    let is_mark = |label: &str| is_label(label) && (label.bytes().any(|b| !b.is_ascii_digit()) || label == "0" || !label.starts_with('0'));
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let numbers: Vec<_> = core.split('.').collect();
    let is_version = text.len() <= VERSION_BYTES && numbers.len() == 3 && numbers.iter().all(|part| is_number(part));
    let has_marks = before.is_none_or(|before| before.split('.').all(is_mark));
    (is_version && has_marks && build.is_none_or(|build| build.split('.').all(is_label))).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_three_numbers() {
        for text in ["2.12.0", "0.0.0", "2.12.0+500", "1.2.3-rc.1+b", "1.2.3-0.01a+007"] {
            assert_eq!(version(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "2",
            "2.12",
            "2.12.0.1",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3+.",
            "a.b.c",
            "01.2.3",
            "1.2.3+",
            "1.2.3-",
            "1.2.3+é",
            "1..3",
            &format!("1.2.3+{}", "x".repeat(64)),
        ] {
            assert_eq!(version(text), None, "{text}");
        }
    }
}
