//! What accounts have done, as they are shown it.

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{EXPIRED, FORBIDDEN, PASSWORD, Somebody, URL_PARAM};
use crate::scene::{Scene, each, unknown};

/// Action and extra of what somebody has done, newest first.
async fn done(scene: &Scene, by: &Somebody, who: &str) -> Vec<String> {
    let list = scene.seen(by, &format!("/users/{who}/audits")).await;
    let line = |entry: &Value| format!("{} {}", entry["action"].as_str().unwrap(), entry["extra_info"].as_str().unwrap());
    list.as_array().unwrap().iter().map(line).collect()
}

#[actix_web::test]
async fn everybody_is_shown_what_he_has_done_newest_first() {
    let scene = Scene::new().await;
    scene.app.clock.advance(Duration::from_secs(1));
    scene.put(&scene.dan, "/users/me/patch", &json!({ "nickname": "Danny" })).await;

    assert_json_snapshot!(scene.seen(&scene.dan, "/users/me/audits").await);
}

#[actix_web::test]
async fn what_changes_an_account_is_told_with_what_it_was_about() {
    let scene = Scene::new().await;
    let cy = &scene.cy.id;
    let terms = scene.post(&scene.ada, "/terms_of_service", &json!({ "text": "Be kind." })).await.json()["id"].as_str().unwrap().to_owned();
    scene.put(&scene.ada, &format!("/users/{cy}/roles"), &json!({ "roles": "system_user system_manager" })).await;
    scene.put(&scene.ada, &format!("/users/{cy}/active"), &json!({ "active": false })).await;
    crate::pictures::sets(&scene, &scene.ada, b"PNG").await;
    scene.delete(&scene.ada, "/users/me/image").await;
    scene.post(&scene.ada, "/users/me/terms_of_service", &json!({ "termsOfServiceId": terms, "accepted": true })).await;
    scene.put(&scene.ada, &format!("/users/{cy}/auth"), &json!({ "auth_service": "saml", "auth_data": "cy@provider" })).await;

    let told = done(&scene, &scene.ada, "me").await;

    assert_eq!(
        told[..6],
        [
            format!("/api/v4/users/{cy}/auth updated user auth to service=saml"),
            format!("/api/v4/users/me/terms_of_service TermsOfServiceId={terms}, accepted=true"),
            "/api/v4/users/me/image ".to_owned(),
            "/api/v4/users/me/image ".to_owned(),
            format!("/api/v4/users/{cy}/active user_id={cy} active=false"),
            format!("/api/v4/users/{cy}/roles user={cy} roles=system_user system_manager"),
        ]
    );
}

#[actix_web::test]
async fn what_the_reference_does_not_tell_is_not_told() {
    let scene = Scene::new().await;
    let before = done(&scene, &scene.ada, "me").await;
    scene.post(&scene.ada, "/users", &json!({ "username": "eve", "email": "eve@example.test", "password": PASSWORD })).await;
    scene.post(&scene.ada, &format!("/users/{}/demote", scene.cy.id), &Value::Null).await;
    scene.post(&scene.ada, &format!("/users/{}/promote", scene.cy.id), &Value::Null).await;
    scene.post(&scene.ada, &format!("/users/{}/convert_to_bot", scene.cy.id), &Value::Null).await;
    scene.delete(&scene.ada, &format!("/users/{}", scene.dan.id)).await;
    scene.get(&scene.ada, "/users").await;
    scene.put(&scene.bob, &format!("/users/{}/roles", scene.ada.id), &json!({ "roles": "system_user" })).await;

    assert_eq!(done(&scene, &scene.ada, "me").await, before);
    assert!(done(&scene, &scene.ada, &scene.bob.id).await.iter().all(|line| !line.contains("roles")), "nor what was refused");
}

#[actix_web::test]
async fn a_history_has_pages() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.app.clock.advance(Duration::from_secs(1));
        scene.put(&scene.dan, "/users/me/patch", &json!({ "nickname": format!("{number}") })).await;
    }
    let whole = scene.seen(&scene.dan, "/users/me/audits").await;
    let whole = whole.as_array().unwrap();
    assert_eq!(whole.len(), 7, "two of them for the sign-in");
    for (query, range) in [
        ("per_page=2", 0..2),
        ("per_page=2&page=1", 2..4),
        ("per_page=2&page=3", 6..7),
        ("per_page=2&page=4", 7..7),
        ("per_page=0", 0..0),
        ("page=-1", 0..7),
        ("page=4294967295&per_page=200", 7..7),
    ] {
        assert_eq!(scene.seen(&scene.dan, &format!("/users/me/audits?{query}")).await, json!(whole[range]), "{query}");
    }
}

#[actix_web::test]
async fn a_history_is_for_its_holder_and_those_above_him() {
    let scene = Scene::new().await;
    for who in [&scene.bob, &scene.gil] {
        for target in [&scene.cy.id, &scene.ada.id, &unknown()] {
            scene.get(who, &format!("/users/{target}/audits")).await.is_error(403, FORBIDDEN);
        }
    }
    assert_eq!(done(&scene, &scene.ada, &scene.cy.id).await, done(&scene, &scene.cy, "me").await);
    assert_eq!(scene.seen(&scene.ada, &format!("/users/{}/audits", unknown())).await, json!([]));
    scene.get(&scene.ada, "/users/short/audits").await.is_error(400, URL_PARAM);
    scene.get(None, &format!("/users/{}/audits", scene.cy.id)).await.is_error(401, EXPIRED);
    assert!(each(&scene.seen(&scene.cy, "/users/me/audits").await, "user_id").iter().all(|id| *id == scene.cy.id), "only what one did");
}

#[actix_web::test]
async fn a_history_holds_nothing_secret() {
    let scene = Scene::new().await;
    let moved = json!({ "email": "canary@example.test", "password": PASSWORD, "nickname": "Canary", "first_name": "Canary" });
    scene.put(&scene.cy, "/users/me/patch", &moved).await;
    scene.put(&scene.cy, "/users/me/patch?access_token=canary&t=canary", &json!({ "position": "canary" })).await;
    scene.put(&scene.ada, &format!("/users/{}/auth", scene.cy.id), &json!({ "auth_service": "saml", "auth_data": "canary" })).await;
    scene.app.login("canary", "canary").send().await;
    for who in [&scene.cy, &scene.ada] {
        let told = scene.seen(&scene.ada, &format!("/users/{}/audits", who.id)).await.to_string().to_lowercase();

        assert!(!told.contains("canary") && !told.contains(&PASSWORD.to_lowercase()), "{told}");
        assert!(!told.contains(&who.token) && told.contains("192.0.2.7"), "{told}");
    }
}
