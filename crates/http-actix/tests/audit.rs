//! What is written down of what happened.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use app::{PASSWORD, TestApp, new_user};
use muster_domain::audit::RecordedAudit;
use muster_domain::testkit::fixture;
use muster_domain::time::Timestamp;
use serde_json::json;

const ME: &str = "/api/v4/users/me";
const PATCH: &str = "/api/v4/users/me/patch";
const LOGIN: &str = "/api/v4/users/login";
const LOGOUT: &str = "/api/v4/users/logout";
const USERS: &str = "/api/v4/users";

async fn latest(app: &TestApp) -> RecordedAudit {
    app.store().read().await.unwrap().audits().latest(1).await.unwrap().remove(0)
}

/// The entries that a request leaves, by operation, outcome and reason.
async fn left(app: &TestApp, ask: app::ask::Ask<'_>) -> Vec<String> {
    let before = app.audit().await.len();
    ask.send().await;
    app.audit().await.split_off(before)
}

#[actix_web::test]
async fn looking_is_not_written_down() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for path in [ME, "/api/v4/users/username/ada", "/api/v4/users/email/ada@example.test", "/api/v4/users/username/nobody"] {
        assert_eq!(left(&app, app.get(path).by(&ada)).await, Vec::<String>::new(), "{path}");
    }
    assert_eq!(left(&app, app.post("/api/v4/users/ids", &json!([ada.id])).by(&ada)).await, Vec::<String>::new());
    assert_eq!(left(&app, app.get(ME)).await, Vec::<String>::new(), "who shows nothing was refused no credential");
}

#[actix_web::test]
async fn a_change_that_fails_is_not_written_down() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;

    let entries = left(&app, app.put(PATCH, &json!({ "username": "a b" })).by(&ada)).await;

    assert_eq!(entries, Vec::<String>::new());
    assert_eq!(left(&app, app.post(USERS, &new_user("ada"))).await, Vec::<String>::new());
    assert_eq!(left(&app, app.ask("POST", LOGOUT)).await, Vec::<String>::new());
}

#[actix_web::test]
async fn every_refused_sign_in_is_written_down() {
    let app = TestApp::with("accounts.max_failed_sign_ins = 1").await;
    app.sign_up("ada").await;
    app.insert("gone", |user| user.deleted_at = Timestamp::from_millis(1)).await;
    app.insert("sso", |user| user.identity = fixture::identity("saml", "sso@provider")).await;
    app.insert("away", |user| user.remote_id = Some("remote".into())).await;
    app.insert("robot", |user| user.bot = Some(muster_domain::user::Bot::default())).await;
    app.insert("careful", |user| user.has_second_factor = true).await;
    for (name, password, reason) in [
        ("nobody", PASSWORD, "invalid"),
        ("ada", "wrong", "invalid"),
        ("ada", PASSWORD, "locked"),
        ("sso", PASSWORD, "invalid"),
        ("gone", PASSWORD, "inactive"),
        ("away", PASSWORD, "remote"),
        ("robot", PASSWORD, "bot"),
        ("careful", PASSWORD, "factor"),
    ] {
        assert_eq!(left(&app, app.login(name, password)).await, [format!("Login refused {reason}")], "{name}");
        assert_eq!(latest(&app).await.target.is_some(), name != "nobody", "{name}");
    }
}

#[actix_web::test]
async fn every_refused_session_is_written_down() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let in_address = format!("{ME}?access_token={}", ada.token);

    assert_eq!(left(&app, app.get(ME).bearer("dead")).await, ["GetUser refused session"]);
    assert_eq!(left(&app, app.get(ME).cookie("dead")).await, ["GetUser refused session"]);
    assert_eq!(left(&app, app.get(&in_address)).await, ["GetUser refused session"]);
    assert_eq!(left(&app, app.put(PATCH, &json!({})).cookie(&ada.token)).await, ["PatchUser refused session"]);
    assert_eq!(left(&app, app.ask("POST", LOGOUT).cookie(&ada.token)).await, ["Logout refused session"]);
}

#[actix_web::test]
async fn a_forged_sign_in_is_written_down_once() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;

    assert_eq!(left(&app, app.login("ada", PASSWORD).cookie(&ada.token)).await, ["Login refused session"]);
    assert_eq!(left(&app, app.login("ada", PASSWORD).header("sec-fetch-site", "cross-site")).await, ["Login refused permission"]);
    let in_address = app.post(&format!("{LOGIN}?access_token={}", ada.token), &json!({}));
    assert_eq!(left(&app, in_address).await, ["Login refused session"]);
}

#[actix_web::test]
async fn every_refused_link_is_written_down() {
    let app = TestApp::mailing("").await;
    let link = "x".repeat(64);
    let (verify, reset) = ("/api/v4/users/email/verify", "/api/v4/users/password/reset");

    assert_eq!(left(&app, app.post(verify, &json!({ "token": link }))).await, ["VerifyUserEmail refused link"]);
    let wanted = json!({ "code": link, "new_password": PASSWORD });
    assert_eq!(left(&app, app.post(reset, &wanted)).await, ["ResetPassword refused link"]);
    let undo = format!("/undo_email_change?token={link}");
    assert_eq!(left(&app, app.ask("POST", &undo)).await, ["UndoEmailChange refused link"]);
    assert_eq!(left(&app, app.post(LOGIN, &json!({ "magic_link_token": link }))).await, ["Login refused invalid"]);
    for invitation in ["t", "iid"] {
        let sign_up = format!("{USERS}?{invitation}={link}");
        assert_eq!(left(&app, app.post(&sign_up, &new_user("eve"))).await, ["CreateUser refused link"], "{invitation}");
    }
}

#[actix_web::test]
async fn a_wrong_code_is_written_down_wherever_it_is_shown() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    assert_eq!(app.ask("POST", &format!("{ME}/mfa/generate")).by(&ada).send().await.status, 200);
    let wrong = json!({ "activate": true, "code": "000000" });

    assert_eq!(left(&app, app.put(&format!("{ME}/mfa"), &wrong).by(&ada)).await, ["UpdateUserMfa refused password"]);
    assert_eq!(latest(&app).await.actor, Some(ada.id.clone()));
}

#[actix_web::test]
async fn refused_permissions_and_passwords_are_written_down_with_who_asked() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let others = app.put(&format!("/api/v4/users/{}/patch", ada.id), &json!({})).by(&bob);
    let guess = app.put(PATCH, &json!({ "email": "x@example.test", "password": "wrong" })).by(&bob);

    assert_eq!(left(&app, others).await, ["PatchUser refused permission"]);
    assert_eq!(latest(&app).await.actor, Some(bob.id.clone()));
    assert_eq!(left(&app, guess).await, ["PatchUser refused password"]);
    assert_eq!(latest(&app).await.actor, Some(bob.id.clone()));
}

#[actix_web::test]
async fn limits_that_are_reached_are_written_down() {
    let one = "limits = { enabled = true, sign_in_per_address_per_minute = 1, sign_up_per_address_per_hour = 1, unknown_tokens_per_address_per_minute = 1 }";
    let app = TestApp::with(one).await;
    app.somebody("ada").await;

    assert_eq!(left(&app, app.login("ada", PASSWORD)).await, ["Login refused rate"]);
    assert_eq!(left(&app, app.post(USERS, &new_user("bob"))).await, ["CreateUser refused rate"]);
    assert_eq!(left(&app, app.post("/api/v4/users/mfa", &json!({ "login_id": "ada" }))).await, ["CheckUserMfa refused rate"]);
    app.get(ME).bearer("guess").send().await;
    assert_eq!(left(&app, app.get(ME).bearer("guess")).await, ["GetUser refused rate"]);
    assert_eq!(left(&app, app.login("ada", PASSWORD).bearer("guess")).await, ["Login refused rate"]);
}

#[actix_web::test]
async fn a_flood_of_refusals_shares_entries() {
    let app = TestApp::new().await;
    for _ in 0..50 {
        app.login("nobody", "wrong").send().await;
    }
    app.service.refusals.flush().await;

    let entries = app.store().read().await.unwrap().audits().latest(1000).await.unwrap();

    assert_eq!((entries.len(), entries.iter().map(|entry| entry.count).sum::<u32>()), (21, 50));
}

#[actix_web::test]
async fn nothing_that_is_typed_and_refused_is_kept() {
    let app = TestApp::hashing().await;
    let ada = app.somebody("ada").await;
    let typed = "typed-canary";
    for body in [
        json!({ "login_id": typed, "password": typed }),
        json!({ "id": typed, "password": typed, "token": typed, "device_id": typed, "magic_link_token": typed }),
        json!({ "login_id": "ada", "password": typed, "device_id": typed }),
    ] {
        assert_eq!(app.post(LOGIN, &body).header("user-agent", typed).send().await.status, 401);
    }
    for body in [
        json!({ "username": format!("{typed}!"), "email": typed, "password": typed }),
        json!({ "username": typed, "email": "x", "password": typed }),
    ] {
        assert_eq!(app.post(USERS, &body).send().await.status, 400);
    }
    app.put(PATCH, &json!({ "email": format!("{typed}@example.test"), "password": typed })).by(&ada).send().await;
    app.get(&format!("{ME}?access_token={typed}")).header("user-agent", typed).send().await;
    app.get(ME).bearer(typed).header("x-request-id", typed).send().await;
    app.get(ME).cookie(typed).header("x-forwarded-for", typed).send().await;
    app.service.refusals.flush().await;
    assert!(app.audit().await.len() >= 8);

    assert!(!app.keeps(typed));
    assert!(!app.keeps(PASSWORD) && !app.keeps(&ada.token), "what was right is kept as hashes alone");
    assert!(app.keeps("ada@example.test"), "the files that are looked through are the right ones");
}
