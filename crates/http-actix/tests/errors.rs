//! What goes wrong, and what clients read then.

#[path = "support/app.rs"]
mod app;
#[path = "support/failing.rs"]
mod failing;
#[path = "support/wire.rs"]
mod wire;

use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{HttpResponse, web};
use app::{BODY_PARAM, EXPIRED, PASSWORD, TestApp, new_user};
use failing::{Failing, Failure};
use insta::assert_json_snapshot;
use muster_http_actix::wiring::Ports;
use muster_http_actix::{app as application, pipeline};
use serde_json::{Value, json};
use tokio::time::Instant;

const ME: &str = "/api/v4/users/me";
const USERS: &str = "/api/v4/users";
const LOGIN: &str = "/api/v4/users/login";
const NOWHERE: &str = "api.context.404.app_error";
const TOO_LARGE: &str = "api.context.request_body_too_large.app_error";
const TOO_LONG: &str = "basic_security_check.url.too_long_error";

#[actix_web::test]
async fn an_unknown_path_leads_nowhere() {
    let app = TestApp::new().await;

    let reply = app.get("/api/v4/nowhere").send().await;

    assert_json_snapshot!(reply.shown());
    for path in
        ["/nowhere", "/api", "/api/v4", "/api/v4/", "/api/v4/users/", "/api/v4/users/a/b/c", "/docs/nothing.js", "//", "/api/v4/users/%ff"]
    {
        app.get(path).send().await.is_error(404, NOWHERE);
    }
}

#[actix_web::test]
async fn a_known_path_leads_nowhere_by_another_method() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for (method, path) in [
        ("DELETE", USERS),
        ("PATCH", ME),
        ("POST", ME),
        ("GET", "/api/v4/users/me/patch"),
        ("PUT", LOGIN),
        ("POST", "/"),
        ("POST", "/livez"),
        ("OPTIONS", ME),
        ("BREW", ME),
    ] {
        app.ask(method, path).by(&ada).send().await.is_error(404, NOWHERE);
    }
}

#[actix_web::test]
async fn a_body_that_is_no_object_is_refused() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let nested = [("[", 100_000), ("{\"a\":", 50_000), ("{\"props\":[", 20_000)].map(|(open, depth)| open.repeat(depth));
    let truncated = &new_user("bob").to_string()[..40];
    let texts = ["", " ", "[]", "5", "\"text\"", "true", "{", "{\"a\"", "nonsense", "\u{feff}{}", "{\"a\":1e999}", truncated];
    for body in texts.into_iter().chain(nested.iter().map(String::as_str)) {
        app.ask("POST", USERS).body(body.to_owned()).send().await.is_error(400, BODY_PARAM);
    }
    for body in [b"\0\0\0\0".to_vec(), b"{\"username\":\"a\0b\"}".to_vec(), vec![0xff; 1000]] {
        app.ask("POST", USERS).body(body).send().await.is_error(400, BODY_PARAM);
    }
}

#[actix_web::test]
async fn fields_of_another_type_are_refused() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for (key, value) in [
        ("username", json!(5)),
        ("email", json!(["a@example.test"])),
        ("password", json!({})),
        ("password", json!(12_345_678)),
        ("props", json!("text")),
        ("props", json!({ "key": 5 })),
        ("notify_props", json!([])),
        ("timezone", json!({ "useAutomaticTimezone": true })),
        ("allow_marketing", json!("yes")),
        ("create_at", json!("now")),
        ("roles", json!(["system_admin"])),
        ("is_bot", json!(1)),
    ] {
        let mut body = new_user("bob");
        body[key] = value;
        app.post(USERS, &body).send().await.is_error(400, BODY_PARAM);
    }
}

#[actix_web::test]
async fn nul_is_stored_nowhere() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for (key, id) in [
        ("username", "model.user.is_valid.username.app_error"),
        ("email", "model.user.is_valid.email.app_error"),
        ("nickname", "model.user.is_valid.nickname.app_error"),
        ("first_name", "model.user.is_valid.first_name.app_error"),
        ("last_name", "model.user.is_valid.last_name.app_error"),
        ("position", "model.user.is_valid.position.app_error"),
        ("locale", ""),
    ] {
        let mut body = new_user("bob");
        body[key] = json!("b\0b@example.test");
        let reply = app.post(USERS, &body).send().await;
        if key == "locale" {
            assert_eq!((reply.status, reply.json()["locale"].clone()), (201, json!("en")), "an unknown language is the default");
        } else {
            reply.is_error(400, id);
        }
    }
}

#[actix_web::test]
async fn passwords_that_nobody_can_have_are_never_hashed() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let (long, megabyte) = ("p".repeat(250_000), "p".repeat(1_000_000));
    // Whoever asks for a hash now is told to come back.
    *app.passwords.is_busy.lock().unwrap() = true;
    let began = Instant::now();

    for password in [&long[..73], &long] {
        let body = json!({ "username": "bob", "email": "bob@example.test", "password": password });
        app.post(USERS, &body).send().await.is_error(400, "model.user.is_valid.pwd_max_length.app_error");
    }
    app.post(USERS, &json!({ "password": megabyte })).send().await.is_error(413, TOO_LARGE);
    app.login("ada", &megabyte).send().await.is_error(413, TOO_LARGE);

    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let real = TestApp::hashing().await;
    real.sign_up("ada").await;
    real.login("ada", &long).send().await.is_error(401, "api.user.login.invalid_credentials_email_username");
}

#[actix_web::test]
async fn ten_thousand_ids_are_too_many() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let ids = |count: usize| json!(vec![ada.id.clone(); count]);

    let reply = app.post("/api/v4/users/ids", &ids(10_000)).by(&ada).send().await;

    reply.is_error(400, BODY_PARAM);
    app.post("/api/v4/users/usernames", &json!(vec!["ada"; 5001])).by(&ada).send().await.is_error(400, BODY_PARAM);
    assert_eq!(app.post("/api/v4/users/ids", &ids(5000)).by(&ada).send().await.json().as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn addresses_and_headers_are_bounded() {
    let app = TestApp::new().await;
    let path = |length: usize| format!("{ME}?{}", "q".repeat(length - ME.len() - 1));

    app.get(&path(2049)).send().await.is_error(414, TOO_LONG);
    app.get(&path(2048)).send().await.is_error(401, EXPIRED);
    app.get(&format!("/{}", "p".repeat(2048))).send().await.is_error(414, TOO_LONG);
    let reply = app.get(ME).header("x-large", "l".repeat(17_000)).send().await;
    reply.is_error(431, "api.context.headers_too_large.app_error");
}

#[actix_web::test]
async fn bodies_are_bounded_whatever_they_say_of_themselves() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for path in [USERS, LOGIN] {
        app.ask("POST", path).body(" ".repeat(300_513)).send().await.is_error(413, TOO_LARGE);
        assert_eq!(app.ask("POST", path).body(" ".repeat(300_512)).send().await.status, 400);
    }
}

#[actix_web::test]
async fn bodies_are_bounded_on_the_wire() {
    let app = TestApp::new().await;
    let server = wire::serve(app.service.clone());
    let head = format!("POST {LOGIN} HTTP/1.1\r\nHost: x\r\n");

    let declared = server.answer(format!("{head}Content-Length: 1000000000\r\n\r\n")).await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunked = server.answer(format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(5))).await;

    declared.is_error(413, TOO_LARGE);
    chunked.is_error(413, TOO_LARGE);
}

#[actix_web::test]
async fn a_slow_body_is_not_waited_for() {
    let app = TestApp::with("server.body_timeout_secs = 1").await;
    let server = wire::serve(app.service.clone());

    let reply = server.answer(format!("POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{\"login_id\":")).await;

    reply.is_error(408, "api.context.request_timeout.app_error");
}

#[actix_web::test]
async fn half_a_body_is_refused_or_the_connection_ends() {
    let app = TestApp::new().await;
    let server = wire::serve(app.service.clone());
    for body in [
        "Content-Length: 100\r\n\r\n{\"login_id\":",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"lo",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let reply = server.answer_to_half(format!("POST {LOGIN} HTTP/1.1\r\nHost: x\r\n{body}")).await;

        assert!(matches!(reply.status(), 0 | 400..=499), "{reply:?}");
    }
    server.answer(format!("GET {ME} HTTP/1.1\r\nHost: x\r\n\r\n")).await.is_error(401, EXPIRED);
}

/// CVE-2026-26233: what comes in one packet is counted one by one, costs no more checks than the limit, and holds up nobody.
#[actix_web::test]
async fn a_burst_of_sign_ins_in_one_packet_is_refused_and_holds_up_nobody() {
    let app = TestApp::with("limits = { enabled = true, sign_in_per_address_per_minute = 2 }").await;
    let ada = app.somebody("ada").await;
    let checks = app.passwords.checks();
    let server = wire::serve(app.service.clone());
    let sign_in = |name: usize| {
        let body = json!({ "login_id": format!("nobody{name}"), "password": "wrong" }).to_string();
        format!("POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let burst: String = (0..150).map(sign_in).collect();
    let me = format!("GET {ME} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", ada.token);

    let count = |heard: &str, status: &str| heard.matches(&format!("HTTP/1.1 {status}")).count();

    let is_whole = |heard: &[u8]| count(&String::from_utf8_lossy(heard), "") == 150;
    let (told, another) = tokio::join!(server.answer_until(&burst, is_whole), server.answer(&me));

    assert_eq!((count(&told.0, "401"), count(&told.0, "429"), another.status()), (2, 148, 200));
    assert_eq!(app.passwords.checks() - checks, 2, "what is refused costs no check");
    assert_eq!(server.answer(&me).await.status(), 200, "the service goes on");
}

#[actix_web::test]
async fn what_is_no_http_is_refused() {
    let app = TestApp::new().await;
    let server = wire::serve(app.service.clone());
    let line = format!("GET {ME} HTTP/1.1\r\nHost: x\r\n");
    for bytes in [
        b"nonsense\r\n\r\n".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        format!("{line}X-Odd: a\0b\r\n\r\n").into_bytes(),
        format!("{line}Content-Length: nonsense\r\n\r\n").into_bytes(),
        format!("{line}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes(),
        format!("{line}{}\r\n", "X-Many: 1\r\n".repeat(500)).into_bytes(),
        format!("{line}X-Large: {}\r\n\r\n", "l".repeat(200_000)).into_bytes(),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "p".repeat(100_000)).into_bytes(),
    ] {
        let reply = server.answer(&bytes).await;

        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert!((400..500).contains(&reply.status()), "{shown}: {reply:?}");
    }
    let large = server.answer(format!("{line}X-Large: {}\r\n\r\n", "l".repeat(17_000))).await;
    large.is_error(431, "api.context.headers_too_large.app_error");
}

#[actix_web::test]
async fn a_handler_that_panics_has_an_answer() {
    async fn panics() -> HttpResponse {
        panic!("on purpose")
    }
    let app = TestApp::new().await;
    let resource = web::resource("/panics").route(web::get().to(panics)).wrap(from_fn(pipeline::caught));
    let service = init_service(application::app(app.service.clone()).service(resource)).await;

    let response = call_service(&service, TestRequest::with_uri("/panics").to_request()).await;

    assert_eq!(response.status(), 500);
    assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
    let body: Value = read_body_json(response).await;
    assert_eq!((&body["id"], &body["detailed_error"]), (&json!("api.context.internal.app_error"), &json!("")));
    assert_eq!(app.get("/livez").send().await.status, 200, "the next one is served");
}

#[actix_web::test]
async fn a_store_that_fails_is_told_without_its_words() {
    let mut failing = None;
    let app = TestApp::on("", |_, ports| {
        let store = failing.insert(Arc::new(Failing::new(ports.store.clone()))).clone();
        Ports { store, ..ports }
    })
    .await;
    let failing = failing.unwrap();
    let ada = app.somebody("ada").await;
    let unknown = || app.post(USERS, &new_user("bob"));
    let patch = || app.put("/api/v4/users/me/patch", &json!({})).by(&ada);

    failing.fails(Failure::Away);
    assert_json_snapshot!(app.login("ada", PASSWORD).send().await.shown());
    app.get(ME).by(&ada).send().await.is_error(500, "api.context.invalid_token.error");
    app.get("/readyz").send().await.is_error(503, "app.system.not_ready.app_error");
    assert_eq!(app.get("/livez").send().await.status, 200);

    failing.fails(Failure::ReadOnly);
    unknown().send().await.is_error(503, "app.user.save.app_error");
    patch().send().await.is_error(503, "app.user.update.finding.app_error");
    assert_eq!(app.ask("POST", "/api/v4/users/logout").by(&ada).send().await.status, 503);
    assert_eq!(app.get(ME).by(&ada).send().await.status, 200, "what can be read is read");

    failing.fails(Failure::Corrupt);
    let corrupt = app.login("ada", PASSWORD).send().await;
    corrupt.is_error(500, "app.session.save.app_error");
    assert!(!corrupt.text().contains("nonsense") && corrupt.header("retry-after").is_none());

    failing.fails(Failure::None);
    assert_eq!(patch().send().await.status, 200, "it goes on by itself");
}
