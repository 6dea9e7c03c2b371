//! Roles, terms of service and limits.

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, URL_PARAM};
use crate::scene::{Scene, each, unknown};

const NO_TERMS: &str = "app.terms_of_service.get.no_rows.app_error";

#[actix_web::test]
async fn roles_are_found_by_their_names() {
    let scene = Scene::new().await;

    let found = scene.post(&scene.gil, "/roles/names", &json!(["system_guest", "", "no_such_role", "system_guest"])).await.json();

    let id = found[0]["id"].as_str().unwrap();
    assert_eq!(id.len(), 26);
    let role = json!({
        "id": id, "name": "system_guest", "display_name": "Guest", "description": "", "create_at": 0, "update_at": 0, "delete_at": 0,
        "permissions": ["create_direct_channel", "create_group_channel"], "scheme_managed": true, "built_in": true, "scheme_id": null,
    });
    assert_eq!(found, json!([role]));
    assert_eq!(scene.seen(&scene.gil, &format!("/roles/{id}")).await, role);
    assert_eq!(scene.seen(&scene.gil, "/roles/name/system_guest").await, role);
}

#[actix_web::test]
async fn names_of_roles_are_looked_at() {
    let scene = Scene::new().await;
    let many = vec!["system_user"; 101];
    for (body, id) in [
        (json!([]), BODY_PARAM),
        (Value::Null, BODY_PARAM),
        (json!(["System User"]), BODY_PARAM),
        (json!(["r".repeat(65)]), BODY_PARAM),
        (json!({}), "api.payload.parse.error"),
        (json!([5]), "api.payload.parse.error"),
        (json!(many), "api.roles.get_multiple_by_name_too_many.request_error"),
    ] {
        scene.app.ask("POST", "/api/v4/roles/names").by(&scene.dan).body(body.to_string()).send().await.is_error(400, id);
    }
    scene.get(&scene.dan, &format!("/roles/name/{}", "r".repeat(65))).await.is_error(400, URL_PARAM);
    scene.get(&scene.dan, "/roles/name/no_such_role").await.is_error(404, "app.role.get_by_name.app_error");
    scene.get(&scene.dan, &format!("/roles/{}", unknown())).await.is_error(404, "app.role.get.app_error");
}

#[actix_web::test]
async fn admins_see_every_role() {
    let scene = Scene::new().await;

    let all = scene.seen(&scene.ada, "/roles").await;

    assert!(each(&all, "name").contains(&"system_admin") && each(&all, "name").contains(&"channel_guest"));
    scene.get(&scene.dan, "/roles").await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn admins_write_terms_that_anybody_reads() {
    let scene = Scene::new().await;
    scene.get(&scene.gil, "/terms_of_service").await.is_error(404, NO_TERMS);

    let written = scene.post(&scene.ada, "/terms_of_service", &json!({ "text": "Be kind." })).await;
    let again = scene.post(&scene.ada, "/terms_of_service", &json!({ "text": "Be kind." })).await;

    let terms = written.json();
    assert_eq!((written.status, &terms["text"], &terms["user_id"]), (200, &json!("Be kind."), &json!(scene.ada.id)));
    assert_eq!(terms["create_at"], muster_domain::testkit::fixture::BORN.as_millis());
    assert_eq!(again.json(), terms);
    assert_eq!(scene.seen(&scene.gil, "/terms_of_service").await, terms);
}

#[actix_web::test]
async fn terms_need_a_text_in_its_bounds_from_an_admin() {
    let scene = Scene::new().await;
    let empty = "api.create_terms_of_service.empty_text.app_error";
    for (body, id) in [
        (json!({}), empty),
        (json!({ "text": "" }), empty),
        (json!({ "text": 5 }), empty),
        (json!([]), empty),
        (json!({ "text": "t".repeat(16_384) }), "model.terms_of_service.is_valid.text.app_error"),
        (json!({ "text": "\0" }), "model.terms_of_service.is_valid.text.app_error"),
    ] {
        scene.post(&scene.ada, "/terms_of_service", &body).await.is_error(400, id);
    }
    scene.post(&scene.dan, "/terms_of_service", &json!({})).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn admins_are_told_how_many_accounts_there_are() {
    let scene = Scene::new().await;
    let limits = |count| {
        json!({
            "maxUsersLimit": 0, "maxUsersHardLimit": 0, "activeUserCount": count, "singleChannelGuestCount": 0,
            "singleChannelGuestLimit": 0, "postHistoryLimit": 0, "lastAccessiblePostTime": 0,
        })
    };

    assert_eq!(scene.seen(&scene.ada, "/limits/server").await, limits(5));
    assert_eq!(scene.seen(&scene.dan, "/limits/server").await, limits(0));
}
