//! Places of people in teams.

use insta::assert_json_snapshot;
use muster_domain::time::Timestamp;
use serde_json::json;

use crate::app::{BODY_PARAM, FORBIDDEN, MISSING, Somebody};
use crate::scene::{Scene, each, unknown};

const NO_MEMBER: &str = "app.team.get_member.missing.app_error";
const NOT_THERE: &str = "api.team.remove_user_from_team.missing.app_error";
const NO_TEAM: &str = "app.team.get.find.app_error";

async fn add(scene: &Scene, by: &Somebody, team: &str, user: &str) -> crate::app::reply::Reply {
    scene.post(by, &format!("/teams/{team}/members"), &json!({ "team_id": team, "user_id": user })).await
}

#[actix_web::test]
async fn members_add_others_and_once_is_enough() {
    let scene = Scene::new().await;

    let first = add(&scene, &scene.cy, &scene.team, &scene.dan.id).await;
    let again = add(&scene, &scene.cy, &scene.team, &scene.dan.id).await;

    assert_json_snapshot!(first.shown());
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(each(&scene.seen(&scene.dan, "/users/me/channels").await, "name"), ["off-topic", "town-square"]);
}

#[actix_web::test]
async fn anybody_joins_a_team_that_is_open_to_all_and_nobody_another_one() {
    let scene = Scene::new().await;
    let open = json!({ "name": "open", "display_name": "Open", "type": "O", "allow_open_invite": true });
    let open = scene.made(&scene.bob, "/teams", &open).await;

    assert_eq!(add(&scene, &scene.dan, &open, &scene.dan.id).await.status, 201);
    add(&scene, &scene.dan, &scene.team, &scene.dan.id).await.is_error(403, FORBIDDEN);
    add(&scene, &scene.dan, &scene.team, &scene.ada.id).await.is_error(403, FORBIDDEN);
    add(&scene, &scene.gil, &open, &scene.gil.id).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn guests_are_added_by_those_who_may_invite_guests_and_enter_no_channel() {
    let scene = Scene::new().await;
    add(&scene, &scene.bob, &scene.team, &scene.gil.id).await.is_error(403, FORBIDDEN);

    let member = add(&scene, &scene.ada, &scene.team, &scene.gil.id).await.json();

    assert_eq!((&member["roles"], &member["scheme_guest"], &member["scheme_user"]), (&json!("team_guest"), &json!(true), &json!(false)));
    assert_eq!(scene.seen(&scene.gil, "/users/me/channels").await, json!([]));
}

#[actix_web::test]
async fn who_can_not_become_a_member_is_told_why() {
    let scene = Scene::new().await;
    let closed = |name: &str, key: &str, value| json!({ "name": name, "display_name": "X", "type": "O", key: value });
    let elsewhere = scene.made(&scene.ada, "/teams", &closed("elsewhere", "allowed_domains", json!("elsewhere.test"))).await;
    let grouped = scene.made(&scene.ada, "/teams", &closed("grouped", "group_constrained", json!(true))).await;
    let users = format!("/teams/{}/members", scene.team);

    add(&scene, &scene.ada, &elsewhere, &scene.dan.id).await.is_error(400, "api.team.join_user_to_team.allowed_domains.app_error");
    add(&scene, &scene.ada, &grouped, &scene.dan.id).await.is_error(400, "api.team.add_members.user_denied");
    add(&scene, &scene.ada, &unknown(), &scene.dan.id).await.is_error(404, NO_TEAM);
    add(&scene, &scene.bob, &scene.team, &unknown()).await.is_error(404, MISSING);
    for (body, id) in [
        (json!({ "team_id": unknown(), "user_id": scene.dan.id }), BODY_PARAM),
        (json!({ "user_id": scene.dan.id }), BODY_PARAM),
        (json!({ "team_id": scene.team }), BODY_PARAM),
        (json!({ "team_id": scene.team, "user_id": "me" }), BODY_PARAM),
        (json!({ "team_id": scene.team, "user_id": 5 }), "api.team.add_team_member.invalid_body.app_error"),
        (json!([]), "api.team.add_team_member.invalid_body.app_error"),
    ] {
        scene.post(&scene.bob, &users, &body).await.is_error(400, id);
    }
}

#[actix_web::test]
async fn members_are_listed_by_name_page_by_page() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.dan.id).await;
    let list = |query: &str| format!("/teams/{}/members{query}", scene.team);

    let ids = [&scene.bob, &scene.cy, &scene.dan].map(|one| one.id.as_str());
    assert_eq!(each(&scene.seen(&scene.cy, &list("")).await, "user_id"), ids);
    assert_eq!(each(&scene.seen(&scene.ada, &list("?page=1&per_page=2")).await, "user_id"), ids[2..]);
    assert_eq!(scene.seen(&scene.cy, &list("?page=99")).await, json!([]));
    assert_eq!(scene.seen(&scene.cy, &list("?per_page=0")).await, json!([]));
}

#[actix_web::test]
async fn guests_see_those_members_alone_whom_they_know() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.gil.id).await;
    let list = format!("/teams/{}/members", scene.team);
    let one = |user: &Somebody| format!("{list}/{}", user.id);
    scene.get(&scene.gil, &one(&scene.bob)).await.is_error(404, NO_MEMBER);

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(each(&scene.seen(&scene.gil, &list).await, "user_id"), [&scene.bob.id, &scene.gil.id]);
    assert_eq!(scene.seen(&scene.gil, &one(&scene.bob)).await["roles"], "team_user team_admin");
    scene.get(&scene.gil, &one(&scene.cy)).await.is_error(404, NO_MEMBER);
}

#[actix_web::test]
async fn outsiders_see_no_members() {
    let scene = Scene::new().await;
    for team in [&scene.team, &unknown()] {
        scene.get(&scene.dan, &format!("/teams/{team}/members")).await.is_error(403, FORBIDDEN);
        scene.get(&scene.dan, &format!("/teams/{team}/members/{}", scene.bob.id)).await.is_error(403, FORBIDDEN);
        scene.get(&scene.dan, &format!("/teams/{team}/members/me")).await.is_error(403, FORBIDDEN);
    }
    scene.get(&scene.cy, &format!("/teams/{}/members/{}", scene.team, scene.dan.id)).await.is_error(404, NO_MEMBER);
    assert_eq!(scene.seen(&scene.cy, &format!("/teams/{}/members/me", scene.team)).await["user_id"], scene.cy.id.as_str());
}

#[actix_web::test]
async fn a_membership_ends_with_the_channels_it_brought() {
    let scene = Scene::new().await;
    scene.enter(&scene.room, &scene.cy.id).await;

    let reply = scene.delete(&scene.bob, &format!("/teams/{}/members/{}", scene.team, scene.cy.id)).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(scene.seen(&scene.cy, "/users/me/teams").await, json!([]));
    assert_eq!(scene.seen(&scene.cy, "/users/me/channels").await, json!([]));
    let former = scene.seen(&scene.cy, "/users/me/teams/members").await;
    assert!(former[0]["delete_at"].as_i64().unwrap() >= muster_domain::testkit::fixture::BORN.as_millis());
    assert_eq!(scene.seen(&scene.cy, "/users/me/teams/unread").await, json!([]));
}

#[actix_web::test]
async fn anybody_leaves_by_himself_and_few_may_make_others_leave() {
    let scene = Scene::new().await;
    let one = |team: &str, user: &str| format!("/teams/{team}/members/{user}");

    for who in [&scene.cy, &scene.dan, &scene.gil] {
        scene.delete(who, &one(&scene.team, &scene.bob.id)).await.is_error(403, FORBIDDEN);
    }
    assert_eq!(scene.delete(&scene.cy, &one(&scene.team, "me")).await.status, 200);
    scene.delete(&scene.cy, &one(&scene.team, "me")).await.is_error(400, NOT_THERE);
    scene.delete(&scene.bob, &one(&scene.team, &scene.dan.id)).await.is_error(400, NOT_THERE);
    scene.delete(&scene.ada, &one(&unknown(), &scene.bob.id)).await.is_error(404, NO_TEAM);
    assert_eq!(Timestamp::NEVER.as_millis(), scene.seen(&scene.bob, "/users/me/teams/members").await[0]["delete_at"]);
}
