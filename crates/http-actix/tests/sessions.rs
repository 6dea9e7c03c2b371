//! Signing in and out, and what carries a session.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use std::time::Duration;

use app::{EXPIRED, PASSWORD, Somebody, TestApp};
use insta::assert_json_snapshot;
use muster_domain::testkit::fixture;
use muster_domain::time::Timestamp;
use serde_json::{Value, json};

const ME: &str = "/api/v4/users/me";
const LOGIN: &str = "/api/v4/users/login";
const LOGOUT: &str = "/api/v4/users/logout";
const INVALID: &str = "api.user.login.invalid_credentials_email_username";
const BLANK: &str = "api.user.login.blank_pwd.app_error";
const LOCKED: &str = "api.user.check_user_login_attempts.too_many.app_error";
const PATCH: &str = "/api/v4/users/me/patch";

/// Signs somebody in as a browser does; gives him the token, and the value that proves his requests.
async fn in_browser(app: &TestApp, name: &str) -> (Somebody, String) {
    let id = app.sign_up(name).await["id"].as_str().unwrap().to_owned();
    let reply = app.login(name, PASSWORD).scripted().send().await;
    let (token, csrf) = (reply.cookie_value("MMAUTHTOKEN"), reply.cookie_value("MMCSRF"));
    (Somebody { id, token, name: name.to_owned() }, csrf)
}

#[actix_web::test]
async fn who_shows_his_password_is_let_in() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;

    let reply = app.login("ada", PASSWORD).send().await;

    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn an_account_is_named_in_every_way() {
    let app = TestApp::new().await;
    let id = app.sign_up("ada").await["id"].clone();
    for name in ["ada", "ADA", "ada@example.test", "Ada@Example.Test"] {
        assert_eq!(app.login(name, PASSWORD).send().await.status, 201, "{name}");
    }
    for body in [
        json!({ "id": id, "password": PASSWORD }),
        json!({ "id": id, "login_id": "somebody else", "password": PASSWORD }),
        json!({ "login_id": "ada", "password": PASSWORD, "token": null, "ldap_only": true, "deviceId": "", "device_id": 5 }),
    ] {
        assert_eq!(app.post(LOGIN, &body).send().await.status, 201, "{body}");
    }
}

#[actix_web::test]
async fn a_body_that_says_nothing_lets_nobody_in() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for body in
        ["", "{", "[]", "null", "5", "{\"login_id\":\"ada\"}", "{\"login_id\":\"ada\",\"password\":5}", "{\"Password\":\"Passw0rd!x\"}"]
    {
        app.ask("POST", LOGIN).body(body).send().await.is_error(400, BLANK);
    }
    for body in [
        json!({ "password": PASSWORD }),
        json!({ "login_id": ["ada"], "password": PASSWORD }),
        json!({ "login_id": "ada\u{0}", "password": PASSWORD }),
        json!({ "login_id": "ada".repeat(100), "password": PASSWORD }),
        json!({ "id": "ada", "password": PASSWORD }),
        json!({ "login_id": "ada", "password": "Passw0rd!" }),
        json!({ "login_id": "ada", "password": " Passw0rd!x" }),
        json!({ "login_id": "ada", "password": PASSWORD, "magic_link_token": "link" }),
    ] {
        app.post(LOGIN, &body).send().await.is_error(401, INVALID);
    }
}

#[actix_web::test]
async fn clients_of_the_reference_may_be_answered_200() {
    let app = TestApp::with("compat.reference_status_codes = true").await;
    app.sign_up("ada").await;

    let reply = app.login("ada", PASSWORD).send().await;

    assert_eq!(reply.status, 200);
    let left = app.ask("POST", LOGOUT).bearer(reply.header("token").unwrap()).send().await;
    assert_eq!((left.status, left.json()), (200, json!({ "status": "OK" })));
}

#[actix_web::test]
async fn a_script_gets_cookies_too() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;

    let reply = app.login("ada", PASSWORD).scripted().send().await;

    assert_json_snapshot!(reply.all("set-cookie"));
    assert_eq!(Some(reply.cookie_value("MMAUTHTOKEN").as_str()), reply.header("token"));
    assert_eq!(json!(reply.cookie_value("MMUSERID")), reply.json()["id"]);
    assert_eq!(app.login("ada", PASSWORD).header("x-requested-with", "xmlhttprequest").send().await.cookie("MMAUTHTOKEN"), None);
}

#[actix_web::test]
async fn cookies_follow_the_address_of_the_site() {
    let app = TestApp::with("server.site_url = \"https://example.test/chat/\"\ncookies.same_site = \"none\"").await;
    app.sign_up("ada").await;

    let reply = app.login("ada", PASSWORD).scripted().send().await;

    for name in ["MMAUTHTOKEN", "MMUSERID", "MMCSRF"] {
        let cookie = reply.cookie(name).unwrap();
        assert!(cookie.contains("; Path=/chat;") && cookie.contains("; Secure") && cookie.contains("; SameSite=None"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[actix_web::test]
async fn cookies_are_secure_where_a_trusted_proxy_speaks_https() {
    let app = TestApp::with("server.trusted_proxies = [\"192.0.2.0/24\"]").await;
    app.sign_up("ada").await;

    let trusted = app.login("ada", PASSWORD).scripted().header("x-forwarded-proto", "https").send().await;
    let stranger = app.login("ada", PASSWORD).scripted().header("x-forwarded-proto", "https").from("198.51.100.1").send().await;

    assert!(trusted.cookie("MMAUTHTOKEN").unwrap().contains("; Secure"));
    assert!(!stranger.cookie("MMAUTHTOKEN").unwrap().contains("Secure"));
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_takes_its_cookies_back() {
    let app = TestApp::new().await;
    let (ada, csrf) = in_browser(&app, "ada").await;

    let reply = app.ask("POST", LOGOUT).cookie(&ada.token).header("x-csrf-token", &csrf).send().await;

    assert_json_snapshot!(reply.shown());
    app.get(ME).by(&ada).send().await.is_error(401, EXPIRED);
    assert_eq!(app.ask("POST", LOGOUT).by(&ada).send().await.status, 201, "who is out already is told the same");
    assert_eq!(app.ask("POST", LOGOUT).send().await.status, 201);
}

#[actix_web::test]
async fn a_dead_token_is_taken_back_where_a_session_is_needed() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;

    let reply = app.get(ME).cookie("dead").send().await;

    assert_json_snapshot!(reply.shown());
    let open = app.login("ada", PASSWORD).cookie("dead").send().await;
    assert_eq!((open.status, open.cookie("MMAUTHTOKEN")), (201, None));
    let bare = app.get(ME).bearer("dead").send().await;
    assert!(bare.cookie("MMAUTHTOKEN").unwrap().contains("Max-Age=0"), "wherever it was shown");
    assert_eq!(app.get(ME).send().await.cookie("MMAUTHTOKEN"), None);
}

#[actix_web::test]
async fn the_first_place_that_has_a_token_counts() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let name = async |ask: app::ask::Ask<'_>| ask.send().await.json()["username"].clone();

    assert_eq!(name(app.get(ME).cookie(&ada.token).by(&bob)).await, "ada");
    assert_eq!(name(app.get(&format!("{ME}?access_token={}", ada.token)).by(&bob)).await, "bob");
    app.get(ME).cookie("").by(&bob).send().await.is_error(401, EXPIRED);
    for scheme in ["Bearer ", "BEARER ", "bearer ", "Bearer:", "token ", "Token ", "TOKEN "] {
        assert_eq!(name(app.get(ME).header("authorization", format!("{scheme}{}", ada.token))).await, "ada", "{scheme}");
    }
    for other in ["Basic ", "Bearer", "", "Bearer  ", "tokens "] {
        app.get(ME).header("authorization", format!("{other}{}", ada.token)).send().await.is_error(401, EXPIRED);
    }
    app.get(ME).header("authorization", b"Bearer \xff\xfe").send().await.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn cookies_of_other_programs_hide_nobody() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for cookies in [b"odd; =x; a=%ff; ".to_vec(), b"caf\xe9=cr\xe8me; ".to_vec()] {
        let cookies = [cookies, format!("MMAUTHTOKEN={}; z", ada.token).into_bytes()].concat();

        let reply = app.get(ME).header("cookie", &cookies).send().await;

        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&cookies));
    }
}

#[actix_web::test]
async fn a_session_does_not_travel_in_an_address() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let path = |path: &str| format!("{path}?access_token={}", ada.token);

    let reply = app.get(&path(ME)).send().await;

    reply.is_error(401, "api.context.token_provided.app_error");
    app.ask("POST", &path(LOGOUT)).send().await.is_error(401, "api.context.token_provided.app_error");
    app.get(&format!("{ME}?access_token=dead")).send().await.is_error(401, EXPIRED);
    app.get(&format!("{ME}?access_token=")).send().await.is_error(401, EXPIRED);
    assert_eq!(app.get(ME).by(&ada).send().await.status, 200, "it goes on where it belongs");
}

#[actix_web::test]
async fn a_token_is_looked_at_for_50_bytes() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for odd in [format!("{}{}", ada.token, "x".repeat(10_000)), "é".repeat(60), "x".repeat(49) + "é"] {
        app.get(ME).cookie(&odd).send().await.is_error(401, EXPIRED);
        app.get(ME).header("authorization", format!("Bearer {odd}")).send().await.is_error(401, EXPIRED);
    }
}

#[actix_web::test]
async fn a_cookie_alone_changes_nothing() {
    let app = TestApp::new().await;
    let (ada, csrf) = in_browser(&app, "ada").await;
    let (_, others) = in_browser(&app, "bob").await;
    let ask = || app.put(PATCH, &json!({ "nickname": "Countess" })).cookie(&ada.token);

    let bare = ask().send().await;

    bare.is_error(401, EXPIRED);
    assert!(bare.cookie("MMAUTHTOKEN").unwrap().contains("Max-Age=0"));
    for wrong in ["", "x", &csrf[1..], &others, &ada.token] {
        ask().header("x-csrf-token", wrong).send().await.is_error(401, EXPIRED);
    }
    ask().header("x-requested-with", "xmlhttprequest").send().await.is_error(401, EXPIRED);
    assert_eq!(ask().header("x-csrf-token", &csrf).send().await.status, 200);
    assert_eq!(ask().scripted().send().await.status, 200);
    assert_eq!(app.put(PATCH, &json!({})).by(&ada).send().await.status, 200, "a program has nothing to prove");
}

#[actix_web::test]
async fn open_operations_are_not_forged_either() {
    let app = TestApp::new().await;
    let (ada, _) = in_browser(&app, "ada").await;
    for (path, body) in [
        (LOGOUT, json!({})),
        (LOGIN, json!({ "login_id": "ada", "password": PASSWORD })),
        ("/api/v4/users", app::new_user("cy")),
        ("/api/v4/users/mfa", json!({ "login_id": "ada" })),
    ] {
        app.post(path, &body).cookie(&ada.token).send().await.is_error(401, EXPIRED);
    }
    assert_eq!(app.get(ME).cookie(&ada.token).send().await.status, 200);
}

#[actix_web::test]
async fn a_session_ends_with_its_time_and_with_its_account() {
    let app = TestApp::with("sessions.web_hours = 2\nsessions.extend_with_activity = false").await;
    let ada = app.somebody("ada").await;
    app.clock.advance(Duration::from_secs(2 * 3600 - 1));
    assert_eq!(app.get(ME).by(&ada).send().await.status, 200);
    app.clock.advance(Duration::from_secs(1));

    let reply = app.get(ME).by(&ada).send().await;

    reply.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn every_refusal_costs_one_check_and_tells_no_more_than_it_must() {
    let app = TestApp::with("accounts.max_failed_sign_ins = 2").await;
    app.sign_up("ada").await;
    app.sign_up("bob").await;
    app.insert("gone", |user| user.deleted_at = Timestamp::from_millis(1)).await;
    app.insert("sso", |user| user.identity = fixture::identity("saml", "sso@provider")).await;
    app.insert("away", |user| user.remote_id = Some("remote".into())).await;
    app.insert("robot", |user| user.bot = Some(muster_domain::user::Bot::default())).await;
    app.insert("careful", |user| user.has_second_factor = true).await;
    for _ in 0..2 {
        app.login("bob", "wrong").send().await;
    }
    for (name, password, id) in [
        ("nobody", PASSWORD, INVALID),
        ("ada", "wrong", INVALID),
        ("bob", PASSWORD, LOCKED),
        ("bob", "wrong", LOCKED),
        ("sso", PASSWORD, INVALID),
        ("gone", "wrong", INVALID),
        ("gone", PASSWORD, "api.user.login.inactive.app_error"),
        ("away", PASSWORD, "api.user.login.remote_users.login.error"),
        ("robot", PASSWORD, "api.user.login.bot_login_forbidden.app_error"),
        ("careful", PASSWORD, "mfa.validate_token.authenticate.app_error"),
    ] {
        let before = app.passwords.checks();

        let reply = app.login(name, password).send().await;

        reply.is_error(401, id);
        assert_eq!(app.passwords.checks() - before, 1, "{name}");
    }
}

#[actix_web::test]
async fn the_eleventh_try_is_locked_out_until_a_minute_is_over() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    for _ in 0..10 {
        app.login("ada", "wrong").send().await.is_error(401, INVALID);
    }

    let right = app.login("ada", PASSWORD).send().await;

    assert_json_snapshot!(right.shown());
    app.clock.advance(Duration::from_mins(1));
    let back = app.login("ada@example.test", PASSWORD).send().await;
    assert_eq!((back.status, &back.json()["failed_attempts"]), (201, &json!(10)));
    assert_eq!(app.login("ada", "wrong").send().await.told().0, 401);
    assert_eq!(app.login("ada", PASSWORD).send().await.json()["failed_attempts"], 1);
}

#[actix_web::test]
async fn a_service_that_hashes_too_much_says_when_to_come_back() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    *app.passwords.is_busy.lock().unwrap() = true;

    let reply = app.login("ada", PASSWORD).send().await;

    assert_json_snapshot!(reply.shown());
    *app.passwords.is_busy.lock().unwrap() = false;
    assert_eq!(app.login("ada", PASSWORD).send().await.json().get("failed_attempts"), None, "nobody looked at the password");
}

#[actix_web::test]
async fn the_session_with_the_least_use_gives_way() {
    let app = TestApp::with("accounts.sessions_per_user = 2").await;
    let ada = app.somebody("ada").await;
    let mut later = Vec::new();
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(1));
        later.push(app.sign_in("ada").await);
    }

    let first = app.get(ME).by(&ada).send().await;

    first.is_error(401, EXPIRED);
    for token in later {
        assert_eq!(app.get(ME).bearer(&token).send().await.status, 200);
    }
}

#[actix_web::test]
async fn a_device_has_one_session() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let body = json!({ "login_id": "ada", "password": PASSWORD, "device_id": "android_rn:abc" });
    let first = app.post(LOGIN, &body).send().await;
    let second = app.post(LOGIN, &body).send().await;

    let reply = app.get(ME).bearer(first.header("token").unwrap()).send().await;

    reply.is_error(401, EXPIRED);
    assert_eq!(app.get(ME).bearer(second.header("token").unwrap()).send().await.status, 200);
}

#[actix_web::test]
async fn it_is_told_whether_a_second_factor_is_asked_for() {
    let app = TestApp::new().await;
    app.insert("careful", |user| user.has_second_factor = true).await;
    app.sign_up("ada").await;
    let asked = async |login: Value| app.post("/api/v4/users/mfa", &json!({ "login_id": login })).send().await;

    for (login, is_asked_for) in [("careful", true), ("careful@example.test", true), ("ada", false), ("nobody", false)] {
        assert_eq!(asked(json!(login)).await.json(), json!({ "mfa_required": is_asked_for }), "{login}");
    }
    asked(json!("")).await.is_error(400, app::BODY_PARAM);
    let silent = TestApp::with("accounts.reveal_mfa = false").await;
    assert_eq!(silent.post("/api/v4/users/mfa", &json!({ "login_id": "ada" })).send().await.json(), json!({ "mfa_required": true }));
}
