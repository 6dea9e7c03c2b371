//! Completing names while they are typed.

use serde_json::{Value, json};

use crate::app::{FORBIDDEN, Somebody, TestApp, URL_PARAM};
use crate::scene::{Scene, each, unknown};

/// Who is offered, and apart from them who is outside the channel.
async fn offered(scene: &Scene, by: &Somebody, query: &str) -> (Vec<String>, Vec<String>) {
    let told = scene.seen(by, &format!("/users/autocomplete?{query}")).await;
    let names = |list: &Value| each(list, "username").into_iter().map(str::to_owned).collect::<Vec<_>>();
    let outside = told.get("out_of_channel").map(names).unwrap_or_default();
    assert_eq!(told.as_object().unwrap().contains_key("out_of_channel"), !outside.is_empty(), "left out when empty");
    (names(&told["users"]), outside)
}

async fn users(scene: &Scene, by: &Somebody, query: &str) -> Vec<String> {
    offered(scene, by, query).await.0
}

#[actix_web::test]
async fn active_accounts_are_offered_by_what_was_typed() {
    let scene = Scene::new().await;
    scene.put(&scene.bob, "/users/me/patch", &json!({ "first_name": "Zoë", "nickname": "Bobby" })).await;
    scene.put(&scene.ada, &format!("/users/{}/active", scene.dan.id), &json!({ "active": false })).await;
    for (query, expected) in [
        ("", &["ada", "bob", "cy", "gil"][..]),
        ("name=", &["ada", "bob", "cy", "gil"]),
        ("name=bob", &["bob"]),
        ("name=%40bob", &["bob"]),
        ("name=zoe", &["bob"]),
        ("name=obby", &["bob"]),
        ("name=dan", &[]),
        ("name=example", &[]),
        ("name=%00", &[]),
        ("name=b%00", &[]),
        ("unknown=1&name=CY", &["cy"]),
    ] {
        assert_eq!(users(&scene, &scene.cy, query).await, expected, "{query}");
    }
    assert_eq!(users(&scene, &scene.ada, "name=bob@example.test").await, [""; 0], "not by the address, not even an admin");
}

#[actix_web::test]
async fn a_limit_is_read_leniently_but_for_negative_ones() {
    let scene = Scene::new().await;
    for (limit, most) in [("", 5), ("2", 2), ("0", 0), ("many", 0), ("1000", 5), ("999999999999", 5)] {
        assert_eq!(users(&scene, &scene.cy, &format!("limit={limit}")).await.len(), most, "{limit}");
    }
    for limit in ["-1", "-9223372036854775808"] {
        scene.get(&scene.cy, &format!("/users/autocomplete?limit={limit}")).await.is_error(400, URL_PARAM);
    }
}

#[actix_web::test]
async fn those_outside_the_channel_are_offered_apart() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();

    let both = offered(&scene, &scene.bob, &format!("in_team={team}&in_channel={room}")).await;

    assert_eq!(both, (names(&["bob"]), names(&["cy"])));
    assert_eq!(offered(&scene, &scene.bob, &format!("in_team={team}&in_channel={room}&name=bob")).await, (names(&["bob"]), vec![]));
    assert_eq!(offered(&scene, &scene.bob, &format!("in_team={team}")).await, (names(&["bob", "cy"]), vec![]));
    scene.join(team, &scene.dan.id).await;
    let one_each = offered(&scene, &scene.bob, &format!("in_team={team}&in_channel={room}&limit=1")).await;
    assert_eq!(one_each, (names(&["bob"]), names(&["cy"])), "the limit is of each");
}

#[actix_web::test]
async fn completing_in_a_place_is_for_those_who_see_it() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    for (who, query) in [
        (&scene.dan, format!("in_team={team}")),
        (&scene.cy, format!("in_team={team}&in_channel={room}")),
        (&scene.dan, format!("in_team={team}&in_channel={room}")),
        (&scene.bob, format!("in_team={}", unknown())),
        (&scene.bob, format!("in_team={team}&in_channel={}", unknown())),
        (&scene.ada, format!("in_team={team}&in_channel=short")),
    ] {
        let reply = scene.get(who, &format!("/users/autocomplete?{query}")).await;

        assert_eq!(reply.told(), (403, FORBIDDEN.to_owned()), "{} {query}", who.name);
    }
    scene.get(&scene.bob, &format!("/users/autocomplete?in_channel={room}")).await.is_error(400, URL_PARAM);
}

#[actix_web::test]
async fn those_of_a_team_are_offered_first_by_the_names_of_the_api_text() {
    let scene = Scene::new().await;
    let rather = format!("team_id={}&channel_id={}", scene.team, scene.room);

    assert_eq!(users(&scene, &scene.bob, &rather).await, ["bob", "cy"]);
    assert_eq!(users(&scene, &scene.bob, &format!("{rather}&name=dan")).await, ["dan"], "where nobody of it is meant, everybody");
    assert_eq!(users(&scene, &scene.dan, &rather).await.len(), 5, "who does not see it is not told who is in it");
    assert_eq!(users(&scene, &scene.bob, "team_id=short").await.len(), 5);
    assert_eq!(users(&scene, &scene.bob, &format!("in_team={}&team_id={}", scene.team, unknown())).await, ["bob", "cy"]);
}

#[actix_web::test]
async fn full_names_complete_for_those_who_see_them() {
    let scene = Scene::of(TestApp::with("accounts = { show_full_name = false, show_email_address = false }").await).await;
    scene.put(&scene.bob, "/users/me/patch", &json!({ "first_name": "Robert", "last_name": "Byte" })).await;

    assert_eq!(users(&scene, &scene.cy, "name=byte").await, [""; 0]);

    assert_eq!(users(&scene, &scene.ada, "name=byte").await, ["bob"]);
    let shown = scene.seen(&scene.cy, "/users/autocomplete?name=bob").await["users"][0].clone();
    assert_eq!(["first_name", "last_name", "email"].map(|key| shown[key].clone()), [json!(""), json!(""), json!("")]);
}

#[actix_web::test]
async fn guests_are_offered_those_alone_whom_they_know() {
    let scene = Scene::new().await;
    assert_eq!(users(&scene, &scene.gil, "").await, [""; 0]);
    scene.join(&scene.team, &scene.gil.id).await;

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(users(&scene, &scene.gil, "").await, ["bob", "gil"]);
    assert_eq!(users(&scene, &scene.gil, "name=cy").await, [""; 0]);
    let (inside, outside) = offered(&scene, &scene.gil, &format!("in_team={}&in_channel={}", scene.team, scene.room)).await;
    assert_eq!((inside, outside), (vec!["bob".to_owned(), "gil".to_owned()], vec![]), "cy, of the team, is none of them");
}
