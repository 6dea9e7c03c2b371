//! The application: what handlers share, and what is served where.

use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, Resource, Route};
use muster_domain::accounts::Accounts;
use muster_domain::directory::Directory;
use muster_domain::live_sessions::LiveSessions;
use muster_domain::operation::Operation;
use muster_domain::port::{Clock, Randomness};
use muster_domain::refusal::Refusals;
use muster_domain::second_factor::SecondFactors;
use muster_domain::sign_in::SignIns;
use muster_domain::store::Store;
use muster_domain::tokens::Tokens;

use crate::address::TrustedProxies;
use crate::client_config::{self, ClientConfig};
use crate::cookie::CookieRules;
use crate::error::ApiError;
use crate::local::{self, LocalSocket};
use crate::routes::route;
use crate::supervisor::TaskHealth;
use crate::{openapi, pipeline, probe, undo_page};

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
    /// The use cases of what lies around them.
    pub directory: Arc<Directory>,
    /// The use cases of signing in.
    pub sign_ins: Arc<SignIns>,
    /// The use cases of sessions that live, and of those that did.
    pub live_sessions: Arc<LiveSessions>,
    /// The use cases of access tokens.
    pub tokens: Arc<Tokens>,
    /// The use cases of second factors.
    pub second_factors: Arc<SecondFactors>,
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
    /// How long an answer takes at least that must not tell by its time whether there is an account.
    pub answer_floor: Duration,
    /// Most bytes of a picture that is sent.
    pub picture_bytes: usize,
    /// How long a refused sign-in takes at least.
    pub refused_sign_in: Duration,
    /// Whether sign-in and sign-out answer 200.
    pub answers_like_reference: bool,
    /// The runtime that outlives a request.
    pub background: tokio::runtime::Handle,
    /// How the tasks in the background are.
    pub task_health: Arc<TaskHealth>,
}

impl Service {
    /// The service that a request was made to.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Data<Self>> {
        request.app_data::<Data<Self>>()
    }
}

async fn nothing_here() -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::not_found())
}

/// A path with its handlers, whose other methods lead nowhere, as the reference answers them.
fn at(
    path: &str,
    routes: Vec<Route>,
) -> Resource<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = actix_web::Error, InitError = ()>> {
    let resource = web::resource(path).default_service(web::to(nothing_here));
    routes.into_iter().fold(resource, Resource::route).wrap(from_fn(pipeline::caught))
}

pub use crate::routes::{OPERATIONS, operation};

/// Adds the paths of the operations that a listener serves, in the order of the list.
fn operations(config: &mut web::ServiceConfig, is_served: impl Fn(Operation) -> bool) {
    let mut added: Vec<&str> = Vec::new();
    for (_, path, _) in OPERATIONS {
        if added.contains(path) {
            continue;
        }
        added.push(path);
        let here = OPERATIONS.iter().filter(|(_, other, operation)| other == path && is_served(*operation));
        config.service(at(path, here.filter_map(|(_, _, operation)| route(*operation)).collect()));
    }
}

/// Adds every path of the network.
pub fn routes(config: &mut web::ServiceConfig) {
    operations(config, |operation| operation != Operation::PermanentDeleteAllUsers);
    config
        .service(at("/", vec![web::get().to(probe::root)]))
        .service(at("/undo_email_change", vec![web::get().to(undo_page::show), web::post().to(undo_page::undo)]))
        .service(at("/livez", vec![web::get().to(probe::live)]))
        .service(at("/readyz", vec![web::get().to(probe::ready)]))
        .service(at("/api/v4/system/ping", vec![web::get().to(client_config::ping)]))
        .service(at("/api/v4/config/client", vec![web::get().to(client_config::config)]))
        .service(at("/api/v4/license/client", vec![web::get().to(client_config::license)]))
        .service(at("/api/v4/openapi.json", vec![web::get().to(openapi::json)]))
        .service(at("/docs", vec![web::get().to(openapi::to_page)]))
        .service(openapi::page())
        .default_service(web::to(nothing_here));
}

/// Adds every path of the local socket.
pub fn local_routes(config: &mut web::ServiceConfig) {
    operations(config, local::serves);
    config
        .service(at("/api/v4/system/ping", vec![web::get().to(client_config::ping)]))
        .service(at("/api/v4/config/client", vec![web::get().to(client_config::config)]))
        .service(at("/api/v4/license/client", vec![web::get().to(client_config::license)]))
        .default_service(web::to(nothing_here));
}

/// The application on the local socket, whose callers are the operator.
pub fn local_app(
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
    App::new().app_data(service).app_data(LocalSocket).configure(local_routes).wrap(from_fn(pipeline::pipeline))
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
