//! Guests, who see those alone whom they share a channel with, by whatever way they ask.

use serde_json::{Value, json};

use crate::app::{FORBIDDEN, Somebody};
use crate::scene::{Scene, each, unknown};

/// Every way to be shown accounts: method, path, body.
fn ways(scene: &Scene) -> Vec<(&'static str, String, Value)> {
    let ids = [&scene.ada, &scene.bob, &scene.cy, &scene.dan, &scene.gil].map(|who| who.id.clone());
    let (team, room) = (&scene.team, &scene.room);
    let get = |path: &str| ("GET", path.to_owned(), Value::Null);
    let mut ways = vec![
        get("/users"),
        get("/users?sort=&active=true"),
        get("/users?roles=system_user,system_admin"),
        get(&format!("/users?in_team={team}")),
        get(&format!("/users?not_in_team={team}")),
        get(&format!("/users?in_team={team}&not_in_channel={room}")),
        get(&format!("/users?in_team={team}&sort=create_at")),
        get(&format!("/users?in_team={team}&sort=last_activity_at")),
        get("/users/known"),
        get("/users/autocomplete?name="),
        get("/users/autocomplete?name=cy"),
        get(&format!("/users/autocomplete?in_team={team}&name=c")),
        get(&format!("/users/autocomplete?team_id={team}&name=c")),
        ("POST", "/users/ids".to_owned(), json!(ids)),
        ("POST", "/users/usernames".to_owned(), json!(["ada", "bob", "cy", "dan", "gil"])),
        ("POST", "/users/search".to_owned(), json!({ "term": "*" })),
        ("POST", "/users/search".to_owned(), json!({ "term": "cy" })),
        ("POST", "/users/search".to_owned(), json!({ "term": scene.cy.id, "allow_inactive": true })),
        ("POST", "/users/search".to_owned(), json!({ "term": "example", "team_id": team })),
        ("POST", "/users/search".to_owned(), json!({ "term": "example", "without_team": true })),
        ("POST", "/users/search".to_owned(), json!({ "term": "example", "not_in_team_id": team })),
        ("POST", "/users/group_channels".to_owned(), json!([room])),
    ];
    for who in [&scene.ada, &scene.cy, &scene.dan] {
        ways.push(get(&format!("/users/{}", who.id)));
        ways.push(get(&format!("/users/username/{}", who.name)));
        ways.push(get(&format!("/users/email/{}@example.test", who.name)));
        ways.push(get(&format!("/users/{}/image", who.id)));
        ways.push(get(&format!("/users/{}/audits", who.id)));
    }
    ways
}

/// Whether an answer tells of somebody more than who asked put into the question.
fn tells_of(text: &str, who: &Somebody) -> bool {
    text.contains(&format!("\"{}\"", who.name)) || text.contains(&format!("\"{}@example.test\"", who.name)) || text.contains(&who.id)
}

#[actix_web::test]
async fn a_guest_learns_of_nobody_whom_he_does_not_know() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.gil.id).await;
    scene.enter(&scene.room, &scene.gil.id).await;
    for (method, path, body) in ways(&scene) {
        let reply = scene.call(&scene.gil, method, &path, &body).await;

        let text = String::from_utf8_lossy(&reply.body);
        for who in [&scene.ada, &scene.cy, &scene.dan] {
            assert!(!tells_of(&text, who), "{method} {path} {body} tells of {}: {text}", who.name);
        }
        assert!([200, 403].contains(&reply.status), "{method} {path} {body} {text}");
    }
}

#[actix_web::test]
async fn an_account_that_a_guest_may_not_see_looks_to_him_like_none() {
    let scene = Scene::new().await;
    let told = async |path: String| {
        let mut body = scene.get(&scene.gil, &path).await.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let cases = [
        (format!("/users/{}", scene.cy.id), format!("/users/{}", unknown())),
        ("/users/username/cy".to_owned(), "/users/username/nobody".to_owned()),
        ("/users/email/cy@example.test".to_owned(), "/users/email/nobody@example.test".to_owned()),
        (format!("/users/{}/image", scene.cy.id), format!("/users/{}/image", unknown())),
        (format!("/users/{}/image/default", scene.cy.id), format!("/users/{}/image/default", unknown())),
        (format!("/users/{}/audits", scene.cy.id), format!("/users/{}/audits", unknown())),
    ];
    for (hidden, missing) in cases {
        let hidden_told = told(hidden.clone()).await;

        assert_eq!(hidden_told, told(missing).await, "{hidden}");
        assert_eq!((&hidden_told["id"], &hidden_told["status_code"]), (&json!(FORBIDDEN), &json!(403)), "{hidden}");
    }
}

#[actix_web::test]
async fn who_shares_a_channel_is_seen_and_who_left_it_is_not() {
    let scene = Scene::new().await;
    let direct = scene.made(&scene.dan, "/channels/direct", &json!([scene.dan.id, scene.gil.id])).await;
    for path in [format!("/users/{}", scene.dan.id), "/users/username/dan".to_owned(), "/users/email/dan@example.test".to_owned()] {
        assert_eq!(scene.get(&scene.gil, &path).await.status, 200, "{path}");
    }
    assert_eq!(each(&scene.seen(&scene.gil, "/users").await, "username"), ["dan", "gil"]);
    crate::admit(&scene, &scene.gil.id).await;
    assert_eq!(each(&scene.seen(&scene.gil, "/users").await, "username"), ["bob", "dan", "gil"]);

    let left = scene.delete(&scene.ada, &format!("/channels/{}/members/{}", scene.room, scene.gil.id)).await;

    assert_eq!(left.status, 200, "{}", left.text());
    assert_eq!(each(&scene.seen(&scene.gil, "/users").await, "username"), ["dan", "gil"]);
    scene.get(&scene.gil, &format!("/users/{}", scene.bob.id)).await.is_error(403, FORBIDDEN);
    let channel = each(&scene.seen(&scene.gil, &format!("/users?in_channel={direct}")).await, "username").len();
    assert_eq!(channel, 2, "who reads a channel sees who is in it");
}

#[actix_web::test]
async fn members_of_groups_are_those_alone_whom_a_guest_knows() {
    let scene = Scene::new().await;
    let (bob, cy) = (scene.bob.id.as_str(), scene.cy.id.as_str());
    let group = crate::lists::group(&scene, &[bob, cy], true).await;
    crate::admit(&scene, &scene.gil.id).await;
    for path in [format!("/users?in_group={group}"), format!("/groups/{group}/members"), format!("/users?not_in_group={group}")] {
        let reply = scene.get(&scene.gil, &path).await;

        assert!(reply.status == 200 && !tells_of(reply.text(), &scene.cy), "{path} {}", reply.text());
        assert!(!tells_of(reply.text(), &scene.dan), "{path} {}", reply.text());
    }
    assert_eq!(each(&scene.seen(&scene.gil, &format!("/users?in_group={group}")).await, "username"), ["bob"]);
}

#[actix_web::test]
async fn a_guest_changes_himself_and_nobody_else() {
    let scene = Scene::new().await;
    crate::admit(&scene, &scene.gil.id).await;

    assert_eq!(scene.put(&scene.gil, "/users/me/patch", &json!({ "nickname": "Gilly" })).await.status, 200);

    for target in [&scene.bob.id, &scene.cy.id, &unknown()] {
        scene.put(&scene.gil, &format!("/users/{target}/patch"), &json!({ "nickname": "x" })).await.is_error(403, FORBIDDEN);
        scene.put(&scene.gil, &format!("/users/{target}/roles"), &json!({ "roles": "system_user" })).await.is_error(403, FORBIDDEN);
    }
    scene.put(&scene.gil, "/users/me/roles", &json!({ "roles": "system_user" })).await.is_error(403, FORBIDDEN);
    scene.post(&scene.gil, "/users/me/promote", &Value::Null).await.is_error(403, FORBIDDEN);
}
