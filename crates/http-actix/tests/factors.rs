//! Second factors, locks and known devices over HTTP.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use std::sync::Arc;
use std::time::Duration;

use app::ask::Ask;
use app::{BODY_PARAM, EXPIRED, FORBIDDEN, PASSWORD, Somebody, TestApp, URL_PARAM};
use muster_domain::operation::Operation;
use muster_domain::permission::{Rule, TABLE};
use muster_domain::port::Clock;
use muster_domain::testkit::fake::PlainCodes;
use muster_http_actix::app::OPERATIONS;
use muster_http_actix::wiring::Ports;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

const NEEDED: &str = "mfa.validate_token.authenticate.app_error";
const WRONG: &str = "api.user.check_user_mfa.bad_code.app_error";
const NOT_ACTIVATED: &str = "mfa.activate.bad_token.app_error";
const LOCKED: &str = "api.user.check_user_login_attempts.too_many.app_error";
const INVALID: &str = "api.user.login.invalid_credentials_email_username";
const MFA_REQUIRED: &str = "api.context.mfa_required.app_error";
const STALE: &str = "api.context.recent_sign_in_required.app_error";

async fn app(toml: &str) -> TestApp {
    TestApp::on(toml, |_, ports| Ports { codes: Arc::new(PlainCodes), ..ports }).await
}

fn enter<'a>(app: &'a TestApp, code: &str) -> Ask<'a> {
    app.post("/api/v4/users/login", &json!({ "login_id": "ada", "password": PASSWORD, "token": code }))
}

fn code(app: &TestApp, secret: &str) -> String {
    let bytes: Vec<_> =
        secret.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    PlainCodes::code(&bytes, app.clock.now())
}

async fn generate(app: &TestApp, ada: &Somebody) -> String {
    let reply = app.ask("POST", "/api/v4/users/me/mfa/generate").by(ada).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["secret"].as_str().unwrap().to_owned()
}

/// Activates somebody's second factor, and waits until its next code counts.
async fn activate(app: &TestApp, ada: &Somebody) -> String {
    let secret = generate(app, ada).await;
    let body = json!({ "activate": true, "code": code(app, &secret) });
    assert_eq!(app.put("/api/v4/users/me/mfa", &body).by(ada).send().await.status, 200);
    app.clock.advance(Duration::from_mins(1));
    secret
}

#[actix_web::test]
async fn a_generator_is_given_a_secret_and_a_picture_that_nobody_keeps() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;

    let reply = app.ask("POST", "/api/v4/users/me/mfa/generate").by(&ada).send().await;

    let body = reply.json();
    assert_eq!((reply.status, body["secret"].as_str().unwrap().len()), (200, 32));
    assert!(body["qr_code"].as_str().unwrap().starts_with("iVBORw0KGgo"), "a PNG");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-cache, no-store"), Some("no-cache")));
    assert!(!app.keeps(body["secret"].as_str().unwrap()), "it is sealed at rest");
}

#[actix_web::test]
async fn who_has_activated_a_factor_shows_a_code_of_it() {
    let app = app("").await;
    let ada = app.somebody("ada").await;
    let secret = activate(&app, &ada).await;
    assert_eq!(app.get("/api/v4/users/me").by(&ada).send().await.json()["mfa_active"], true);
    enter(&app, "").send().await.is_error(401, NEEDED);
    enter(&app, "abcdef").send().await.is_error(401, NEEDED);
    enter(&app, "12345678").send().await.is_error(401, WRONG);

    let shown = code(&app, &secret);
    assert_eq!(enter(&app, &shown).send().await.status, 201);

    enter(&app, &shown).send().await.is_error(401, WRONG);
    let needed = app.post("/api/v4/users/mfa", &json!({ "login_id": "ada" })).send().await;
    assert_eq!(needed.json()["mfa_required"], true);
}

#[actix_web::test]
async fn what_is_wrong_with_a_change_is_told_to_who_may_make_it() {
    let app = app("").await;
    app.somebody("root").await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let own = format!("/api/v4/users/{}/mfa", ada.id);
    for body in [json!({}), json!({ "activate": "true" }), json!({ "activate": true }), json!({ "activate": true, "code": 5 })] {
        app.put(&own, &body).by(&ada).send().await.is_error(400, BODY_PARAM);
        app.put(&own, &body).by(&bob).send().await.is_error(403, FORBIDDEN);
        app.put(&own, &body).send().await.is_error(401, EXPIRED);
    }
    app.put(&own, &json!({ "activate": true, "code": "123456" })).by(&ada).send().await.is_error(401, NOT_ACTIVATED);
    app.put("/api/v4/users/nope/mfa", &json!({ "activate": false })).by(&ada).send().await.is_error(400, URL_PARAM);
    app.ask("POST", &format!("{own}/generate")).by(&bob).send().await.is_error(403, FORBIDDEN);
    app.ask("POST", &format!("{own}/recovery_codes")).by(&bob).send().await.is_error(403, FORBIDDEN);
    app.ask("POST", &format!("{own}/recovery_codes")).by(&ada).send().await.is_error(400, "api.user.recovery_codes.not_active.app_error");
}

#[actix_web::test]
async fn recovery_codes_are_told_once_and_used_once() {
    let app = app("").await;
    let ada = app.somebody("ada").await;
    activate(&app, &ada).await;

    let reply = app.ask("POST", "/api/v4/users/me/mfa/recovery_codes").by(&ada).send().await;

    let codes: Vec<String> = serde_json::from_value(reply.json()["codes"].clone()).unwrap();
    assert_eq!((reply.status, codes.len(), reply.header("cache-control")), (201, 10, Some("no-store")));
    for code in &codes {
        assert!(!app.keeps(code) && !app.keeps(&code.replace('-', "")), "only its hash is kept");
    }
    assert_eq!(enter(&app, &codes[0]).send().await.status, 201);
    enter(&app, &codes[0]).send().await.is_error(401, WRONG);
    assert_eq!(enter(&app, &codes[1].replace('-', "").to_uppercase()).send().await.status, 201);
}

/// CVE-2025-25068, CVE-2025-55070: who must activate a factor first gets nowhere before, over any route and by cookie or header.
#[actix_web::test]
async fn who_lacks_a_factor_gets_nowhere_before() {
    let app = app("").await;
    let ada = app.somebody("ada").await;
    let app = app.under("second_factor.enforced = true");
    for (method, pattern, operation) in OPERATIONS {
        let is_open = TABLE.iter().any(|entry| entry.operation == *operation && entry.rule == Rule::Everyone);
        let activates = matches!(operation, Operation::GenerateMfaSecret | Operation::UpdateUserMfa);
        if is_open || activates || *operation == Operation::PermanentDeleteAllUsers {
            continue;
        }
        let path = filled(pattern, &ada.id);
        for asked in [app.ask(method, &path).by(&ada), app.ask(method, &path).cookie(&ada.token).scripted()] {
            asked.send().await.is_error(403, MFA_REQUIRED);
        }
    }
    assert_eq!(app.get("/api/v4/users/me").by(&ada).send().await.status, 200);
    app.put("/api/v4/users/me", &json!({})).by(&ada).send().await.is_error(403, MFA_REQUIRED);
    activate(&app, &ada).await;
    assert_eq!(app.get("/api/v4/users").by(&ada).send().await.status, 200);
}

/// A path with something in place of each of its parts.
fn filled(pattern: &str, id: &str) -> String {
    let mut parts = pattern.split('{');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |path, part| {
        let (name, behind) = part.split_once('}').unwrap();
        let value = if name.contains("name") || name.contains("category") || name.contains("email") { "x" } else { id };
        format!("{path}{value}{behind}")
    })
}

#[actix_web::test]
async fn an_admin_without_a_factor_is_nobody_where_anybody_may_call() {
    let app = app("accounts.open_sign_up = false\nsecond_factor.enforced = true").await;
    let root = app.somebody("root").await;
    let new = app.post("/api/v4/users", &app::new_user("bob")).by(&root).send().await;
    assert_eq!(new.status, 403, "{}", new.text());
    assert_eq!(app.ask("POST", "/api/v4/users/logout").by(&root).send().await.status, 201);
    app.get("/api/v4/users/me").by(&root).send().await.is_error(401, EXPIRED);
}

/// CVE-2026-28741: a cookie alone changes nothing, whatever the route.
#[actix_web::test]
async fn a_cookie_without_proof_changes_nothing() {
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    let before = app.audit().await.iter().filter(|entry| entry.contains(" done")).count();
    for (method, pattern, operation) in OPERATIONS.iter().filter(|(method, _, _)| *method != "GET") {
        if *operation == Operation::PermanentDeleteAllUsers {
            continue;
        }
        app.ask(method, &filled(pattern, &ada.id)).cookie(&ada.token).body("{}").send().await.is_error(401, EXPIRED);
    }
    assert_eq!(app.audit().await.iter().filter(|entry| entry.contains(" done")).count(), before);
    assert_eq!(app.get("/api/v4/users/me").cookie(&ada.token).send().await.status, 200);
}

#[actix_web::test]
async fn a_lock_says_when_to_come_back_and_is_the_same_of_nobody() {
    let app = TestApp::with("accounts.max_failed_sign_ins = 2").await;
    app.sign_up("ada").await;
    for name in ["ada", "nobody"] {
        for _ in 0..2 {
            app.login(name, "wrong").send().await.is_error(401, INVALID);
        }
        let locked = app.login(name, "wrong").send().await;
        locked.is_error(401, LOCKED);
        assert_eq!(locked.header("retry-after"), Some("60"), "{name}");
    }
}

#[actix_web::test]
async fn a_lock_for_ever_is_opened_by_an_admin() {
    let app = TestApp::with("accounts = { max_failed_sign_ins = 2, lock_for_ever = true }").await;
    let root = app.somebody("root").await;
    let ada = app.somebody("ada").await;
    for _ in 0..2 {
        app.login("ada", "wrong").send().await;
    }
    app.clock.advance(Duration::from_hours(1000));
    let locked = app.login("ada", PASSWORD).send().await;
    locked.is_error(401, LOCKED);
    assert_eq!(locked.header("retry-after"), None);
    let path = format!("/api/v4/users/{}/reset_failed_attempts", ada.id);
    let not_allowed = "api.user.reset_password_failed_attempts.permissions.app_error";
    app.ask("POST", &path).send().await.is_error(401, EXPIRED);

    let root = Somebody { token: app.sign_in("root").await, ..root };
    assert_eq!(app.ask("POST", &path).by(&root).send().await.status, 200);

    let ada = Somebody { token: app.sign_in("ada").await, ..ada };
    app.ask("POST", &path).by(&ada).send().await.is_error(403, not_allowed);
}

#[actix_web::test]
async fn a_browser_is_known_after_a_whole_sign_in_over_https_alone() {
    let app = TestApp::with("accounts.max_failed_sign_ins = 2\nserver.trusted_proxies = [\"192.0.2.0/24\"]").await;
    app.sign_up("ada").await;
    let name = "__Host-MMDEVICE";
    let plain = app.login("ada", PASSWORD).scripted().send().await;
    assert!(plain.cookie(name).is_none(), "over http");
    let program = app.login("ada", PASSWORD).header("x-forwarded-proto", "https").send().await;
    assert!(program.cookie(name).is_none(), "a program takes no cookies");

    let known = app.login("ada", PASSWORD).scripted().header("x-forwarded-proto", "https").send().await;

    let cookie = known.cookie(name).unwrap();
    for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age="] {
        assert!(cookie.contains(part), "{part}");
    }
    assert!(!cookie.contains("Domain"));
    let token = known.cookie_value(name);
    assert!(!app.keeps(&token), "only its hash is kept");
    for _ in 0..3 {
        app.login("ada", "wrong").send().await;
    }
    app.login("ada", PASSWORD).send().await.is_error(401, LOCKED);
    let back = app.login("ada", PASSWORD).scripted().header("x-forwarded-proto", "https").header("cookie", format!("{name}={token}"));
    assert_eq!(back.send().await.status, 201);
}

#[actix_web::test]
async fn how_an_account_signs_in_is_told_of_none() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    app.insert("sso", |user| user.identity.service = "gitlab".into()).await;
    for login in ["ada", "sso", "nobody"] {
        let reply = app.post("/api/v4/users/login/type", &json!({ "login_id": login })).send().await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "auth_service": "" })), "{login}");
    }
    app.post("/api/v4/users/login/type", &json!({ "id": "x" })).send().await.is_error(400, BODY_PARAM);
}

#[actix_web::test]
async fn a_switch_is_refused_without_a_provider_and_tells_nothing_before_the_password() {
    let app = TestApp::new().await;
    app.sign_up("ada").await;
    let switch = |email: &str, from: &str, to: &str, password: &str| json!({ "current_service": from, "new_service": to, "email": email, "password": password });
    let wrong = "api.user.check_user_password.invalid.app_error";
    for (body, status, id) in [
        (json!({}), 400, BODY_PARAM),
        (switch("ada@example.test", "email", "nonsense", PASSWORD), 400, BODY_PARAM),
        (switch("ada@example.test", "email", "gitlab", "wrong"), 401, wrong),
        (switch("nobody@example.test", "email", "gitlab", "wrong"), 401, wrong),
        (switch("ada@example.test", "email", "gitlab", PASSWORD), 501, "api.user.authorize_oauth_user.unsupported.app_error"),
        (switch("ada@example.test", "email", "saml", PASSWORD), 501, "api.user.saml.not_available.app_error"),
        (switch("ada@example.test", "email", "ldap", PASSWORD), 501, "api.user.email_to_ldap.not_available.app_error"),
        (switch("ada@example.test", "ldap", "email", PASSWORD), 501, "api.user.ldap_to_email.not_available.app_error"),
        (switch("ada@example.test", "gitlab", "email", ""), 401, EXPIRED),
    ] {
        app.post("/api/v4/users/login/switch", &body).send().await.is_error(status, id);
    }
}

/// CVE-2026-24458: a password beyond any length that somebody can have costs no more than a wrong one, and is as wrong.
#[actix_web::test]
async fn an_endless_password_is_a_wrong_one() {
    let app = TestApp::hashing().await;
    let endless = "p".repeat(299_000);
    app.login("nobody", &endless).send().await.is_error(401, INVALID);
    app.login("nobody", &"p".repeat(400_000)).send().await.is_error(413, "api.context.request_body_too_large.app_error");
}

/// CVE-2026-25783: no header of a sign-in makes it fail otherwise than with a refusal.
#[actix_web::test]
async fn no_header_breaks_a_sign_in() {
    let app = TestApp::with("server.trusted_proxies = [\"192.0.2.0/24\"]").await;
    app.sign_up("ada").await;
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    let value = proptest::collection::vec(prop_oneof![Just(b'\t'), 32_u8..127, 128_u8..=255], 0..200);
    for _ in 0..200 {
        let mut draw = || value.new_tree(&mut runner).unwrap().current();
        let (agent, forwarded, language, cookie) = (draw(), draw(), draw(), draw());
        let asked = app.login("ada", PASSWORD).header("user-agent", &agent).header("x-forwarded-for", &forwarded);
        let asked = asked.header("accept-language", &language).header("cookie", &cookie).header("x-forwarded-proto", &agent);
        assert_eq!(asked.scripted().send().await.status, 201, "{agent:?} {forwarded:?} {language:?} {cookie:?}");
    }
}

#[actix_web::test]
async fn who_signed_in_long_ago_signs_in_again_before_he_changes_how() {
    let app = app("security.fresh_for_minutes = 10\ntokens.enabled = true").await;
    let ada = app.somebody("ada").await;
    app.clock.advance(Duration::from_mins(9));
    let made = app.post("/api/v4/users/me/tokens", &json!({ "description": "early" })).by(&ada).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = generate(&app, &ada).await;

    app.clock.advance(Duration::from_mins(2));

    let body = json!({ "activate": true, "code": code(&app, &secret) });
    app.put("/api/v4/users/me/mfa", &body).by(&ada).send().await.is_error(403, STALE);
    app.post("/api/v4/users/me/tokens", &json!({ "description": "late" })).by(&ada).send().await.is_error(403, STALE);
    assert_eq!(app.get("/api/v4/users/me").by(&ada).send().await.status, 200);
    let again = app.sign_in("ada").await;
    let body = json!({ "activate": true, "code": code(&app, &secret) });
    assert_eq!(app.put("/api/v4/users/me/mfa", &body).bearer(&again).send().await.status, 200);
}
