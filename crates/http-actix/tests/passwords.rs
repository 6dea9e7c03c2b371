//! Passwords, links in mails and confirmed addresses, over the wire.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use app::{BODY_PARAM, EXPIRED, FORBIDDEN, MISSING, PASSWORD, TestApp};
use muster_domain::mail::MailKind;
use muster_domain::role::Roles;
use muster_domain::testkit::fixture;
use serde_json::json;

const NEW: &str = "An0ther!pass";
const CONTEXT: &str = "api.user.update_password.context.app_error";
const BAD_LINK: &str = "api.user.verify_email.bad_link.app_error";

async fn mailing() -> TestApp {
    TestApp::mailing("").await
}

/// The token of the newest link in a mail of a kind.
async fn link(app: &TestApp, kind: MailKind) -> String {
    let letters = app.letters().await;
    letters.iter().rev().find(|letter| letter.kind == kind).unwrap().token.as_ref().unwrap().expose().to_owned()
}

fn change(current: &str, new: &str) -> serde_json::Value {
    json!({ "current_password": current, "new_password": new })
}

#[actix_web::test]
async fn a_password_is_changed_and_reset() {
    let app = mailing().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let other = app.sign_in("bob").await;

    let path = format!("/api/v4/users/{}/password", bob.id);
    let changed = app.put(&path, &change(PASSWORD, NEW)).by(&bob).send().await;
    assert_eq!((changed.status, changed.text()), (200, "{\"status\":\"OK\"}"));
    app.get("/api/v4/users/me").bearer(&other).send().await.is_error(401, EXPIRED);
    assert_eq!(app.get("/api/v4/users/me").by(&bob).send().await.status, 200);

    for (by, wanted, status, id) in [
        (&bob, change("", NEW), 400, BODY_PARAM),
        (&bob, change("nope", NEW), 400, "api.user.update_password.incorrect.app_error"),
        (&bob, change(NEW, "short"), 400, "model.user.is_valid.pwd_min_length.app_error"),
        (&bob, json!({ "new_password": "x", "already_hashed": "true" }), 401, "api.user.update_password.user_and_hashed.app_error"),
        (&ada, json!({ "new_password": "x", "already_hashed": "true" }), 400, "api.user.update_password.password_hash.app_error"),
    ] {
        app.put(&path, &wanted).by(by).send().await.is_error(status, id);
    }
    app.put(&format!("/api/v4/users/{}/password", ada.id), &change(PASSWORD, NEW)).by(&bob).send().await.is_error(403, CONTEXT);
    app.put(&path, &change(PASSWORD, NEW)).send().await.is_error(401, EXPIRED);

    let sent = app.post("/api/v4/users/password/reset/send", &json!({ "email": "Bob@Example.test" })).send().await;
    assert_eq!((sent.status, sent.text()), (200, "{\"status\":\"OK\"}"));
    let token = link(&app, MailKind::Reset).await;
    let reset = json!({ "code": token, "new_password": "Th1rd!password" });
    assert_eq!(app.post("/api/v4/users/password/reset", &reset).send().await.status, 200);
    app.get("/api/v4/users/me").by(&bob).send().await.is_error(401, EXPIRED);
    assert_eq!(app.login("bob", "Th1rd!password").send().await.status, 201);
    let again = app.post("/api/v4/users/password/reset", &reset).send().await;
    again.is_error(400, "api.user.reset_password.invalid_link.app_error");
}

#[actix_web::test]
async fn a_reset_says_what_is_wrong_with_its_link() {
    let app = mailing().await;
    app.somebody("ada").await;
    app.post("/api/v4/users/email/verify/send", &json!({ "email": "ada" })).send().await;
    let verification = link(&app, MailKind::Verification).await;
    for (token, id) in [
        (String::new(), BODY_PARAM),
        ("x".repeat(63), BODY_PARAM),
        ("x".repeat(64), "api.user.reset_password.invalid_link.app_error"),
        (verification, "api.user.reset_password.broken_token.app_error"),
    ] {
        app.post("/api/v4/users/password/reset", &json!({ "token": token, "new_password": NEW })).send().await.is_error(400, id);
    }
}

#[actix_web::test]
async fn who_asks_for_mail_learns_nothing() {
    let app = mailing().await;
    app.somebody("ada").await;
    for path in ["/api/v4/users/password/reset/send", "/api/v4/users/email/verify/send"] {
        let replies = [app.post(path, &json!({ "email": "ada@example.test" })), app.post(path, &json!({ "email": "nobody@example.test" }))];
        for reply in replies {
            let reply = reply.send().await;
            assert_eq!((reply.status, reply.text()), (200, "{\"status\":\"OK\"}"));
        }
        app.post(path, &json!({})).send().await.is_error(400, BODY_PARAM);
        app.post(path, &json!({ "email": 5 })).send().await.is_error(400, BODY_PARAM);
    }
}

#[actix_web::test]
async fn what_needs_mail_says_so_where_there_is_none() {
    let app = TestApp::new().await;
    app.somebody("ada").await;
    for email in ["ada@example.test", "nobody@example.test"] {
        let sent = app.post("/api/v4/users/password/reset/send", &json!({ "email": email })).send().await;
        sent.is_error(501, "api.user.send_password_reset.send.app_error");
    }
}

#[actix_web::test]
async fn too_many_mails_are_refused() {
    let app = TestApp::mailing("limits.enabled = true\nlimits.mail_per_recipient_per_hour = 1").await;
    for email in ["nobody@example.test", "ada@example.test"] {
        let ask = || app.post("/api/v4/users/password/reset/send", &json!({ "email": email }));
        assert_eq!(ask().send().await.status, 200);
        let refused = ask().send().await;
        refused.is_error(429, "api.context.rate_limit.app_error");
        assert!(refused.header("retry-after").is_some());
    }
}

#[actix_web::test]
async fn an_address_is_confirmed_by_a_link_or_by_an_admin() {
    let app = mailing().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    app.post("/api/v4/users/email/verify/send", &json!({ "email": "bob@example.test" })).send().await;
    let token = link(&app, MailKind::Verification).await;

    app.post("/api/v4/users/email/verify", &json!({ "token": "short" })).send().await.is_error(400, BODY_PARAM);
    app.post("/api/v4/users/email/verify", &json!({ "token": "x".repeat(64) })).send().await.is_error(400, BAD_LINK);
    assert_eq!(app.post("/api/v4/users/email/verify", &json!({ "token": token })).send().await.text(), "{\"status\":\"OK\"}");
    app.post("/api/v4/users/email/verify", &json!({ "token": token })).send().await.is_error(400, BAD_LINK);
    assert_eq!(app.get("/api/v4/users/me").by(&bob).send().await.json()["email_verified"], json!(true));

    let member = |id: &str| format!("/api/v4/users/{id}/email/verify/member");
    app.post(&member(&ada.id), &json!({})).by(&bob).send().await.is_error(403, FORBIDDEN);
    app.post(&member(&"a".repeat(26)), &json!({})).by(&ada).send().await.is_error(404, MISSING);
    let confirmed = app.post(&member(&ada.id), &json!({})).by(&ada).send().await;
    assert_eq!((confirmed.status, &confirmed.json()["username"]), (200, &json!("ada")));
    assert_eq!(app.get("/api/v4/users/me").by(&ada).send().await.json()["email_verified"], json!(true));
}

#[actix_web::test]
async fn a_change_of_address_is_taken_back_from_the_former_one() {
    let app = mailing().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    app.post(&format!("/api/v4/users/{}/email/verify/member", bob.id), &json!({})).by(&ada).send().await;
    let moved = json!({ "email": "eve@example.test", "password": PASSWORD });
    assert_eq!(app.put(&format!("/api/v4/users/{}/patch", bob.id), &moved).by(&bob).send().await.status, 200);
    let token = link(&app, MailKind::EmailLeft).await;

    assert_eq!(app.post("/api/v4/users/email/undo", &json!({ "token": token })).send().await.status, 200);

    app.post("/api/v4/users/email/undo", &json!({ "token": token })).send().await.is_error(400, BAD_LINK);
    app.get("/api/v4/users/me").by(&bob).send().await.is_error(401, EXPIRED);
    let again = app.sign_in("bob").await;
    let seen = app.get("/api/v4/users/me").bearer(&again).send().await.json();
    assert_eq!((&seen["email"], &seen["email_verified"]), (&json!("bob@example.test"), &json!(true)));
}

#[actix_web::test]
async fn the_page_behind_the_link_asks_first() {
    let app = mailing().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    app.post(&format!("/api/v4/users/{}/email/verify/member", bob.id), &json!({})).by(&ada).send().await;
    let moved = json!({ "email": "eve@example.test", "password": PASSWORD });
    app.put(&format!("/api/v4/users/{}/patch", bob.id), &moved).by(&bob).send().await;
    let page = format!("/undo_email_change?token={}", link(&app, MailKind::EmailLeft).await);

    let asked = app.get(&page).send().await;
    assert_eq!((asked.status, asked.header("cache-control")), (200, Some("no-store")));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    assert_eq!(asked.header("content-security-policy"), Some(policy));
    assert!(asked.text().contains("<form method=\"post\">"));
    assert_eq!(app.get("/api/v4/users/me").by(&bob).send().await.json()["email"], json!("eve@example.test"));

    let done = app.ask("POST", &page).cookie(&bob.token).send().await;
    assert!(done.status == 200 && done.text().contains("former address again"));
    let again = app.ask("POST", &page).send().await;
    assert_eq!((again.status, again.header("content-type")), (400, Some("text/html; charset=utf-8")));
    assert!(again.text().contains("<h1>Change of address</h1>"), "people read it");
}

#[actix_web::test]
async fn nothing_that_a_link_carries_lies_in_the_store() {
    let app = mailing().await;
    app.somebody("ada").await;
    app.post("/api/v4/users/password/reset/send", &json!({ "email": "ada@example.test" })).send().await;
    app.post("/api/v4/users/email/verify/send", &json!({ "email": "ada@example.test" })).send().await;
    for letter in app.letters().await {
        assert!(!app.keeps(letter.token.unwrap().expose()));
    }
}

#[actix_web::test]
async fn a_guest_signs_in_by_a_link_in_a_mail() {
    let app =
        TestApp::mailing("[accounts]\nguest_magic_links = true\n[mail]\nsmtp_host = \"127.0.0.1\"\nfrom = \"crew@example.test\"\n").await;
    let ada = app.somebody("ada").await;
    let guest = app.insert("gia", |user| (user.roles, user.identity) = (Roles::guest(), fixture::identity("magic_link", "g"))).await;
    let kind = async |login: &str| app.post("/api/v4/users/login/type", &json!({ "login_id": login })).send().await;
    assert_eq!(kind("ada").await.json(), json!({ "auth_service": "" }));
    let told = kind("GIA@example.test").await;
    assert_eq!((told.status, told.json()), (200, json!({ "auth_service": "magic_link" })));
    let show = json!({ "magic_link_token": link(&app, MailKind::MagicLink).await, "login_id": "ada", "password": PASSWORD });

    let entered = app.post("/api/v4/users/login", &show).send().await;

    assert_eq!((entered.status, &entered.json()["username"], entered.header("cache-control")), (201, &json!("gia"), Some("no-store")));
    let me = app.get("/api/v4/users/me").bearer(entered.header("token").unwrap()).send().await;
    assert_eq!(me.json()["id"], json!(guest.id.as_str()));
    let invalid = "api.user.login.invalid_credentials_email_username";
    app.post("/api/v4/users/login", &show).send().await.is_error(401, invalid);
    app.post("/api/v4/users/login", &json!({ "magic_link_token": "x".repeat(64) })).send().await.is_error(401, invalid);
    let config = app.get("/api/v4/config/client").by(&ada).send().await.json();
    for key in ["EnableGuestMagicLink", "PasswordEnableForgotLink", "SendEmailNotifications", "EnableMultifactorAuthentication"] {
        assert_eq!(config[key], json!("true"), "{key}");
    }
    assert_eq!([&config["EnforceMultifactorAuthentication"], &config["RequireEmailVerification"]], [&json!("false"), &json!("false")]);
}
