//! Lists that a caller holds already.

use std::time::Duration;

use serde_json::json;

use crate::app::reply::Reply;
use crate::app::{Somebody, TestApp};
use crate::scene::Scene;

async fn held(scene: &Scene, by: &Somebody, query: &str, tag: &str) -> Reply {
    scene.app.get(&format!("/api/v4/users?{query}")).by(by).header("if-none-match", tag).send().await
}

async fn tag(scene: &Scene, by: &Somebody, query: &str) -> String {
    let reply = scene.get(by, &format!("/users?{query}")).await;
    assert_eq!(reply.status, 200, "{query} {}", reply.text());
    reply.header("etag").unwrap().to_owned()
}

#[actix_web::test]
async fn a_list_that_is_held_is_not_sent_again() {
    let scene = Scene::new().await;
    for query in [format!("in_team={}", scene.team), format!("not_in_team={}", scene.team), format!("in_team={}&per_page=0", scene.team)] {
        let tag = tag(&scene, &scene.bob, &query).await;

        let reply = held(&scene, &scene.bob, &query, &tag).await;

        assert_eq!((reply.status, reply.text(), reply.header("etag")), (304, "", Some(tag.as_str())), "{query}");
        for other in ["", "*", &format!("\"{tag}\""), &format!("W/{tag}"), &tag[1..]] {
            assert_eq!(held(&scene, &scene.bob, &query, other).await.status, 200, "{query} {other}");
        }
    }
}

#[actix_web::test]
async fn a_tag_follows_pages_filters_and_viewers() {
    let scene = Scene::new().await;
    let team = format!("in_team={}", scene.team);
    let whole = tag(&scene, &scene.bob, &team).await;
    for (by, query) in [
        (&scene.bob, format!("{team}&per_page=1")),
        (&scene.bob, format!("{team}&per_page=1&page=1")),
        (&scene.bob, format!("{team}&page=1")),
        (&scene.bob, format!("{team}&team_roles=team_user")),
        (&scene.bob, format!("{team}&inactive=true")),
        (&scene.bob, format!("not_in_team={}", scene.team)),
        (&scene.ada, team.clone()),
    ] {
        assert_ne!(tag(&scene, by, &query).await, whole, "{} {query}", by.name);
        assert_eq!(held(&scene, by, &query, &whole).await.status, 200, "{} {query}", by.name);
    }
    assert_eq!(tag(&scene, &scene.cy, &team).await, whole, "the same to the same eyes");
}

#[actix_web::test]
async fn a_tag_follows_what_people_see_of_each_other() {
    let mut tags = Vec::new();
    for settings in ["", "accounts.show_email_address = false", "accounts.show_full_name = false"] {
        let scene = Scene::of(TestApp::with(settings).await).await;
        scene.put(&scene.cy, "/users/me/patch", &json!({ "first_name": "Cyrus" })).await;

        tags.push(tag(&scene, &scene.bob, &format!("in_team={}", scene.team)).await);
    }

    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[actix_web::test]
async fn a_change_of_anybody_on_it_makes_another_tag() {
    let scene = Scene::new().await;
    let team = format!("in_team={}", scene.team);
    let mut tags = vec![tag(&scene, &scene.bob, &team).await];
    scene.app.clock.advance(Duration::from_secs(1));

    scene.put(&scene.cy, "/users/me/patch", &json!({ "nickname": "Zed" })).await;
    tags.push(tag(&scene, &scene.bob, &team).await);
    scene.put(&scene.ada, &format!("/users/{}/active", scene.cy.id), &json!({ "active": false })).await;
    tags.push(tag(&scene, &scene.bob, &team).await);
    scene.join(&scene.team, &scene.dan.id).await;
    tags.push(tag(&scene, &scene.bob, &team).await);

    for (number, tag) in tags.iter().enumerate() {
        assert!(!tags[..number].contains(tag), "{number}");
        assert_eq!(held(&scene, &scene.bob, &team, tag).await.status, if number == 3 { 304 } else { 200 });
    }
}

#[actix_web::test]
async fn a_tag_opens_no_list_to_those_who_may_not_see_it() {
    let scene = Scene::new().await;
    let team = format!("in_team={}", scene.team);
    let tag = tag(&scene, &scene.bob, &team).await;

    assert_eq!(held(&scene, &scene.dan, &team, &tag).await.status, 403);
}

#[actix_web::test]
async fn other_lists_have_no_tag() {
    let scene = Scene::new().await;
    for query in [
        String::new(),
        format!("in_channel={}", scene.room),
        format!("in_team={}&not_in_channel={}", scene.team, scene.room),
        format!("in_team={}&sort=create_at", scene.team),
    ] {
        assert_eq!(scene.get(&scene.bob, &format!("/users?{query}")).await.header("etag"), None, "{query}");
    }
}
