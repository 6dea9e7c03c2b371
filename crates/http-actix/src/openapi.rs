//! The API's description, written where its routes are.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{client_config, probe, session, user};

/// The description of what is built.
#[derive(OpenApi)]
#[openapi(
    info(title = "Muster", description = "Accounts, sign-in and sessions, as clients of /api/v4/users know them."),
    paths(
        user::create,
        user::get,
        user::by_username,
        user::by_email,
        user::by_ids,
        user::by_usernames,
        user::patch,
        session::login,
        session::logout,
        session::check_mfa,
        client_config::config,
        client_config::license,
        client_config::ping,
        probe::live,
        probe::ready
    )
)]
pub struct Description;

/// `GET /api/v4/openapi.json`
pub(crate) async fn json() -> HttpResponse {
    HttpResponse::Ok().json(Description::openapi())
}

/// `GET /docs`: to the page.
pub(crate) async fn to_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// The page that shows the description; its files are part of the program.
pub(crate) fn page() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from("/api/v4/openapi.json"))
}
