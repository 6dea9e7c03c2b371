//! Pages for people and programs that ask whether the service is there.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Service;
use crate::error::{ApiError, ErrorBody};
use crate::session::StatusBody;
use crate::supervisor::{Patience, TaskHealth};

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
        (status = 200, description = "The process can serve", body = inline(ReadyBody)),
        (status = 503, description = "The database does not answer, or its clock is off", body = inline(ErrorBody)),
    )
)]
pub(crate) async fn ready(service: Data<Service>) -> Result<HttpResponse, ApiError> {
    let database = database_time(&service).await.map_err(|error| not_ready("The database does not answer.").caused_by(error))?;
    let ours = service.clock.now();
    if ours.since(database).max(database.since(ours)) > SKEW {
        return Err(not_ready("This machine's clock and the database's are more than 5 seconds apart."));
    }
    // Such a task fails on every node alike, and requests are served well without it: a proxy must not turn away from all of them.
    Ok(HttpResponse::Ok().json(ReadyBody::of(&service.task_health, Patience::USUAL.long)))
}

/// The process can serve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadyBody {
    /// Always `OK`.
    status: &'static str,
    /// Tasks in the background that have not run in order for some minutes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing_tasks: Vec<&'static str>,
}

impl ReadyBody {
    /// What is told where tasks are as they are; of those that fail, if it is for so long.
    fn of(tasks: &TaskHealth, long: Duration) -> Self {
        Self { status: "OK", failing_tasks: tasks.ailing(long) }
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::supervisor::Supervisor;

    #[tokio::test]
    async fn a_task_that_fails_for_long_is_told_of() {
        let health = Arc::<TaskHealth>::default();
        let mut supervisor = Supervisor::new(health.clone(), Patience::USUAL);
        supervisor.start("courier", |_| async { panic!("expected in this test") });
        while health.ailing(Duration::ZERO).is_empty() {
            tokio::task::yield_now().await;
        }

        let told = [Duration::ZERO, Patience::USUAL.long].map(|long| serde_json::to_value(ReadyBody::of(&health, long)).unwrap());

        assert_eq!(told, [json!({ "status": "OK", "failing_tasks": ["courier"] }), json!({ "status": "OK" })]);
    }
}
