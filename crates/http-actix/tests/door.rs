//! At the door: who comes from where, how often, from which page, and who may open an account.

#[path = "support/app.rs"]
mod app;

use actix_web::rt::spawn;
use app::{EXPIRED, FORBIDDEN, PASSWORD, TestApp, new_user};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const ME: &str = "/api/v4/users/me";
const USERS: &str = "/api/v4/users";
const LIMITED: &str = "api.context.rate_limit.app_error";
const INVALID: &str = "api.user.login.invalid_credentials_email_username";

const ONE_TRY: &str = r"
[limits]
enabled = true
sign_in_per_address_per_minute = 1
sign_up_per_address_per_hour = 1
unknown_tokens_per_address_per_minute = 1
";

#[actix_web::test]
async fn who_tries_too_often_is_told_when_to_come_back() {
    let app = TestApp::with(ONE_TRY).await;
    app.login("nobody", PASSWORD).send().await.is_error(401, INVALID);

    let reply = app.login("nobody", PASSWORD).send().await;

    reply.is_error(429, LIMITED);
    let number = |name: &str| reply.header(name).unwrap().parse::<u64>().unwrap();
    assert!((1..=60).contains(&number("retry-after")) && (1..=60).contains(&number("x-ratelimit-reset")));
    assert_eq!((number("x-ratelimit-limit"), number("x-ratelimit-remaining")), (1, 0));
    assert_eq!(app.passwords.checks(), 1, "what is limited costs no check");
}

#[actix_web::test]
async fn addresses_are_counted_apart_and_ipv6_by_its_network() {
    let app = TestApp::with(ONE_TRY).await;
    let status = async |address: &str| app.login("nobody", PASSWORD).from(address).send().await.status;

    assert_eq!([status("192.0.2.1").await, status("192.0.2.2").await, status("192.0.2.1").await], [401, 401, 429]);
    assert_eq!([status("2001:db8::1").await, status("2001:db8:0:1::1").await, status("2001:db8::ffff").await], [401, 401, 429]);
    assert_eq!(status("::ffff:192.0.2.2").await, 429);
}

#[actix_web::test]
async fn an_account_is_guessed_at_a_few_times_a_minute_from_everywhere() {
    let app = TestApp::with("limits = { enabled = true, sign_in_per_account_per_minute = 2 }").await;
    app.sign_up("ada").await;
    for name in ["ada", "nobody"] {
        for (n, status) in [(1, 401), (2, 401), (3, 429)] {
            let reply =
                app.login(&if n == 2 { name.to_uppercase() } else { name.to_owned() }, "wrong").from(&format!("192.0.2.{n}")).send().await;
            assert_eq!(reply.status, status, "{name} {n}");
        }
    }
}

#[actix_web::test]
async fn asking_after_factors_counts_as_signing_in() {
    let app = TestApp::with(ONE_TRY).await;
    let ask = || app.post("/api/v4/users/mfa", &json!({ "login_id": "ada" }));
    assert_eq!(ask().send().await.status, 200);

    let reply = ask().send().await;

    reply.is_error(429, LIMITED);
}

#[actix_web::test]
async fn sign_up_is_limited_but_not_for_admins() {
    let app = TestApp::with(ONE_TRY).await;
    let ada = app.somebody("ada").await;

    let reply = app.post(USERS, &new_user("bob")).send().await;

    reply.is_error(429, LIMITED);
    assert!(reply.header("retry-after").is_some());
    for name in ["bob", "cy"] {
        assert_eq!(app.post(USERS, &new_user(name)).by(&ada).send().await.status, 201);
    }
    assert_eq!(app.post(USERS, &new_user("dee")).from("198.51.100.1").send().await.status, 201);
}

#[actix_web::test]
async fn tokens_can_not_be_guessed_at_leisure() {
    let app = TestApp::with(ONE_TRY).await;
    let ada = app.somebody("ada").await;
    app.get(ME).bearer("guess").send().await.is_error(401, EXPIRED);

    let reply = app.get(ME).bearer("another guess").send().await;

    reply.is_error(429, LIMITED);
    app.get("/api/v4/config/client").cookie("guess").send().await.is_error(429, LIMITED);
    assert_eq!(app.get(ME).by(&ada).send().await.status, 200, "who has a session is not in the way of others");
    app.get(ME).bearer("guess").from("198.51.100.1").send().await.is_error(401, EXPIRED);
}

#[actix_web::test]
async fn only_trusted_proxies_say_for_whom_they_speak() {
    let app = TestApp::with(&format!("server.trusted_proxies = \"10.0.0.0/8\"\n{ONE_TRY}")).await;
    let status = async |peer: &str, forwarded: &str| {
        app.login("nobody", PASSWORD).from(peer).header("x-forwarded-for", forwarded).send().await.status
    };

    assert_eq!([status("10.0.0.1", "192.0.2.1").await, status("10.0.0.1", "192.0.2.2").await], [401, 401]);
    assert_eq!(status("10.0.0.2", "192.0.2.9, 192.0.2.1").await, 429, "the chain is read from the right");
    assert_eq!([status("198.51.100.1", "192.0.2.3").await, status("198.51.100.1", "192.0.2.4").await], [401, 429]);
}

#[actix_web::test]
async fn pages_of_other_sites_change_nothing() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for (method, path) in [("POST", "/api/v4/users/login"), ("PUT", "/api/v4/users/me/patch"), ("POST", USERS), ("DELETE", "/nowhere")] {
        app.ask(method, path).by(&ada).header("sec-fetch-site", "cross-site").body("{}").send().await.is_error(403, FORBIDDEN);
    }

    let read = app.get(ME).by(&ada).header("sec-fetch-site", "cross-site").send().await;

    assert_eq!(read.status, 200);
    for site in ["same-origin", "same-site", "none"] {
        let reply = app.put("/api/v4/users/me/patch", &json!({})).by(&ada).header("sec-fetch-site", site).send().await;
        assert_eq!(reply.status, 200, "{site}");
    }
}

#[actix_web::test]
async fn no_other_origin_reads_answers_unless_it_is_listed() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;

    let reply = app.get(ME).by(&ada).header("origin", "https://elsewhere.test").send().await;

    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None));
    let preflight = app.ask("OPTIONS", ME).header("origin", "https://elsewhere.test").header("access-control-request-method", "GET");
    preflight.send().await.is_error(404, "api.context.404.app_error");
}

#[actix_web::test]
async fn a_listed_origin_may_call() {
    let app = TestApp::with("server = { cors_origins = [\"https://chat.example.test\"], cors_credentials = true }").await;
    let ada = app.somebody("ada").await;
    let ask = |origin: &str| {
        app.put("/api/v4/users/me/patch", &json!({})).by(&ada).header("origin", origin).header("sec-fetch-site", "cross-site")
    };

    let reply = ask("https://chat.example.test").send().await;

    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, Some("https://chat.example.test")));
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    assert!(reply.header("access-control-expose-headers").unwrap().to_lowercase().contains("token"));
    let stranger = ask("https://elsewhere.test").send().await;
    stranger.is_error(403, FORBIDDEN);
    assert_eq!(stranger.header("access-control-allow-origin"), None);
    let missing = app.get("/api/v4/users/short").by(&ada).header("origin", "https://chat.example.test").send().await;
    assert_eq!(
        (missing.status, missing.header("access-control-allow-origin")),
        (400, Some("https://chat.example.test")),
        "errors are read too"
    );
    let own = app.get(ME).by(&ada).header("origin", "http://127.0.0.1:8065").send().await;
    assert_eq!(own.status, 200, "our own pages are no strangers");
}

#[actix_web::test]
async fn a_listed_origin_may_ask_what_it_may_do() {
    let app = TestApp::with("server.cors_origins = [\"https://chat.example.test\"]").await;
    let ask = |origin: &str| {
        let ask = app.ask("OPTIONS", ME).header("origin", origin).header("access-control-request-method", "PUT");
        ask.header("access-control-request-headers", "authorization,content-type")
    };

    let reply = ask("https://chat.example.test").send().await;

    assert_eq!(reply.status, 200);
    assert!(reply.header("access-control-allow-methods").unwrap().contains("PUT"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let stranger = ask("https://elsewhere.test").send().await;
    assert_eq!((stranger.status / 100, stranger.header("access-control-allow-origin")), (4, None));
}

#[actix_web::test]
async fn sign_up_is_closed_after_the_first_account() {
    let app = TestApp::with("accounts.open_sign_up = false").await;
    let ada = app.somebody("ada").await;

    let reply = app.post(USERS, &new_user("bob")).send().await;

    assert_json_snapshot!(reply.shown());
    assert_eq!(app.post(USERS, &new_user("bob")).by(&ada).send().await.status, 201);
    let bob = app::Somebody { token: app.sign_in("bob").await, ..ada };
    app.post(USERS, &new_user("cy")).by(&bob).send().await.is_error(403, "api.user.create_user.no_open_server");
    app.post(USERS, &new_user("cy")).bearer("dead").send().await.is_error(403, "api.user.create_user.no_open_server");
}

#[actix_web::test]
async fn who_fails_to_be_the_first_leaves_the_place_free() {
    let app = TestApp::with("accounts.open_sign_up = false").await;
    app.post(USERS, &json!({ "username": "a b", "email": "a@example.test", "password": PASSWORD }))
        .send()
        .await
        .is_error(400, "model.user.is_valid.username.app_error");

    let first = app.sign_up("ada").await;

    assert_eq!(first["roles"], "system_admin system_user");
}

#[actix_web::test]
async fn of_many_at_once_one_is_the_first() {
    let app = std::rc::Rc::new(TestApp::with("accounts.open_sign_up = false").await);
    let tries: Vec<_> = (0..8)
        .map(|n| {
            let app = app.clone();
            spawn(async move { app.post(USERS, &new_user(&format!("user{n}"))).send().await.told() })
        })
        .collect();

    let mut told = Vec::new();
    for tried in tries {
        told.push(tried.await.unwrap());
    }

    told.sort();
    assert_eq!(told[0], (201, told[0].1.clone()));
    assert!(told[1..].iter().all(|one| *one == (403, "api.user.create_user.no_open_server".to_owned())), "{told:?}");
}

#[actix_web::test]
async fn where_strangers_reach_it_the_first_is_nobody_special() {
    for setting in ["accounts.first_is_admin = \"no\"", "server.listen = \"0.0.0.0:8065\""] {
        let app = TestApp::with(&format!("{setting}\naccounts.open_sign_up = true")).await;

        let first = app.sign_up("ada").await;

        assert_eq!(first["roles"], "system_user", "{setting}");
    }
    let closed = TestApp::with("accounts = { first_is_admin = \"no\", open_sign_up = false }").await;
    closed.post(USERS, &new_user("ada")).send().await.is_error(403, "api.user.create_user.no_open_server");
}

#[actix_web::test]
async fn an_unknown_invitation_opens_nothing() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    for (query, id) in [
        ("t=unknown", "api.user.create_user.signup_link_invalid.app_error"),
        ("iid=unknown", "app.team.get_by_invite_id.finding.app_error"),
        ("t=unknown&iid=unknown", "api.user.create_user.signup_link_invalid.app_error"),
    ] {
        app.post(&format!("{USERS}?{query}"), &new_user("bob")).send().await.is_error(404, id);
        app.post(&format!("{USERS}?{query}"), &new_user("bob")).by(&ada).send().await.is_error(404, id);
    }
    let blank: Value = app.post(&format!("{USERS}?t=&iid=&r="), &new_user("bob")).send().await.json();
    assert_eq!(blank["username"], "bob");
}
