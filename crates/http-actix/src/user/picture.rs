//! Profile pictures over HTTP.

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::StreamExt;
use futures_util::future::{Ready, ready};
use muster_domain::accounts::PictureSeen;
use muster_domain::time::Timestamp;
use utoipa::ToSchema;

use super::user_id;
use crate::app::Service;
use crate::call::SignedCall;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;

/// How long a picture is held without asking again.
const HELD: &str = "max-age=86400, private";
/// What a form has around its file at most.
const FORM_BYTES: usize = 4096;

/// `GET /api/v4/users/{user_id}/image`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/image", operation_id = "GetProfileImage", tag = "users",
    params(
        ("user_id" = String, Path, description = "The account's id, or me"),
        ("_" = Option<i64>, Query, description = "Not looked at: lets clients fetch a picture anew"),
    ),
    responses(
        (status = 200, description = "A square PNG", content_type = "image/png"),
        (status = 304, description = "As it was"),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "Never: without a place to keep pictures, the generated one is sent", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.picture", skip_all)]
pub(crate) async fn get(request: HttpRequest, call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let held = request.headers().get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()?.parse().ok()).map(Timestamp::from_millis);
    let PictureSeen { png, at } = call.service.accounts.picture(&call.actor, &id, held).await?;
    let mut answer = match png {
        Some(png) => HttpResponse::Ok().content_type("image/png").insert_header((CACHE_CONTROL, HELD)).body(png),
        None => HttpResponse::NotModified().insert_header((CACHE_CONTROL, HELD)).finish(),
    };
    if let Ok(tag) = HeaderValue::from_str(&at.as_millis().to_string()) {
        answer.headers_mut().insert(ETAG, tag);
    }
    Ok(answer)
}

/// `GET /api/v4/users/{user_id}/image/default`
#[utoipa::path(
    get, path = "/api/v4/users/{user_id}/image/default", operation_id = "GetDefaultProfileImage", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "The generated picture, a square PNG", content_type = "image/png"),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be seen", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "Never: it is drawn without a place to keep it", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.default_picture", skip_all)]
pub(crate) async fn get_default(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    let seen = call.service.accounts.default_picture(&call.actor, &id).await?;
    Ok(HttpResponse::Ok().content_type("image/png").insert_header((CACHE_CONTROL, HELD)).body(seen.png.unwrap_or_default()))
}

/// A form with a picture.
#[derive(Debug, ToSchema)]
pub struct PictureBody {
    /// The file: a PNG, JPEG, GIF or WebP.
    #[schema(value_type = String, format = Binary)]
    pub image: Vec<u8>,
}

/// `POST /api/v4/users/{user_id}/image`
#[utoipa::path(
    post, path = "/api/v4/users/{user_id}/image", operation_id = "SetProfileImage", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    request_body(content = PictureBody, content_type = "multipart/form-data", description = "The file in a part called image"),
    responses(
        (status = 200, description = "Shown from now on", body = inline(StatusBody)),
        (status = 400, description = "No form, no file in it, or no picture that can be shown", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "Never: an id that nobody has is a wrong one", body = inline(ErrorBody)),
        (status = 413, description = "Too large", body = inline(ErrorBody)),
        (status = 501, description = "Pictures are not kept here", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.set_picture", skip_all)]
pub(crate) async fn set(call: SignedCall, path: Path<String>, upload: Upload) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    // Before a byte of the file is read.
    call.service.accounts.may_set_picture(&call.actor, &id).await?;
    let sent = upload.picture(call.service.picture_bytes).await?;
    call.service.accounts.set_picture(&call.actor, &id, sent, &call.origin).await?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// `DELETE /api/v4/users/{user_id}/image`
#[utoipa::path(
    delete, path = "/api/v4/users/{user_id}/image", operation_id = "SetDefaultProfileImage", tag = "users",
    params(("user_id" = String, Path, description = "The account's id, or me")),
    responses(
        (status = 200, description = "The generated one is shown again", body = inline(StatusBody)),
        (status = 400, description = "No id", body = inline(ErrorBody)),
        (status = 401, description = "Not signed in", body = inline(ErrorBody)),
        (status = 403, description = "Not to be changed", body = inline(ErrorBody)),
        (status = 404, description = "No such account", body = inline(ErrorBody)),
        (status = 501, description = "Pictures are not kept here", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.users.reset_picture", skip_all)]
pub(crate) async fn reset(call: SignedCall, path: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = user_id(&call, &path)?;
    call.service.accounts.reset_picture(&call.actor, &id, &call.origin).await.map_err(crate::error::of_reset_picture)?;
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// A form with a file that was not read yet.
pub(crate) struct Upload {
    headers: HeaderMap,
    payload: Payload,
    timeout: std::time::Duration,
}

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let timeout = Service::of(request).map_or(crate::body::TIMEOUT, |service| service.body_timeout);
        ready(Ok(Self { headers: request.headers().clone(), payload: payload.take(), timeout }))
    }
}

fn bad(id: &'static str, message: &'static str) -> ApiError {
    ApiError::client(StatusCode::BAD_REQUEST, id, message)
}

fn no_form() -> ApiError {
    bad("api.user.upload_profile_user.parse.app_error", "The request is no multipart form, or a broken one.")
}

fn no_file() -> ApiError {
    bad("api.user.upload_profile_user.no_file.app_error", "The form has no file in a part called image.")
}

fn too_large() -> ApiError {
    ApiError::client(StatusCode::PAYLOAD_TOO_LARGE, "api.user.upload_profile_user.too_large.app_error", "The picture is too large.")
}

impl Upload {
    /// The bytes of the first file that is called image.
    async fn picture(self, most: usize) -> Result<Vec<u8>, ApiError> {
        let declared = self.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > most + FORM_BYTES) {
            return Err(too_large());
        }
        let timeout = self.timeout;
        let form = Multipart::new(&self.headers, self.payload);
        actix_web::rt::time::timeout(timeout, file(form, most)).await.unwrap_or_else(|_| {
            let message = "The request body took too long to arrive.";
            Err(ApiError::client(StatusCode::REQUEST_TIMEOUT, "api.context.request_timeout.app_error", message))
        })
    }
}

async fn file(mut form: Multipart, most: usize) -> Result<Vec<u8>, ApiError> {
    let (mut read, mut found) = (0, None);
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|_| no_form())?;
        // A part whose file name is empty is no file.
        let is_file = part
            .content_disposition()
            .is_some_and(|told| told.get_name() == Some("image") && told.get_filename().is_some_and(|name| !name.is_empty()));
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| no_form())?;
            read += chunk.len();
            if read > most {
                return Err(too_large());
            }
            if is_file && found.is_none() {
                bytes.extend_from_slice(&chunk);
            }
        }
        if is_file && found.is_none() {
            found = Some(bytes);
        }
    }
    found.ok_or_else(no_file)
}
