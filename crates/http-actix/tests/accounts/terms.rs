//! Terms of service that people accept.

use std::time::Duration;

use muster_domain::testkit::fixture::BORN;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, EXPIRED, FORBIDDEN, PASSWORD, Somebody, TestApp};
use crate::scene::{Scene, unknown};

const NO_TERMS: &str = "app.terms_of_service.get.no_rows.app_error";
const NONE_ACCEPTED: &str = "app.user_terms_of_service.get_by_user.no_rows.app_error";
const OWN: &str = "/users/me/terms_of_service";

/// Writes terms; gives their id.
async fn written(scene: &Scene, text: &str) -> String {
    let reply = scene.post(&scene.ada, "/terms_of_service", &json!({ "text": text })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn says(scene: &Scene, who: &Somebody, terms: &str, accepted: bool) {
    let reply = scene.post(who, OWN, &json!({ "termsOfServiceId": terms, "accepted": accepted })).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
}

#[actix_web::test]
async fn terms_are_accepted_and_shown_to_their_holder_and_to_admins() {
    let scene = Scene::new().await;
    let terms = written(&scene, "Be kind.").await;
    scene.get(&scene.cy, OWN).await.is_error(404, NONE_ACCEPTED);
    scene.app.clock.advance(Duration::from_secs(1));

    says(&scene, &scene.cy, &terms, true).await;

    let then = BORN.as_millis() + 1000;
    assert_eq!(scene.seen(&scene.cy, OWN).await, json!({ "user_id": scene.cy.id, "terms_of_service_id": terms, "create_at": then }));
    let path = format!("/users/{}", scene.cy.id);
    for (who, is_shown) in [(&scene.cy, true), (&scene.ada, true), (&scene.bob, false)] {
        let user = scene.seen(who, &path).await;
        let shown = ["terms_of_service_id", "terms_of_service_create_at"].map(|key| user.get(key).cloned());
        assert_eq!(shown, if is_shown { [Some(json!(terms)), Some(json!(then))] } else { [None, None] }, "{}", who.name);
    }
    let signed_in = scene.app.login("cy", PASSWORD).send().await.json();
    assert_eq!(signed_in["terms_of_service_id"], json!(terms));
}

#[actix_web::test]
async fn the_body_of_the_api_text_is_understood_too() {
    let scene = Scene::new().await;
    let terms = written(&scene, "Be kind.").await;

    let accepted = scene.post(&scene.cy, OWN, &json!({ "serviceTermsId": terms, "accepted": "true" })).await;
    assert_eq!((accepted.status, scene.get(&scene.cy, OWN).await.status), (200, 200));
    let declined = scene.post(&scene.cy, OWN, &json!({ "serviceTermsId": terms, "accepted": "false" })).await;

    assert_eq!((declined.status, scene.get(&scene.cy, OWN).await.status), (200, 404));
}

#[actix_web::test]
async fn only_what_was_accepted_can_be_declined() {
    let scene = Scene::new().await;
    let (old, new) = (written(&scene, "Be kind.").await, written(&scene, "Be very kind.").await);
    says(&scene, &scene.cy, &old, true).await;
    says(&scene, &scene.cy, &new, true).await;

    says(&scene, &scene.cy, &old, false).await;

    assert_eq!(scene.seen(&scene.cy, OWN).await["terms_of_service_id"], json!(new), "the last ones count");
    says(&scene, &scene.cy, &new, false).await;
    scene.get(&scene.cy, OWN).await.is_error(404, NONE_ACCEPTED);
    says(&scene, &scene.cy, &new, false).await;
}

#[actix_web::test]
async fn nobody_accepts_for_another() {
    let scene = Scene::new().await;
    let terms = written(&scene, "Be kind.").await;
    for path in [format!("/users/{}/terms_of_service", scene.bob.id), "/users/x/terms_of_service".to_owned()] {
        let reply = scene.post(&scene.ada, &path, &json!({ "termsOfServiceId": terms, "accepted": true })).await;

        assert_eq!((reply.status, scene.seen(&scene.ada, &path).await["user_id"].clone()), (200, json!(scene.ada.id)));
    }
    scene.get(&scene.bob, OWN).await.is_error(404, NONE_ACCEPTED);
    let body = json!({ "termsOfServiceId": terms, "accepted": true });
    scene.post(None, OWN, &body).await.is_error(401, EXPIRED);
    scene.get(None, OWN).await.is_error(401, EXPIRED);
    says(&scene, &scene.gil, &terms, true).await;
}

#[actix_web::test]
async fn what_says_neither_which_nor_whether_is_refused() {
    let scene = Scene::new().await;
    let terms = written(&scene, "Be kind.").await;
    for (body, field) in [
        (json!({}), "termsOfServiceId"),
        (json!({ "termsOfServiceId": "", "accepted": true }), "termsOfServiceId"),
        (json!({ "accepted": true }), "termsOfServiceId"),
        (json!({ "termsOfServiceId": 5, "accepted": true }), "termsOfServiceId"),
        (json!({ "termsOfServiceId": terms }), "accepted"),
        (json!({ "termsOfServiceId": terms, "accepted": 1 }), "accepted"),
        (json!({ "termsOfServiceId": terms, "accepted": null }), "accepted"),
        (json!({ "termsOfServiceId": terms, "accepted": "yes" }), "accepted"),
        (json!([]), "termsOfServiceId"),
        // The reference server does not know this form, and so says what it misses.
        (json!({ "serviceTermsId": unknown(), "accepted": true }), "termsOfServiceId"),
        (json!({ "termsOfServiceId": unknown(), "accepted": "true" }), "accepted"),
    ] {
        let reply = scene.post(&scene.cy, OWN, &body).await;

        reply.is_error(400, BODY_PARAM);
        assert!(reply.json()["message"].as_str().unwrap().contains(field), "{body} {}", reply.text());
    }
    for id in [unknown(), "short".to_owned()] {
        let body = json!({ "termsOfServiceId": id, "accepted": true });
        scene.post(&scene.cy, OWN, &body).await.is_error(404, NO_TERMS);
    }
}

#[actix_web::test]
async fn admins_write_terms_and_everybody_reads_the_newest() {
    let scene = Scene::new().await;
    scene.get(&scene.cy, "/terms_of_service").await.is_error(404, NO_TERMS);
    let first = written(&scene, "Be kind.").await;
    assert_eq!(written(&scene, "Be kind.").await, first, "the newest once more is no other");

    let second = written(&scene, "Be very kind.").await;

    let told = json!({ "id": second, "create_at": BORN.as_millis(), "user_id": scene.ada.id, "text": "Be very kind." });
    for who in [&scene.cy, &scene.gil, &scene.ada] {
        assert_eq!(scene.seen(who, "/terms_of_service").await, told);
    }
    let (most, over) = ("é".repeat(16_383), "é".repeat(16_384));
    written(&scene, &most).await;
    for (body, id) in [
        (json!({}), "api.create_terms_of_service.empty_text.app_error"),
        (json!({ "text": 5 }), "api.create_terms_of_service.empty_text.app_error"),
        (json!({ "text": "" }), "api.create_terms_of_service.empty_text.app_error"),
        (json!({ "text": over }), "model.terms_of_service.is_valid.text.app_error"),
    ] {
        scene.post(&scene.ada, "/terms_of_service", &body).await.is_error(400, id);
    }
    for who in [&scene.bob, &scene.gil] {
        scene.post(who, "/terms_of_service", &json!({ "text": "Be mean." })).await.is_error(403, FORBIDDEN);
    }
    scene.call(None, "GET", "/terms_of_service", &Value::Null).await.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn terms_outlive_who_wrote_them() {
    let scene = Scene::of(TestApp::with("accounts.allow_permanent_deletion = true").await).await;
    scene.put(&scene.ada, &format!("/users/{}/roles", scene.bob.id), &json!({ "roles": "system_user system_admin" })).await;
    let terms = scene.post(&scene.bob, "/terms_of_service", &json!({ "text": "Be kind." })).await.json()["id"].clone();

    assert_eq!(scene.delete(&scene.ada, &format!("/users/{}?permanent=true", scene.bob.id)).await.status, 200);

    let left = scene.seen(&scene.cy, "/terms_of_service").await;
    assert_eq!((&left["id"], &left["user_id"]), (&terms, &json!("")));
}
