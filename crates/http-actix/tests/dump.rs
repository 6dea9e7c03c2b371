//! Who has the whole store has nothing that lets him in.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{PASSWORD, Somebody, TestApp};
use muster_domain::mail::MailKind;
use muster_domain::port::Clock as _;
use muster_domain::testkit::fake::PlainCodes;
use muster_http_actix::wiring::Ports;
use serde_json::{Value, json};

/// How long tokens are: those of sessions and people's access tokens, and those of links.
const LENGTHS: [usize; 2] = [26, 64];

/// Every token that is in use, and every code.
struct Secrets {
    bearers: Vec<String>,
    links: Vec<(MailKind, String)>,
    codes: Vec<String>,
}

async fn recovery_codes(app: &TestApp, who: &Somebody) -> Vec<String> {
    let reply = app.ask("POST", "/api/v4/users/me/mfa/recovery_codes").by(who).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn activated(app: &TestApp, who: &Somebody) -> String {
    let secret = app.ask("POST", "/api/v4/users/me/mfa/generate").by(who).send().await.json()["secret"].as_str().unwrap().to_owned();
    let bytes = (0..secret.len() / 2).map(|at| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap()).collect::<Vec<_>>();
    let code = PlainCodes::code(&bytes, app.clock.now());
    let body = json!({ "activate": true, "code": code });
    assert_eq!(app.put("/api/v4/users/me/mfa", &body).by(who).send().await.status, 200);
    secret
}

/// Somebody with two sessions, an access token, links on their way and a second factor.
async fn peopled() -> (TestApp, Secrets) {
    let change = |_: &_, ports| Ports { sends_mail: true, codes: Arc::new(PlainCodes), ..ports };
    let app = TestApp::on("tokens.enabled = true", change).await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let mut bearers = vec![ada.token.clone(), bob.token.clone(), app.sign_in("bob").await];
    let made = app.post("/api/v4/users/me/tokens", &json!({ "description": "backup" })).by(&ada).send().await;
    bearers.push(made.json()["token"].as_str().unwrap().to_owned());
    for path in ["/api/v4/users/password/reset/send", "/api/v4/users/email/verify/send"] {
        assert_eq!(app.post(path, &json!({ "email": "bob@example.test" })).send().await.status, 200);
    }
    let secret = activated(&app, &ada).await;
    let mut codes = recovery_codes(&app, &ada).await;
    codes.push(secret);
    let letters = app.letters().await;
    let links = letters.into_iter().filter_map(|letter| Some((letter.kind, letter.token?.expose().to_owned()))).collect();
    (app, Secrets { bearers, links, codes })
}

/// Every part of a token's length of what stands in the files, in letters that tokens are made of.
fn parts(app: &TestApp) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for run in app.dump().split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
        for length in LENGTHS {
            parts.extend(run.windows(length).map(|part| String::from_utf8(part.to_vec()).unwrap()));
        }
    }
    parts
}

/// What a text lets in as, tried in every place that takes a token.
async fn lets_in_as(app: &TestApp, text: &str) -> Option<&'static str> {
    if app.get("/api/v4/users/me").bearer(text).send().await.status == 200 {
        return Some("a session or an access token");
    }
    let link = |body: Value, path: &'static str| async move { app.post(path, &body).send().await.status == 200 };
    if text.len() == 64 && link(json!({ "token": text }), "/api/v4/users/email/verify").await {
        return Some("a link that confirms an address");
    }
    if text.len() == 64 && link(json!({ "code": text, "new_password": PASSWORD }), "/api/v4/users/password/reset").await {
        return Some("a link that sets a password");
    }
    None
}

#[actix_web::test]
async fn nothing_in_a_dump_lets_anybody_in() {
    let (app, secrets) = peopled().await;
    assert_eq!((secrets.bearers.len(), secrets.links.len(), secrets.codes.len()), (4, 2, 11));

    for secret in secrets.bearers.iter().chain(secrets.links.iter().map(|(_, token)| token)).chain(&secrets.codes) {
        assert!(!app.keeps(secret) && !app.keeps(&secret.replace('-', "")), "the files hold {secret}");
    }
    let parts = parts(&app);
    assert!(parts.len() > 1_000, "only {} texts were found", parts.len());
    for part in &parts {
        assert_eq!(lets_in_as(&app, part).await, None, "{part}");
    }

    // The trial itself works: what stands there in clear is found, and lets in.
    let me = app.get("/api/v4/users/me").bearer(&secrets.bearers[1]).send().await.json()["id"].clone();
    let planted = json!([{ "user_id": me, "category": "c", "name": "n", "value": secrets.bearers[1] }]);
    assert_eq!(app.put("/api/v4/users/me/preferences", &planted).bearer(&secrets.bearers[1]).send().await.status, 200);
    assert!(self::parts(&app).contains(&secrets.bearers[1]));
    for bearer in &secrets.bearers {
        assert_eq!(lets_in_as(&app, bearer).await, Some("a session or an access token"));
    }
    for (kind, token) in &secrets.links {
        let expected = if *kind == MailKind::Reset { "a link that sets a password" } else { "a link that confirms an address" };
        assert_eq!(lets_in_as(&app, token).await, Some(expected));
    }
}
