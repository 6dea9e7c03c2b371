//! Access tokens over the wire.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{BODY_PARAM, EXPIRED, FORBIDDEN, MISSING, Somebody, TestApp, URL_PARAM};

const ME: &str = "/api/v4/users/me";
const NO_TOKEN: &str = "app.user_access_token.get_by_user.app_error";

/// An application whose people have tokens, with an admin.
async fn app(toml: &str) -> (TestApp, Somebody) {
    let app = TestApp::with(&format!("tokens.enabled = true\n{toml}")).await;
    let ada = app.somebody("ada").await;
    (app, ada)
}

async fn make(app: &TestApp, by: &Somebody, owner: &str, wanted: &Value) -> Value {
    let reply = app.post(&format!("/api/v4/users/{owner}/tokens"), wanted).by(by).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply.json()
}

async fn made(app: &TestApp, by: &Somebody, owner: &str) -> (String, String) {
    let token = make(app, by, owner, &json!({ "description": "ci" })).await;
    (token["id"].as_str().unwrap().to_owned(), token["token"].as_str().unwrap().to_owned())
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.get(ME).bearer(token).send().await.status
}

#[actix_web::test]
async fn a_token_is_told_once_and_acts_as_its_owner() {
    let (app, ada) = app("").await;
    let (id, text) = made(&app, &ada, "me").await;

    let reply = app.get(ME).bearer(&text).send().await;

    assert_eq!((reply.status, &reply.json()["id"]), (200, &json!(ada.id)));
    let shown = app.get(&format!("/api/v4/users/tokens/{id}")).by(&ada).send().await;
    assert_eq!(shown.json()["description"], "ci");
    let listed = app.get("/api/v4/users/me/tokens").by(&ada).send().await;
    let all = app.get("/api/v4/users/tokens").by(&ada).send().await;
    for reply in [&shown, &listed, &all] {
        assert!(reply.status == 200 && !reply.text().contains(&text) && !reply.text().contains("\"token\""), "{}", reply.text());
    }
    assert!(!app.keeps(&text), "the store has its hash alone");
    assert_eq!(app.get("/api/v4/users/me/sessions").by(&ada).send().await.json().as_array().unwrap().len(), 1, "it is no session");
}

#[actix_web::test]
async fn what_is_wrong_with_a_wanted_token_is_told() {
    let (app, ada) = app("tokens.per_user = 2").await;
    let ask = |owner: &str, body: &Value| app.post(&format!("/api/v4/users/{owner}/tokens"), body).by(&ada);

    ask("me", &json!({})).send().await.is_error(400, BODY_PARAM);
    ask("me", &json!({ "description": 5 })).send().await.is_error(400, BODY_PARAM);
    ask("nope", &json!({ "description": "x" })).send().await.is_error(400, URL_PARAM);
    ask(&"a".repeat(26), &json!({ "description": "x" })).send().await.is_error(404, MISSING);
    let long = json!({ "description": "d".repeat(256) });
    ask("me", &long).send().await.is_error(400, "model.user_access_token.is_valid.description.app_error");
    let past = json!({ "description": "x", "expires_at": 1 });
    ask("me", &past).send().await.is_error(400, "app.user_access_token.expires_at_in_past.app_error");
    for _ in 0..2 {
        made(&app, &ada, "me").await;
    }
    ask("me", &json!({ "description": "x" })).send().await.is_error(400, "app.user_access_token.too_many.app_error");
}

#[actix_web::test]
async fn without_the_feature_bots_alone_have_tokens() {
    let (app, ada) = app("").await;
    let (_, text) = made(&app, &ada, "me").await;
    let bot = app.post("/api/v4/bots", &json!({ "username": "robot" })).by(&ada).send().await.json();

    let app = app.under("tokens.enabled = false");

    assert_eq!(status(&app, &text).await, 401);
    app.post("/api/v4/users/me/tokens", &json!({ "description": "x" }))
        .by(&ada)
        .send()
        .await
        .is_error(501, "app.user_access_token.disabled");
    let (_, text) = made(&app, &ada, bot["user_id"].as_str().unwrap()).await;
    assert_eq!(status(&app, &text).await, 200);
}

#[actix_web::test]
async fn every_way_in_of_a_deactivated_account_is_shut() {
    let (app, ada) = app("").await;
    let bob = app.somebody("bob").await;
    let (_, text) = made(&app, &ada, &bob.id).await;
    let bot =
        app.post("/api/v4/bots", &json!({ "username": "robot" })).by(&ada).send().await.json()["user_id"].as_str().unwrap().to_owned();
    let (_, bots) = made(&app, &ada, &bot).await;
    let switch = async |id: &str, active: bool| {
        let reply = app.put(&format!("/api/v4/users/{id}/active"), &json!({ "active": active })).by(&ada).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    };

    for id in [&bob.id, &bot] {
        switch(id, false).await;
    }
    for token in [&bob.token, &text, &bots] {
        app.get(ME).bearer(token).send().await.is_error(401, EXPIRED);
    }
    for id in [&bob.id, &bot] {
        switch(id, true).await;
    }

    assert_eq!((status(&app, &bob.token).await, status(&app, &text).await, status(&app, &bots).await), (401, 200, 200));
}

#[actix_web::test]
async fn a_token_is_switched_off_and_on_and_revoked() {
    let (app, ada) = app("").await;
    let (id, text) = made(&app, &ada, "me").await;
    let turn = |verb: &str, id: &str| app.post(&format!("/api/v4/users/tokens/{verb}"), &json!({ "token_id": id })).by(&ada);

    assert_eq!((turn("disable", &id).send().await.status, status(&app, &text).await), (200, 401));
    assert_eq!((turn("enable", &id).send().await.status, status(&app, &text).await), (200, 200));
    assert_eq!((turn("revoke", &id).send().await.status, status(&app, &text).await), (200, 401));
    for verb in ["disable", "enable", "revoke"] {
        turn(verb, &id).send().await.is_error(404, NO_TOKEN);
        turn(verb, "").send().await.is_error(404, NO_TOKEN);
        turn(verb, &text).send().await.is_error(404, NO_TOKEN);
    }
    app.get(&format!("/api/v4/users/tokens/{id}")).by(&ada).send().await.is_error(404, NO_TOKEN);
    app.get("/api/v4/users/tokens/nope").by(&ada).send().await.is_error(400, URL_PARAM);
}

#[actix_web::test]
async fn tokens_are_their_owners_and_the_admins_alone() {
    let (app, ada) = app("").await;
    let (bob, eve) = (app.somebody("bob").await, app.somebody("eve").await);
    for somebody in [&bob, &eve] {
        let roles = json!({ "roles": "system_user system_user_access_token" });
        assert_eq!(app.put(&format!("/api/v4/users/{}/roles", somebody.id), &roles).by(&ada).send().await.status, 200);
    }
    let (id, text) = made(&app, &bob, "me").await;

    for (method, path, body) in [
        ("POST", format!("/api/v4/users/{}/tokens", bob.id), json!({ "description": "x" })),
        ("POST", format!("/api/v4/users/{}/tokens", ada.id), json!({ "description": "x" })),
        ("GET", format!("/api/v4/users/{}/tokens", bob.id), Value::Null),
        ("GET", "/api/v4/users/tokens".to_owned(), Value::Null),
        ("GET", format!("/api/v4/users/tokens/{id}"), Value::Null),
        ("POST", "/api/v4/users/tokens/search".to_owned(), json!({ "term": "bob" })),
        ("POST", "/api/v4/users/tokens/revoke".to_owned(), json!({ "token_id": id })),
        ("POST", "/api/v4/users/tokens/disable".to_owned(), json!({ "token_id": id })),
        ("POST", "/api/v4/users/tokens/enable".to_owned(), json!({ "token_id": id })),
    ] {
        app.ask(method, &path).body(body.to_string()).by(&eve).send().await.is_error(403, FORBIDDEN);
    }

    let found = app.post("/api/v4/users/tokens/search", &json!({ "term": "bob" })).by(&ada).send().await.json();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &json!(id)));
    app.post("/api/v4/users/tokens/search", &json!({ "term": "" })).by(&ada).send().await.is_error(400, BODY_PARAM);
    assert_eq!(status(&app, &text).await, 200);
}

#[actix_web::test]
async fn a_token_in_a_cookie_needs_proof_too() {
    let (app, ada) = app("").await;
    let (_, text) = made(&app, &ada, "me").await;
    let ask = || app.put("/api/v4/users/me/patch", &json!({ "nickname": "x" })).cookie(&text);

    ask().send().await.is_error(401, EXPIRED);
    ask().header("x-csrf-token", "x").send().await.is_error(401, EXPIRED);
    assert_eq!(ask().scripted().send().await.status, 200);
    assert_eq!(app.get(ME).cookie(&text).send().await.status, 200);
    app.get(&format!("{ME}?access_token={text}")).send().await.is_error(401, "api.context.token_provided.app_error");
}

#[actix_web::test]
async fn a_token_ends_in_its_time() {
    let (app, ada) = app("tokens.max_days = 1").await;
    let now = muster_domain::port::Clock::now(&*app.clock).as_millis();
    let wanted = |ms: i64| json!({ "description": "x", "expires_at": now + ms });
    let text = make(&app, &ada, "me", &wanted(60_000)).await["token"].as_str().unwrap().to_owned();
    let ask = |body: &Value| app.post("/api/v4/users/me/tokens", body).by(&ada);

    ask(&json!({ "description": "x" })).send().await.is_error(400, "app.user_access_token.expires_at_required.app_error");
    ask(&wanted(86_400_001)).send().await.is_error(400, "app.user_access_token.expires_at_too_far.app_error");
    assert_eq!(status(&app, &text).await, 200);
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(status(&app, &text).await, 401);
}

#[actix_web::test]
async fn marked_tokens_work_with_and_without_the_setting() {
    let (app, ada) = app("tokens.marked = true").await;
    let (_, marked) = made(&app, &ada, "me").await;
    assert!(marked.starts_with("mus_") && marked.len() == 37);

    let app = app.under("tokens.enabled = true");

    assert_eq!((status(&app, &marked).await, status(&app, &marked[..36]).await), (200, 401));
}

#[actix_web::test]
async fn signing_out_or_ending_sessions_ends_no_token() {
    let (app, ada) = app("").await;
    let (_, text) = made(&app, &ada, "me").await;

    assert_eq!(app.ask("POST", "/api/v4/users/logout").bearer(&text).send().await.status, 201);
    assert_eq!(app.ask("POST", "/api/v4/users/me/sessions/revoke/all").by(&ada).send().await.status, 200);

    assert_eq!((status(&app, &text).await, status(&app, &ada.token).await), (200, 401));
}
