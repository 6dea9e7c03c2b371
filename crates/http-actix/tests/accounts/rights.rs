//! What accounts may do, and as what.

use std::time::Duration;

use insta::assert_json_snapshot;
use muster_domain::role::Roles;
use muster_domain::testkit::fixture;
use muster_domain::user::Bot;
use serde_json::{Value, json};

use crate::LAST_ADMIN;
use crate::app::reply::Reply;
use crate::app::{BODY_PARAM, EXPIRED, FORBIDDEN, MISSING, PASSWORD, Somebody, URL_PARAM};
use crate::scene::{Scene, unknown};

const NO_ROLE: &str = "app.role.check_roles_exist.role_not_found";

async fn give(scene: &Scene, by: &Somebody, id: &str, roles: &str) -> Reply {
    scene.put(by, &format!("/users/{id}/roles"), &json!({ "roles": roles })).await
}

async fn held(scene: &Scene, id: &str) -> String {
    scene.seen(&scene.ada, &format!("/users/{id}")).await["roles"].as_str().unwrap().to_owned()
}

/// Somebody with other roles than usual.
async fn somebody(scene: &Scene, name: &str, roles: &str) -> Somebody {
    let user = scene.app.insert(name, |user| user.roles = Roles::parse(roles).unwrap()).await;
    Somebody { id: user.id.to_string(), token: scene.app.sign_in(name).await, name: name.to_owned() }
}

#[actix_web::test]
async fn new_roles_count_at_once_in_sessions_that_live() {
    let scene = Scene::new().await;
    let admins = async || scene.get(&scene.cy, "/users?without_team=true").await.status;
    assert_eq!(admins().await, 403);

    let reply = give(&scene, &scene.ada, &scene.cy.id, "system_user system_admin").await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(admins().await, 200);
    assert_eq!(give(&scene, &scene.ada, &scene.cy.id, "system_user").await.status, 200);
    assert_eq!(admins().await, 403);
}

#[actix_web::test]
async fn roles_are_kept_in_order_and_once_each() {
    let scene = Scene::new().await;
    for (sent, kept) in [
        ("system_admin system_user", "system_admin system_user"),
        ("system_user system_admin", "system_user system_admin"),
        ("  system_user   system_user ", "system_user"),
        ("system_manager", "system_user system_manager"),
        ("system_guest", "system_guest"),
        ("team_user system_user", "team_user system_user"),
    ] {
        let reply = give(&scene, &scene.ada, &scene.cy.id, sent).await;

        assert_eq!((reply.status, held(&scene, &scene.cy.id).await.as_str()), (200, kept), "{sent}");
    }
}

#[actix_web::test]
async fn lists_of_roles_of_a_wrong_form_are_refused() {
    let scene = Scene::new().await;
    let path = format!("/users/{}/roles", scene.cy.id);
    for body in [
        json!({ "roles": "" }),
        json!({ "roles": "  " }),
        json!({}),
        json!({ "roles": 5 }),
        json!({ "roles": ["system_user"] }),
        json!({ "roles": "system_admin" }),
        json!({ "roles": "System_User" }),
        json!({ "roles": "system_user,system_admin" }),
        json!({ "roles": "system_user \0" }),
        json!({ "roles": "r".repeat(65) }),
        json!([]),
        json!("system_user"),
    ] {
        let reply = scene.put(&scene.ada, &path, &body).await;

        assert_eq!(reply.told(), (400, BODY_PARAM.to_owned()), "{body}");
    }
    give(&scene, &scene.ada, &scene.cy.id, "system_user nonsense").await.is_error(400, NO_ROLE);
    let long = "system_user ".repeat(30);
    give(&scene, &scene.ada, &scene.cy.id, &long).await.is_error(400, "model.user.is_valid.roles_limit.app_error");
    give(&scene, &scene.ada, &unknown(), "system_user").await.is_error(400, MISSING);
    give(&scene, &scene.ada, "short", "system_user").await.is_error(400, URL_PARAM);
    assert_eq!(held(&scene, &scene.cy.id).await, "system_user");
}

#[actix_web::test]
async fn nobody_but_an_admin_gives_roles() {
    let scene = Scene::new().await;
    for roles in ["system_user", "system_guest", "system_user system_user_manager", "system_user system_manager"] {
        let who = somebody(&scene, &format!("one{}", roles.len()), roles).await;
        for target in [&who.id, &scene.cy.id, &scene.ada.id, &unknown()] {
            give(&scene, &who, target, "system_user system_admin").await.is_error(403, FORBIDDEN);
            give(&scene, &who, target, "system_user").await.is_error(403, FORBIDDEN);
        }
        assert_eq!(held(&scene, &who.id).await, roles);
    }
    assert_eq!(held(&scene, &scene.ada.id).await, "system_admin system_user");
}

#[actix_web::test]
async fn the_last_admin_keeps_that_role() {
    let scene = Scene::new().await;

    give(&scene, &scene.ada, "me", "system_user").await.is_error(400, LAST_ADMIN);
    scene.post(&scene.ada, "/users/me/demote", &Value::Null).await.is_error(400, LAST_ADMIN);
    scene.post(&scene.ada, "/users/me/convert_to_bot", &Value::Null).await.is_error(400, LAST_ADMIN);

    assert_eq!(give(&scene, &scene.ada, "me", "system_user system_admin").await.status, 200);
    assert_eq!(give(&scene, &scene.ada, &scene.bob.id, "system_user system_admin").await.status, 200);
    assert_eq!(give(&scene, &scene.ada, "me", "system_user").await.status, 200);
}

#[actix_web::test]
async fn whoever_becomes_a_guest_sees_at_once_those_alone_whom_he_knows() {
    let scene = Scene::new().await;
    give(&scene, &scene.ada, &scene.cy.id, "system_user system_manager").await;
    assert_eq!(scene.get(&scene.cy, &format!("/users/{}", scene.dan.id)).await.status, 200);

    let reply = scene.post(&scene.ada, &format!("/users/{}/demote", scene.cy.id), &Value::Null).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(held(&scene, &scene.cy.id).await, "system_guest", "nothing else is left");
    scene.get(&scene.cy, &format!("/users/{}", scene.dan.id)).await.is_error(403, FORBIDDEN);
    assert_eq!(scene.get(&scene.cy, &format!("/users/{}", scene.bob.id)).await.status, 200, "they share a channel");
    let member = scene.seen(&scene.ada, &format!("/teams/{}/members/{}", scene.team, scene.cy.id)).await;
    assert_eq!((&member["scheme_guest"], &member["scheme_user"]), (&json!(true), &json!(false)));
    let again = scene.post(&scene.ada, &format!("/users/{}/demote", scene.cy.id), &Value::Null).await;
    again.is_error(501, "api.user.demote_user_to_guest.already_guest.app_error");
}

#[actix_web::test]
async fn a_guest_becomes_an_ordinary_member_everywhere() {
    let scene = Scene::new().await;
    scene.join(&scene.team, &scene.gil.id).await;

    let reply = scene.post(&scene.ada, &format!("/users/{}/promote", scene.gil.id), &Value::Null).await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    assert_eq!(held(&scene, &scene.gil.id).await, "system_user");
    assert_eq!(scene.get(&scene.gil, &format!("/users/{}", scene.dan.id)).await.status, 200, "in the session that lived");
    let square =
        scene.seen(&scene.bob, &format!("/teams/{}/channels/name/town-square", scene.team)).await["id"].as_str().unwrap().to_owned();
    let members = scene.seen(&scene.bob, &format!("/users?in_channel={square}")).await;
    assert!(crate::scene::each(&members, "username").contains(&"gil"), "he joins what every member does");
    let again = scene.post(&scene.ada, &format!("/users/{}/promote", scene.gil.id), &Value::Null).await;
    again.is_error(501, "api.user.promote_guest_to_user.no_guest.app_error");
    let link = scene.app.insert("lea", |user| (user.roles, user.identity) = (Roles::guest(), fixture::identity("magic_link", "lea"))).await;
    let by_link = scene.post(&scene.ada, &format!("/users/{}/promote", link.id), &Value::Null).await;
    by_link.is_error(501, "api.user.promote_guest_to_user.magic_link_enabled.app_error");
}

#[actix_web::test]
async fn guests_are_made_and_unmade_by_admins() {
    let scene = Scene::new().await;
    let mae = somebody(&scene, "mae", "system_user system_user_manager").await;
    let bot = scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;
    for who in [&scene.bob, &scene.gil, &mae] {
        for verb in ["demote", "promote", "convert_to_bot"] {
            for target in ["me", &scene.cy.id, &scene.gil.id, &scene.ada.id, bot.id.as_str(), &unknown()] {
                let reply = scene.post(who, &format!("/users/{target}/{verb}"), &Value::Null).await;
                assert!(
                    reply.told() == (403, FORBIDDEN.to_owned()) || reply.told() == (404, MISSING.to_owned()),
                    "{verb} {}",
                    reply.text()
                );
            }
        }
    }
    assert_eq!(held(&scene, &scene.gil.id).await, "system_guest");
    for verb in ["demote", "promote", "convert_to_bot"] {
        scene.post(&scene.ada, &format!("/users/{}/{verb}", unknown()), &Value::Null).await.is_error(404, MISSING);
        scene.post(&scene.ada, &format!("/users/short/{verb}"), &Value::Null).await.is_error(400, URL_PARAM);
    }
}

#[actix_web::test]
async fn whoever_becomes_a_bot_is_out_at_once_and_never_signs_in_again() {
    let scene = Scene::new().await;
    scene.app.clock.advance(Duration::from_secs(1));

    let reply = scene.post(&scene.ada, &format!("/users/{}/convert_to_bot", scene.cy.id), &Value::Null).await;

    assert_json_snapshot!(reply.shown());
    scene.get(&scene.cy, "/users/me").await.is_error(401, EXPIRED);
    assert_eq!(scene.app.login("cy", PASSWORD).send().await.status, 401);
    let shown = scene.seen(&scene.bob, &format!("/users/{}", scene.cy.id)).await;
    assert_eq!((&shown["is_bot"], &shown["username"]), (&json!(true), &json!("cy")));
    assert_eq!(scene.post(&scene.ada, &format!("/users/{}/convert_to_bot", scene.cy.id), &Value::Null).await.status, 400);
}

#[actix_web::test]
async fn a_provider_vouches_and_the_password_counts_no_more() {
    let scene = Scene::new().await;
    let identity = json!({ "auth_service": "saml", "auth_data": "cy@provider" });

    let reply = scene.put(&scene.ada, &format!("/users/{}/auth", scene.cy.id), &identity).await;

    assert_eq!((reply.status, reply.json()), (200, identity.clone()));
    assert_eq!(scene.app.login("cy", PASSWORD).send().await.status, 401);
    let shown = scene.seen(&scene.ada, &format!("/users/{}", scene.cy.id)).await;
    assert_eq!((&shown["auth_service"], &shown["auth_data"]), (&json!("saml"), &json!("cy@provider")));
    let taken = scene.put(&scene.ada, &format!("/users/{}/auth", scene.bob.id), &identity).await;
    assert_eq!(taken.status, 400, "{}", taken.text());
    assert_eq!(scene.app.login("bob", PASSWORD).send().await.status, 201, "who was refused signs in as before");
}

#[actix_web::test]
async fn identities_are_given_by_admins_and_whole() {
    let scene = Scene::new().await;
    let path = format!("/users/{}/auth", scene.cy.id);
    let identity = json!({ "auth_service": "saml", "auth_data": "x" });
    for who in [&scene.bob, &scene.gil, &scene.cy] {
        // What else is wrong is not told.
        for (path, body) in [(path.as_str(), &identity), ("/users/me/auth", &identity), ("/users/short/auth", &json!([]))] {
            scene.put(who, path, body).await.is_error(403, FORBIDDEN);
        }
    }
    for (body, id) in [
        (json!({}), "api.user.update_user_auth.invalid_request"),
        (json!({ "auth_service": "saml" }), "api.user.update_user_auth.invalid_request"),
        (json!({ "auth_service": "", "auth_data": "x" }), "api.user.update_user_auth.invalid_request"),
        (json!({ "auth_service": "s".repeat(33), "auth_data": "x" }), BODY_PARAM),
        (json!({ "auth_service": "saml", "auth_data": "x".repeat(129) }), BODY_PARAM),
        (json!({ "auth_service": "saml", "auth_data": "\0" }), BODY_PARAM),
        (json!({ "auth_service": 5, "auth_data": "x" }), BODY_PARAM),
        (json!([]), BODY_PARAM),
    ] {
        let reply = scene.put(&scene.ada, &path, &body).await;

        assert_eq!(reply.told(), (400, id.to_owned()), "{body}");
    }
    assert_eq!(scene.put(&scene.ada, &format!("/users/{}/auth", unknown()), &identity).await.status, 200, "the wire has it so");
    assert_eq!(scene.app.login("cy", PASSWORD).send().await.status, 201);
}
