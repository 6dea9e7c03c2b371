//! Sessions over the wire: who sees them, who ends them, and the devices that hold them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, EXPIRED, FORBIDDEN, PASSWORD, Somebody, TestApp, URL_PARAM};

const ME: &str = "/api/v4/users/me";
const NO_SESSION: &str = "app.session.get.app_error";

async fn sessions(app: &TestApp, by: &Somebody, of: &str) -> Value {
    let reply = app.get(&format!("/api/v4/users/{of}/sessions")).by(by).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Why the sessions of an account ended, the last first, and through whom.
async fn ends(app: &TestApp, admin: &Somebody, of: &Somebody) -> Vec<(String, String)> {
    let reply = app.get(&format!("/api/v4/users/{}/sessions/ended", of.id)).by(admin).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    reply.json().as_array().unwrap().iter().map(|ended| (text(&ended["end_reason"]), text(&ended["ended_by"]))).collect()
}

#[actix_web::test]
async fn people_see_their_sessions_and_what_holds_them() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let agent = "Mattermost Mobile/2.12.0+500 (Android; 14; Pixel 8)";
    let phone = app.post("/api/v4/users/login", &json!({ "login_id": "bob", "password": PASSWORD, "device_id": "android_rn:x" }));
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(phone.header("user-agent", agent).send().await.status, 201);

    let seen = sessions(&app, &bob, "me").await;

    assert_eq!(seen.as_array().unwrap().len(), 2);
    let expected = json!({ "id": seen[0]["id"], "token": "", "user_id": bob.id, "device_id": "android_rn:x", "voip_device_id": "",
        "roles": "system_user", "is_oauth": false, "expired_notify": false, "local": false, "team_members": [],
        "create_at": seen[0]["create_at"], "expires_at": seen[0]["expires_at"], "last_activity_at": seen[0]["create_at"],
        "props": { "browser": "Mobile App/2.12.0+500", "os": "Android", "platform": "Linux", "isMobile": "true", "isSaml": "false",
            "isOAuthUser": "false", "is_guest": "false", "csrf": seen[0]["props"]["csrf"] } });
    assert_eq!(seen[0], expected);
    assert!(!seen[0]["props"]["csrf"].as_str().unwrap().is_empty());
    let admins = sessions(&app, &ada, &bob.id).await;
    assert!(admins[0]["props"].get("csrf").is_none(), "the proof is its holder's");
    assert!(!admins.to_string().contains(&bob.token));
    app.get(&format!("/api/v4/users/{}/sessions", ada.id)).by(&bob).send().await.is_error(403, FORBIDDEN);
    app.get("/api/v4/users/nope/sessions").by(&bob).send().await.is_error(400, URL_PARAM);
}

#[actix_web::test]
async fn a_list_of_sessions_comes_in_parts_where_that_is_asked_for() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(1));
        app.sign_in("ada").await;
    }
    let count = async |query: &str| app.get(&format!("{ME}/sessions{query}")).by(&ada).send().await.json().as_array().unwrap().len();

    assert_eq!((count("").await, count("?per_page=3").await, count("?page=1&per_page=3").await, count("?page=1").await), (4, 3, 1, 0));
}

#[actix_web::test]
async fn the_id_of_a_session_is_no_right_to_end_it() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let eve = app.somebody("eve").await;
    let id = sessions(&app, &bob, "me").await[0]["id"].clone();
    let revoke =
        |of: &str, by: &Somebody, id: &Value| app.post(&format!("/api/v4/users/{of}/sessions/revoke"), &json!({ "session_id": id })).by(by);

    revoke(&bob.id, &eve, &id).send().await.is_error(403, FORBIDDEN);
    revoke("me", &eve, &id).send().await.is_error(400, URL_PARAM);
    revoke("me", &ada, &id).send().await.is_error(400, URL_PARAM);
    revoke("me", &bob, &json!(bob.token)).send().await.is_error(400, NO_SESSION);
    revoke("me", &bob, &json!("")).send().await.is_error(400, BODY_PARAM);
    revoke("me", &bob, &json!(5)).send().await.is_error(400, BODY_PARAM);
    assert_eq!(app.get(ME).by(&bob).send().await.status, 200);

    assert_eq!(revoke(&bob.id, &ada, &id).send().await.status, 200);

    app.get(ME).by(&bob).send().await.is_error(401, EXPIRED);
    revoke(&bob.id, &ada, &id).send().await.is_error(400, NO_SESSION);
    assert_eq!(ends(&app, &ada, &bob).await, [("revoked".to_owned(), ada.id.clone())]);
    app.get(&format!("/api/v4/users/{}/sessions/ended", eve.id)).by(&eve).send().await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn all_sessions_end_of_one_or_of_everybody() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let eve = app.somebody("eve").await;
    let all = |of: &str, by: &Somebody| app.ask("POST", &format!("/api/v4/users/{of}/sessions/revoke/all")).by(by);
    let everybodys = |by: &Somebody| app.ask("POST", "/api/v4/users/sessions/revoke/all").by(by);

    all(&bob.id, &eve).send().await.is_error(403, FORBIDDEN);
    everybodys(&eve).send().await.is_error(403, FORBIDDEN);
    assert_eq!(all("me", &bob).send().await.status, 200);
    app.get(ME).by(&bob).send().await.is_error(401, EXPIRED);
    assert_eq!(all(&"a".repeat(26), &ada).send().await.status, 200);

    assert_eq!(everybodys(&ada).send().await.status, 200);

    for somebody in [&ada, &eve] {
        app.get(ME).by(somebody).send().await.is_error(401, EXPIRED);
    }
    assert_eq!(app.login("eve", PASSWORD).send().await.status, 201);
}

#[actix_web::test]
async fn one_sign_in_makes_one_session_whatever_client_asks() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for agent in ["Mozilla/5.0 Firefox/128.0", "Mattermost/5.6.0 Electron/28.0.0", "Mattermost Mobile/2.12.0 (iOS)", "mmctl/9.1.0", ""] {
        let before = sessions(&app, &ada, "me").await.as_array().unwrap().len();

        app.login("ada", PASSWORD).scripted().header("user-agent", agent).send().await;

        assert_eq!(sessions(&app, &ada, "me").await.as_array().unwrap().len(), before + 1, "{agent}");
    }
}

#[actix_web::test]
async fn a_conversion_ends_the_sessions_from_before() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);

    assert_eq!(app.ask("POST", &format!("/api/v4/users/{}/convert_to_bot", bob.id)).by(&ada).send().await.status, 200);

    app.get(ME).by(&bob).send().await.is_error(401, EXPIRED);
    assert_eq!(ends(&app, &ada, &bob).await, [("converted".to_owned(), ada.id.clone())]);
}

#[actix_web::test]
async fn a_device_tells_of_itself() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let device = |body: &Value| app.put("/api/v4/users/sessions/device", body).by(&ada);
    for wrong in [json!({ "mobile_version": "2.12" }), json!({ "device_notification_disabled": "maybe" })] {
        device(&json!({ "device_id": "d", "mobile_version": wrong["mobile_version"], "device_notification_disabled": wrong["device_notification_disabled"] }))
            .send()
            .await
            .is_error(400, BODY_PARAM);
    }
    for fine in [json!({}), json!([]), json!({ "device_id": "" }), json!({ "device_id": 5 }), json!({ "mobileVersion": "x" })] {
        assert_eq!(device(&fine).send().await.status, 200, "{fine}");
    }
    assert_eq!(sessions(&app, &ada, "me").await[0]["device_id"], "");

    let reply = device(&json!({ "device_id": "d", "device_notification_disabled": "true", "mobileVersion": "2.0.0" })).send().await;

    assert_eq!((reply.status, reply.cookie("MMAUTHTOKEN")), (200, None), "who holds no cookie gets none");
    let seen = sessions(&app, &ada, "me").await;
    assert_eq!((&seen[0]["device_id"], &seen[0]["props"]["device_notification_disabled"]), (&json!("d"), &json!("true")));
    assert_eq!(seen[0]["props"]["mobile_version"], "2.0.0");
}

#[actix_web::test]
async fn a_cookie_lives_as_long_as_its_session() {
    let app = TestApp::with("sessions.web_hours = 2\nsessions.mobile_hours = 3").await;
    app.sign_up("ada").await;
    let token = app.login("ada", PASSWORD).scripted().send().await.cookie_value("MMAUTHTOKEN");
    let age = |reply: &crate::app::reply::Reply| reply.cookie("MMAUTHTOKEN").map(|cookie| cookie.contains("Max-Age=7200"));
    assert_eq!(age(&app.get(ME).cookie(&token).send().await), None, "nothing has moved yet");
    app.clock.advance(Duration::from_mins(10));

    let reply = app.get(ME).cookie(&token).send().await;

    assert_eq!((reply.status, age(&reply)), (200, Some(true)));
    let attached = app.put("/api/v4/users/sessions/device", &json!({ "device_id": "d" })).cookie(&token).scripted().send().await;
    assert!(attached.cookie("MMAUTHTOKEN").unwrap().contains("Max-Age=10800"));
}

#[actix_web::test]
async fn a_session_that_is_not_used_ends() {
    let app = TestApp::with("sessions.idle_minutes = 30").await;
    let ada = app.somebody("ada").await;
    app.clock.advance(Duration::from_secs(30 * 60 - 1));
    assert_eq!(app.get(ME).by(&ada).send().await.status, 200);
    let bob = app.somebody("bob").await;
    app.clock.advance(Duration::from_mins(30));

    app.get(ME).by(&bob).send().await.is_error(401, EXPIRED);
    app.service.live_sessions.sweep().await.unwrap();

    let root = Somebody { token: app.sign_in("ada").await, ..ada };
    assert_eq!(ends(&app, &root, &bob).await, [("idle".to_owned(), String::new())]);
}
