//! What changes between the look at who calls and the look at what the call is about. CVE-2026-20796.

use std::sync::{Arc, OnceLock};

use muster_domain::operation::Operation;
use muster_domain::role::Roles;
use muster_domain::store::UnitOfWork;
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_http_actix::wiring::Ports;
use serde_json::json;

use crate::app::{EXPIRED, FORBIDDEN, Somebody, TestApp};
use crate::audited::{around, entries, take, things, to_accounts};
use crate::racing::Racing;
use crate::scene::Scene;

/// A scene on a store in which something happens right after a caller was looked at.
async fn raced(settings: &str) -> (Scene, Arc<Racing>) {
    let racing = OnceLock::new();
    let change = |_: &_, ports: Ports| {
        let store = racing.get_or_init(|| Arc::new(Racing::new(ports.store.clone()))).clone();
        Ports { store, ..ports }
    };
    let app = TestApp::on(settings, change).await;
    (Scene::of(app).await, racing.get().unwrap().clone())
}

async fn set_active(work: &mut dyn UnitOfWork, who: &str, is_active: bool) {
    let user = work.users().locked(&who.parse().unwrap()).await.unwrap().unwrap();
    let deleted_at = if is_active { Timestamp::NEVER } else { Timestamp::from_millis(1) };
    work.users().update(&User { deleted_at, ..user }).await.unwrap();
}

/// What a member reads and does in his team, in a room of it, and of himself there.
fn calls(scene: &Scene, own: &Somebody) -> Vec<(&'static str, String)> {
    let (team, room, own, other) = (&scene.team, &scene.room, &own.id, &scene.bob.id);
    let read = [
        format!("/users/{own}/teams"),
        "/users/me/teams/members".to_owned(),
        "/users/me/teams/unread".to_owned(),
        "/users/me/channels".to_owned(),
        format!("/users/me/teams/{team}/channels"),
        format!("/users/me/teams/{team}/channels/members"),
        format!("/teams/{team}"),
        format!("/teams/{team}/members"),
        format!("/teams/{team}/members/{other}"),
        format!("/channels/{room}"),
        format!("/channels/{room}/members"),
        format!("/channels/{room}/members/{other}"),
        format!("/users?in_team={team}"),
        format!("/users?in_channel={room}"),
        format!("/users/autocomplete?in_team={team}&name=b"),
        "/users".to_owned(),
        "/users/autocomplete?name=b".to_owned(),
    ];
    let read = read.into_iter().map(|path| ("GET", path));
    let search = ("POST", "/users/search".to_owned());
    read.chain([search, ("DELETE", format!("/channels/{room}/members/{own}")), ("DELETE", format!("/teams/{team}/members/{own}"))])
        .collect()
}

#[actix_web::test]
async fn who_is_put_out_after_he_was_looked_at_reads_and_changes_nothing_more() {
    let (scene, racing) = raced("").await;
    scene.enter(&scene.room, &scene.cy.id).await;
    for (method, path) in calls(&scene, &scene.cy) {
        let id = scene.cy.id.clone();
        racing.before_look(2, move |work| Box::pin(async move { set_active(work, &id, false).await }));

        let told = scene.call(&scene.cy, method, &path, &json!({ "term": "b" })).await;

        assert!(racing.has_happened(), "{method} {path}");
        assert_eq!(told.status, 401, "{method} {path}: {}", told.text());
        told.is_error(401, EXPIRED);
        let mut work = scene.app.store().begin().await.unwrap();
        set_active(&mut *work, &scene.cy.id, true).await;
        work.commit().await.unwrap();
    }
}

async fn write(scene: &Scene, user: User) {
    let mut work = scene.app.store().begin().await.unwrap();
    work.users().update(&user).await.unwrap();
    work.commit().await.unwrap();
}

#[actix_web::test]
async fn who_is_put_out_or_demoted_before_he_changes_something_changes_nothing() {
    let (scene, racing) = raced("tokens.enabled = true").await;
    let things = things(&scene).await;
    let admin = scene.app.store().read().await.unwrap().users().by_id(&scene.ada.id.parse().unwrap()).await.unwrap().unwrap();
    let steps = [around(&scene, &things), to_accounts(&scene, &things)].concat();
    let everybodys = (Operation::RevokeSessionsFromAllUsers, "/users/sessions/revoke/all".to_owned(), json!(null));
    for (operation, path, body) in steps.into_iter().chain([everybodys]).filter(|(operation, _, _)| *operation != Operation::Login) {
        let off = User { deleted_at: Timestamp::from_millis(1), ..admin.clone() };
        let demoted = User { roles: Roles::user(), ..admin.clone() };
        for (becomes, status) in [(off, 401), (demoted, 403)] {
            racing.before_work(move |work| Box::pin(async move { work.users().update(&becomes).await.unwrap() }));
            let done = async || entries(&scene).await.into_iter().filter(|entry| entry.outcome == "done").count();
            let before = done().await;

            let reply = take(&scene, operation, &path, &body).await;

            assert!(racing.has_happened(), "{path}");
            // Some say a permission that is missing in their own words.
            assert_eq!(reply.status, status, "{path}: {}", reply.text());
            assert!(status == 403 || reply.told().1 == EXPIRED, "{path}: {}", reply.text());
            assert_eq!(done().await, before, "{path}");
            write(&scene, admin.clone()).await;
        }
    }
}

#[actix_web::test]
async fn who_leaves_a_team_after_he_was_looked_at_reads_nothing_of_it() {
    let (scene, racing) = raced("").await;
    let team = &scene.team;
    for path in [format!("/teams/{team}/members"), format!("/teams/{team}/members/{}", scene.bob.id), format!("/users?in_team={team}")] {
        let (left, id) = (team.parse().unwrap(), scene.cy.id.parse().unwrap());
        racing.before_look(2, move |work| {
            Box::pin(async move { assert!(work.teams().leave(&left, &id, Timestamp::from_millis(1)).await.unwrap()) })
        });

        let told = scene.get(&scene.cy, &path).await;

        assert!(racing.has_happened(), "{path}");
        assert_eq!(told.status, 403, "{path}: {}", told.text());
        told.is_error(403, FORBIDDEN);
        scene.join(team, &scene.cy.id).await;
    }
}

#[actix_web::test]
async fn who_leaves_a_room_after_he_was_looked_at_reads_nothing_of_it() {
    let (scene, racing) = raced("").await;
    let room = &scene.room;
    scene.enter(room, &scene.cy.id).await;
    for path in [format!("/channels/{room}/members"), format!("/users?in_channel={room}")] {
        let (left, id) = (room.parse().unwrap(), scene.cy.id.parse().unwrap());
        racing.before_look(2, move |work| Box::pin(async move { assert!(work.channels().leave(&left, &id).await.unwrap()) }));

        let told = scene.get(&scene.cy, &path).await;

        assert!(racing.has_happened(), "{path}");
        assert_eq!(told.status, 403, "{path}: {}", told.text());
        told.is_error(403, FORBIDDEN);
        scene.enter(room, &scene.cy.id).await;
    }
}
