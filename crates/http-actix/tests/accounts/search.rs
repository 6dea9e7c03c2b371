//! Searching.

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, Somebody, TestApp};
use crate::lists::group;
use crate::scene::{Scene, each, unknown};

/// Whom a search finds, in its order.
async fn found(scene: &Scene, by: &Somebody, body: &Value) -> Vec<String> {
    let reply = scene.post(by, "/users/search", body).await;
    assert_eq!(reply.status, 200, "{body} {}", reply.text());
    each(&reply.json(), "username").into_iter().map(str::to_owned).collect()
}

/// `ada` is Augusta Łovelace, called Countess, `bob` is Bob Byte.
async fn named(settings: &str) -> Scene {
    let scene = Scene::of(TestApp::with(settings).await).await;
    let countess = json!({ "nickname": "Countess", "first_name": "Augusta", "last_name": "Łovelace" });
    scene.put(&scene.ada, "/users/me/patch", &countess).await;
    scene.put(&scene.bob, "/users/me/patch", &json!({ "first_name": "Bob", "last_name": "Byte", "nickname": "50%_off" })).await;
    scene
}

#[actix_web::test]
async fn every_word_is_somewhere_in_what_is_searched() {
    let scene = named("").await;
    for (term, expected) in [
        ("ada", &["ada"][..]),
        ("COUNT", &["ada"]),
        ("gust", &["ada"]),
        ("lovelace", &["ada"]),
        ("ŁOVEL", &["ada"]),
        ("@ada", &["ada"]),
        ("  ada   lovelace ", &["ada"]),
        ("lovelace count ada@example", &["ada"]),
        ("ada byte", &[]),
        ("countessaugusta", &[]),
        ("example.test", &["ada", "bob", "cy", "dan", "gil"]),
        ("a", &["ada", "bob", "cy", "dan", "gil"]),
        ("*", &["ada", "bob", "cy", "dan", "gil"]),
        ("@", &["ada", "bob", "cy", "dan", "gil"]),
        (" ", &["ada", "bob", "cy", "dan", "gil"]),
        ("a*d*a", &["ada"]),
        ("nobody", &[]),
        ("\0", &[]),
        ("ada\0", &[]),
    ] {
        assert_eq!(found(&scene, &scene.cy, &json!({ "term": term })).await, expected, "{term:?}");
    }
}

#[actix_web::test]
async fn marks_of_patterns_are_marks() {
    let scene = named("").await;
    for (term, expected) in [
        ("50%_off", &["bob"][..]),
        ("%", &["bob"]),
        ("_", &["bob"]),
        ("b_b", &[]),
        ("%%%%", &[]),
        ("b%b", &[]),
        ("'", &[]),
        ("\"", &[]),
        ("a\" OR \"b", &[]),
        ("NEAR(a b)", &[]),
        ("nick:50", &[]),
        ("\\", &[]),
    ] {
        assert_eq!(found(&scene, &scene.cy, &json!({ "term": term })).await, expected, "{term:?}");
    }
}

#[actix_web::test]
async fn an_exact_username_comes_first_and_the_others_by_username() {
    let scene = named("").await;
    for name in ["abob", "zbob", "bobby"] {
        scene.app.insert(name, |_| ()).await;
    }

    assert_eq!(found(&scene, &scene.cy, &json!({ "term": "bob" })).await, ["bob", "abob", "bobby", "zbob"]);
    assert_eq!(found(&scene, &scene.cy, &json!({ "term": "BOB", "limit": 1 })).await, ["bob"]);
    assert_eq!(found(&scene, &scene.cy, &json!({ "term": "obb" })).await, ["bobby"]);
}

#[actix_web::test]
async fn an_account_is_found_by_its_id() {
    let scene = named("").await;

    assert_eq!(found(&scene, &scene.cy, &json!({ "term": scene.dan.id })).await, ["dan"]);

    assert_eq!(found(&scene, &scene.cy, &json!({ "term": &scene.dan.id[..25] })).await, [""; 0]);
    assert_eq!(found(&scene, &scene.cy, &json!({ "term": unknown() })).await, [""; 0]);
}

#[actix_web::test]
async fn nobody_is_found_by_what_is_hidden() {
    let scene = named("accounts = { show_email_address = false, show_full_name = false }").await;
    for term in ["augusta", "lovelace", "byte", "ada@example.test", "example", "ada lovelace"] {
        assert_eq!(found(&scene, &scene.cy, &json!({ "term": term })).await, [""; 0], "{term}");
    }
    assert_eq!(found(&scene, &scene.ada, &json!({ "term": "byte" })).await, ["bob"], "admins see it and find by it");
    assert_eq!(found(&scene, &scene.ada, &json!({ "term": "bob@example" })).await, ["bob"]);

    let shown = scene.post(&scene.cy, "/users/search", &json!({ "term": "countess" })).await.json();

    let texts = ["email", "first_name", "last_name"].map(|key| shown[0][key].as_str().unwrap().to_owned());
    assert_eq!((shown[0]["username"].as_str(), texts), (Some("ada"), Default::default()));
}

#[actix_web::test]
async fn what_is_hidden_from_one_side_alone_is_found_by_from_the_other() {
    let without_names = named("accounts.show_full_name = false").await;
    let without_addresses = named("accounts.show_email_address = false").await;

    assert_eq!(found(&without_names, &without_names.cy, &json!({ "term": "bob@example.test" })).await, ["bob"]);
    assert_eq!(found(&without_names, &without_names.cy, &json!({ "term": "byte" })).await, [""; 0]);
    assert_eq!(found(&without_addresses, &without_addresses.cy, &json!({ "term": "byte" })).await, ["bob"]);
    assert_eq!(found(&without_addresses, &without_addresses.cy, &json!({ "term": "bob@example.test" })).await, [""; 0]);
}

#[actix_web::test]
async fn a_search_is_within_what_it_names() {
    let scene = named("").await;
    let (team, room) = (&scene.team, &scene.room);
    let group = group(&scene, &[&scene.cy.id, &scene.gil.id], true).await;
    for (scope, expected) in [
        (json!({ "team_id": team }), &["bob", "cy"][..]),
        (json!({ "not_in_team_id": team }), &["ada", "dan", "gil"]),
        (json!({ "in_channel_id": room }), &["bob"]),
        (json!({ "team_id": team, "in_channel_id": room }), &["bob"]),
        (json!({ "team_id": team, "not_in_channel_id": room }), &["cy"]),
        (json!({ "in_group_id": group }), &["cy", "gil"]),
        (json!({ "not_in_group_id": group }), &["ada", "bob", "dan"]),
        (json!({ "without_team": true }), &["ada", "dan", "gil"]),
        (json!({ "without_team": true, "in_channel_id": room }), &["ada", "dan", "gil"]),
        (json!({ "team_id": "", "without_team": false }), &["ada", "bob", "cy", "dan", "gil"]),
    ] {
        let mut body = scope.clone();
        body["term"] = json!("example");

        assert_eq!(found(&scene, &scene.bob, &body).await, expected, "{scope}");
    }
}

#[actix_web::test]
async fn a_search_of_a_place_is_for_those_who_see_it() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    let hidden = group(&scene, &[&scene.cy.id], false).await;
    for (who, scope) in [
        (&scene.dan, json!({ "team_id": team })),
        (&scene.dan, json!({ "not_in_team_id": team })),
        (&scene.cy, json!({ "in_channel_id": room })),
        (&scene.cy, json!({ "team_id": team, "not_in_channel_id": room })),
        (&scene.ada, json!({ "in_channel_id": unknown() })),
        (&scene.ada, json!({ "in_channel_id": "short" })),
        // What does not count is looked at all the same.
        (&scene.dan, json!({ "without_team": true, "team_id": team })),
        (&scene.cy, json!({ "team_id": team, "in_channel_id": room })),
        (&scene.bob, json!({ "in_group_id": hidden })),
        (&scene.bob, json!({ "not_in_group_id": hidden })),
    ] {
        let mut body = scope.clone();
        body["term"] = json!("a");

        let reply = scene.post(who, "/users/search", &body).await;

        assert_eq!(reply.told(), (403, FORBIDDEN.to_owned()), "{} {scope}", who.name);
    }
    let body = json!({ "term": "a", "in_group_id": unknown() });
    scene.post(&scene.ada, "/users/search", &body).await.is_error(404, "app.group.no_rows");
}

#[actix_web::test]
async fn deactivated_accounts_are_found_where_that_is_asked_for() {
    let scene = Scene::new().await;
    scene.put(&scene.ada, &format!("/users/{}/active", scene.cy.id), &json!({ "active": false })).await;

    assert_eq!(found(&scene, &scene.bob, &json!({ "term": "cy" })).await, [""; 0]);
    assert_eq!(found(&scene, &scene.bob, &json!({ "term": "cy", "allow_inactive": true })).await, ["cy"]);
}

#[actix_web::test]
async fn roles_narrow_a_search() {
    let scene = Scene::new().await;
    for (roles, expected) in [
        (json!({ "role": "system_user" }), &["ada", "bob", "cy", "dan"][..]),
        (json!({ "role": "system_" }), &["ada", "bob", "cy", "dan", "gil"]),
        (json!({ "role": "no such" }), &[]),
        (json!({ "roles": ["system_user"] }), &["bob", "cy", "dan"]),
        (json!({ "roles": ["system_admin", "system_guest"] }), &["ada", "gil"]),
        (json!({ "roles": ["no such"] }), &["ada", "bob", "cy", "dan", "gil"]),
        (json!({ "roles": null }), &["ada", "bob", "cy", "dan", "gil"]),
        (json!({ "team_id": scene.team, "team_roles": ["team_admin"] }), &["bob"]),
        (json!({ "in_channel_id": scene.room, "channel_roles": ["channel_user"] }), &[]),
        (json!({ "team_roles": ["team_admin"] }), &["ada", "bob", "cy", "dan", "gil"]),
    ] {
        let mut body = roles.clone();
        body["term"] = json!("example");

        assert_eq!(found(&scene, &scene.ada, &body).await, expected, "{roles}");
    }
}

#[actix_web::test]
async fn bodies_of_other_types_are_refused() {
    let scene = Scene::new().await;
    for (key, value) in [
        ("term", json!(5)),
        ("term", json!(["a"])),
        ("team_id", json!(5)),
        ("not_in_team_id", json!({})),
        ("in_channel_id", json!([])),
        ("not_in_channel_id", json!(true)),
        ("in_group_id", json!(1)),
        ("not_in_group_id", json!(1)),
        ("group_constrained", json!("true")),
        ("allow_inactive", json!(1)),
        ("without_team", json!("yes")),
        ("limit", json!("5")),
        ("limit", json!(1.5)),
        ("limit", json!(u64::MAX)),
        ("role", json!(["system_user"])),
        ("roles", json!("system_user")),
        ("team_roles", json!([5])),
        ("channel_roles", json!({})),
    ] {
        let mut body = json!({ "term": "a" });
        body[key] = value.clone();

        let reply = scene.post(&scene.bob, "/users/search", &body).await;

        assert_eq!(reply.told(), (400, BODY_PARAM.to_owned()), "{key} {value}");
    }
    for text in ["", "[]", "5", "\"a\"", "{", "{\"term\":\"a\"", "nonsense"] {
        let reply = scene.app.ask("POST", "/api/v4/users/search").by(&scene.bob).body(text).send().await;
        reply.is_error(400, BODY_PARAM);
    }
}

#[actix_web::test]
async fn a_search_needs_a_term_and_a_sensible_limit() {
    let scene = Scene::new().await;
    for (body, field) in [
        (json!({}), "term"),
        (json!({ "term": "" }), "term"),
        (json!({ "term": null }), "term"),
        (json!({ "term": "", "limit": -1 }), "term"),
        (json!({ "term": "a", "not_in_channel_id": scene.room }), "team_id"),
        (json!({ "term": "a", "limit": -1 }), "limit"),
        (json!({ "term": "a", "limit": 1001 }), "limit"),
        (json!({ "term": "a", "limit": i64::MIN }), "limit"),
    ] {
        let reply = scene.post(&scene.bob, "/users/search", &body).await;

        reply.is_error(400, BODY_PARAM);
        assert!(reply.json()["message"].as_str().unwrap().contains(field), "{body} {}", reply.text());
    }
    for (limit, most) in [(1, 1), (3, 3), (1000, 5), (0, 5)] {
        assert_eq!(found(&scene, &scene.bob, &json!({ "term": "example", "limit": limit })).await.len(), most, "{limit}");
    }
}

#[actix_web::test]
async fn a_hundred_are_found_where_nobody_said_how_many() {
    let scene = Scene::new().await;
    for number in 0..101 {
        scene.app.insert(&format!("many{number:03}"), |_| ()).await;
    }

    assert_eq!(found(&scene, &scene.bob, &json!({ "term": "many" })).await.len(), 100);
    assert_eq!(found(&scene, &scene.bob, &json!({ "term": "many", "limit": 1000 })).await.len(), 101);
}

#[actix_web::test]
async fn guests_find_those_alone_whom_they_know() {
    let scene = Scene::new().await;
    let terms = ["example", "bob", "@bob", scene.bob.id.as_str(), "*"];
    for term in terms {
        assert_eq!(found(&scene, &scene.gil, &json!({ "term": term })).await, [""; 0], "{term}");
    }
    scene.join(&scene.team, &scene.gil.id).await;

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(found(&scene, &scene.gil, &json!({ "term": "example" })).await, ["bob", "gil"]);
    assert_eq!(found(&scene, &scene.gil, &json!({ "term": "cy" })).await, [""; 0]);
    assert_eq!(found(&scene, &scene.gil, &json!({ "term": scene.cy.id })).await, [""; 0]);
    assert_eq!(found(&scene, &scene.gil, &json!({ "term": "example", "team_id": scene.team })).await, ["bob", "gil"]);
}
