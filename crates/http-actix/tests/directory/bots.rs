//! Bots.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, PASSWORD};
use crate::scene::{Scene, each, unknown};

const NO_BOT: &str = "store.sql_bot.get.missing.app_error";

async fn bot(scene: &Scene, name: &str) -> String {
    scene.made(&scene.ada, "/bots", &json!({ "username": name, "display_name": "A bot", "description": "beep" })).await
}

#[actix_web::test]
async fn a_bot_is_made_for_which_its_maker_answers() {
    let scene = Scene::new().await;
    let complete = json!({ "user_id": unknown(), "username": "Robo", "display_name": "A bot", "description": "beep", "delete_at": 5 });

    let reply = scene.post(&scene.ada, "/bots", &complete).await;

    assert_json_snapshot!(reply.shown());
    let user = scene.seen(&scene.dan, &format!("/users/{}", reply.json()["user_id"].as_str().unwrap())).await;
    assert_eq!((&user["is_bot"], &user["bot_description"], &user["roles"]), (&json!(true), &json!("beep"), &json!("system_user")));
    let bare = scene.post(&scene.ada, "/bots", &json!({ "username": "bare" })).await.json();
    assert_eq!((bare.get("display_name"), bare.get("description"), bare.get("last_icon_update")), (None, None, None));
}

#[actix_web::test]
async fn the_first_broken_rule_of_a_bot_is_told() {
    let scene = Scene::new().await;
    for (body, id) in [
        (json!({}), "model.bot.is_valid.username.app_error"),
        (json!({ "username": "a b" }), "model.bot.is_valid.username.app_error"),
        (json!({ "username": "robo", "description": "d".repeat(1025) }), "model.bot.is_valid.description.app_error"),
        (json!({ "username": "robo", "display_name": "d".repeat(65) }), "model.user.is_valid.first_name.app_error"),
        (json!({ "username": "bob" }), "app.user.save.username_exists.app_error"),
        (json!({ "username": 5 }), BODY_PARAM),
        (json!([]), BODY_PARAM),
    ] {
        scene.post(&scene.ada, "/bots", &body).await.is_error(400, id);
    }
}

#[actix_web::test]
async fn those_who_may_not_know_of_bots_are_told_that_there_are_none() {
    let scene = Scene::new().await;
    let bot = bot(&scene, "robo").await;
    for who in [&scene.dan, &scene.gil] {
        scene.post(who, "/bots", &json!({ "username": "other" })).await.is_error(403, FORBIDDEN);
        scene.get(who, "/bots").await.is_error(403, FORBIDDEN);
        scene.get(who, &format!("/bots/{bot}")).await.is_error(404, NO_BOT);
        scene.put(who, &format!("/bots/{bot}"), &json!({ "username": "other" })).await.is_error(404, NO_BOT);
        for rest in ["disable".to_owned(), "enable".to_owned(), format!("assign/{}", who.id)] {
            scene.post(who, &format!("/bots/{bot}/{rest}"), &Value::Null).await.is_error(404, NO_BOT);
        }
        let person = json!({ "password": PASSWORD });
        scene.post(who, &format!("/bots/{bot}/convert_to_user"), &person).await.is_error(403, FORBIDDEN);
    }
}

#[actix_web::test]
async fn bots_are_listed_as_they_were_made() {
    let scene = Scene::new().await;
    let (one, _) = (bot(&scene, "robo").await, bot(&scene, "auto").await);
    assert_eq!(scene.post(&scene.ada, &format!("/bots/{one}/disable"), &Value::Null).await.status, 200);

    assert_eq!(each(&scene.seen(&scene.ada, "/bots").await, "username"), ["auto"]);
    let all = scene.seen(&scene.ada, "/bots?include_deleted=true").await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(scene.seen(&scene.ada, "/bots?include_deleted=1&page=1&per_page=1").await, json!([all[1]]));
    assert_eq!(scene.seen(&scene.ada, "/bots?only_orphaned=true").await, json!([]));
}

#[actix_web::test]
async fn a_list_of_bots_that_is_held_is_not_sent_again() {
    let scene = Scene::new().await;
    let one = bot(&scene, "robo").await;
    let list = async |tag: &str| scene.app.get("/api/v4/bots").by(&scene.ada).header("if-none-match", tag).send().await;
    let tag = list("").await.header("etag").unwrap().to_owned();

    let held = list(&tag).await;

    assert_eq!((held.status, held.body.len(), held.header("etag")), (304, 0, Some(tag.as_str())));
    scene.put(&scene.ada, &format!("/bots/{one}"), &json!({ "display_name": "Another" })).await;
    assert_eq!(list(&tag).await.status, 200);
}

#[actix_web::test]
async fn a_bot_is_shown_switched_off_to_those_who_ask_for_it() {
    let scene = Scene::new().await;
    let path = format!("/bots/{}", bot(&scene, "robo").await);
    assert_eq!(scene.seen(&scene.ada, &path).await["delete_at"], 0);

    let off = scene.post(&scene.ada, &format!("{path}/disable"), &Value::Null).await.json();

    assert!(off["delete_at"].as_i64().unwrap() > 0);
    scene.get(&scene.ada, &path).await.is_error(404, NO_BOT);
    assert_eq!(scene.seen(&scene.ada, &format!("{path}?include_deleted=true")).await, off);
    let on = scene.post(&scene.ada, &format!("{path}/enable"), &Value::Null).await.json();
    assert_eq!((on["delete_at"].as_i64(), scene.seen(&scene.ada, &path).await), (Some(0), on.clone()));
}

#[actix_web::test]
async fn what_is_not_named_of_a_bot_or_null_stays() {
    let scene = Scene::new().await;
    let path = format!("/bots/{}", bot(&scene, "robo").await);

    let changed = scene.put(&scene.ada, &path, &json!({ "username": "auto", "description": null })).await.json();

    let told = |key: &str| changed[key].as_str().unwrap();
    assert_eq!((told("username"), told("display_name"), told("description")), ("auto", "A bot", "beep"));
    for (body, id) in [
        (json!({ "username": "bob" }), "app.user.save.username_exists.app_error"),
        (json!({ "username": "a b" }), "model.bot.is_valid.username.app_error"),
        (json!({ "description": "d".repeat(1025) }), "model.bot.is_valid.description.app_error"),
        (json!({ "username": [] }), BODY_PARAM),
    ] {
        scene.put(&scene.ada, &path, &body).await.is_error(400, id);
    }
}

#[actix_web::test]
async fn an_account_that_is_no_bot_is_no_bot() {
    let scene = Scene::new().await;
    for id in [&scene.bob.id, &unknown()] {
        scene.get(&scene.ada, &format!("/bots/{id}")).await.is_error(404, NO_BOT);
        scene.put(&scene.ada, &format!("/bots/{id}"), &json!({ "username": "other" })).await.is_error(404, NO_BOT);
        scene.post(&scene.ada, &format!("/bots/{id}/disable"), &Value::Null).await.is_error(404, NO_BOT);
        scene.post(&scene.ada, &format!("/bots/{id}/convert_to_user"), &json!({ "password": PASSWORD })).await.is_error(404, NO_BOT);
    }
}

#[actix_web::test]
async fn a_person_answers_for_a_bot_and_no_other_bot_does() {
    let scene = Scene::new().await;
    let (one, other) = (bot(&scene, "robo").await, bot(&scene, "auto").await);

    let assigned = scene.post(&scene.ada, &format!("/bots/{one}/assign/{}", scene.bob.id), &Value::Null).await;

    assert_eq!((assigned.status, &assigned.json()["owner_id"]), (200, &json!(scene.bob.id)));
    scene.post(&scene.ada, &format!("/bots/{one}/assign/{other}"), &Value::Null).await.is_error(403, FORBIDDEN);
    scene.post(&scene.ada, &format!("/bots/{one}/assign/{}", unknown()), &Value::Null).await.is_error(404, NO_BOT);
    let own = scene.post(&scene.ada, &format!("/bots/{one}/assign/me"), &Value::Null).await.json();
    assert_eq!(own["owner_id"], scene.ada.id.as_str());
}

#[actix_web::test]
async fn a_bot_becomes_a_person_who_signs_in() {
    let scene = Scene::new().await;
    let path = format!("/bots/{}/convert_to_user", bot(&scene, "robo").await);
    for (body, id) in [
        (json!({}), BODY_PARAM),
        (json!({ "password": "short" }), "model.user.is_valid.pwd_min_length.app_error"),
        (json!({ "password": PASSWORD, "username": "bob" }), "app.user.save.username_exists.app_error"),
        (json!({ "password": PASSWORD, "nickname": 5 }), BODY_PARAM),
    ] {
        scene.post(&scene.ada, &path, &body).await.is_error(400, id);
    }

    let reply =
        scene.post(&scene.ada, &format!("{path}?set_system_admin=true"), &json!({ "password": PASSWORD, "nickname": "Robbie" })).await;

    let user = reply.json();
    assert_eq!((reply.status, &user["nickname"], &user["roles"]), (200, &json!("Robbie"), &json!("system_admin system_user")));
    assert_eq!(user.get("is_bot"), None);
    assert_eq!(scene.app.login("robo", PASSWORD).send().await.status, 201);
    scene.post(&scene.ada, &path, &json!({ "password": PASSWORD })).await.is_error(404, NO_BOT);
}
