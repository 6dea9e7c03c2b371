//! Accounts by ids and names, by group channels, and those that somebody knows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::PAYLOAD;
use crate::app::{BODY_PARAM, Somebody};
use crate::scene::{Scene, each, unknown};

/// The usernames in each channel of an answer.
async fn in_channels(scene: &Scene, by: &Somebody, ids: &[String]) -> Value {
    let reply = scene.post(by, "/users/group_channels", &json!(ids)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let channels = reply.json().as_object().unwrap().clone();
    channels.into_iter().map(|(channel, users)| (channel, json!(each(&users, "username")))).collect::<serde_json::Map<_, _>>().into()
}

#[actix_web::test]
async fn the_others_in_ones_group_channels_are_told() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.bob, "/channels/group", &json!([scene.dan.id, scene.cy.id, scene.bob.id])).await;
    let direct = scene.made(&scene.bob, "/channels/direct", &json!([scene.bob.id, scene.cy.id])).await;
    scene.put(&scene.ada, &format!("/users/{}/active", scene.dan.id), &json!({ "active": false })).await;
    let ids = [group.clone(), direct, scene.room.clone(), unknown(), "short".to_owned(), group.clone()];

    let told = in_channels(&scene, &scene.bob, &ids).await;

    assert_eq!(told, json!({ &group: ["cy", "dan"] }), "no other kind of channel, and not himself");
    assert_eq!(in_channels(&scene, &scene.cy, &ids).await, json!({ &group: ["bob", "dan"] }));
    for outsider in [&scene.ada, &scene.gil] {
        assert_eq!(in_channels(&scene, outsider, &ids).await, json!({}), "{}", outsider.name);
    }
}

#[actix_web::test]
async fn of_many_channels_the_first_fifty_by_id_are_looked_at() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.bob, "/channels/group", &json!([scene.dan.id, scene.cy.id])).await;
    let among = |others: usize| [vec![group.clone()], (0..others).map(|number| format!("{number:026}")).collect()].concat();

    assert_eq!(in_channels(&scene, &scene.bob, &among(49)).await, json!({ &group: ["cy", "dan"] }));
    assert_eq!(in_channels(&scene, &scene.bob, &among(50)).await, json!({}));
}

#[actix_web::test]
async fn those_in_a_group_channel_are_shown_as_others_are() {
    let scene = Scene::new().await;
    let group = scene.made(&scene.bob, "/channels/group", &json!([scene.ada.id, scene.cy.id])).await;
    let first = async |by: &Somebody| scene.post(by, "/users/group_channels", &json!([group])).await.json()[&group][0].clone();

    let (to_bob, to_ada) = (first(&scene.bob).await, first(&scene.ada).await);

    assert_eq!((to_bob["username"].as_str(), to_bob.get("notify_props")), (Some("ada"), None));
    assert!(to_ada["username"] == "bob" && to_ada["notify_props"].is_object());
}

#[actix_web::test]
async fn group_channels_are_asked_for_by_a_list_of_ids() {
    let scene = Scene::new().await;
    for body in [json!([]), json!({}), json!("id"), json!([5]), json!([["id"]]), json!([null]), json!(5)] {
        scene.post(&scene.bob, "/users/group_channels", &body).await.is_error(400, PAYLOAD);
    }
    for text in ["", "null", "[", "nonsense"] {
        let reply = scene.app.ask("POST", "/api/v4/users/group_channels").by(&scene.bob).body(text).send().await;
        reply.is_error(400, PAYLOAD);
    }
}

#[actix_web::test]
async fn everybody_who_shares_a_channel_is_known() {
    let scene = Scene::new().await;
    let known = async |by: &Somebody| {
        let list = scene.seen(by, "/users/known").await;
        let mut ids: Vec<_> = list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(known(&scene.dan).await, [""; 0]);
    assert_eq!(known(&scene.bob).await, [scene.cy.id.as_str()], "they are in the team's first channels");

    scene.made(&scene.bob, "/channels/direct", &json!([scene.bob.id, scene.dan.id])).await;
    scene.put(&scene.ada, &format!("/users/{}/active", scene.dan.id), &json!({ "active": false })).await;

    let mut expected = [scene.cy.id.clone(), scene.dan.id.clone()];
    expected.sort();
    assert_eq!(known(&scene.bob).await, expected, "those who are deactivated too, each once, and not himself");
    assert_eq!(known(&scene.ada).await, [""; 0], "an admin is in no channel");
}

#[actix_web::test]
async fn guests_get_those_alone_whom_they_know() {
    let scene = Scene::new().await;
    let (ids, usernames) = (json!([scene.ada.id, scene.bob.id, scene.cy.id, scene.gil.id]), json!(["ada", "bob", "cy", "gil"]));
    let told = async || {
        let by_ids = scene.post(&scene.gil, "/users/ids", &ids).await.json();
        let by_names = scene.post(&scene.gil, "/users/usernames", &usernames).await.json();
        assert_eq!(each(&by_ids, "username"), each(&by_names, "username"));
        each(&by_ids, "username").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [""; 0], "he is in no channel, not even with himself");
    scene.join(&scene.team, &scene.gil.id).await;

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(told().await, ["bob", "gil"]);
}

#[actix_web::test]
async fn only_what_changed_since_is_sent_of_accounts_in_view() {
    let scene = Scene::new().await;
    crate::admit(&scene, &scene.gil.id).await;
    let before = muster_domain::testkit::fixture::BORN.as_millis();
    scene.app.clock.advance(Duration::from_secs(1));
    for who in [&scene.bob, &scene.cy] {
        scene.put(who, "/users/me/patch", &json!({ "nickname": "new" })).await;
    }
    let since = async |by: &Somebody, since: i64| {
        let ids = json!([scene.ada.id, scene.bob.id, scene.cy.id, scene.gil.id]);
        let list = scene.post(by, &format!("/users/ids?since={since}"), &ids).await.json();
        each(&list, "username").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };

    assert_eq!(since(&scene.ada, before).await, ["bob", "cy"]);
    assert_eq!(since(&scene.gil, before).await, ["bob"]);
    assert_eq!(since(&scene.ada, before + 1000).await, [""; 0], "later than that, not then");
    for wrong in ["x", "1.5", "99999999999999999999", "%00"] {
        let reply = scene.post(&scene.ada, &format!("/users/ids?since={wrong}"), &json!([scene.bob.id])).await;
        reply.is_error(400, BODY_PARAM);
    }
}
