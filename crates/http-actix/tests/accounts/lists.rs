//! Lists: which accounts are on them, and who may ask.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, URL_PARAM};
use crate::scene::{Scene, each, unknown};

/// The usernames of a list, in its order.
pub(crate) async fn names(scene: &Scene, by: &crate::app::Somebody, query: &str) -> Vec<String> {
    let list = scene.seen(by, &format!("/users?{query}")).await;
    each(&list, "username").into_iter().map(str::to_owned).collect()
}

/// A group of some members that may be mentioned.
pub(crate) async fn group(scene: &Scene, members: &[&str], allows_reference: bool) -> String {
    let body = json!({
        "name": "sailors", "display_name": "Sailors", "source": "custom", "allow_reference": allows_reference, "user_ids": members,
    });
    scene.made(&scene.ada, "/groups", &body).await
}

#[actix_web::test]
async fn everybody_is_listed_by_username_page_by_page() {
    let scene = Scene::new().await;
    for (query, expected) in [
        ("", &["ada", "bob", "cy", "dan", "gil"][..]),
        ("per_page=2", &["ada", "bob"]),
        ("per_page=2&page=1", &["cy", "dan"]),
        ("per_page=2&page=2", &["gil"]),
        ("per_page=2&page=3", &[]),
        ("page=-1&per_page=-1", &["ada", "bob", "cy", "dan", "gil"]),
        ("page=first&per_page=all", &["ada", "bob", "cy", "dan", "gil"]),
        ("per_page=0", &[]),
        ("page=4294967295&per_page=200", &[]),
        ("unknown=parameter&active=maybe", &["ada", "bob", "cy", "dan", "gil"]),
    ] {
        assert_eq!(names(&scene, &scene.cy, query).await, expected, "{query}");
    }
}

#[actix_web::test]
async fn each_selection_lists_its_accounts() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    let group = group(&scene, &[&scene.cy.id, &scene.gil.id], true).await;
    for (query, expected) in [
        (format!("in_team={team}"), &["bob", "cy"][..]),
        (format!("not_in_team={team}"), &["ada", "dan", "gil"]),
        (format!("in_channel={room}"), &["bob"]),
        (format!("in_team={team}&not_in_channel={room}"), &["cy"]),
        (format!("in_team={team}&in_channel={room}"), &["bob", "cy"]),
        (format!("in_group={group}"), &["cy", "gil"]),
        (format!("not_in_group={group}"), &["ada", "bob", "dan"]),
    ] {
        assert_eq!(names(&scene, &scene.bob, &query).await, expected, "{query}");
    }
    assert_eq!(names(&scene, &scene.ada, "without_team=true").await, ["ada", "dan", "gil"]);
    assert_eq!(names(&scene, &scene.ada, &format!("in_team={}", unknown())).await, [""; 0]);
    assert_eq!(names(&scene, &scene.ada, &format!("not_in_team={}", unknown())).await.len(), 5);
    assert_eq!(names(&scene, &scene.ada, "in_team=short").await, [""; 0]);
}

#[actix_web::test]
async fn lists_are_of_linked_groups_alone_where_that_is_asked_for() {
    let scene = Scene::new().await;
    let group = group(&scene, &[&scene.cy.id, &scene.dan.id], true).await;
    for place in [format!("teams/{}", scene.team), format!("channels/{}", scene.room)] {
        let reply = scene.post(&scene.ada, &format!("/groups/{group}/{place}/link"), &json!({ "auto_add": false })).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    let (outside, besides) = (format!("not_in_team={}", scene.team), format!("in_team={}&not_in_channel={}", scene.team, scene.room));

    assert_eq!(names(&scene, &scene.bob, &format!("{outside}&group_constrained=true")).await, ["dan"]);
    assert_eq!(names(&scene, &scene.bob, &format!("{besides}&group_constrained=true")).await, ["cy"]);
    assert_eq!(names(&scene, &scene.bob, &format!("{outside}&group_constrained=false")).await, ["ada", "dan", "gil"]);
}

#[actix_web::test]
async fn deactivated_accounts_are_listed_unless_active_ones_alone_are_asked_for() {
    let scene = Scene::new().await;
    assert_eq!(scene.put(&scene.ada, &format!("/users/{}/active", scene.cy.id), &json!({ "active": false })).await.status, 200);
    let (team, room) = (&scene.team, &scene.room);
    for (query, expected) in [
        (String::new(), &["ada", "bob", "cy", "dan", "gil"][..]),
        ("active=true".to_owned(), &["ada", "bob", "dan", "gil"]),
        ("inactive=1".to_owned(), &["cy"]),
        (format!("in_team={team}"), &["bob", "cy"]),
        (format!("in_team={team}&active=t"), &["bob"]),
        (format!("in_team={team}&inactive=T"), &["cy"]),
        (format!("in_channel={room}&inactive=true"), &[]),
        ("without_team=true&active=true".to_owned(), &["ada", "dan", "gil"]),
        // These lists have never looked at it.
        (format!("in_team={team}&not_in_channel={room}&active=true"), &["cy"]),
    ] {
        assert_eq!(names(&scene, &scene.ada, &query).await, expected, "{query}");
    }
}

#[actix_web::test]
async fn roles_pick_accounts() {
    let scene = Scene::new().await;
    scene.put(&scene.ada, &format!("/users/{}/roles", scene.dan.id), &json!({ "roles": "system_user system_manager" })).await;
    let (team, room) = (&scene.team, &scene.room);
    for (query, expected) in [
        ("role=system_admin".to_owned(), &["ada"][..]),
        ("role=system_user".to_owned(), &["bob", "cy"]),
        ("roles=system_user".to_owned(), &["bob", "cy"]),
        ("roles=system_admin,,system_guest,".to_owned(), &["ada", "gil"]),
        ("roles=system_manager".to_owned(), &["dan"]),
        // No role of the system's own: nothing is asked for.
        ("roles=team_admin".to_owned(), &["ada", "bob", "cy", "dan", "gil"]),
        (format!("in_team={team}&team_roles=team_admin"), &["bob"]),
        (format!("in_team={team}&team_roles=team_user"), &["cy"]),
        (format!("in_team={team}&team_roles=team_guest"), &[]),
        (format!("in_team={team}&team_roles=team_user,team_admin"), &["bob", "cy"]),
        (format!("in_channel={room}&channel_roles=channel_admin"), &["bob"]),
        (format!("in_channel={room}&channel_roles=channel_user"), &[]),
        // Where no place is named, roles in a place are not looked at, not even whether they exist.
        ("team_roles=nonsense&channel_roles=nonsense".to_owned(), &["ada", "bob", "cy", "dan", "gil"]),
    ] {
        assert_eq!(names(&scene, &scene.ada, &query).await, expected, "{query}");
    }
}

#[actix_web::test]
async fn what_names_no_role_is_refused() {
    let scene = Scene::new().await;
    for (query, field) in [
        ("role=nonsense".to_owned(), "role"),
        ("role=system".to_owned(), "role"),
        ("role=System_Admin".to_owned(), "role"),
        ("roles=system_user,nonsense".to_owned(), "roles"),
        (format!("in_team={}&team_roles=nonsense", scene.team), "teamRoles"),
        (format!("in_channel={}&channel_roles=nonsense", scene.room), "channelRoles"),
    ] {
        let reply = scene.get(&scene.ada, &format!("/users?{query}")).await;

        reply.is_error(400, BODY_PARAM);
        assert!(reply.json()["message"].as_str().unwrap().contains(field), "{query} {}", reply.text());
    }
}

#[actix_web::test]
async fn parameters_that_make_no_sense_together_are_refused() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    for (query, parameter) in [
        (format!("not_in_channel={room}"), "team_id"),
        ("active=true&inactive=true".to_owned(), "inactive"),
        ("sort=username".to_owned(), "sort"),
        ("sort=create_at".to_owned(), "sort"),
        ("sort=last_activity_at".to_owned(), "sort"),
        (format!("sort=create_at&in_team={team}&in_channel={room}"), "sort"),
        (format!("sort=create_at&in_team={team}&not_in_channel={room}"), "sort"),
        (format!("sort=last_activity_at&in_team={team}&not_in_team={team}"), "sort"),
        (format!("sort=last_activity_at&in_team={team}&without_team=true"), "sort"),
        (format!("sort=create_at&in_team={team}&in_group=x"), "sort"),
        (format!("sort=status&in_team={team}"), "sort"),
        ("sort=admin".to_owned(), "sort"),
        ("sort=display_name".to_owned(), "sort"),
        (format!("sort=display_name&in_group=x&in_team={team}"), "sort"),
    ] {
        let reply = scene.get(&scene.ada, &format!("/users?{query}")).await;

        reply.is_error(400, URL_PARAM);
        assert!(reply.json()["message"].as_str().unwrap().contains(parameter), "{query} {}", reply.text());
    }
}

#[actix_web::test]
async fn lists_of_places_are_for_those_who_see_the_place() {
    let scene = Scene::new().await;
    let (team, room) = (&scene.team, &scene.room);
    let hidden = group(&scene, &[&scene.cy.id], false).await;
    for (who, query) in [
        (&scene.dan, format!("in_team={team}")),
        (&scene.dan, format!("not_in_team={team}")),
        (&scene.dan, format!("in_channel={room}")),
        // That a channel is open to the team lets nobody read it who is not in it.
        (&scene.cy, format!("in_channel={room}")),
        (&scene.cy, format!("in_team={team}&not_in_channel={room}")),
        (&scene.gil, format!("in_team={team}")),
        (&scene.bob, "without_team=true".to_owned()),
        (&scene.bob, format!("in_team={}", unknown())),
        (&scene.bob, "in_team=short".to_owned()),
        (&scene.ada, format!("in_channel={}", unknown())),
        (&scene.ada, "in_channel=short".to_owned()),
        (&scene.bob, format!("in_group={hidden}")),
        (&scene.bob, format!("not_in_group={hidden}")),
    ] {
        let reply = scene.get(who, &format!("/users?{query}")).await;

        assert_eq!(reply.told(), (403, FORBIDDEN.to_owned()), "{} {query}", who.name);
    }
    assert_eq!(names(&scene, &scene.ada, &format!("in_group={hidden}")).await, ["cy"]);
    for group in [unknown(), "short".to_owned()] {
        scene.get(&scene.ada, &format!("/users?in_group={group}")).await.is_error(404, "app.group.no_rows");
    }
}

#[actix_web::test]
async fn who_left_a_team_is_on_its_list_no_more_and_sees_it_no_more() {
    let scene = Scene::new().await;
    scene.app.clock.advance(Duration::from_secs(1));

    let left = scene.delete(&scene.ada, &format!("/teams/{}/members/{}", scene.team, scene.cy.id)).await;

    assert_eq!(left.status, 200, "{}", left.text());
    assert_eq!(names(&scene, &scene.bob, &format!("in_team={}", scene.team)).await, ["bob"]);
    assert!(names(&scene, &scene.bob, &format!("not_in_team={}", scene.team)).await.contains(&"cy".to_owned()));
    scene.get(&scene.cy, &format!("/users?in_team={}", scene.team)).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn those_in_a_group_are_shown_to_an_admin_as_to_anybody() {
    let scene = Scene::new().await;
    let group = group(&scene, &[&scene.cy.id], true).await;

    let to_admin = scene.seen(&scene.ada, &format!("/users?in_group={group}")).await;

    assert_eq!(to_admin, scene.seen(&scene.dan, &format!("/users?in_group={group}")).await);
    assert_eq!((to_admin[0].get("notify_props"), &to_admin[0]["auth_data"]), (None, &Value::from("")));
}
