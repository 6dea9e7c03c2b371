//! Opening accounts and looking at them.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use app::{BODY_PARAM, EXPIRED, MISSING, PASSWORD, Somebody, TestApp, URL_PARAM, new_user};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

/// An admin, the first of all, and an ordinary account.
async fn two(app: &TestApp) -> (Somebody, Somebody) {
    (app.somebody("ada").await, app.somebody("bob").await)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn the_first_account_is_an_admin() {
    let app = TestApp::new().await;

    let reply = app.post("/api/v4/users", &new_user("ada")).send().await;

    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn an_account_is_opened_with_everything_it_may_say() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let wanted = json!({
        "username": " BoB", "email": " Bob@Example.TEST ", "password": PASSWORD, "nickname": "Bobby", "first_name": "Bob",
        "last_name": "Byte", "position": "Baker", "locale": "de", "timezone": { "manualTimezone": "Europe/Berlin" },
        "props": { "key": "value" }, "notify_props": { "email": "false", "mention_keys": "Bob,,BYTE" }, "allow_marketing": true,
        "disable_welcome_email": true, "unknown": [1],
    });
    let trimmed = Value::Object(wanted.as_object().unwrap().clone().into_iter().chain([("username".to_owned(), json!("BoB"))]).collect());

    let spaced = app.post("/api/v4/users", &wanted).send().await;
    let reply = app.post("/api/v4/users", &trimmed).send().await;

    spaced.is_error(400, "model.user.is_valid.username.app_error");
    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn nobody_decides_over_himself_what_the_service_decides() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let mut wanted = new_user("bob");
    for (key, value) in
        [("roles", json!("system_admin")), ("email_verified", json!(true)), ("create_at", json!(5)), ("mfa_active", json!(true))]
    {
        wanted[key] = value;
    }

    let user = app.post("/api/v4/users", &wanted).send().await.json();

    assert_eq!((&user["roles"], &user["create_at"]), (&json!("system_user"), &json!(1_767_225_600_000_i64)));
    assert_eq!((user.get("email_verified"), user.get("mfa_active")), (None, None));
}

#[actix_web::test]
async fn an_admin_vouches_for_the_accounts_he_opens() {
    let app = TestApp::with("accounts.open_sign_up = false").await;
    let ada = app.somebody("ada").await;
    let verified = json!({ "username": "bob", "email": "bob@example.test", "password": PASSWORD, "email_verified": true });
    let provided = json!({ "username": "cy", "email": "cy@example.test", "auth_service": "ldap", "auth_data": "uid-7" });

    let (verified, provided) =
        (app.post("/api/v4/users", &verified).by(&ada).send().await, app.post("/api/v4/users", &provided).by(&ada).send().await);

    assert_eq!((verified.status, &verified.json()["email_verified"]), (201, &json!(true)));
    assert_eq!((provided.status, &provided.json()["auth_service"], &provided.json()["auth_data"]), (201, &json!("ldap"), &json!("uid-7")));
}

#[actix_web::test]
async fn a_taken_username_is_refused() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;

    let reply = app.post("/api/v4/users", &json!({ "username": "ADA", "email": "b@example.test", "password": PASSWORD })).send().await;

    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn the_first_broken_rule_is_told() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let cases = [
        (json!({ "email": "ADA@example.test" }), "app.user.save.email_exists.app_error"),
        (json!({ "id": "b".repeat(26) }), "app.user.save.existing.app_error"),
        (json!({ "password": "short" }), "model.user.is_valid.pwd_min_length.app_error"),
        (json!({ "password": null }), "model.user.is_valid.pwd_min_length.app_error"),
        (json!({ "password": "p".repeat(73) }), "model.user.is_valid.pwd_max_length.app_error"),
        (json!({ "username": "a b", "email": "x" }), "model.user.is_valid.username.app_error"),
        (json!({ "username": "all" }), "model.user.is_valid.username.app_error"),
        (json!({ "email": "x" }), "model.user.is_valid.email.app_error"),
        (json!({ "nickname": "n".repeat(65) }), "model.user.is_valid.nickname.app_error"),
        (json!({ "position": "p".repeat(129) }), "model.user.is_valid.position.app_error"),
        (json!({ "first_name": "f".repeat(65) }), "model.user.is_valid.first_name.app_error"),
        (json!({ "last_name": "l".repeat(65) }), "model.user.is_valid.last_name.app_error"),
        (json!({ "timezone": { "k": "v".repeat(300) } }), "model.user.is_valid.timezone_limit.app_error"),
        (json!({ "props": { "customStatus": "busy" } }), "model.user.is_valid.invalidProperty.app_error"),
        (json!({ "props": { "k": "v".repeat(20_000) } }), "model.user.is_valid.invalidProperty.app_error"),
    ];
    for (change, id) in cases {
        let mut wanted = new_user("bob");
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());

        let reply = app.post("/api/v4/users", &wanted).send().await;

        reply.is_error(400, id);
    }
}

#[actix_web::test]
async fn who_gives_no_username_gets_one() {
    let app = TestApp::new().await;

    let reply = app.post("/api/v4/users", &json!({ "email": "ada@example.test", "password": PASSWORD })).send().await;

    assert_eq!((reply.status, reply.json()["username"].as_str().unwrap().len()), (201, 27));
}

#[actix_web::test]
async fn everybody_sees_himself_whole() {
    let app = TestApp::new().await;
    let (_, bob) = two(&app).await;

    let reply = app.get("/api/v4/users/me").by(&bob).send().await;

    assert_json_snapshot!(reply.shown());
    let same = app.get(&format!("/api/v4/users/{}", bob.id)).by(&bob).send().await;
    assert_eq!(same.body, reply.body);
    let by_username = app.get("/api/v4/users/username/bob").by(&bob).send().await;
    assert_eq!(by_username.body, reply.body);
}

#[actix_web::test]
async fn others_see_less_of_him() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;

    let reply = app.get(&format!("/api/v4/users/{}", ada.id)).by(&bob).send().await;

    assert_json_snapshot!(reply.shown());
    for path in ["/api/v4/users/username/ada", "/api/v4/users/email/ada@example.test", "/api/v4/users/email/ADA@Example.Test"] {
        assert_eq!(app.get(path).by(&bob).send().await.body, reply.body, "{path}");
    }
}

#[actix_web::test]
async fn an_admin_sees_how_others_are_notified() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    app.login("bob", "wrong").send().await;

    let reply = app.get(&format!("/api/v4/users/{}", bob.id)).by(&ada).send().await;

    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn nobody_sees_anything() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;

    let reply = app.get(&format!("/api/v4/users/{}", ada.id)).send().await;

    assert_json_snapshot!(reply.shown());
    for path in ["/api/v4/users/me", "/api/v4/users/x", "/api/v4/users/username/ada", "/api/v4/users/email/ada@example.test"] {
        app.get(path).send().await.is_error(401, EXPIRED);
    }
    for path in ["/api/v4/users/ids", "/api/v4/users/usernames"] {
        app.post(path, &json!(["ada", ada.id])).send().await.is_error(401, EXPIRED);
    }
    app.put("/api/v4/users/me/patch", &json!({})).send().await.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn who_is_not_there_is_not_found() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    for asker in [&ada, &bob] {
        let cases = [
            (format!("/api/v4/users/{}", "x".repeat(26)), 404, MISSING),
            ("/api/v4/users/username/nobody".to_owned(), 404, "app.user.get_by_username.app_error"),
            ("/api/v4/users/email/nobody@example.test".to_owned(), 404, MISSING),
            ("/api/v4/users/short".to_owned(), 400, URL_PARAM),
            ("/api/v4/users/username/ADA".to_owned(), 400, BODY_PARAM),
            ("/api/v4/users/email/nonsense".to_owned(), 400, URL_PARAM),
            ("/api/v4/users/email/%20ada@example.test".to_owned(), 400, URL_PARAM),
        ];
        for (path, status, id) in cases {
            app.get(&path).by(asker).send().await.is_error(status, id);
        }
    }
}

#[actix_web::test]
async fn the_operator_can_hide_addresses_and_names() {
    let app = TestApp::with("accounts = { show_email_address = false, show_full_name = false }").await;
    let (ada, bob) = two(&app).await;
    app.put("/api/v4/users/me/patch", &json!({ "first_name": "Ada" })).by(&ada).send().await;

    let seen = app.get("/api/v4/users/username/ada").by(&bob).send().await.json();

    assert_eq!((&seen["email"], &seen["first_name"]), (&json!(""), &json!("")));
    let id = "api.user.get_user_by_email.permissions.app_error";
    app.get("/api/v4/users/email/ada@example.test").by(&bob).send().await.is_error(403, id);
    assert_eq!(app.get("/api/v4/users/email/bob@example.test").by(&ada).send().await.json()["email"], "bob@example.test");
    assert_eq!(app.get("/api/v4/users/me").by(&bob).send().await.json()["email"], "bob@example.test");
}

#[actix_web::test]
async fn what_is_held_already_is_not_sent_again() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    for path in [format!("/api/v4/users/{}", ada.id), "/api/v4/users/username/ada".into(), "/api/v4/users/email/ada@example.test".into()] {
        let whole = app.get(&path).by(&bob).send().await;
        let tag = whole.header("etag").unwrap();

        let held = app.get(&path).by(&bob).header("if-none-match", tag).send().await;

        assert_eq!((held.status, held.text(), held.header("etag")), (304, "", Some(tag)));
        for other in ["", "*", "\"\"", &tag[1..], &format!("\"{tag}\"")] {
            let reply = app.get(&path).by(&bob).header("if-none-match", other).send().await;
            assert_eq!((reply.status, &reply.body), (200, &whole.body), "{other}");
        }
        let own = app.get(&path).by(&ada).header("if-none-match", tag).send().await;
        assert_eq!((own.status, own.header("etag") == Some(tag)), (200, path.contains("email") && own.body == whole.body));
    }
}

#[actix_web::test]
async fn a_change_makes_another_tag() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let before = app.get("/api/v4/users/me").by(&ada).send().await;
    app.clock.advance(std::time::Duration::from_secs(1));
    app.put("/api/v4/users/me/patch", &json!({ "nickname": "Countess" })).by(&ada).send().await;

    let after = app.get("/api/v4/users/me").by(&ada).header("if-none-match", before.header("etag").unwrap()).send().await;

    assert_eq!((after.status, &after.json()["nickname"]), (200, &json!("Countess")));
}

#[actix_web::test]
async fn many_are_shown_by_their_ids() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    let wanted = json!([bob.id, "nobody", ada.id, bob.id, "x".repeat(26)]);

    let reply = app.post("/api/v4/users/ids", &wanted).by(&bob).send().await;

    assert_json_snapshot!(reply.shown());
}

#[actix_web::test]
async fn many_are_shown_by_their_names() {
    let app = TestApp::new().await;
    let (ada, _) = two(&app).await;
    let wanted = json!(["bob", "nobody", "ada", "BOB", "a b", "bob"]);

    let reply = app.post("/api/v4/users/usernames", &wanted).by(&ada).send().await;

    assert_eq!((reply.status, names(&reply.json())), (200, vec!["ada", "bob"]));
}

#[actix_web::test]
async fn only_those_that_changed_since_are_shown() {
    let app = TestApp::new().await;
    let (ada, bob) = two(&app).await;
    app.clock.advance(std::time::Duration::from_mins(1));
    app.put("/api/v4/users/me/patch", &json!({ "nickname": "Bobby" })).by(&bob).send().await;
    let asked = async |since: &str| app.post(&format!("/api/v4/users/ids?since={since}"), &json!([ada.id, bob.id])).by(&ada).send().await;

    let changed = asked("1767225600000").await;

    assert_eq!(names(&changed.json()), ["bob"]);
    assert_eq!(names(&asked("").await.json()), ["ada", "bob"]);
    assert_eq!(names(&asked("-5").await.json()), ["ada", "bob"]);
    assert_eq!(names(&asked("9223372036854775807").await.json()), Vec::<&str>::new());
    asked("yesterday").await.is_error(400, BODY_PARAM);
}

#[actix_web::test]
async fn a_list_is_a_list_of_texts() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for path in ["/api/v4/users/ids", "/api/v4/users/usernames"] {
        for (body, id) in [
            (json!([]), BODY_PARAM),
            (Value::Null, BODY_PARAM),
            (json!({}), "api.payload.parse.error"),
            (json!("ada"), "api.payload.parse.error"),
            (json!([1]), "api.payload.parse.error"),
            (json!([["ada"]]), "api.payload.parse.error"),
        ] {
            app.post(path, &body).by(&ada).send().await.is_error(400, id);
        }
    }
}
