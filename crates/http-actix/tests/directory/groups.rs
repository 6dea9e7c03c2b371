//! Groups of accounts.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN};
use crate::scene::{Scene, each, unknown};

const NO_GROUP: &str = "app.group.no_rows";

fn wanted(name: &str) -> Value {
    json!({ "name": name, "display_name": "Crew", "description": "d", "source": "custom", "allow_reference": true })
}

#[actix_web::test]
async fn a_group_is_made_of_those_who_are_there() {
    let scene = Scene::new().await;
    let mut body = wanted("sailors");
    body["user_ids"] = json!([scene.cy.id, unknown(), scene.bob.id, scene.cy.id]);

    let reply = scene.post(&scene.dan, "/groups", &body).await;

    assert_json_snapshot!(reply.shown());
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.seen(&scene.dan, &format!("/groups/{id}")).await["member_count"], 2);
    let list = scene.seen(&scene.dan, &format!("/groups/{id}/members?per_page=1")).await;
    assert_eq!((each(&list["members"], "username"), &list["total_member_count"]), (vec!["bob"], &json!(2)));
}

#[actix_web::test]
async fn the_first_broken_rule_of_a_group_is_told() {
    let scene = Scene::new().await;
    scene.made(&scene.dan, "/groups", &wanted("taken")).await;
    let many: Vec<_> = (0..1001).map(|n| format!("{n:026}")).collect();
    for (change, id) in [
        (json!({ "name": "Sailors!" }), "model.group.name.invalid_chars.app_error"),
        (json!({ "name": null }), "model.group.name.invalid_chars.app_error"),
        (json!({ "display_name": "" }), "model.group.display_name.app_error"),
        (json!({ "description": "d".repeat(1025) }), "model.group.description.app_error"),
        (json!({ "source": "ldap" }), "app.group.crud_permission"),
        (json!({ "name": "taken" }), "app.custom_group.unique_name"),
        (json!({ "name": "bob" }), "app.custom_group.unique_name"),
        (json!({ "user_ids": ["short"] }), BODY_PARAM),
        (json!({ "user_ids": many }), BODY_PARAM),
        (json!({ "user_ids": "all" }), BODY_PARAM),
        (json!({ "allow_reference": 1 }), BODY_PARAM),
    ] {
        let mut body = wanted("sailors");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());

        scene.post(&scene.dan, "/groups", &body).await.is_error(400, id);
    }
    scene.post(&scene.dan, "/groups", &json!([])).await.is_error(400, BODY_PARAM);
}

#[actix_web::test]
async fn guests_look_after_no_groups() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.dan, "/groups", &wanted("sailors")).await;
    let (path, users) = (format!("/groups/{group}"), json!({ "user_ids": [scene.cy.id] }));

    scene.post(&scene.gil, "/groups", &wanted("others")).await.is_error(403, FORBIDDEN);
    scene.delete(&scene.gil, &path).await.is_error(403, FORBIDDEN);
    scene.post(&scene.gil, &format!("{path}/members"), &users).await.is_error(403, FORBIDDEN);
    scene.call(&scene.gil, "DELETE", &format!("{path}/members"), &users).await.is_error(403, FORBIDDEN);
    assert_eq!(each(&scene.seen(&scene.gil, "/groups").await, "name"), ["sailors"]);
}

#[actix_web::test]
async fn a_removed_group_is_in_no_list_and_frees_its_name() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.dan, "/groups", &wanted("sailors")).await;

    let reply = scene.delete(&scene.dan, &format!("/groups/{group}")).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(scene.seen(&scene.dan, "/groups").await, json!([]));
    scene.delete(&scene.dan, &format!("/groups/{group}")).await.is_error(404, NO_GROUP);
    scene.get(&scene.dan, &format!("/groups/{group}/members")).await.is_error(404, NO_GROUP);
    scene.made(&scene.dan, "/groups", &wanted("sailors")).await;
}

#[actix_web::test]
async fn those_who_come_and_go_are_told_once() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.dan, "/groups", &wanted("sailors")).await;
    let (path, users) = (format!("/groups/{group}/members"), json!({ "user_ids": [scene.cy.id, unknown()] }));
    let born = muster_domain::testkit::fixture::BORN.as_millis();

    let come = scene.post(&scene.bob, &path, &users).await.json();
    let again = scene.post(&scene.bob, &path, &users).await.json();
    let gone = scene.call(&scene.bob, "DELETE", &path, &users).await.json();

    assert_eq!(come, json!([{ "group_id": group, "user_id": scene.cy.id, "create_at": born, "delete_at": 0 }]));
    assert_eq!(again, json!([]));
    assert_eq!(gone, json!([{ "group_id": group, "user_id": scene.cy.id, "create_at": 0, "delete_at": born }]));
    assert_eq!(scene.seen(&scene.bob, &path).await, json!({ "members": [], "total_member_count": 0 }));
}

#[actix_web::test]
async fn members_of_a_group_are_named_by_their_ids() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.dan, "/groups", &wanted("sailors")).await;
    let many: Vec<_> = (0..1001).map(|n| format!("{n:026}")).collect();
    for method in ["POST", "DELETE"] {
        for body in [json!({}), json!({ "user_ids": [] }), json!({ "user_ids": ["me"] }), json!({ "user_ids": many }), json!([])] {
            scene.call(&scene.dan, method, &format!("/groups/{group}/members"), &body).await.is_error(400, BODY_PARAM);
        }
        let one = json!({ "user_ids": [scene.cy.id] });
        scene.call(&scene.dan, method, &format!("/groups/{}/members", unknown()), &one).await.is_error(404, NO_GROUP);
    }
}

#[actix_web::test]
async fn who_is_in_a_group_is_told_if_it_may_be_mentioned() {
    let scene = Scene::new().await;
    let mut body = wanted("quiet");
    (body["allow_reference"], body["user_ids"]) = (json!(false), json!([scene.cy.id]));
    let quiet = scene.made(&scene.dan, "/groups", &body).await;

    scene.get(&scene.dan, &format!("/groups/{quiet}/members")).await.is_error(403, FORBIDDEN);
    assert_eq!(each(&scene.seen(&scene.ada, &format!("/groups/{quiet}/members")).await["members"], "username"), ["cy"]);
    scene.get(&scene.ada, &format!("/groups/{}/members", unknown())).await.is_error(404, NO_GROUP);
    scene.get(&scene.ada, &format!("/groups/{}", unknown())).await.is_error(404, NO_GROUP);
}

#[actix_web::test]
async fn guests_see_those_in_a_group_alone_whom_they_know() {
    let scene = Scene::new().await;
    let mut body = wanted("sailors");
    body["user_ids"] = json!([scene.bob.id, scene.cy.id]);
    let group = scene.made(&scene.dan, "/groups", &body).await;
    scene.join(&scene.team, &scene.gil.id).await;
    scene.enter(&scene.room, &scene.gil.id).await;

    let list = scene.seen(&scene.gil, &format!("/groups/{group}/members")).await;

    assert_eq!(each(&list["members"], "username"), ["bob"]);
}

#[actix_web::test]
async fn a_group_is_linked_by_those_who_look_after_the_place() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.dan, "/groups", &wanted("sailors")).await;
    let born = muster_domain::testkit::fixture::BORN.as_millis();
    for (place, key, id) in [("teams", "team_id", &scene.team), ("channels", "channel_id", &scene.room)] {
        let path = format!("/groups/{group}/{place}/{id}/link");
        let how = json!({ "auto_add": true, "scheme_admin": false });

        let linked = scene.post(&scene.bob, &path, &how).await;

        let link = json!({
            "group_id": group, key: id, "auto_add": false, "scheme_admin": false, "create_at": born, "update_at": born, "delete_at": 0,
        });
        assert_eq!((linked.status, linked.json()), (201, link));
        for who in [&scene.cy, &scene.dan, &scene.gil] {
            scene.post(who, &path, &how).await.is_error(403, FORBIDDEN);
            scene.delete(who, &path).await.is_error(403, FORBIDDEN);
        }
        scene.post(&scene.bob, &path, &json!({ "auto_add": 1 })).await.is_error(400, BODY_PARAM);
        scene.post(&scene.bob, &path, &json!([])).await.is_error(400, BODY_PARAM);
        assert_eq!(scene.delete(&scene.bob, &path).await.json(), json!({ "status": "OK" }));
        scene.delete(&scene.bob, &path).await.is_error(404, NO_GROUP);
        scene.post(&scene.ada, &format!("/groups/{group}/{place}/{}/link", unknown()), &how).await.is_error(404, NO_GROUP);
        scene.post(&scene.ada, &format!("/groups/{}/{place}/{id}/link", unknown()), &how).await.is_error(404, NO_GROUP);
    }
}
