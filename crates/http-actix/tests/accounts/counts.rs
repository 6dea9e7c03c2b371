//! How many accounts there are, and those whose addresses are taken no more.

use muster_domain::role::Roles;
use muster_domain::testkit::fixture;
use muster_domain::time::Timestamp;
use muster_domain::user::Bot;

use crate::app::{BODY_PARAM, FORBIDDEN, Somebody, TestApp};
use crate::scene::{Scene, each, unknown};

async fn count(scene: &Scene, by: &Somebody, path: &str) -> u64 {
    let told = scene.seen(by, path).await;
    assert_eq!(told.as_object().unwrap().len(), 1);
    told["total_users_count"].as_u64().unwrap()
}

/// Beside the usual five: a bot, one who lives elsewhere, one who is gone.
async fn peopled() -> Scene {
    let scene = Scene::new().await;
    scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;
    scene.app.insert("far", |user| user.remote_id = Some("elsewhere".into())).await;
    scene.app.insert("gone", |user| user.deleted_at = Timestamp::from_millis(1)).await;
    scene
}

#[actix_web::test]
async fn the_total_is_of_active_accounts_that_live_here() {
    let scene = peopled().await;

    assert_eq!(count(&scene, &scene.bob, "/users/stats").await, 6, "bots count");

    assert_eq!(count(&scene, &scene.ada, "/users/stats?include_deleted=true").await, 6, "nothing can be asked of it");
}

#[actix_web::test]
async fn the_total_that_a_guest_is_told_is_of_those_he_knows() {
    let scene = peopled().await;
    assert_eq!(count(&scene, &scene.gil, "/users/stats").await, 0);
    scene.join(&scene.team, &scene.gil.id).await;

    scene.enter(&scene.room, &scene.gil.id).await;

    assert_eq!(count(&scene, &scene.gil, "/users/stats").await, 2);
}

#[actix_web::test]
async fn admins_count_what_they_ask_for() {
    let scene = peopled().await;
    let (team, room) = (&scene.team, &scene.room);
    for (query, expected) in [
        (String::new(), 5),
        ("include_deleted=true".to_owned(), 6),
        ("include_bots=true".to_owned(), 6),
        ("include_remote_users=true".to_owned(), 6),
        ("include_deleted=1&include_bots=t&include_remote_users=T".to_owned(), 8),
        ("include_deleted=perhaps".to_owned(), 5),
        (format!("in_team={team}"), 2),
        (format!("in_channel={room}"), 1),
        (format!("in_team={team}&in_channel={room}"), 2),
        (format!("in_team={}", unknown()), 0),
        ("in_team=short".to_owned(), 0),
        ("roles=system_user".to_owned(), 3),
        ("roles=system_admin,system_guest".to_owned(), 2),
        // Nobody knows this role, and nobody is asked for it.
        ("roles=nonsense".to_owned(), 5),
        (format!("in_team={team}&team_roles=team_admin"), 1),
        (format!("in_channel={room}&channel_roles=channel_user"), 0),
    ] {
        assert_eq!(count(&scene, &scene.ada, &format!("/users/stats/filtered?{query}")).await, expected, "{query}");
    }
}

#[actix_web::test]
async fn counting_with_filters_is_for_those_who_look_after_accounts() {
    let scene = Scene::new().await;
    for (name, roles, status) in [
        ("reader", "system_user system_read_only_admin", 200),
        ("manager", "system_user system_manager", 403),
        ("users", "system_user system_user_manager", 403),
    ] {
        scene.app.insert(name, |user| user.roles = Roles::parse(roles).unwrap()).await;
        let token = scene.app.sign_in(name).await;
        assert_eq!(scene.app.get("/api/v4/users/stats/filtered").bearer(&token).send().await.status, status, "{name}");
    }
    for who in [&scene.bob, &scene.gil] {
        scene.get(who, "/users/stats/filtered").await.is_error(403, FORBIDDEN);
    }
}

#[actix_web::test]
async fn what_no_role_can_be_called_is_not_counted() {
    let scene = Scene::new().await;
    for (query, field) in [
        ("roles=System".to_owned(), "roles"),
        (format!("in_team={}&team_roles=a-b", scene.team), "teamRoles"),
        (format!("in_channel={}&channel_roles={}", scene.room, "r".repeat(65)), "channelRoles"),
    ] {
        // This is told before anything is said of permissions.
        for who in [&scene.ada, &scene.bob] {
            let reply = scene.get(who, &format!("/users/stats/filtered?{query}")).await;

            reply.is_error(400, BODY_PARAM);
            assert!(reply.json()["message"].as_str().unwrap().contains(field), "{}", reply.text());
        }
    }
}

/// Where addresses at `other.test` alone are taken: everybody of the scene was there before.
async fn strict() -> (TestApp, Somebody) {
    let app = TestApp::with(
        "[accounts]\nopen_sign_up = false\nrestrict_domains = \"other.test\"\nrequire_verified_email = true\n\
         [mail]\nsmtp_host = \"127.0.0.1\"\nfrom = \"crew@example.test\"\n",
    )
    .await;
    let ada = app.insert("ada", |user| user.roles = Roles::admin()).await;
    app.insert("bob", |_| ()).await;
    app.insert("ok", |user| user.email = muster_domain::email::Email::parse("ok@other.test").unwrap()).await;
    app.insert("gil", |user| user.roles = Roles::guest()).await;
    app.insert("sso", |user| user.identity = fixture::identity("saml", "sso")).await;
    app.insert("robo", |user| user.bot = Some(Bot::default())).await;
    app.insert("gone", |user| user.deleted_at = Timestamp::from_millis(1)).await;
    let token = app.sign_in("ada").await;
    (app, Somebody { id: ada.id.to_string(), token, name: "ada".to_owned() })
}

#[actix_web::test]
async fn addresses_that_would_not_be_taken_any_more_are_listed() {
    let (app, ada) = strict().await;

    let reply = app.get("/api/v4/users/invalid_emails").by(&ada).send().await;

    assert_eq!((reply.status, each(&reply.json(), "username")), (200, vec!["ada", "bob"]));
    assert!(reply.json()[1]["last_password_update"].as_i64().unwrap() > 0, "they are shown whole");
    let second = app.get("/api/v4/users/invalid_emails?per_page=1&page=1").by(&ada).send().await.json();
    assert_eq!(each(&second, "username"), ["bob"]);
}

#[actix_web::test]
async fn invalid_addresses_are_for_those_who_look_after_accounts() {
    let (app, _) = strict().await;
    let token = app.sign_in("bob").await;

    app.get("/api/v4/users/invalid_emails").bearer(&token).send().await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn where_anybody_may_sign_up_no_address_is_invalid() {
    let scene = Scene::new().await;

    let reply = scene.get(&scene.ada, "/users/invalid_emails").await;

    reply.is_error(400, "api.user.get_invalid_emails.open_server.app_error");
}
