//! Prometheus metrics, on a listener of their own.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::ContentType;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds that requests, waits and hashes are counted by.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How often what was counted is put in order.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts counting.
///
/// # Errors
///
/// When something counts already.
pub fn record() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?.install_recorder()?;
    metrics::describe_counter!("muster_requests_total", "Requests by operation and status");
    metrics::describe_histogram!("muster_request_seconds", "How long requests took, by operation");
    metrics::describe_histogram!("muster_store_wait_seconds", "How long statements waited for a connection");
    metrics::describe_counter!("muster_task_panics_total", "Panics of tasks in the background, by task");
    metrics::describe_gauge!("muster_password_queue", "Passwords that wait to be hashed or checked");
    Ok(handle)
}

/// Puts what was counted in order again and again, until it is dropped.
pub(crate) async fn keep(handle: PrometheusHandle) {
    let mut often = tokio::time::interval(UPKEEP);
    loop {
        often.tick().await;
        handle.run_upkeep();
    }
}

async fn page(handle: Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(handle.render())
}

/// A server of `/metrics`.
///
/// # Errors
///
/// When the address can't be listened on.
pub fn server(listen: SocketAddr, handle: PrometheusHandle) -> std::io::Result<Server> {
    let handle = Data::new(handle);
    let app = move || App::new().app_data(handle.clone()).route("/metrics", web::get().to(page));
    Ok(HttpServer::new(app).workers(1).disable_signals().bind(listen)?.run())
}
