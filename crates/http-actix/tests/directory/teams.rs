//! Teams.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN};
use crate::scene::{Scene, each, unknown};

fn wanted(name: &str) -> Value {
    json!({ "name": name, "display_name": "D Team", "type": "O" })
}

#[actix_web::test]
async fn a_team_is_made_with_its_channels() {
    let scene = Scene::new().await;

    let reply = scene.post(&scene.dan, "/teams", &wanted("dteam")).await;

    assert_json_snapshot!(reply.shown());
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let members = scene.seen(&scene.dan, &format!("/teams/{id}/members")).await;
    assert_eq!((members.as_array().unwrap().len(), &members[0]["roles"]), (1, &json!("team_user team_admin")));
    assert_eq!(each(&scene.seen(&scene.dan, "/users/me/channels").await, "name"), ["off-topic", "town-square"]);
}

#[actix_web::test]
async fn a_team_says_everything_it_may_say() {
    let scene = Scene::new().await;
    let more = json!({
        "name": "dteam", "display_name": "D Team", "type": "I", "description": "d", "company_name": "c",
        "allowed_domains": "example.test", "allow_open_invite": true, "group_constrained": true, "email": "x@example.test",
        "invite_id": "mine", "create_at": 5, "unknown": [1],
    });

    let team = scene.post(&scene.dan, "/teams", &more).await.json();

    for key in ["type", "description", "company_name", "allowed_domains", "allow_open_invite", "group_constrained"] {
        assert_eq!(team[key], more[key], "{key}");
    }
    assert_eq!(team["email"], "dan@example.test");
    assert_ne!(team["invite_id"], "mine");
}

#[actix_web::test]
async fn the_first_broken_rule_of_a_team_is_told() {
    let scene = Scene::new().await;
    for (change, id) in [
        (json!({ "display_name": "" }), "model.team.is_valid.name.app_error"),
        (json!({ "name": "n".repeat(65) }), "model.team.is_valid.url.app_error"),
        (json!({ "name": "D!" }), "model.team.is_valid.characters.app_error"),
        (json!({ "name": null }), "model.team.is_valid.characters.app_error"),
        (json!({ "name": "apiary" }), "model.team.is_valid.reserved.app_error"),
        (json!({ "type": "X" }), "model.team.is_valid.type.app_error"),
        (json!({ "description": "d".repeat(256) }), "model.team.is_valid.description.app_error"),
        (json!({ "company_name": "c".repeat(65) }), "model.team.is_valid.company.app_error"),
        (json!({ "allowed_domains": "d".repeat(501) }), "model.team.is_valid.domains.app_error"),
        (json!({ "name": "crew" }), "store.sql_team.save_team.existing.app_error"),
        (json!({ "id": unknown() }), "store.sql_team.save_team.existing.app_error"),
        (json!({ "allow_open_invite": "yes" }), BODY_PARAM),
        (json!({ "name": 5 }), BODY_PARAM),
    ] {
        let mut body = wanted("dteam");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());

        scene.post(&scene.dan, "/teams", &body).await.is_error(400, id);
    }
    scene.post(&scene.dan, "/teams", &json!([])).await.is_error(400, BODY_PARAM);
    assert_eq!(scene.seen(&scene.dan, "/users/me/teams").await, json!([]));
}

#[actix_web::test]
async fn guests_make_no_teams() {
    let scene = Scene::new().await;

    let reply = scene.post(&scene.gil, "/teams", &wanted("dteam")).await;

    reply.is_error(403, "api.team.is_team_creation_allowed.disabled.app_error");
}

#[actix_web::test]
async fn a_team_shows_those_who_may_not_use_them_neither_address_nor_invitation() {
    let scene = Scene::new().await;
    let open = json!({ "name": "open", "display_name": "Open", "type": "O", "allow_open_invite": true });
    let open = scene.made(&scene.bob, "/teams", &open).await;
    scene.join(&scene.team, &scene.gil.id).await;
    for (who, team, has_email, has_invite) in [
        (&scene.bob, &scene.team, true, true),
        (&scene.ada, &scene.team, true, true),
        (&scene.cy, &scene.team, false, true),
        (&scene.gil, &scene.team, false, false),
        (&scene.dan, &open, false, false),
    ] {
        let seen = scene.seen(who, &format!("/teams/{team}")).await;
        let named = scene.seen(who, &format!("/teams/name/{}", seen["name"].as_str().unwrap())).await;

        assert_eq!(seen, named);
        assert_eq!((seen["email"] == "bob@example.test", seen["invite_id"] != ""), (has_email, has_invite), "{}", who.name);
        assert_eq!((seen["email"] == "", seen["invite_id"] == ""), (!has_email, !has_invite), "{}", who.name);
    }
}

#[actix_web::test]
async fn a_team_is_not_shown_to_others() {
    let scene = Scene::new().await;
    for who in [&scene.dan, &scene.gil] {
        scene.get(who, &format!("/teams/{}", scene.team)).await.is_error(403, FORBIDDEN);
        scene.get(who, "/teams/name/crew").await.is_error(403, FORBIDDEN);
    }
    for path in [format!("/teams/{}", unknown()), "/teams/name/nobodys".to_owned()] {
        scene.get(&scene.ada, &path).await.is_error(404, "app.team.get.find.app_error");
    }
}

#[actix_web::test]
async fn teams_are_listed_as_far_as_they_concern_anybody() {
    let scene = Scene::new().await;
    let open = json!({ "name": "open", "display_name": "Open", "type": "O", "allow_open_invite": true });
    scene.made(&scene.bob, "/teams", &open).await;

    let (all, some) = (scene.seen(&scene.ada, "/teams").await, scene.seen(&scene.dan, "/teams").await);

    assert_eq!((each(&all, "name"), each(&some, "name")), (vec!["crew", "open"], vec!["open"]));
    assert_eq!((&all[1]["email"], &some[0]["email"], &some[0]["invite_id"]), (&json!("bob@example.test"), &json!(""), &json!("")));
    assert_eq!(each(&scene.seen(&scene.ada, "/teams?page=1&per_page=1").await, "name"), ["open"]);
    scene.get(&scene.gil, "/teams").await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn the_teams_of_an_account_are_for_its_holder_and_those_above_him() {
    let scene = Scene::new().await;
    let of_cy = |rest: &str| format!("/users/{}/teams{rest}", scene.cy.id);

    assert_eq!(each(&scene.seen(&scene.cy, "/users/me/teams").await, "name"), ["crew"]);
    assert_eq!(each(&scene.seen(&scene.ada, &of_cy("")).await, "name"), ["crew"]);
    assert_eq!(scene.seen(&scene.cy, "/users/me/teams").await[0]["email"], "");
    for rest in ["", "/members", "/unread"] {
        scene.get(&scene.bob, &of_cy(rest)).await.is_error(403, FORBIDDEN);
        scene.get(&scene.bob, &format!("/users/{}/teams{rest}", unknown())).await.is_error(403, FORBIDDEN);
        assert_eq!(scene.seen(&scene.ada, &format!("/users/{}/teams{rest}", unknown())).await, json!([]));
    }
}

#[actix_web::test]
async fn nothing_is_unread_in_any_team() {
    let scene = Scene::new().await;
    let other = scene.made(&scene.cy, "/teams", &wanted("dteam")).await;

    let unread = scene.seen(&scene.cy, &format!("/users/me/teams/unread?exclude_team={other}")).await;

    let row = json!({
        "team_id": scene.team, "msg_count": 0, "mention_count": 0, "mention_count_root": 0, "msg_count_root": 0, "thread_count": 0,
        "thread_mention_count": 0, "thread_urgent_mention_count": 0,
    });
    assert_eq!(unread, json!([row]));
    assert_eq!(scene.seen(&scene.cy, "/users/me/teams/unread").await.as_array().unwrap().len(), 2);
}
