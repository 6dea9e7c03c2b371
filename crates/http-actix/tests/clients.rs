//! What clients that are out there do, and need.

#[path = "support/app.rs"]
mod app;

use app::{MISSING, PASSWORD, TestApp, new_user};
use serde_json::json;

const ME: &str = "/api/v4/users/me";
const NOWHERE: &str = "api.context.404.app_error";

/// How the command-line client asks: its scheme in capitals, an empty tag, and no word of the body's type.
fn mmctl<'a>(ask: app::ask::Ask<'a>, token: &str) -> app::ask::Ask<'a> {
    ask.header("authorization", format!("BEARER {token}")).header("if-none-match", "").header("user-agent", "mmctl/11.6.0 (linux)")
}

#[actix_web::test]
async fn the_command_line_client_signs_in() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    assert_eq!(app.get("/").send().await.status, 200, "it looks whether there is an instance");
    let token = app.login("ada", PASSWORD).header("if-none-match", "").send().await.header("token").unwrap().to_owned();

    let reply = mmctl(app.get(ME), &token).send().await;

    assert_eq!((reply.status, &reply.json()["username"]), (200, &json!("ada")));
    let version: Vec<_> = reply.header("x-version-id").unwrap().split('.').collect();
    assert!(version.len() >= 3 && version[..3].iter().all(|part| part.parse::<u32>().is_ok()), "{version:?}");
}

#[actix_web::test]
async fn the_version_is_told_with_every_answer_and_changes_with_the_settings() {
    let (app, other) = (TestApp::new().await, TestApp::with("passwords.minimum_length = 10").await);
    let version = async |app: &TestApp, path: &str| app.get(path).send().await.header("x-version-id").unwrap().to_owned();

    let first = version(&app, "/").await;

    assert_eq!(version(&app, ME).await, first);
    assert_eq!(version(&app, "/nowhere").await, first);
    assert_ne!(version(&other, "/").await, first);
    assert_eq!(first.rsplit('.').next(), Some("false"));
}

#[actix_web::test]
async fn the_command_line_client_finds_an_account_by_whatever_it_is_given() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for (path, id) in [
        ("/api/v4/users/email/nobody@example.test", MISSING),
        ("/api/v4/users/username/user@example.com", NOWHERE),
        ("/api/v4/users/user@example.com", NOWHERE),
        ("/api/v4/users/username/user+tag@example.com", NOWHERE),
        ("/api/v4/users/a%2Fb", NOWHERE),
    ] {
        mmctl(app.get(path), &ada.token).send().await.is_error(404, id);
    }
    mmctl(app.get("/api/v4/users/nobody"), &ada.token).send().await.is_error(400, app::URL_PARAM);
}

#[actix_web::test]
async fn addresses_in_a_path_are_read_as_clients_write_them() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for (email, paths) in [
        (
            "user+tag@example.test",
            &["user+tag@example.test", "user%2Btag%40example.test", "USER+TAG@example.test", "user+tag%40example%2Etest"][..],
        ),
        ("a/b@example.test", &["a/b@example.test", "a%2Fb@example.test", "a%2fb@example.test"]),
        ("a%b@example.test", &["a%25b@example.test"]),
        ("a%2fb@example.test", &["a%252fb@example.test"]),
        ("a'b=c@example.test", &["a'b=c@example.test", "a%27b%3Dc@example.test"]),
        ("jürgen@exämple.test", &["j%C3%BCrgen@ex%C3%A4mple.test"]),
        ("a?b@example.test", &["a%3Fb@example.test"]),
    ] {
        let body = json!({ "username": "", "email": email, "password": PASSWORD });
        assert_eq!(app.post("/api/v4/users", &body).send().await.status, 201, "{email}");
        for path in paths {
            let reply = app.get(&format!("/api/v4/users/email/{path}")).by(&ada).send().await;

            assert_eq!((reply.status, &reply.json()["email"]), (200, &json!(email)), "{path}");
        }
    }
}

#[actix_web::test]
async fn bodies_are_read_whatever_type_they_claim() {
    let app = TestApp::new().await;
    for (name, kind) in [("ada", None), ("bob", Some("text/plain")), ("cy", Some("application/x-www-form-urlencoded")), ("dee", Some(""))] {
        let mut ask = app.post("/api/v4/users", &new_user(name));
        if let Some(kind) = kind {
            ask = ask.header("content-type", kind);
        }

        let reply = ask.send().await;

        assert_eq!(reply.status, 201, "{kind:?}");
    }
}

#[actix_web::test]
async fn the_python_driver_sends_a_body_with_everything() {
    let app = TestApp::with("compat.reference_status_codes = true").await;
    app.post("/api/v4/users", &new_user("ada")).send().await;
    let body = json!({ "login_id": "ada", "password": PASSWORD, "token": null });
    let reply = app.post("/api/v4/users/login", &body).header("content-type", "application/json").send().await;
    let token = reply.header("token").unwrap();

    let me = app.get(ME).bearer(token).body("{}").header("content-type", "application/json").send().await;

    assert_eq!((reply.status, me.status, &me.json()["username"]), (200, 200, &json!("ada")), "it takes the token of a 200 alone");
    let refused = app.login("ada", "wrong").send().await;
    assert_eq!(refused.json()["status_code"], 401, "it reads the status in the body");
}

#[actix_web::test]
async fn the_browser_client_sends_blank_parameters_and_proves_itself() {
    let app = TestApp::new().await;
    let id = app.post("/api/v4/users?t=&iid=&r=", &new_user("ada")).scripted().send().await.json()["id"].clone();
    let body = json!({ "login_id": "ada", "password": PASSWORD, "token": "", "deviceId": "" });
    let reply = app.post("/api/v4/users/login", &body).scripted().header("content-type", "application/json").send().await;
    let (token, csrf) = (reply.cookie_value("MMAUTHTOKEN"), reply.cookie_value("MMCSRF"));
    let browser = async |ask: app::ask::Ask<'_>| ask.cookie(&token).bearer(&token).header("x-csrf-token", &csrf).scripted().send().await;

    let found = browser(app.post("/api/v4/users/ids?since=", &json!([id]))).await;

    assert_eq!(found.json()[0]["username"], "ada");
    assert_eq!(browser(app.put("/api/v4/users/me/patch", &json!({ "nickname": "Countess" }))).await.status, 200);
    for path in [
        "/api/v4/config/client?format=old",
        "/api/v4/license/client?format=old",
        "/api/v4/system/ping?get_server_status=&use_rest_semantics=true",
    ] {
        assert_eq!(browser(app.get(path)).await.status, 200, "{path}");
    }
    assert_eq!(browser(app.post("/api/v4/users/logout", &json!({}))).await.json(), json!({ "status": "OK" }));
}

#[actix_web::test]
async fn odd_user_agents_and_languages_are_taken() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for odd in [&b""[..], b"\xff\xfe", b"Mozilla/5.0 (;;;(((", &[b'x'; 10_000], "Лавлейс 🚀".as_bytes()] {
        let reply = app.login("ada", PASSWORD).header("user-agent", odd).header("accept-language", odd).send().await;

        let expected = if odd.len() * 2 > 16 * 1024 { 431 } else { 201 };
        assert_eq!(reply.status, expected, "{}", String::from_utf8_lossy(odd));
    }
}
