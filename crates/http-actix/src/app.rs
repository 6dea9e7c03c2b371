//! The application: what handlers share, and which path leads to which handler.

use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, Resource, Route};
use muster_domain::accounts::Accounts;
use muster_domain::operation::Operation;
use muster_domain::port::{Clock, Randomness};
use muster_domain::refusal::Refusals;
use muster_domain::sign_in::SignIns;
use muster_domain::store::Store;

use crate::address::TrustedProxies;
use crate::client_config::{self, ClientConfig};
use crate::cookie::CookieRules;
use crate::error::ApiError;
use crate::{openapi, pipeline, probe, session, user};

/// Origins of pages elsewhere that may call the API.
#[derive(Debug, Clone, Default)]
pub struct CorsRules {
    /// The origins; `*` for any.
    pub origins: Vec<String>,
    /// Whether they may send cookies.
    pub credentials: bool,
}

impl CorsRules {
    /// Whether a page of this origin may call.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}

/// What every handler shares.
pub struct Service {
    /// The use cases of accounts.
    pub accounts: Arc<Accounts>,
    /// The use cases of signing in.
    pub sign_ins: Arc<SignIns>,
    /// Where refusals are written down.
    pub refusals: Arc<Refusals>,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What nobody can guess.
    pub randomness: Arc<dyn Randomness>,
    /// Proxies whose headers count.
    pub proxies: TrustedProxies,
    /// How cookies look.
    pub cookies: CookieRules,
    /// Pages elsewhere that may call.
    pub cors: CorsRules,
    /// What clients are told of the service.
    pub client_config: ClientConfig,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Whether sign-in and sign-out answer 200.
    pub answers_like_reference: bool,
    /// The runtime that outlives a request.
    pub background: tokio::runtime::Handle,
}

impl Service {
    /// The service that a request was made to.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Data<Self>> {
        request.app_data::<Data<Self>>()
    }
}

/// The operations that are built, by method and path.
pub const OPERATIONS: &[(&str, &str, Operation)] = &[
    ("POST", "/api/v4/users", Operation::CreateUser),
    ("POST", "/api/v4/users/login", Operation::Login),
    ("POST", "/api/v4/users/logout", Operation::Logout),
    ("POST", "/api/v4/users/mfa", Operation::CheckUserMfa),
    ("POST", "/api/v4/users/ids", Operation::GetUsersByIds),
    ("POST", "/api/v4/users/usernames", Operation::GetUsersByUsernames),
    ("GET", "/api/v4/users/username/{username:[A-Za-z0-9_.-]+}", Operation::GetUserByUsername),
    ("GET", "/api/v4/users/email/{email:.+}", Operation::GetUserByEmail),
    ("GET", "/api/v4/users/{user_id:[A-Za-z0-9]+}", Operation::GetUser),
    ("PUT", "/api/v4/users/{user_id:[A-Za-z0-9]+}/patch", Operation::PatchUser),
];

/// The operation that a matched path stands for.
#[must_use]
pub fn operation(method: &str, pattern: &str) -> Option<Operation> {
    OPERATIONS.iter().find(|(by, path, _)| *by == method && *path == pattern).map(|(_, _, operation)| *operation)
}

fn handler(operation: Operation) -> Option<Route> {
    let route = match operation {
        Operation::CreateUser => web::post().to(user::create),
        Operation::Login => web::post().to(session::login),
        Operation::Logout => web::post().to(session::logout),
        Operation::CheckUserMfa => web::post().to(session::check_mfa),
        Operation::GetUsersByIds => web::post().to(user::by_ids),
        Operation::GetUsersByUsernames => web::post().to(user::by_usernames),
        Operation::GetUserByUsername => web::get().to(user::by_username),
        Operation::GetUserByEmail => web::get().to(user::by_email),
        Operation::GetUser => web::get().to(user::get),
        Operation::PatchUser => web::put().to(user::patch),
        _ => return None,
    };
    Some(route)
}

async fn nothing_here() -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::not_found())
}

/// A path whose other methods lead nowhere, as the reference answers them.
fn at(
    path: &str,
    route: Route,
) -> Resource<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = actix_web::Error, InitError = ()>> {
    web::resource(path).default_service(web::to(nothing_here)).route(route).wrap(from_fn(pipeline::caught))
}

/// Adds every path.
pub fn routes(config: &mut web::ServiceConfig) {
    for (_, path, operation) in OPERATIONS {
        if let Some(route) = handler(*operation) {
            config.service(at(path, route));
        }
    }
    config
        .service(at("/", web::get().to(probe::root)))
        .service(at("/livez", web::get().to(probe::live)))
        .service(at("/readyz", web::get().to(probe::ready)))
        .service(at("/api/v4/system/ping", web::get().to(client_config::ping)))
        .service(at("/api/v4/config/client", web::get().to(client_config::config)))
        .service(at("/api/v4/license/client", web::get().to(client_config::license)))
        .service(at("/api/v4/openapi.json", web::get().to(openapi::json)))
        .service(at("/docs", web::get().to(openapi::to_page)))
        .service(openapi::page())
        .default_service(web::to(nothing_here));
}

/// The whole application on a service.
pub fn app(
    service: Data<Service>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let cors = cors(&service.cors);
    let has_cors = !service.cors.origins.is_empty();
    App::new().app_data(service).configure(routes).wrap(Condition::new(has_cors, cors)).wrap(from_fn(pipeline::pipeline))
}

fn cors(rules: &CorsRules) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .allow_any_header()
        .expose_headers(["Token", "X-Request-Id", "X-Version-Id", "Etag"])
        .max_age(86_400);
    for origin in &rules.origins {
        cors = if origin == "*" { cors.send_wildcard().allow_any_origin() } else { cors.allowed_origin(origin) };
    }
    if rules.credentials { cors.supports_credentials() } else { cors }
}
