//! Accounts that are opened by invitation.

use std::time::Duration;

use muster_domain::actor::Actor;
use muster_domain::invitation::Invitee;
use muster_domain::permission::{operations, permit};
use serde_json::{Value, json};

use crate::app::reply::Reply;
use crate::app::{EXPIRED, PASSWORD};
use crate::scene::{Scene, each};

const UNKNOWN: &str = "api.user.create_user.signup_link_invalid.app_error";
const EXPIRED_LINK: &str = "api.user.create_user.signup_link_expired.app_error";
const OTHER_ADDRESS: &str = "api.user.create_user.bad_token_email_data.app_error";
const SWITCHED_OFF: &str = "api.user.create_user.signup_email_disabled.app_error";
const NO_TEAM: &str = "app.team.get_by_invite_id.finding.app_error";

/// Invites somebody as the operator does at the machine; gives the token.
async fn invited(scene: &Scene, email: &str, channels: &[&str], is_guest: bool) -> String {
    let invitee = if is_guest { Invitee::Guest } else { Invitee::Member };
    invited_as(scene, email, channels, invitee).await
}

/// Invites somebody of a kind.
async fn invited_as(scene: &Scene, email: &str, channels: &[&str], invitee: Invitee) -> String {
    let permit = permit::<operations::InviteByLink>(&Actor::Operator, None).unwrap();
    let channels: Vec<_> = channels.iter().map(|name| (*name).to_owned()).collect();
    let made = scene.app.service.directory.invite(permit, "crew", &channels, email, invitee).await.unwrap();
    made.token.expose().to_owned()
}

/// Signs up by a link.
async fn sign_up(scene: &Scene, link: &str, name: &str, email: &str) -> Reply {
    let body = json!({ "username": name, "email": email, "password": PASSWORD });
    scene.post(None, &format!("/users?{link}"), &body).await
}

/// Closes sign-up but for those who are invited: everybody of the scene was there before.
async fn closed(settings: &str) -> Scene {
    let mut scene = Scene::new().await;
    scene.app = scene.app.under(settings);
    scene
}

/// What a team's standing invitation carries.
async fn invite_id(scene: &Scene, team: &str) -> String {
    scene.seen(&scene.ada, &format!("/teams/{team}")).await["invite_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn whoever_was_invited_joins_and_his_address_is_known_to_be_read() {
    let scene = closed("accounts.open_sign_up = false").await;
    let token = invited(&scene, "eve@example.test", &["room"], false).await;

    let reply = sign_up(&scene, &format!("t={token}"), "eve", "Eve@Example.Test").await;

    let user = reply.json();
    assert_eq!((reply.status, &user["roles"], &user["email_verified"]), (201, &json!("system_user"), &json!(true)));
    assert_eq!(each(&scene.seen(&scene.bob, &format!("/users?in_team={}", scene.team)).await, "username"), ["bob", "cy", "eve"]);
    assert_eq!(each(&scene.seen(&scene.bob, &format!("/users?in_channel={}", scene.room)).await, "username"), ["bob", "eve"]);
    assert_eq!(scene.app.login("eve", PASSWORD).send().await.status, 201);
}

#[actix_web::test]
async fn an_invited_guest_is_where_he_was_invited_to_and_nowhere_else() {
    let scene = closed("accounts.open_sign_up = false").await;
    let token = invited(&scene, "eve@example.test", &["room"], true).await;

    let reply = sign_up(&scene, &format!("t={token}"), "eve", "eve@example.test").await;

    assert_eq!((reply.status, &reply.json()["roles"]), (201, &json!("system_guest")));
    let eve = scene.app.sign_in("eve").await;
    let seen = scene.app.get("/api/v4/users").bearer(&eve).send().await.json();
    assert_eq!(each(&seen, "username"), ["bob", "eve"], "cy is of the team, but not of the channel");
}

#[actix_web::test]
async fn a_link_opens_one_account() {
    let scene = Scene::new().await;
    let token = invited(&scene, "eve@example.test", &[], false).await;
    assert_eq!(sign_up(&scene, &format!("t={token}"), "eve", "eve@example.test").await.status, 201);
    let eve = scene.app.sign_in("eve").await;
    let moved = json!({ "email": "other@example.test", "password": PASSWORD });
    assert_eq!(scene.app.put("/api/v4/users/me/patch", &moved).bearer(&eve).send().await.status, 200, "the address is free again");

    let again = sign_up(&scene, &format!("t={token}"), "eva", "eve@example.test").await;

    again.is_error(404, UNKNOWN);
}

#[actix_web::test]
async fn of_many_who_use_a_link_at_once_one_gets_in() {
    let scene = Scene::new().await;
    let token = invited(&scene, "eve@example.test", &[], false).await;
    let link = format!("t={token}");
    let names: Vec<_> = (0..20).map(|number| format!("eve{number}")).collect();

    let replies = futures_util::future::join_all(names.iter().map(|name| sign_up(&scene, &link, name, "eve@example.test"))).await;

    let in_team = scene.seen(&scene.bob, &format!("/users?in_team={}", scene.team)).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| [201, 400, 404].contains(&reply.status)));
    assert_eq!(in_team.as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn a_link_is_for_the_address_it_was_sent_to() {
    let scene = closed("accounts.open_sign_up = false").await;
    let token = invited(&scene, "eve@example.test", &[], false).await;
    for email in ["eva@example.test", "eve@example.test.evil.test", "x", ""] {
        sign_up(&scene, &format!("t={token}"), "eve", email).await.is_error(400, OTHER_ADDRESS);
    }
    assert_eq!(sign_up(&scene, &format!("t={token}"), "eve", "eve@example.test").await.status, 201, "it is not spent by that");
}

#[actix_web::test]
async fn a_refused_sign_up_spends_no_link() {
    let scene = Scene::new().await;
    let token = invited(&scene, "eve@example.test", &[], false).await;

    sign_up(&scene, &format!("t={token}"), "bob", "eve@example.test").await.is_error(400, "app.user.save.username_exists.app_error");

    assert_eq!(sign_up(&scene, &format!("t={token}"), "eve", "eve@example.test").await.status, 201);
}

#[actix_web::test]
async fn a_link_lasts_two_days() {
    let scene = Scene::new().await;
    let (late, last) = (invited(&scene, "eve@example.test", &[], false).await, invited(&scene, "eva@example.test", &[], false).await);
    scene.app.clock.advance(Duration::from_hours(48));
    assert_eq!(sign_up(&scene, &format!("t={last}"), "eva", "eva@example.test").await.status, 201);

    scene.app.clock.advance(Duration::from_millis(1));

    sign_up(&scene, &format!("t={late}"), "eve", "eve@example.test").await.is_error(400, EXPIRED_LINK);
}

#[actix_web::test]
async fn a_link_that_nobody_was_sent_opens_nothing() {
    let scene = Scene::new().await;
    let token = invited(&scene, "eve@example.test", &[], false).await;
    let cut = &token[..token.len() - 1];
    for wrong in [cut, &format!("{token}x"), &token.to_uppercase(), "x", &"t".repeat(1000), "%00", "%ff"] {
        // Where anybody may sign up too: who shows a link means it.
        sign_up(&scene, &format!("t={wrong}"), "eve", "eve@example.test").await.is_error(404, UNKNOWN);
    }
    assert!(!scene.app.keeps(&token), "it is kept as a hash alone");
    let team = invite_id(&scene, &scene.team).await;
    sign_up(&scene, &format!("t=x&iid={team}"), "eve", "eve@example.test").await.is_error(404, UNKNOWN);
}

#[actix_web::test]
async fn where_sign_up_is_switched_off_no_invitation_helps() {
    let scene = closed("accounts.allow_sign_up = false").await;
    let (token, team) = (invited(&scene, "eve@example.test", &[], false).await, invite_id(&scene, &scene.team).await);
    for link in [format!("t={token}"), format!("iid={team}"), "iid=unknown".to_owned(), String::new()] {
        sign_up(&scene, &link, "eve", "eve@example.test").await.is_error(501, SWITCHED_OFF);
    }
    sign_up(&scene, "t=unknown", "eve", "eve@example.test").await.is_error(404, UNKNOWN);
    let by_admin = json!({ "username": "eve", "email": "eve@example.test", "password": PASSWORD });
    assert_eq!(scene.post(&scene.ada, "/users", &by_admin).await.status, 201, "admins always may");
}

#[actix_web::test]
async fn a_teams_standing_invitation_opens_accounts_in_it() {
    let scene = closed("accounts.open_sign_up = false").await;
    let team = invite_id(&scene, &scene.team).await;

    let reply = sign_up(&scene, &format!("iid={team}"), "eve", "eve@example.test").await;

    assert_eq!((reply.status, reply.json().get("email_verified")), (201, None));
    assert_eq!(sign_up(&scene, &format!("iid={team}"), "eva", "eva@example.test").await.status, 201, "and again");
    assert_eq!(scene.seen(&scene.bob, &format!("/users?in_team={}", scene.team)).await.as_array().unwrap().len(), 4);
    for wrong in [&scene.team, "unknown", &team.to_uppercase()] {
        sign_up(&scene, &format!("iid={wrong}"), "mal", "mal@example.test").await.is_error(404, NO_TEAM);
    }
    sign_up(&scene, "", "mal", "mal@example.test").await.is_error(403, "api.user.create_user.no_open_server");
}

#[actix_web::test]
async fn a_team_takes_whom_it_says_it_takes() {
    let scene = Scene::new().await;
    let made = async |name: &str, more: Value| {
        let mut body = json!({ "name": name, "display_name": name, "type": "O" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let team = scene.made(&scene.bob, "/teams", &body).await;
        invite_id(&scene, &team).await
    };
    let strict = made("strict", json!({ "allowed_domains": "other.test" })).await;
    let grouped = made("grouped", json!({ "group_constrained": true })).await;

    let of_domain = sign_up(&scene, &format!("iid={strict}"), "eve", "eve@example.test").await;
    let of_group = sign_up(&scene, &format!("iid={grouped}"), "eve", "eve@example.test").await;

    of_domain.is_error(403, "api.team.invite_members.invalid_email.app_error");
    of_group.is_error(403, "app.team.invite_id.group_constrained.error");
    assert_eq!(sign_up(&scene, &format!("iid={strict}"), "eve", "eve@other.test").await.status, 201);
}

#[actix_web::test]
async fn a_standing_invitation_is_shown_to_those_who_may_invite() {
    let scene = Scene::new().await;
    let open = json!({ "name": "open", "display_name": "Open", "type": "O", "allow_open_invite": true });
    let team = scene.made(&scene.bob, "/teams", &open).await;
    let id = invite_id(&scene, &team).await;
    scene.join(&team, &scene.gil.id).await;
    for path in ["/teams".to_owned(), format!("/teams/{team}"), "/teams/name/open".to_owned(), "/users/me/teams".to_owned()] {
        for who in [&scene.dan, &scene.gil] {
            let reply = scene.get(who, &path).await;
            assert!(!reply.text().contains(&id), "{} {path} {}", who.name, reply.text());
        }
    }
    assert!(scene.get(&scene.bob, &format!("/teams/{team}")).await.text().contains(&id));
    scene.get(None, &format!("/teams/{team}")).await.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn an_invitation_gives_no_more_than_it_says() {
    let scene = Scene::new().await;
    let token = invited(&scene, "eve@example.test", &[], false).await;
    let body = json!({
        "username": "eve", "email": "eve@example.test", "password": PASSWORD, "roles": "system_admin system_user", "is_bot": true,
        "auth_service": "saml", "auth_data": "eve", "mfa_active": true, "remote_id": "elsewhere",
    });

    let user = scene.post(None, &format!("/users?t={token}"), &body).await.json();

    assert_eq!((&user["roles"], &user["auth_service"], user.get("is_bot")), (&json!("system_user"), &json!(""), None));
    assert_eq!((user.get("mfa_active"), &user["remote_id"]), (None, &json!("")));
}

#[actix_web::test]
async fn a_guest_whom_the_link_itself_lets_in_has_no_password_and_comes_back_by_links() {
    let settings = |has_links: bool| {
        format!("[accounts]\nguest_magic_links = {has_links}\n[mail]\nsmtp_host = \"127.0.0.1\"\nfrom = \"crew@example.test\"\n")
    };
    let app = crate::app::TestApp::mailing(&settings(true)).await;
    let mut scene = Scene::of(app).await;
    let token = invited_as(&scene, "gia@example.test", &["room"], Invitee::GuestByLink).await;
    let enter = async |scene: &Scene| scene.post(None, "/users/login", &json!({ "magic_link_token": token })).await;
    sign_up(&scene, &format!("t={token}"), "gia", "gia@example.test").await.is_error(400, UNKNOWN);
    scene.app = scene.app.under(&settings(false));
    assert_eq!(enter(&scene).await.status, 401);
    scene.app = scene.app.under(&settings(true));

    let reply = enter(&scene).await;

    let (gia, session) = (reply.json(), reply.header("token").unwrap().to_owned());
    assert_eq!((reply.status, &gia["username"], &gia["roles"]), (201, &json!("gia"), &json!("system_guest")));
    assert_eq!((&gia["email_verified"], &gia["auth_service"]), (&json!(true), &json!("magic_link")));
    let seen = scene.app.get("/api/v4/users").bearer(&session).send().await.json();
    assert_eq!(each(&seen, "username"), ["bob", "gia"], "cy is of the team, but not of the channel");
    enter(&scene).await.is_error(401, "api.user.login.invalid_credentials_email_username");
}
