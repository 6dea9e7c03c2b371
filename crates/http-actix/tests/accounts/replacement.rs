//! Replacing what an account says of its holder as a whole.

use muster_domain::testkit::fixture;
use muster_domain::user::Bot;
use serde_json::{Value, json};

use crate::app::{BODY_PARAM, FORBIDDEN, MISSING, PASSWORD, Somebody, TestApp, URL_PARAM};
use crate::scene::{Scene, unknown};

/// Somebody as he is, with some fields changed.
fn whole(who: &Somebody, change: &Value) -> Value {
    let mut body = json!({ "id": who.id, "username": who.name, "email": format!("{}@example.test", who.name) });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

async fn put(scene: &Scene, by: &Somebody, who: &Somebody, change: &Value) -> crate::app::reply::Reply {
    scene.put(by, &format!("/users/{}", who.id), &whole(who, change)).await
}

#[actix_web::test]
async fn what_is_missing_becomes_empty() {
    let scene = Scene::new().await;
    let full = json!({ "nickname": "n", "first_name": "f", "last_name": "l", "position": "p", "locale": "de", "props": { "k": "v" },
        "timezone": { "manualTimezone": "Europe/Berlin" }, "notify_props": { "email": "false" }, "allow_marketing": true });
    let filled = put(&scene, &scene.cy, &scene.cy, &full).await;
    assert_eq!((filled.status, &filled.json()["nickname"], &filled.json()["allow_marketing"]), (200, &json!("n"), &json!(true)));

    let emptied = put(&scene, &scene.cy, &scene.cy, &json!({})).await.json();

    let texts = ["nickname", "first_name", "last_name", "position", "locale"].map(|key| emptied[key].clone());
    assert_eq!(texts, [json!(""), json!(""), json!(""), json!(""), json!("")]);
    assert_eq!((&emptied["timezone"], emptied.get("props"), emptied.get("allow_marketing")), (&Value::Null, None, None));
    assert_eq!(emptied["notify_props"]["email"], "true", "what one is notified of is as at first");
    assert_eq!(scene.seen(&scene.cy, "/users/me").await["nickname"], "");
}

#[actix_web::test]
async fn nobody_decides_over_himself_what_the_service_decides() {
    let scene = Scene::new().await;
    let wanted = json!({ "roles": "system_admin system_user", "create_at": 5, "update_at": 5, "delete_at": 5, "email_verified": true,
        "auth_service": "ldap", "auth_data": "x", "mfa_active": true, "is_bot": true, "failed_attempts": 9, "last_password_update": 5,
        "remote_id": "elsewhere", "terms_of_service_id": "t" });
    let before = scene.seen(&scene.cy, "/users/me").await;

    let after = put(&scene, &scene.cy, &scene.cy, &wanted).await;

    assert_eq!(after.status, 200, "{}", after.text());
    for key in wanted.as_object().unwrap().keys().filter(|key| *key != "update_at") {
        assert_eq!(scene.seen(&scene.cy, "/users/me").await.get(key), before.get(key), "{key}");
    }
}

#[actix_web::test]
async fn a_body_is_of_the_account_it_is_sent_to() {
    let scene = Scene::new().await;
    for body in [json!({}), json!({ "id": scene.bob.id }), json!({ "id": "me" }), json!({ "id": 5 }), json!([]), json!("cy")] {
        scene.put(&scene.cy, "/users/me", &body).await.is_error(400, BODY_PARAM);
    }
    scene.put(&scene.cy, "/users/short", &whole(&scene.cy, &json!({}))).await.is_error(400, URL_PARAM);
    for (key, value) in [("username", json!(5)), ("props", json!([])), ("roles", json!(1)), ("email_verified", json!("yes"))] {
        put(&scene, &scene.cy, &scene.cy, &json!({ key: value })).await.is_error(400, BODY_PARAM);
    }
    for (key, value) in [("create_at", json!(1.5)), ("failed_attempts", json!(1.0)), ("last_login", json!("5"))] {
        put(&scene, &scene.cy, &scene.cy, &json!({ key: value })).await.is_error(400, BODY_PARAM);
    }
}

#[actix_web::test]
async fn the_first_broken_rule_is_told() {
    let scene = Scene::new().await;
    for (change, id) in [
        (json!({ "username": "" }), "model.user.is_valid.username.app_error"),
        (json!({ "username": "a b" }), "model.user.is_valid.username.app_error"),
        (json!({ "email": "" }), "model.user.is_valid.email.app_error"),
        (json!({ "email": "cy@example.test " }), "model.user.is_valid.email.app_error"),
        (json!({ "username": "bob" }), "app.user.save.username_exists.app_error"),
        (json!({ "nickname": "n".repeat(65) }), "model.user.is_valid.nickname.app_error"),
        (json!({ "locale": "nonsense" }), "model.user.is_valid.locale.app_error"),
    ] {
        let reply = put(&scene, &scene.ada, &scene.cy, &change).await;

        assert_eq!(reply.told(), (400, id.to_owned()), "{change}");
    }
    put(&scene, &scene.ada, &scene.cy, &json!({ "email": "bob@example.test" })).await.is_error(400, "app.user.save.email_exists.app_error");
}

#[actix_web::test]
async fn ones_own_address_is_changed_with_the_password() {
    let scene = Scene::new().await;
    let moved = |password: Value| json!({ "email": "new@example.test", "password": password });

    for password in [Value::Null, json!(""), json!("wrong")] {
        put(&scene, &scene.cy, &scene.cy, &moved(password)).await.is_error(400, BODY_PARAM);
    }

    let reply = put(&scene, &scene.cy, &scene.cy, &moved(json!(PASSWORD))).await;
    assert_eq!((reply.status, &reply.json()["email"]), (200, &json!("new@example.test")));
    let by_admin = put(&scene, &scene.ada, &scene.bob, &json!({ "email": "other@example.test" })).await;
    assert_eq!(by_admin.status, 200, "an admin needs no password");
}

#[actix_web::test]
async fn who_may_not_edit_an_account_learns_nothing_of_it() {
    let scene = Scene::new().await;
    let nobody = Somebody { id: unknown(), token: String::new(), name: "nobody".to_owned() };
    let bot = scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;
    let robo = Somebody { id: bot.id.to_string(), token: String::new(), name: "robo".to_owned() };
    for who in [&scene.bob, &scene.gil] {
        for target in [&scene.ada, &scene.cy, &nobody, &robo] {
            put(&scene, who, target, &json!({ "username": "a b" })).await.is_error(403, FORBIDDEN);
        }
    }
    put(&scene, &scene.ada, &nobody, &json!({})).await.is_error(404, MISSING);
    assert_eq!(put(&scene, &scene.ada, &robo, &json!({ "nickname": "beep" })).await.status, 200);
}

#[actix_web::test]
async fn what_a_provider_decides_is_not_changed_here() {
    let scene = Scene::new().await;
    let provided = scene.app.insert("pat", |user| user.identity = fixture::identity("saml", "pat")).await;
    let pat = Somebody { id: provided.id.to_string(), token: String::new(), name: "pat".to_owned() };

    let reply = put(&scene, &scene.ada, &pat, &json!({ "username": "patty" })).await;

    reply.is_error(409, "api.user.update_user.login_provider_attribute_set.app_error");
    assert_eq!(put(&scene, &scene.ada, &pat, &json!({ "nickname": "Patty" })).await.status, 200);
}

#[actix_web::test]
async fn addresses_of_other_domains_are_not_taken() {
    let app = TestApp::with(
        "[accounts]\nrestrict_domains = \"example.test\"\nrestrict_guest_domains = \"guest.test, example.test\"\n\
             require_verified_email = true\n[mail]\nsmtp_host = \"127.0.0.1\"\nfrom = \"crew@example.test\"\n",
    )
    .await;
    let scene = Scene::of(app).await;

    let member = put(&scene, &scene.ada, &scene.cy, &json!({ "email": "cy@guest.test" })).await;
    let guest = put(&scene, &scene.ada, &scene.gil, &json!({ "email": "gil@other.test" })).await;

    member.is_error(400, "api.user.update_user.accepted_domain.app_error");
    guest.is_error(400, "api.user.update_user.accepted_guest_domain.app_error");
    assert_eq!(put(&scene, &scene.ada, &scene.gil, &json!({ "email": "gil@guest.test" })).await.status, 200);
    let newcomer = json!({ "username": "eve", "email": "eve@other.test", "password": PASSWORD });
    scene.post(None, "/users", &newcomer).await.is_error(400, "api.user.create_user.accepted_domain.app_error");
}
