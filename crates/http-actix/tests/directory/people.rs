//! Preferences and statuses of people.

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, MISSING, Somebody};
use crate::scene::{Scene, each, unknown};

fn preference(user: &str, name: &str, value: &str) -> Value {
    json!({ "user_id": user, "category": "display_settings", "name": name, "value": value })
}

#[actix_web::test]
async fn what_a_client_remembers_is_told_again() {
    let scene = Scene::new().await;
    let clock = preference(&scene.cy.id, "clock", "24");

    let put = scene.put(&scene.cy, "/users/me/preferences", &json!([clock, preference(&scene.cy.id, "theme", "dark")])).await;

    assert_eq!((put.status, put.json()), (200, json!({ "status": "OK" })));
    assert_eq!(scene.seen(&scene.cy, "/users/me/preferences/display_settings/name/clock").await, clock);
    assert_eq!(each(&scene.seen(&scene.cy, "/users/me/preferences/display_settings").await, "name"), ["clock", "theme"]);
    let of_cy = format!("/users/{}/preferences", scene.cy.id);
    assert!(each(&scene.seen(&scene.ada, &of_cy).await, "category").contains(&"tutorial_step"), "a newcomer has some");
    let theme = json!([{ "user_id": scene.cy.id, "category": "theme", "name": "", "value": "dark" }]);
    let refused = scene.put(&scene.cy, "/users/me/preferences", &theme).await;
    refused.is_error(400, "model.preference.is_valid.theme.app_error");
    for (path, status, id) in [
        ("/users/me/preferences/nothing", 404, "api.preference.preferences_category.get.app_error"),
        ("/users/me/preferences/display_settings/name/nothing", 400, "app.preference.get.app_error"),
    ] {
        scene.get(&scene.cy, path).await.is_error(status, id);
    }
}

#[actix_web::test]
async fn what_is_forgotten_is_gone() {
    let scene = Scene::new().await;
    let one = json!([preference(&scene.cy.id, "clock", "24")]);
    scene.put(&scene.cy, "/users/me/preferences", &one).await;

    let reply = scene.post(&scene.cy, "/users/me/preferences/delete", &one).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    scene.get(&scene.cy, "/users/me/preferences/display_settings").await.is_error(404, "api.preference.preferences_category.get.app_error");
}

#[actix_web::test]
async fn preferences_are_refused_with_the_reason() {
    let scene = Scene::new().await;
    let own = |key: &str, value: Value| {
        let mut one = preference(&scene.cy.id, "clock", "24");
        one[key] = value;
        json!([one])
    };
    let many = vec![preference(&scene.cy.id, "clock", "24"); 101];
    let foreign = "api.preference.update_preferences.set.app_error";
    for (body, status, id) in [
        (json!([]), 400, BODY_PARAM),
        (json!(many), 400, BODY_PARAM),
        (json!({}), 400, BODY_PARAM),
        (json!([5]), 400, BODY_PARAM),
        (own("value", json!(5)), 400, BODY_PARAM),
        (own("user_id", json!(scene.dan.id)), 403, foreign),
        (own("user_id", json!("me")), 403, foreign),
        (own("category", json!("")), 400, "model.preference.is_valid.category.app_error"),
        (own("category", json!("c".repeat(33))), 400, "model.preference.is_valid.category.app_error"),
        (own("name", json!("n".repeat(33))), 400, "model.preference.is_valid.name.app_error"),
        (own("value", json!("v".repeat(20_001))), 400, "model.preference.is_valid.value.app_error"),
        (own("value", json!("\0")), 400, "model.preference.is_valid.value.app_error"),
    ] {
        scene.put(&scene.cy, "/users/me/preferences", &body).await.is_error(status, id);
    }
    for (body, status, id) in [
        (json!([]), 400, BODY_PARAM),
        (json!(many), 400, BODY_PARAM),
        (own("user_id", json!(scene.dan.id)), 403, "api.preference.delete_preferences.delete.app_error"),
        (own("user_id", json!("me")), 403, "api.preference.delete_preferences.delete.app_error"),
    ] {
        scene.post(&scene.cy, "/users/me/preferences/delete", &body).await.is_error(status, id);
    }
    assert_eq!(scene.seen(&scene.cy, "/users/me/preferences").await.as_array().unwrap().len(), 3, "nothing is kept of a refused request");
}

#[actix_web::test]
async fn preferences_are_for_their_holder_and_those_above_him() {
    let scene = Scene::new().await;
    let of_cy = format!("/users/{}/preferences", scene.cy.id);
    for rest in ["", "/display_settings", "/display_settings/name/clock"] {
        scene.get(&scene.bob, &format!("{of_cy}{rest}")).await.is_error(403, FORBIDDEN);
    }
    scene.put(&scene.bob, &of_cy, &json!([])).await.is_error(403, FORBIDDEN);
    scene.post(&scene.bob, &format!("{of_cy}/delete"), &json!([])).await.is_error(403, FORBIDDEN);
    let nobodys = json!([preference(&unknown(), "clock", "24")]);

    scene.put(&scene.ada, &format!("/users/{}/preferences", unknown()), &nobodys).await.is_error(404, MISSING);
    assert_eq!(scene.put(&scene.ada, &of_cy, &json!([preference(&scene.cy.id, "clock", "24")])).await.status, 200);
}

fn absent(user: &str) -> Value {
    json!({ "user_id": user, "status": "offline", "manual": false, "last_activity_at": 0, "dnd_end_time": 0 })
}

async fn says(scene: &Scene, who: &Somebody, status: &str) -> Value {
    let reply = scene.put(who, "/users/me/status", &json!({ "user_id": who.id, "status": status, "dnd_end_time": 5 })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[actix_web::test]
async fn people_say_whether_they_are_there() {
    let scene = Scene::new().await;
    let born = muster_domain::testkit::fixture::BORN.as_millis();
    // To be away, or not to be disturbed, is no activity.
    for (status, is_manual, active, end) in
        [("away", true, 0, 0), ("dnd", true, 0, 5), ("offline", true, born, 0), ("online", false, born, 0), ("away", true, born, 0)]
    {
        let told = says(&scene, &scene.cy, status).await;

        let wanted = json!({
            "user_id": scene.cy.id, "status": status, "manual": is_manual, "last_activity_at": active, "dnd_end_time": end,
        });
        assert_eq!(told, wanted);
        assert_eq!(scene.seen(&scene.bob, &format!("/users/{}/status", scene.cy.id)).await, wanted);
    }
    for id in [&scene.dan.id, &unknown()] {
        assert_eq!(scene.seen(&scene.cy, &format!("/users/{id}/status")).await, absent(id));
    }
}

#[actix_web::test]
async fn whether_several_are_there_is_told_once_for_each() {
    let scene = Scene::new().await;
    says(&scene, &scene.cy, "away").await;
    let ids = json!([scene.dan.id, scene.cy.id, unknown(), scene.dan.id]);

    let told = scene.post(&scene.bob, "/users/status/ids", &ids).await.json();

    assert_eq!(each(&told, "user_id"), [&scene.dan.id, &scene.cy.id, &unknown()]);
    assert_eq!(each(&told, "status"), ["offline", "away", "offline"]);
    let many: Vec<_> = (0..5001).map(|n| format!("{n:026}")).collect();
    for (body, id) in [
        (json!([]), BODY_PARAM),
        (json!([scene.dan.id, "short"]), BODY_PARAM),
        (json!(many), BODY_PARAM),
        (json!({}), "api.payload.parse.error"),
        (json!([5]), "api.payload.parse.error"),
    ] {
        scene.post(&scene.bob, "/users/status/ids", &body).await.is_error(400, id);
    }
}

#[actix_web::test]
async fn guests_are_told_of_those_alone_whom_they_know() {
    let scene = Scene::new().await;
    says(&scene, &scene.bob, "away").await;
    says(&scene, &scene.cy, "away").await;
    let ids = json!([scene.bob.id, scene.cy.id]);
    let told = |reply: Value| each(&reply, "status").into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told(scene.post(&scene.gil, "/users/status/ids", &ids).await.json()), ["offline", "offline"]);
    scene.join(&scene.team, &scene.gil.id).await;

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(told(scene.post(&scene.gil, "/users/status/ids", &ids).await.json()), ["away", "offline"]);
    assert_eq!(scene.seen(&scene.gil, &format!("/users/{}/status", scene.cy.id)).await, absent(&scene.cy.id));
}

#[actix_web::test]
async fn a_status_is_refused_with_the_reason() {
    let scene = Scene::new().await;
    let path = format!("/users/{}/status", scene.cy.id);
    for body in [
        json!({ "user_id": "me", "status": "away" }),
        json!({ "user_id": scene.dan.id, "status": "away" }),
        json!({ "status": "away" }),
        json!({ "user_id": scene.cy.id }),
        json!({ "user_id": scene.cy.id, "status": "ooo" }),
        json!({ "user_id": scene.cy.id, "status": "asleep" }),
        json!({ "user_id": scene.cy.id, "status": "dnd", "dnd_end_time": -1 }),
        json!({ "user_id": scene.cy.id, "status": "dnd", "dnd_end_time": "soon" }),
        json!([]),
    ] {
        scene.put(&scene.cy, &path, &body).await.is_error(400, BODY_PARAM);
    }
    let away = |user: &str| json!({ "user_id": user, "status": "away" });
    scene.put(&scene.bob, &path, &away(&scene.cy.id)).await.is_error(403, FORBIDDEN);
    scene.put(&scene.ada, &format!("/users/{}/status", unknown()), &away(&unknown())).await.is_error(404, MISSING);
    assert_eq!(scene.put(&scene.ada, &path, &away(&scene.cy.id)).await.status, 200);
}

#[actix_web::test]
async fn people_say_in_their_own_words_what_they_do() {
    let scene = Scene::new().await;
    let path = "/users/me/status/custom";
    let tea = json!({ "emoji": "tea", "text": "At tea", "duration": "", "expires_at": "2030-01-01T00:00:00Z" });

    let reply = scene.put(&scene.cy, path, &tea).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    let own = scene.seen(&scene.cy, "/users/me").await;
    let kept: Value = serde_json::from_str(own["props"]["customStatus"].as_str().unwrap()).unwrap();
    assert_eq!((&kept["emoji"], &kept["text"], &kept["duration"]), (&json!("tea"), &json!("At tea"), &json!("date_and_time")));
    assert_eq!(scene.delete(&scene.cy, path).await.json(), json!({ "status": "OK" }));
    assert_eq!(scene.seen(&scene.cy, "/users/me").await["props"]["customStatus"], "");
}

#[actix_web::test]
async fn what_people_said_of_themselves_is_forgotten_by_either_path() {
    let scene = Scene::new().await;
    let said = ["tea", "cake"].map(|text| json!({ "emoji": "cup", "text": text, "duration": "", "expires_at": "" }));
    for one in &said {
        assert_eq!(scene.put(&scene.cy, "/users/me/status/custom", one).await.status, 200);
    }
    let recent = "/users/me/preferences/custom_status/name/recent_custom_statuses";
    let offered = async || scene.seen(&scene.cy, recent).await["value"].as_str().unwrap().matches("cup").count();
    assert_eq!(offered().await, 2);
    let by_delete = scene.app.ask("DELETE", "/api/v4/users/me/status/custom/recent").by(&scene.cy).body(said[0].to_string());

    assert_eq!(by_delete.send().await.json(), json!({ "status": "OK" }));
    assert_eq!(offered().await, 1);
    let path = "/users/me/status/custom/recent/delete";
    assert_eq!(scene.post(&scene.cy, path, &said[1]).await.json(), json!({ "status": "OK" }));
    assert_eq!(offered().await, 0);
    scene.post(&scene.cy, path, &json!({})).await.is_error(400, BODY_PARAM);
    let of_cy = format!("/users/{}/status/custom/recent/delete", scene.cy.id);
    scene.post(&scene.bob, &of_cy, &said[0]).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn a_custom_status_says_something_of_ones_own() {
    let scene = Scene::new().await;
    for body in [json!({}), json!({ "emoji": "", "text": "" }), json!({ "text": 5 }), json!([])] {
        scene.put(&scene.cy, "/users/me/status/custom", &body).await.is_error(400, BODY_PARAM);
    }
    let path = format!("/users/{}/status/custom", scene.cy.id);

    scene.put(&scene.bob, &path, &json!({ "text": "Busy" })).await.is_error(403, FORBIDDEN);
    scene.delete(&scene.bob, &path).await.is_error(403, FORBIDDEN);
    assert_eq!(scene.put(&scene.ada, &path, &json!({ "text": "Busy" })).await.status, 200);
}
