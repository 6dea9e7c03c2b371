//! Switching accounts off and on, and removing them.

use std::time::Duration;

use muster_domain::id::UserId;
use muster_domain::role::Roles;
use muster_domain::testkit::fixture;
use muster_domain::user::Bot;
use serde_json::{Value, json};

use crate::LAST_ADMIN;
use crate::app::{BODY_PARAM, EXPIRED, FORBIDDEN, MISSING, PASSWORD, Somebody, TestApp, URL_PARAM};
use crate::scene::{Scene, unknown};

const OWN: &str = "api.user.update_active.not_enable.app_error";
const INACTIVE: &str = "api.user.login.inactive.app_error";
const NOT_ALLOWED: &str = "api.user.delete_user.not_enabled.app_error";
const NO_SWITCH: &str = "api.user.update_active.permissions.app_error";

async fn switch(scene: &Scene, by: &Somebody, id: &str, active: bool) -> crate::app::reply::Reply {
    scene.put(by, &format!("/users/{id}/active"), &json!({ "active": active })).await
}

#[actix_web::test]
async fn who_is_switched_off_is_out_at_once() {
    let scene = Scene::new().await;
    let second = scene.app.sign_in("cy").await;
    scene.app.clock.advance(Duration::from_secs(1));

    let reply = switch(&scene, &scene.ada, &scene.cy.id, false).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    for token in [&scene.cy.token, &second] {
        scene.app.get("/api/v4/users/me").bearer(token).send().await.is_error(401, EXPIRED);
        scene.app.get("/api/v4/users/me").cookie(token).send().await.is_error(401, EXPIRED);
    }
    scene.app.login("cy", PASSWORD).send().await.is_error(401, INACTIVE);
    let shown = scene.seen(&scene.bob, &format!("/users/{}", scene.cy.id)).await;
    assert_eq!(shown["delete_at"], fixture::BORN.as_millis() + 1000);
    assert_eq!(scene.seen(&scene.bob, &format!("/users/{}/status", scene.cy.id)).await["status"], "offline");
}

#[actix_web::test]
async fn who_is_switched_on_again_signs_in_anew() {
    let scene = Scene::new().await;
    switch(&scene, &scene.ada, &scene.cy.id, false).await;

    assert_eq!(switch(&scene, &scene.ada, &scene.cy.id, true).await.status, 200);

    assert_eq!(scene.app.get("/api/v4/users/me").by(&scene.cy).send().await.status, 401, "a former session stays ended");
    assert_eq!(scene.app.login("cy", PASSWORD).send().await.status, 201);
    assert_eq!(scene.seen(&scene.bob, &format!("/users/{}", scene.cy.id)).await["delete_at"], 0);
}

#[actix_web::test]
async fn deleting_switches_off_unless_more_is_asked_for() {
    let scene = Scene::new().await;

    let reply = scene.delete(&scene.ada, &format!("/users/{}", scene.cy.id)).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    scene.get(&scene.cy, "/users/me").await.is_error(401, EXPIRED);
    assert!(scene.seen(&scene.bob, &format!("/users/{}", scene.cy.id)).await["delete_at"].as_i64().unwrap() > 0);
    assert_eq!(scene.delete(&scene.ada, &format!("/users/{}?permanent=false", scene.cy.id)).await.status, 200, "and again");
    assert_eq!(scene.delete(&scene.ada, &format!("/users/{}?permanent=perhaps", scene.cy.id)).await.status, 200);
}

#[actix_web::test]
async fn what_says_neither_yes_nor_no_switches_nothing() {
    let scene = Scene::new().await;
    let path = format!("/users/{}/active", scene.cy.id);
    for body in [json!({}), json!({ "active": "false" }), json!({ "active": 0 }), json!({ "active": null }), json!([]), json!(false)] {
        scene.put(&scene.ada, &path, &body).await.is_error(400, BODY_PARAM);
    }
    scene.put(&scene.ada, "/users/short/active", &json!({ "active": false })).await.is_error(400, URL_PARAM);
    assert_eq!(scene.get(&scene.cy, "/users/me").await.status, 200);
}

#[actix_web::test]
async fn switching_and_deleting_is_for_those_above() {
    let scene = Scene::new().await;
    let reader = scene.app.insert("mae", |user| user.roles = Roles::parse("system_user system_user_manager").unwrap()).await;
    let mae = Somebody { id: reader.id.to_string(), token: scene.app.sign_in("mae").await, name: "mae".to_owned() };
    for who in [&scene.bob, &scene.gil, &mae] {
        for target in [&scene.cy.id, &scene.ada.id, &unknown()] {
            switch(&scene, who, target, false).await.is_error(403, NO_SWITCH);
            scene.delete(who, &format!("/users/{target}")).await.is_error(403, FORBIDDEN);
            scene.delete(who, &format!("/users/{target}?permanent=true")).await.is_error(403, FORBIDDEN);
        }
        // Nobody who was switched off could ask for it, and nobody else may.
        switch(&scene, who, &who.id, true).await.is_error(403, NO_SWITCH);
    }
    switch(&scene, &scene.ada, &unknown(), false).await.is_error(404, MISSING);
    scene.delete(&scene.ada, &format!("/users/{}", unknown())).await.is_error(404, MISSING);
    scene.delete(&scene.ada, "/users/short").await.is_error(400, URL_PARAM);
}

#[actix_web::test]
async fn people_switch_themselves_off_where_the_operator_lets_them() {
    let (closed, open) = (Scene::new().await, Scene::of(TestApp::with("accounts.allow_own_deactivation = true").await).await);

    switch(&closed, &closed.cy, "me", false).await.is_error(401, OWN);
    closed.delete(&closed.cy, "/users/me").await.is_error(401, OWN);
    switch(&closed, &closed.ada, "me", false).await.is_error(401, OWN);

    assert_eq!(switch(&open, &open.cy, "me", false).await.status, 200);
    assert_eq!(open.delete(&open.bob, "/users/me").await.status, 200);
    for who in [&open.cy, &open.bob] {
        open.get(who, "/users/me").await.is_error(401, EXPIRED);
    }
}

#[actix_web::test]
async fn the_last_admin_stays() {
    let scene = Scene::of(TestApp::with("accounts = { allow_own_deactivation = true, allow_permanent_deletion = true }").await).await;
    let admin = json!({ "roles": "system_user system_admin" });
    scene.app.insert("robo", |user| (user.bot, user.roles) = (Some(Bot::default()), Roles::admin())).await;

    switch(&scene, &scene.ada, "me", false).await.is_error(400, LAST_ADMIN);
    scene.delete(&scene.ada, "/users/me").await.is_error(400, LAST_ADMIN);
    scene.delete(&scene.ada, "/users/me?permanent=true").await.is_error(400, LAST_ADMIN);

    assert_eq!(scene.put(&scene.ada, &format!("/users/{}/roles", scene.bob.id), &admin).await.status, 200);
    assert_eq!(scene.delete(&scene.ada, "/users/me").await.status, 200);
    scene.delete(&scene.bob, "/users/me").await.is_error(400, LAST_ADMIN);
}

#[actix_web::test]
async fn removing_for_good_is_off_unless_the_operator_allows_it() {
    let scene = Scene::of(TestApp::with("accounts.allow_own_deactivation = true").await).await;

    let by_admin = scene.delete(&scene.ada, &format!("/users/{}?permanent=true", scene.cy.id)).await;
    let own = scene.delete(&scene.cy, "/users/me?permanent=1").await;

    by_admin.is_error(403, "api.user.delete_user.not_enabled.for_admin.app_error");
    own.is_error(403, NOT_ALLOWED);
    assert_eq!(scene.get(&scene.cy, "/users/me").await.status, 200, "nor is anybody switched off by it");
}

#[actix_web::test]
async fn whoever_is_removed_for_good_is_nowhere() {
    let scene = Scene::of(TestApp::with("accounts.allow_permanent_deletion = true").await).await;
    let group = scene.made(&scene.bob, "/channels/group", &json!([scene.cy.id, scene.dan.id])).await;
    crate::pictures::sets(&scene, &scene.cy, b"PNG").await;
    assert!(!scene.app.files.names().is_empty());

    let reply = scene.delete(&scene.ada, &format!("/users/{}?permanent=true", scene.cy.id)).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(scene.app.files.names(), [""; 0]);
    scene.get(&scene.cy, "/users/me").await.is_error(401, EXPIRED);
    scene.get(&scene.ada, &format!("/users/{}", scene.cy.id)).await.is_error(404, MISSING);
    assert_eq!(scene.post(&scene.ada, "/users/search", &json!({ "term": "cy", "allow_inactive": true })).await.json(), json!([]));
    assert_eq!(scene.post(&scene.ada, "/users/ids", &json!([scene.cy.id])).await.json(), json!([]));
    assert_eq!(scene.seen(&scene.bob, &format!("/users?in_team={}", scene.team)).await.as_array().unwrap().len(), 1);
    let left = scene.post(&scene.bob, "/users/group_channels", &json!([group])).await.json();
    assert_eq!(left[&group].as_array().unwrap().len(), 1);
    scene.app.login("cy", PASSWORD).send().await.is_error(401, "api.user.login.invalid_credentials_email_username");
    assert_eq!(scene.app.sign_up("cy").await["roles"], "system_user", "the name and the address are free again");
    scene.delete(&scene.ada, &format!("/users/{}?permanent=true", scene.cy.id)).await.is_error(404, MISSING);
}

#[actix_web::test]
async fn that_a_picture_may_be_left_is_told_after_the_account_is_gone() {
    let scene = Scene::of(TestApp::with("accounts.allow_permanent_deletion = true").await).await;
    *scene.app.files.is_out_of_reach.lock().unwrap() = true;

    let reply = scene.delete(&scene.ada, &format!("/users/{}?permanent=true", scene.cy.id)).await;

    let told = reply.json();
    assert_eq!((reply.status, &told["id"]), (202, &json!("app.file_info.permanent_delete_by_user.app_error")), "{told}");
    scene.get(&scene.ada, &format!("/users/{}", scene.cy.id)).await.is_error(404, MISSING);
}

#[actix_web::test]
async fn bots_stop_with_their_owner_where_the_operator_wants_it() {
    for (settings, stopped) in [("", true), ("accounts.stop_bots_with_owner = false", false)] {
        let scene = Scene::of(TestApp::with(settings).await).await;
        let owner = scene.cy.id.parse::<UserId>().unwrap();
        let bot = scene.app.insert("robo", |user| user.bot = Some(Bot { owner_id: Some(owner), ..Bot::default() })).await;

        assert_eq!(switch(&scene, &scene.ada, &scene.cy.id, false).await.status, 200);

        let shown = scene.seen(&scene.ada, &format!("/users/{}", bot.id)).await;
        assert_eq!(shown["delete_at"].as_i64().unwrap() > 0, stopped, "{settings}");
    }
}

#[actix_web::test]
async fn a_bot_is_switched_by_who_answers_for_it_alone() {
    let scene = Scene::new().await;
    let bot = scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;

    switch(&scene, &scene.bob, bot.id.as_str(), false).await.is_error(403, NO_SWITCH);
    scene.delete(&scene.bob, &format!("/users/{}", bot.id)).await.is_error(403, FORBIDDEN);

    assert_eq!(switch(&scene, &scene.ada, bot.id.as_str(), false).await.status, 200);
}

#[actix_web::test]
async fn a_directory_switches_its_own_accounts() {
    let scene = Scene::new().await;
    let provided = scene.app.insert("pat", |user| user.identity = fixture::identity("ldap", "pat")).await;

    let reply = switch(&scene, &scene.ada, provided.id.as_str(), false).await;

    reply.is_error(403, "api.user.update_active.cannot_modify_status_when_user_is_managed_by_ldap.app_error");
}

#[actix_web::test]
async fn nobody_removes_everybody_over_the_network() {
    let scene = Scene::of(TestApp::with("accounts.allow_permanent_deletion = true").await).await;
    for who in [Some(&scene.ada), Some(&scene.bob), None] {
        scene.call(who, "DELETE", "/users", &Value::Null).await.is_error(404, "api.context.404.app_error");
    }
    assert_eq!(scene.seen(&scene.ada, "/users").await.as_array().unwrap().len(), 5);
}
