//! Changing accounts.

#[path = "support/app.rs"]
mod app;

use app::{BODY_PARAM, FORBIDDEN, PASSWORD, Somebody, TestApp, URL_PARAM};
use insta::assert_json_snapshot;
use muster_domain::testkit::fixture;
use serde_json::{Value, json};

const ME: &str = "/api/v4/users/me/patch";

/// An admin, the first of all, and an ordinary account.
async fn two(app: &TestApp) -> (Somebody, Somebody) {
    (app.somebody("ada").await, app.somebody("bob").await)
}

async fn seen(app: &TestApp, somebody: &Somebody) -> Value {
    app.get("/api/v4/users/me").by(somebody).send().await.json()
}

#[actix_web::test]
async fn a_profile_is_changed_field_by_field() {
    let app = TestApp::new().await;
    let (_, bob) = two(&app).await;
    app.clock.advance(std::time::Duration::from_secs(1));
    let wanted = json!({
        "username": "Robert", "nickname": "Bobby", "first_name": "Bob", "last_name": "Byte", "position": "Baker", "locale": "de",
        "timezone": { "manualTimezone": "Europe/Berlin" }, "props": { "key": "value" }, "notify_props": { "mention_keys": "bob,Rob" },
        "password": "not needed", "roles": "system_admin",
    });

    let reply = app.put(ME, &wanted).by(&bob).send().await;

    assert_json_snapshot!(reply.shown());
    let kept = seen(&app, &bob).await;
    assert_eq!((&kept["username"], &kept["props"], &kept["roles"]), (&json!("robert"), &json!({ "key": "value" }), &json!("system_user")));
}

#[actix_web::test]
async fn what_is_not_named_or_null_stays() {
    let app = TestApp::new().await;
    let (_, bob) = two(&app).await;
    app.put(ME, &json!({ "nickname": "Bobby", "props": { "a": "1", "b": "2" } })).by(&bob).send().await;

    let reply = app.put(ME, &json!({ "nickname": null, "username": null, "props": null, "position": "Baker" })).by(&bob).send().await;

    let user = reply.json();
    assert_eq!((&user["nickname"], &user["username"], &user["position"]), (&json!("Bobby"), &json!("bob"), &json!("Baker")));
    assert_eq!(user["props"], json!({ "a": "1", "b": "2" }));
    let replaced = app.put(ME, &json!({ "nickname": "", "props": { "c": "3" } })).by(&bob).send().await.json();
    assert_eq!((&replaced["nickname"], &replaced["props"]), (&json!(""), &json!({ "c": "3" })));
}

#[actix_web::test]
async fn a_broken_rule_changes_nothing() {
    let app = TestApp::new().await;
    let (_, bob) = two(&app).await;
    let before = seen(&app, &bob).await;
    for (wanted, id) in [
        (json!({ "nickname": "Bobby", "username": "ada" }), "app.user.save.username_exists.app_error"),
        (json!({ "nickname": "Bobby", "username": "a b" }), "model.user.is_valid.username.app_error"),
        (json!({ "nickname": "Bobby", "email": "ada@example.test", "password": PASSWORD }), "app.user.save.email_exists.app_error"),
        (json!({ "nickname": "Bobby", "email": "x", "password": PASSWORD }), "model.user.is_valid.email.app_error"),
        (json!({ "nickname": "n\u{0}n" }), "model.user.is_valid.nickname.app_error"),
        (json!({ "locale": "xx" }), "model.user.is_valid.locale.app_error"),
        (json!({ "nickname": "Bobby", "email": " x@example.test", "password": PASSWORD }), "model.user.is_valid.email.app_error"),
        (json!({ "nickname": 5 }), BODY_PARAM),
        (json!({ "nickname": "Bobby", "remote_id": 5 }), BODY_PARAM),
        (json!({ "nickname": "Bobby", "timezone": "UTC" }), BODY_PARAM),
        (json!({ "props": { "k": 5 } }), BODY_PARAM),
        (json!([]), BODY_PARAM),
    ] {
        app.put(ME, &wanted).by(&bob).send().await.is_error(400, id);
    }
    assert_eq!(seen(&app, &bob).await, before);
}

#[actix_web::test]
async fn another_address_of_ones_own_needs_the_password() {
    let app = TestApp::new().await;
    let (_, bob) = two(&app).await;
    let wanted = |password: &str| json!({ "email": "bob@elsewhere.test", "password": password });

    app.put(ME, &wanted("")).by(&bob).send().await.is_error(400, BODY_PARAM);
    app.put(ME, &wanted("wrong")).by(&bob).send().await.is_error(401, "api.user.check_user_password.invalid.app_error");
    let reply = app.put(ME, &wanted(PASSWORD)).by(&bob).send().await;

    assert_eq!((reply.status, &reply.json()["email"]), (200, &json!("bob@elsewhere.test")));
    assert_eq!(app.passwords.checks(), 2 + 2, "two sign-ins, two proofs");
}

#[actix_web::test]
async fn guessing_by_another_address_locks_the_account_too() {
    let app = TestApp::with("accounts.max_failed_sign_ins = 2").await;
    let (_, bob) = two(&app).await;
    let wanted = |password: &str| json!({ "email": "bob@elsewhere.test", "password": password });
    for _ in 0..2 {
        app.put(ME, &wanted("wrong")).by(&bob).send().await.is_error(401, "api.user.check_user_password.invalid.app_error");
    }

    let reply = app.put(ME, &wanted(PASSWORD)).by(&bob).send().await;

    reply.is_error(401, "api.user.check_user_login_attempts.too_many.app_error");
}

#[actix_web::test]
async fn nobody_changes_who_ranks_above_him_or_beside_him() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    let cy = app.somebody("cy").await;
    for target in [&ada.id, &cy.id, &"x".repeat(26)] {
        let reply = app.put(&format!("/api/v4/users/{target}/patch"), &json!({ "nickname": "mine" })).by(&bob).send().await;

        reply.is_error(403, FORBIDDEN);
    }
    assert_eq!(seen(&app, &cy).await["nickname"], "");
}

#[actix_web::test]
async fn an_admin_changes_others_without_their_password() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;

    let reply = app.put(&format!("/api/v4/users/{}/patch", bob.id), &json!({ "email": "new@example.test" })).by(&ada).send().await;

    assert_eq!((reply.status, &reply.json()["email"]), (200, &json!("new@example.test")));
    app.put(&format!("/api/v4/users/{}/patch", "x".repeat(26)), &json!({})).by(&ada).send().await.is_error(400, BODY_PARAM);
    app.put("/api/v4/users/short/patch", &json!({})).by(&ada).send().await.is_error(400, URL_PARAM);
}

#[actix_web::test]
async fn what_a_provider_decides_is_left_to_it() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let sam = app.insert("sam", |user| user.identity = fixture::identity("gitlab", "uid-7")).await;
    let leo = app.insert("leo", |user| user.identity = fixture::identity("ldap", "uid-8")).await;
    let path = format!("/api/v4/users/{}/patch", sam.id);

    let refused = app.put(&path, &json!({ "first_name": "Sam" })).by(&ada).send().await;
    let kept = app.put(&path, &json!({ "email": "other@example.test", "nickname": "Sammy" })).by(&ada).send().await;

    refused.is_error(409, "api.user.patch_user.login_provider_attribute_set.app_error");
    let of_leo = format!("/api/v4/users/{}/patch", leo.id);
    let moved = app.put(&of_leo, &json!({ "email": "other@example.test" })).by(&ada).send().await;
    moved.is_error(400, "app.user.update.find.app_error");
    assert_eq!((&kept.json()["email"], &kept.json()["nickname"]), (&json!("sam@example.test"), &json!("Sammy")));
}
