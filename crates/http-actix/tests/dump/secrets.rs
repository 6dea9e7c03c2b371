//! People with everything by which somebody gets in.

use std::sync::Arc;

use muster_domain::port::Clock as _;
use muster_domain::role::Roles;
use muster_domain::testkit::fake::PlainCodes;
use muster_domain::testkit::fixture;
use muster_http_actix::wiring::Ports;
use serde_json::json;

use super::app::{Somebody, TestApp};
use super::trial::Kind;

const SETTINGS: &str = r#"
tokens.enabled = true
accounts.guest_magic_links = true
mail.smtp_host = "127.0.0.1"
mail.from = "crew@example.test"
server.trusted_proxies = ["192.0.2.0/24"]
"#;

/// Every secret that is in use, with what it is.
pub(crate) struct Secrets(pub(crate) Vec<(Kind, String)>);

impl Secrets {
    pub(crate) fn of(&self, kind: Kind) -> Vec<String> {
        self.0.iter().filter(|(other, _)| *other == kind).map(|(_, secret)| secret.clone()).collect()
    }

    fn add(&mut self, kind: Kind, secrets: impl IntoIterator<Item = String>) {
        self.0.extend(secrets.into_iter().map(|secret| (kind, secret)));
    }
}

async fn recovery_codes(app: &TestApp, who: &Somebody) -> Vec<String> {
    let reply = app.ask("POST", "/api/v4/users/me/mfa/recovery_codes").by(who).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let codes: Vec<String> = serde_json::from_value(reply.json()["codes"].clone()).unwrap();
    codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]).collect()
}

async fn activate(app: &TestApp, who: &Somebody) {
    let secret = app.ask("POST", "/api/v4/users/me/mfa/generate").by(who).send().await.json()["secret"].as_str().unwrap().to_owned();
    let bytes = (0..secret.len() / 2).map(|at| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap()).collect::<Vec<_>>();
    let body = json!({ "activate": true, "code": PlainCodes::code(&bytes, app.clock.now()) });
    assert_eq!(app.put("/api/v4/users/me/mfa", &body).by(who).send().await.status, 200);
}

async fn access_token(app: &TestApp, who: &Somebody) -> String {
    let made = app.post("/api/v4/users/me/tokens", &json!({ "description": "backup" })).by(who).send().await;
    made.json()["token"].as_str().unwrap().to_owned()
}

/// Asks for a link of each kind that lets somebody in, and gives what they carry.
async fn links(app: &TestApp) -> Vec<String> {
    for path in ["/api/v4/users/password/reset/send", "/api/v4/users/email/verify/send"] {
        assert_eq!(app.post(path, &json!({ "email": "bob@example.test" })).send().await.status, 200);
    }
    app.insert("gia", |user| (user.roles, user.identity) = (Roles::guest(), fixture::identity("magic_link", "g"))).await;
    let told = app.post("/api/v4/users/login/type", &json!({ "login_id": "gia@example.test" })).send().await;
    assert_eq!(told.json(), json!({ "auth_service": "magic_link" }));
    app.letters().await.into_iter().filter_map(|letter| Some(letter.token?.expose().to_owned())).collect()
}

/// A service on which somebody has two sessions, a device that is known, links on their way, access tokens and a second factor.
pub(crate) async fn peopled(store: &str) -> (TestApp, Secrets) {
    let settings = format!("{store}{SETTINGS}");
    let change = |_: &_, ports| Ports { sends_mail: true, codes: Arc::new(PlainCodes), ..ports };
    let app = TestApp::on(&settings, change).await;
    let (ada, bob) = (app.somebody("ada").await, app.somebody("bob").await);
    let browser = app.login("bob", super::app::PASSWORD).scripted().header("x-forwarded-proto", "https").send().await;
    let mut secrets = Secrets(Vec::new());
    secrets.add(Kind::Bearer, [ada.token.clone(), bob.token, app.sign_in("bob").await, access_token(&app, &ada).await]);
    secrets.add(Kind::Device, [browser.cookie_value("__Host-MMDEVICE")]);
    activate(&app, &ada).await;
    secrets.add(Kind::RecoveryCode, recovery_codes(&app, &ada).await);
    secrets.add(Kind::Link, links(&app).await);
    let app = app.under(&format!("{settings}tokens.marked = true\n"));
    secrets.add(Kind::Bearer, [access_token(&app, &ada).await]);
    let counts = Kind::ALL.map(|kind| secrets.of(kind).len());
    assert_eq!(counts, [5, 3, 20, 1]);
    (app, secrets)
}
