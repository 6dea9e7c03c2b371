//! Signing in and out over HTTP.

pub mod agent;
mod floor;
pub mod live;
pub mod switch;
pub mod wire;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::client::Client;
use muster_domain::credential::{Password, Token};
use muster_domain::permission::operations;
use muster_domain::sign_in::{Claim, Opened, text_login};
use muster_domain::store::LoginName;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::body::{RawBody, Texts};
use crate::call::{Call, Witness, is_scripted};
use crate::cookie::{self, Carried};
use crate::error::{ApiError, ErrorBody};
use crate::user::UserBody;

/// What somebody shows to be let in.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LoginBody {
    /// The account's id, in place of `login_id`.
    pub id: Option<String>,
    /// Its username or e-mail address.
    pub login_id: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// A code of its second factor.
    pub token: Option<String>,
    /// The push device that signs in.
    pub device_id: Option<String>,
    /// Taken and not needed: an account says itself how it signs in.
    pub ldap_only: Option<bool>,
    /// The token of a link sent by mail, in place of everything else.
    pub magic_link_token: Option<String>,
}

/// Whose second factor is asked after.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CheckMfaBody {
    /// A username or an e-mail address.
    pub login_id: String,
}

/// Whether a second factor is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MfaRequiredBody {
    /// Whether it is.
    pub mfa_required: bool,
}

/// It was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatusOK)]
pub struct StatusBody {
    /// Always `OK`.
    pub status: &'static str,
}

impl StatusBody {
    /// The one there is.
    pub const OK: Self = Self { status: "OK" };
}

/// Most bytes of a push device's name.
const DEVICE_BYTES: usize = 512;

fn claim(body: &mut Texts) -> Claim {
    let (id, login_id, password) = (body.take("id"), body.take("login_id"), Password::from(body.take("password")));
    let claim = if id.is_empty() {
        Claim::new(text_login(&login_id), cut(&login_id, 128), password)
    } else {
        Claim::new(id.parse().ok().map(LoginName::Id), cut(&id, 128), password)
    };
    Claim { code: body.take("token"), ..claim }
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

/// `POST /api/v4/users/login`
#[utoipa::path(
    post, path = "/api/v4/users/login", operation_id = "Login", tag = "users", request_body = LoginBody,
    responses(
        (status = 201, description = "Signed in; the header Token carries the session's token", body = inline(UserBody)),
        (status = 400, description = "No password", body = inline(ErrorBody)),
        (status = 401, description = "Not let in", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
        (status = 429, description = "Too many tries", body = inline(ErrorBody)),
        (status = 503, description = "Too many passwords wait to be checked", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.session.login", skip_all)]
pub(crate) async fn login(request: HttpRequest, call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let mut body = body.texts().await?;
    let device_id = body.take("device_id").chars().filter(|c| !c.is_control()).collect::<String>();
    let client = Client { device_id: cut(&device_id, DEVICE_BYTES), ..call.client.clone() };
    let (wants_cookies, started) = (is_scripted(&request), Instant::now());
    // Where a link is shown, nothing else counts.
    let link = body.take("magic_link_token");
    let claim = Claim {
        device: cookie::device(request.headers()).as_deref().map(Token::presented),
        keeps_device: wants_cookies && call.service.cookies.speaks_https(call.is_https),
        ..claim(&mut body)
    };
    Witness::leave_audit(&request);
    let permit = call.permit::<operations::Login>()?;
    let opened = if link.is_empty() {
        call.service.sign_ins.sign_in(permit, claim, &client, &call.origin).await
    } else {
        call.service.accounts.sign_in_by_link(permit, &Token::presented(&link), &claim, &client, &call.origin).await
    };
    let opened = floor::held(opened, call.service.refused_sign_in, started).await?;
    Ok(signed_in(&call, opened, wants_cookies))
}

fn signed_in(call: &Call, opened: Opened, wants_cookies: bool) -> HttpResponse {
    let mut answer = HttpResponse::build(done(call));
    answer.insert_header((HeaderName::from_static("token"), opened.token.expose()));
    answer.insert_header((CACHE_CONTROL, "no-store"));
    if wants_cookies {
        let csrf = call.service.sign_ins.csrf(opened.session.id.as_str());
        let carried = Carried {
            token: opened.token.expose(),
            user_id: &opened.user.id,
            csrf: &csrf,
            now: opened.session.created_at,
            expires_at: opened.session.expires_at,
        };
        for cookie in call.service.cookies.of_session(&carried, call.is_https) {
            answer.cookie(cookie);
        }
        if let Some(device) = &opened.device {
            answer.cookie(cookie::of_device(device));
        }
    }
    answer.json(UserBody::from(&opened.user.shown_whole()))
}

/// The API text says 201 to signing in and out, the reference 200.
fn done(call: &Call) -> StatusCode {
    if call.service.answers_like_reference { StatusCode::OK } else { StatusCode::CREATED }
}

/// `POST /api/v4/users/logout`
#[utoipa::path(
    post, path = "/api/v4/users/logout", operation_id = "Logout", tag = "users",
    responses(
        (status = 201, description = "Signed out, or never in", body = inline(StatusBody)),
        (status = 400, description = "Bad request", body = inline(ErrorBody)),
        (status = 401, description = "A cookie without proof against forged requests", body = inline(ErrorBody)),
        (status = 403, description = "Sent by another site's page", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.session.logout", skip_all)]
pub(crate) async fn logout(call: Call) -> Result<HttpResponse, ApiError> {
    call.service.sign_ins.sign_out(call.permit::<operations::Logout>()?, &call.actor, &call.origin).await?;
    let mut answer = HttpResponse::build(done(&call));
    for cookie in call.ended_cookies() {
        answer.cookie(cookie);
    }
    Ok(answer.json(StatusBody::OK))
}

/// `POST /api/v4/users/mfa`
#[utoipa::path(
    post, path = "/api/v4/users/mfa", operation_id = "CheckUserMfa", tag = "users", request_body = CheckMfaBody,
    responses(
        (status = 200, description = "Told", body = inline(MfaRequiredBody)),
        (status = 400, description = "No login_id", body = inline(ErrorBody)),
        (status = 429, description = "Asked too often", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.session.check_mfa", skip_all)]
pub(crate) async fn check_mfa(call: Call, body: RawBody) -> Result<HttpResponse, ApiError> {
    let login = body.texts().await?.take("login_id");
    if login.is_empty() {
        return Err(ApiError::body_param("login_id"));
    }
    let permit = call.permit::<operations::CheckUserMfa>()?;
    let mfa_required = call.service.sign_ins.asks_for_factor(permit, &login, &call.client).await?;
    Ok(HttpResponse::Ok().json(MfaRequiredBody { mfa_required }))
}
