//! Who the local socket serves, and what.

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use muster_domain::operation::Operation;
use muster_http_actix::app::{self, OPERATIONS};
use muster_http_actix::local;
use serde_json::Value;

use crate::app::TestApp;

/// What the reference server has on its socket of what is built here.
const SERVED: &[&str] = &[
    "GET /users",
    "DELETE /users",
    "POST /users",
    "POST /users/ids",
    "GET /users/{user_id}",
    "PUT /users/{user_id}",
    "DELETE /users/{user_id}",
    "PUT /users/{user_id}/roles",
    "PUT /users/{user_id}/password",
    "PUT /users/{user_id}/mfa",
    "POST /users/password/reset/send",
    "POST /users/{user_id}/email/verify/member",
    "PUT /users/{user_id}/active",
    "PUT /users/{user_id}/auth",
    "POST /users/{user_id}/convert_to_bot",
    "POST /users/{user_id}/promote",
    "POST /users/{user_id}/demote",
    "GET /users/username/{username}",
    "GET /users/email/{email}",
    "POST /users/{user_id}/tokens",
    "GET /users/{user_id}/tokens",
    "POST /users/tokens/revoke",
    "GET /users/{user_id}/preferences",
    "PUT /users/{user_id}/preferences",
    "POST /users/{user_id}/preferences/delete",
    "GET /users/{user_id}/preferences/{category}",
    "GET /users/{user_id}/preferences/{category}/name/{preference_name}",
];

/// A path without the forms of its parts.
fn plain(path: &str) -> String {
    let mut parts = path.strip_prefix("/api/v4").unwrap().split('{');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| {
        let (name, behind) = part.split_once('}').unwrap();
        format!("{plain}{{{}}}{behind}", name.split(':').next().unwrap())
    })
}

#[test]
fn of_accounts_the_socket_serves_what_the_reference_does() {
    let served = OPERATIONS.iter().filter(|(_, path, operation)| path.starts_with("/api/v4/users") && local::serves(*operation));
    let mut served: Vec<_> = served.map(|(method, path, _)| format!("{method} {}", plain(path))).collect();
    let mut expected = SERVED.to_vec();

    served.sort();
    expected.sort_unstable();
    assert_eq!(served, expected);
}

/// Whoever comes to the application of the socket by another way than the socket has no name there.
#[actix_web::test]
async fn whoever_is_not_known_at_the_socket_is_not_served() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let socket = init_service(app::local_app(app.service.clone())).await;
    for (method, path, operation) in OPERATIONS {
        let path = plain(path).split('/').map(|part| if part.starts_with('{') { &ada.id } else { part }).collect::<Vec<_>>().join("/");
        let request = TestRequest::with_uri(&format!("/api/v4{path}")).method(Method::from_bytes(method.as_bytes()).unwrap());
        let request = request.insert_header(("authorization", format!("Bearer {}", ada.token)));

        let response = call_service(&socket, request.set_payload("{}").to_request()).await;

        let status = response.status().as_u16();
        let body: Value = read_body_json(response).await;
        let expected = if local::serves(*operation) {
            (401, "api.context.local_origin_required.app_error")
        } else {
            (404, "api.context.404.app_error")
        };
        assert_eq!((status, body["id"].as_str().unwrap()), expected, "{method} {path}");
    }
    assert!(!app.audit().await.iter().any(|entry| entry.starts_with(Operation::PermanentDeleteAllUsers.id()) && entry.contains("done")));
}
