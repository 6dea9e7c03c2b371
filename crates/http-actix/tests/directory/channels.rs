//! Channels, and who is in them.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, MISSING};
use crate::scene::{Scene, each, unknown};

const NO_CHANNEL: &str = "app.channel.get.existing.app_error";
const NO_NAME: &str = "app.channel.get_by_name.missing.app_error";

fn wanted(scene: &Scene, kind: &str) -> Value {
    json!({ "team_id": scene.team, "name": "droom", "display_name": "D Room", "type": kind, "header": "h", "purpose": "p" })
}

#[actix_web::test]
async fn a_channel_is_made_and_its_maker_is_its_admin() {
    let scene = Scene::new().await;

    let reply = scene.post(&scene.cy, "/channels", &wanted(&scene, "O")).await;

    assert_json_snapshot!(reply.shown());
    let members = scene.seen(&scene.cy, &format!("/channels/{}/members", reply.json()["id"].as_str().unwrap())).await;
    assert_eq!((members.as_array().unwrap().len(), &members[0]["roles"]), (1, &json!("channel_user channel_admin")));
}

#[actix_web::test]
async fn the_first_broken_rule_of_a_channel_is_told() {
    let scene = Scene::new().await;
    for (change, id) in [
        (json!({ "team_id": "" }), BODY_PARAM),
        (json!({ "team_id": "short" }), BODY_PARAM),
        (json!({ "display_name": "" }), BODY_PARAM),
        (json!({ "display_name": "d".repeat(65) }), "model.channel.is_valid.display_name.app_error"),
        (json!({ "name": "" }), "model.channel.is_valid.1_or_more.app_error"),
        (json!({ "name": "D Room" }), "model.channel.is_valid.1_or_more.app_error"),
        (json!({ "type": "D" }), "api.channel.create_channel.direct_channel.app_error"),
        (json!({ "type": "X" }), "model.channel.is_valid.type.app_error"),
        (json!({ "header": "h".repeat(1025) }), "model.channel.is_valid.header.app_error"),
        (json!({ "purpose": "p".repeat(251) }), "model.channel.is_valid.purpose.app_error"),
        (json!({ "name": "room" }), "store.sql_channel.save_channel.exists.app_error"),
        (json!({ "name": "town-square" }), "store.sql_channel.save_channel.exists.app_error"),
        (json!({ "id": unknown() }), "store.sql_channel.save_channel.existing.app_error"),
        (json!({ "purpose": 5 }), BODY_PARAM),
    ] {
        let mut body = wanted(&scene, "O");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());

        scene.post(&scene.cy, "/channels", &body).await.is_error(400, id);
    }
    scene.post(&scene.cy, "/channels", &json!("room")).await.is_error(400, BODY_PARAM);
}

#[actix_web::test]
async fn outsiders_and_guests_make_no_channels() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.gil.id).await;
    for kind in ["O", "P"] {
        for who in [&scene.dan, &scene.gil] {
            scene.post(who, "/channels", &wanted(&scene, kind)).await.is_error(403, FORBIDDEN);
        }
    }
    let mut nowhere = wanted(&scene, "O");
    nowhere["team_id"] = json!(unknown());

    scene.post(&scene.cy, "/channels", &nowhere).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn two_people_have_one_channel_whoever_asks() {
    let scene = Scene::new().await;

    let asked = scene.post(&scene.cy, "/channels/direct", &json!([scene.cy.id, scene.dan.id])).await;
    let again = scene.post(&scene.dan, "/channels/direct", &json!([scene.dan.id, scene.cy.id])).await;

    let channel = asked.json();
    assert_eq!((asked.status, again.status, again.json()), (201, 201, channel.clone()));
    assert_eq!((&channel["type"], &channel["team_id"], &channel["display_name"]), (&json!("D"), &json!(""), &json!("")));
    assert_eq!(channel["name"].as_str().unwrap().len(), 54);
    let own = scene.post(&scene.cy, "/channels/direct", &json!([scene.cy.id])).await;
    assert_eq!((own.status, &own.json()["name"]), (201, &json!(format!("{0}__{0}", scene.cy.id))));
    assert_eq!(scene.post(&scene.ada, "/channels/direct", &json!([scene.cy.id, scene.bob.id])).await.status, 201);
}

#[actix_web::test]
async fn a_channel_of_two_is_refused_with_the_reason() {
    let scene = Scene::new().await;
    let (cy, dan, unknown) = (&scene.cy.id, &scene.dan.id, unknown());
    let invalid_user = "api.channel.create_direct_channel.invalid_user.app_error";
    for (body, status, id) in [
        (json!([]), 400, BODY_PARAM),
        (json!([dan]), 400, BODY_PARAM),
        (json!([cy, dan, cy]), 400, BODY_PARAM),
        (json!([cy, "short"]), 400, BODY_PARAM),
        (json!({ "user_id": dan }), 400, "api.payload.parse.error"),
        (json!([5, dan]), 400, "api.payload.parse.error"),
        (json!([cy, unknown]), 400, invalid_user),
        (json!([scene.bob.id, dan]), 403, FORBIDDEN),
    ] {
        scene.post(&scene.cy, "/channels/direct", &body).await.is_error(status, id);
    }
    scene.post(&scene.gil, "/channels/direct", &json!([scene.gil.id, dan])).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn a_group_channel_is_called_by_its_people() {
    let scene = Scene::new().await;

    let asked = scene.post(&scene.cy, "/channels/group", &json!([scene.dan.id, scene.bob.id, scene.dan.id])).await;
    let again = scene.post(&scene.bob, "/channels/group", &json!([scene.cy.id, scene.bob.id, scene.dan.id])).await;

    let channel = asked.json();
    assert_eq!((asked.status, again.status, &again.json()["id"]), (201, 201, &channel["id"]));
    assert_eq!((&channel["type"], &channel["team_id"], &channel["display_name"]), (&json!("G"), &json!(""), &json!("bob, cy, dan")));
    let path = format!("/channels/{}", channel["id"].as_str().unwrap());
    assert_eq!(scene.seen(&scene.dan, &path).await["display_name"], "bob, cy, dan");
    scene.get(&scene.gil, &path).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn a_group_channel_is_refused_with_the_reason() {
    let scene = Scene::new().await;
    let many: Vec<_> = (0..9).map(|n| n.to_string().repeat(26)).collect();
    for (body, status, id) in [
        (json!([]), 400, BODY_PARAM),
        (json!([scene.cy.id, "short", scene.dan.id]), 400, BODY_PARAM),
        (json!(5), 400, "api.payload.parse.error"),
        (json!([scene.dan.id]), 400, "api.channel.create_group.bad_size.app_error"),
        (json!([scene.cy.id, scene.dan.id]), 400, "api.channel.create_group.bad_size.app_error"),
        (json!(many), 400, "api.channel.create_group.bad_size.app_error"),
        (json!([scene.dan.id, unknown()]), 400, "api.channel.create_group.bad_user.app_error"),
    ] {
        scene.post(&scene.cy, "/channels/group", &body).await.is_error(status, id);
    }
    scene.post(&scene.gil, "/channels/group", &json!([scene.bob.id, scene.dan.id])).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn a_channel_is_shown_to_its_readers() {
    let scene = Scene::new().await;
    let secret = scene.made(&scene.bob, "/channels", &wanted(&scene, "P")).await;
    scene.join(&scene.team, &scene.gil.id).await;
    let paths = |id: &str, name: &str| {
        [format!("/channels/{id}"), format!("/teams/{}/channels/name/{name}", scene.team), format!("/teams/name/crew/channels/name/{name}")]
    };
    for path in paths(&scene.room, "room") {
        for who in [&scene.bob, &scene.cy, &scene.ada] {
            assert_eq!(scene.seen(who, &path).await["id"], scene.room.as_str(), "{path}");
        }
        for who in [&scene.dan, &scene.gil] {
            scene.get(who, &path).await.is_error(403, FORBIDDEN);
        }
    }
    for path in paths(&secret, "droom") {
        assert_eq!(scene.seen(&scene.bob, &path).await["id"], secret.as_str());
        scene.get(&scene.cy, &path).await.is_error(403, FORBIDDEN);
    }
}

#[actix_web::test]
async fn a_channel_that_is_not_there_is_missed() {
    let scene = Scene::new().await;
    let team = &scene.team;

    scene.get(&scene.bob, &format!("/channels/{}", unknown())).await.is_error(404, NO_CHANNEL);
    scene.get(&scene.bob, &format!("/teams/{team}/channels/name/nowhere")).await.is_error(404, NO_NAME);
    scene.get(&scene.bob, "/teams/name/crew/channels/name/nowhere").await.is_error(404, NO_NAME);
    scene.get(&scene.bob, "/teams/name/nobodys/channels/name/room").await.is_error(404, NO_NAME);
}

#[actix_web::test]
async fn the_channels_of_an_account_are_for_its_holder_and_those_above_him() {
    let scene = Scene::new().await;
    let other = scene.made(&scene.cy, "/teams", &json!({ "name": "other", "display_name": "Other", "type": "O" })).await;
    scene.post(&scene.cy, "/channels/group", &json!([scene.dan.id, scene.bob.id])).await;
    let user = format!("/users/{}", scene.cy.id);

    let all = scene.seen(&scene.cy, "/users/me/channels").await;
    let of_team = scene.seen(&scene.ada, &format!("{user}/teams/{other}/channels")).await;

    assert_eq!(all.as_array().unwrap().len(), 5);
    assert!(each(&all, "display_name").contains(&"bob, cy, dan"));
    let mut names = each(&of_team, "display_name");
    names.sort_unstable();
    assert_eq!(names, ["Off-Topic", "Town Square", "bob, cy, dan"]);
    let places = scene.seen(&scene.cy, &format!("/users/me/teams/{other}/channels/members")).await;
    assert_eq!((places.as_array().unwrap().len(), &places[0]["user_id"]), (3, &json!(scene.cy.id)));
    for path in ["/channels".to_owned(), format!("/teams/{other}/channels"), format!("/teams/{other}/channels/members")] {
        scene.get(&scene.bob, &format!("{user}{path}")).await.is_error(403, FORBIDDEN);
    }
}

#[actix_web::test]
async fn one_newcomer_is_answered_by_his_place_and_several_by_a_list() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.dan.id).await;
    let members = format!("/channels/{}/members", scene.room);

    let one = scene.post(&scene.bob, &members, &json!({ "user_id": scene.cy.id })).await;
    let several = scene.post(&scene.bob, &members, &json!({ "user_ids": [scene.dan.id, scene.cy.id, scene.dan.id, unknown()] })).await;

    assert_json_snapshot!(one.shown());
    assert_eq!((several.status, each(&several.json(), "user_id")), (201, vec![scene.dan.id.as_str(), scene.cy.id.as_str()]));
    let own = scene.seen(&scene.cy, &format!("{members}/me")).await;
    assert_eq!((&own["last_viewed_at"], own["last_update_at"].as_i64().unwrap() > 0), (&json!(0), true));
}

#[actix_web::test]
async fn members_of_a_team_enter_its_open_channels_by_themselves() {
    let scene = Scene::new().await;
    let secret = scene.made(&scene.bob, "/channels", &wanted(&scene, "P")).await;
    let own = json!({ "user_id": scene.cy.id });

    assert_eq!(scene.post(&scene.cy, &format!("/channels/{}/members", scene.room), &own).await.status, 201);
    scene.post(&scene.cy, &format!("/channels/{secret}/members"), &own).await.is_error(403, FORBIDDEN);
    scene
        .post(&scene.dan, &format!("/channels/{}/members", scene.room), &json!({ "user_id": scene.dan.id }))
        .await
        .is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn who_can_not_enter_a_channel_is_told_why() {
    let scene = Scene::new().await;
    let gone = scene.app.insert("gone", |user| user.deleted_at = muster_domain::testkit::fixture::BORN).await;
    scene.join(&scene.team, &scene.dan.id).await;
    assert_eq!(scene.delete(&scene.dan, &format!("/teams/{}/members/me", scene.team)).await.status, 200);
    let direct = scene.made(&scene.bob, "/channels/direct", &json!([scene.bob.id, scene.cy.id])).await;
    let of = |channel: &str| format!("/channels/{channel}/members");
    let many: Vec<_> = (0..1001).map(|n| format!("{n:026}")).collect();
    for (path, body, status, id) in [
        (of(&scene.room), json!({ "user_id": unknown() }), 404, MISSING),
        (of(&scene.room), json!({ "user_ids": [unknown()] }), 404, MISSING),
        (of(&scene.room), json!({ "user_id": scene.ada.id }), 404, "app.team.get_member.missing.app_error"),
        (of(&scene.room), json!({ "user_id": scene.dan.id }), 400, "api.channel.add_user.to.channel.failed.deleted.app_error"),
        (of(&scene.room), json!({ "user_id": gone.id.as_str() }), 403, "app.channel.add_member.deleted_user.app_error"),
        (of(&direct), json!({ "user_id": scene.dan.id }), 400, "api.channel.add_user_to_channel.type.app_error"),
        (of(&unknown()), json!({ "user_id": scene.dan.id }), 404, NO_CHANNEL),
        (of(&scene.room), json!({}), 400, BODY_PARAM),
        (of(&scene.room), json!({ "user_ids": [] }), 400, BODY_PARAM),
        (of(&scene.room), json!({ "user_id": "me" }), 400, BODY_PARAM),
        (of(&scene.room), json!({ "user_ids": [scene.cy.id, "short"] }), 400, BODY_PARAM),
        (of(&scene.room), json!({ "user_ids": many }), 400, BODY_PARAM),
        (of(&scene.room), json!({ "user_id": scene.cy.id, "post_root_id": unknown() }), 400, BODY_PARAM),
        (of(&scene.room), json!([]), 400, BODY_PARAM),
    ] {
        scene.post(&scene.bob, &path, &body).await.is_error(status, id);
    }
    scene.post(&scene.cy, &of(&scene.room), &json!({ "user_id": scene.bob.id })).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn who_is_in_a_channel_is_told_to_its_readers() {
    let scene = Scene::new().await;
    scene.enter(&scene.room, &scene.cy.id).await;
    let members = format!("/channels/{}/members", scene.room);

    assert_eq!(each(&scene.seen(&scene.cy, &members).await, "user_id"), [&scene.bob.id, &scene.cy.id]);
    assert_eq!(each(&scene.seen(&scene.ada, &format!("{members}?page=1&per_page=1")).await, "user_id"), [&scene.cy.id]);
    assert_eq!(scene.seen(&scene.cy, &format!("{members}/{}", scene.bob.id)).await["last_update_at"], -1);
    scene.get(&scene.cy, &format!("{members}/{}", scene.dan.id)).await.is_error(404, "app.channel.get_member.missing.app_error");
    for path in [members.clone(), format!("{members}/{}", scene.bob.id), format!("/channels/{}/members", unknown())] {
        scene.get(&scene.dan, &path).await.is_error(403, FORBIDDEN);
    }
}

#[actix_web::test]
async fn anybody_leaves_a_channel_by_himself_and_members_make_others_leave() {
    let scene = Scene::new().await;
    let direct = scene.made(&scene.bob, "/channels/direct", &json!([scene.bob.id, scene.cy.id])).await;
    scene.enter(&scene.room, &scene.cy.id).await;
    let one = |channel: &str, user: &str| format!("/channels/{channel}/members/{user}");

    scene.delete(&scene.dan, &one(&scene.room, &scene.bob.id)).await.is_error(403, FORBIDDEN);
    assert_eq!(scene.delete(&scene.cy, &one(&scene.room, "me")).await.json(), json!({ "status": "OK" }));
    scene.delete(&scene.cy, &one(&scene.room, "me")).await.is_error(404, "app.channel.get_member.missing.app_error");
    scene.enter(&scene.room, &scene.cy.id).await;
    assert_eq!(scene.delete(&scene.bob, &one(&scene.room, &scene.cy.id)).await.status, 200);
    scene.delete(&scene.bob, &one(&direct, &scene.cy.id)).await.is_error(400, "api.channel.remove_channel_member.type.app_error");
    scene.delete(&scene.ada, &one(&unknown(), &scene.cy.id)).await.is_error(404, NO_CHANNEL);
}
