//! Pages for people and programs that ask whether the service is there.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;

use crate::app::Service;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;

/// How far this machine's clock may be from the database's.
const SKEW: Duration = Duration::from_secs(5);

/// `GET /`: there is a service here, and this is where to read on.
pub(crate) async fn root() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(include_str!("probe/root.html"))
}

/// `GET /livez`: the process answers.
#[utoipa::path(get, path = "/livez", operation_id = "Live", tag = "system", responses((status = 200, description = "The process answers", body = inline(StatusBody))))]
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(StatusBody::OK)
}

/// `GET /readyz`: the process can serve.
///
/// # Errors
///
/// 503 when the database does not answer, or when its clock and ours are too far apart.
#[utoipa::path(
    get, path = "/readyz", operation_id = "Ready", tag = "system",
    responses(
        (status = 200, description = "The process can serve", body = inline(StatusBody)),
        (status = 503, description = "The database does not answer, or its clock is off", body = inline(ErrorBody)),
    )
)]
pub(crate) async fn ready(service: Data<Service>) -> Result<HttpResponse, ApiError> {
    let database = database_time(&service).await.map_err(|error| not_ready("The database does not answer.").caused_by(error))?;
    let ours = service.clock.now();
    if ours.since(database).max(database.since(ours)) > SKEW {
        return Err(not_ready("This machine's clock and the database's are more than 5 seconds apart."));
    }
    Ok(HttpResponse::Ok().json(StatusBody::OK))
}

/// The database's time.
pub(crate) async fn database_time(service: &Service) -> Result<Timestamp, StoreError> {
    service.store.read().await?.service().time().await
}

fn not_ready(message: &'static str) -> ApiError {
    ApiError::client(StatusCode::SERVICE_UNAVAILABLE, "app.system.not_ready.app_error", message)
}

impl ApiError {
    /// The same error with what happened inside.
    fn caused_by(self, cause: StoreError) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }
}
