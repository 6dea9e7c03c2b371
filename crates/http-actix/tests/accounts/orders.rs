//! The orders of lists.

use std::time::Duration;

use muster_domain::id::UserId;
use muster_domain::role::Roles;
use muster_domain::testkit::fixture::{self, BORN};
use serde_json::json;

use crate::app::{Somebody, TestApp};
use crate::lists::{group, names};
use crate::scene::{Scene, each};

/// The id of somebody who was put into the store.
fn id(name: &str) -> String {
    fixture::id::<UserId>(name).to_string()
}

/// Puts somebody into the store who was born so many seconds later, and into the team.
async fn later(scene: &Scene, name: &str, secs: u64) {
    let user = scene.app.insert(name, |user| user.created_at = BORN.after(Duration::from_secs(secs))).await;
    scene.join(&scene.team, user.id.as_str()).await;
}

async fn says(scene: &Scene, who: &Somebody, status: &str) {
    let body = json!({ "user_id": who.id, "status": status });
    let reply = scene.put(who, "/users/me/status", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[actix_web::test]
async fn the_newest_members_of_a_team_come_first_those_who_left_too() {
    let scene = Scene::new().await;
    later(&scene, "eve", 5).await;
    later(&scene, "abe", 9).await;
    let query = format!("in_team={}&sort=create_at", scene.team);
    assert_eq!(names(&scene, &scene.bob, &query).await, ["abe", "eve", "bob", "cy"]);

    scene.delete(&scene.ada, &format!("/teams/{}/members/{}", scene.team, scene.cy.id)).await;

    assert_eq!(names(&scene, &scene.bob, &query).await, ["abe", "eve", "bob", "cy"]);
    assert_eq!(names(&scene, &scene.bob, &format!("{query}&per_page=2&page=1")).await, ["bob", "cy"]);
    // Filters are not looked at in this order.
    assert_eq!(names(&scene, &scene.bob, &format!("{query}&inactive=true&role=system_admin")).await.len(), 4);
}

#[actix_web::test]
async fn who_was_active_last_comes_first_with_the_time() {
    let scene = Scene::new().await;
    says(&scene, &scene.bob, "offline").await;
    scene.app.clock.advance(Duration::from_secs(7));
    says(&scene, &scene.cy, "online").await;
    later(&scene, "eve", 0).await;

    let list = scene.seen(&scene.bob, &format!("/users?in_team={}&sort=last_activity_at", scene.team)).await;

    assert_eq!(each(&list, "username"), ["cy", "bob"], "who was never active is not listed");
    let times: Vec<_> = list.as_array().unwrap().iter().map(|user| user["last_activity_at"].as_i64().unwrap()).collect();
    assert_eq!(times, [BORN.as_millis() + 7000, BORN.as_millis()]);
    let usual = scene.seen(&scene.bob, &format!("/users?in_team={}", scene.team)).await;
    assert!(usual.as_array().unwrap().iter().all(|user| user.get("last_activity_at").is_none()));
}

#[actix_web::test]
async fn those_of_a_channel_come_by_their_presence() {
    let scene = Scene::new().await;
    later(&scene, "eve", 0).await;
    scene.join(&scene.team, &scene.dan.id).await;
    for who in [&scene.cy.id, &scene.dan.id, &id("eve")] {
        scene.enter(&scene.room, who).await;
    }
    for (who, status) in [(&scene.bob, "dnd"), (&scene.cy, "away"), (&scene.dan, "online")] {
        says(&scene, who, status).await;
    }

    assert_eq!(names(&scene, &scene.bob, &format!("in_channel={}&sort=status", scene.room)).await, ["dan", "cy", "bob", "eve"]);
}

#[actix_web::test]
async fn those_who_look_after_a_channel_come_first() {
    let scene = Scene::new().await;
    later(&scene, "abe", 0).await;
    scene.enter(&scene.room, &id("abe")).await;
    let query = format!("in_channel={}", scene.room);

    assert_eq!(names(&scene, &scene.bob, &query).await, ["abe", "bob"]);
    assert_eq!(names(&scene, &scene.bob, &format!("{query}&sort=admin")).await, ["bob", "abe"]);
}

/// In a group, `cy` is called Zed, `dan` Ann Lee, `bob` by his username.
async fn called(settings: &str) -> (Scene, String) {
    let scene = Scene::of(TestApp::with(settings).await).await;
    let group = group(&scene, &[&scene.bob.id, &scene.cy.id, &scene.dan.id], true).await;
    scene.put(&scene.cy, "/users/me/patch", &json!({ "nickname": "Zed", "first_name": "Abe" })).await;
    scene.put(&scene.dan, "/users/me/patch", &json!({ "first_name": "Ann", "last_name": "Lee" })).await;
    (scene, format!("in_group={group}&sort=display_name"))
}

#[actix_web::test]
async fn those_in_a_group_come_by_what_people_are_called() {
    for (settings, expected) in [
        ("", ["bob", "cy", "dan"]),
        ("accounts.name_format = \"nickname_full_name\"", ["dan", "bob", "cy"]),
        ("accounts.name_format = \"full_name\"", ["cy", "dan", "bob"]),
    ] {
        let (scene, query) = called(settings).await;

        assert_eq!(names(&scene, &scene.bob, &query).await, expected, "{settings}");
    }
}

#[actix_web::test]
async fn an_order_does_not_give_away_hidden_names() {
    let (scene, query) = called("accounts = { name_format = \"full_name\", show_full_name = false }").await;

    assert_eq!(names(&scene, &scene.bob, &query).await, ["bob", "cy", "dan"]);
    assert_eq!(names(&scene, &scene.ada, &query).await, ["cy", "dan", "bob"], "an admin sees the names anyway");
    let roles = Roles::parse("system_user system_read_only_admin").unwrap();
    let reader = scene.app.insert("ron", |user| user.roles = roles).await;
    let ron = Somebody { id: reader.id.to_string(), token: scene.app.sign_in("ron").await, name: "ron".to_owned() };
    assert_eq!(names(&scene, &ron, &query).await, ["bob", "cy", "dan"], "nobody else does");
}
