//! A token, a password and addresses, sent in every place a request has, show in no log, no metric and no error.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;
#[path = "support/failing.rs"]
mod failing;

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use app::ask::Ask;
use app::{PASSWORD, TestApp};
use failing::{Failing, Failure};
use metrics_exporter_prometheus::PrometheusHandle;
use muster_http_actix::app::OPERATIONS;
use muster_http_actix::config::LogLevel;
use muster_http_actix::wiring::Ports;
use muster_http_actix::{logging, metrics_page};
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;

const TOKEN: &str = "canarytoken1234567890abcde";
const LONG_TOKEN: &str = "canarytoken1234567890abcdef";
const PASSWORD_CANARY: &str = "Canary-passw0rd";
const EMAIL: &str = "canary-mail@example.test";
const ADDRESS: &str = "203.0.113.177";
const CANARIES: [&str; 5] = [TOKEN, PASSWORD_CANARY, EMAIL, ADDRESS, "canary"];

/// Paths that end the session of who asks.
const ENDINGS: [&str; 2] = ["/logout", "/sessions/revoke/all"];

/// What the whole program of tests logs.
static LOGS: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

/// Logs everything, as the program does at its most talkative, and counts.
static WATCHED: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let writer = || Writer(LOGS.clone());
    let text = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).with_span_events(FmtSpan::FULL);
    let json = tracing_subscriber::fmt::layer().json().with_writer(writer);
    let registry = tracing_subscriber::registry().with(logging::filter(LogLevel::Trace)).with(text).with(json);
    tracing::subscriber::set_global_default(registry).unwrap();
    metrics_page::record().unwrap()
});

struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Fails when any of the canaries is in a text, in whatever case.
#[track_caller]
fn is_clean(what: &str, text: &str) {
    let lower = text.to_lowercase();
    let seen = CANARIES.iter().find(|canary| lower.contains(&canary.to_lowercase()));
    let line = seen.and_then(|canary| lower.lines().find(|line| line.contains(&canary.to_lowercase())));
    assert!(seen.is_none(), "{what} shows {seen:?}: {line:?}");
}

fn logs_and_metrics_are_clean(metrics: &PrometheusHandle) {
    let logs = String::from_utf8(LOGS.lock().unwrap().clone()).unwrap();
    let spans = ["http.request", "http.users.create", "http.users.patch", "http.session.login", "db.sessions.by_token", "passwords."];
    for span in spans.into_iter().chain(["http.users.list", "http.users.search", "http.users.roles", "http.teams.create"]) {
        assert!(logs.contains(span), "the logs are not those of the program: no {span}");
    }
    is_clean("a log", &logs);
    let metrics = metrics.render();
    assert!(metrics.contains("muster_requests_total{"), "{metrics}");
    is_clean("a metric", &metrics);
}

/// A path with canaries in place of its parts that are not fixed. What can be no id: ids that nobody has are the last test's.
fn filled(pattern: &str) -> String {
    let mut parts = pattern.split('{');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |path, part| {
        let (name, behind) = part.split_once('}').unwrap();
        let canary = match name.split(':').next().unwrap() {
            "email" => EMAIL,
            name if name.ends_with("_id") => LONG_TOKEN,
            _ => TOKEN,
        };
        format!("{path}{canary}{behind}")
    })
}

/// Every path, with a canary in its place for a name.
fn paths() -> Vec<(&'static str, String)> {
    let all = OPERATIONS.iter().map(|(method, path, _)| (*method, filled(path)));
    let others = ["/", "/livez", "/readyz", "/canary", "/api/v4/canary", "/docs/canary", "/api/v4/config/client", "/api/v4/license/client"];
    // Whoever asks is the last admin: none of these is done to him.
    let own = [("GET", ""), ("PUT", "/patch"), ("PUT", ""), ("PUT", "/roles"), ("PUT", "/active"), ("PUT", "/auth"), ("POST", "/demote")];
    let more = [("POST", "/convert_to_bot"), ("POST", "/image"), ("POST", "/terms_of_service"), ("GET", "/audits"), ("DELETE", "")];
    let me = own.into_iter().chain(more).map(|(method, rest)| (method, format!("/api/v4/users/me{rest}")));
    all.chain(others.map(|path| ("GET", path.to_owned()))).chain(me).collect()
}

/// Bodies with canaries in every field.
fn bodies() -> Vec<String> {
    let body = json!({
        "id": TOKEN, "login_id": EMAIL, "username": "canary name", "email": EMAIL, "password": PASSWORD_CANARY, "token": TOKEN,
        "device_id": "canary-device", "nickname": TOKEN, "props": { "canary": TOKEN }, "canary": PASSWORD_CANARY, "roles": "canary",
        "auth_service": [TOKEN], "auth_data": EMAIL, "active": TOKEN, "term": TOKEN, "role": TOKEN, "termsOfServiceId": TOKEN,
        "accepted": true, "team_id": TOKEN, "in_channel_id": TOKEN, "in_group_id": TOKEN, "user_id": TOKEN, "user_ids": [TOKEN],
    });
    let login = json!({ "login_id": "ada", "password": PASSWORD_CANARY, "token": TOKEN });
    let wrong = json!({ "username": { "canary": TOKEN }, "password": [PASSWORD_CANARY], "login_id": EMAIL });
    let address = json!({ "email": EMAIL, "password": PASSWORD_CANARY });
    let whole = [body, login, wrong, address, json!([TOKEN, EMAIL, 5]), json!([TOKEN, EMAIL, PASSWORD_CANARY])];
    whole.iter().map(ToString::to_string).chain([format!("{{\"password\":\"{PASSWORD_CANARY}"), PASSWORD_CANARY.to_owned()]).collect()
}

/// Sends canaries everywhere, and looks through what comes back as an error.
async fn sing(app: &TestApp, token: &str) {
    let bodies = bodies();
    for (method, path) in paths() {
        // Nobody reads the body of a GET.
        for body in bodies.iter().take(if method == "GET" { 1 } else { bodies.len() }) {
            for shown in [token, TOKEN] {
                if shown == token && ENDINGS.iter().any(|ending| path.ends_with(ending)) {
                    continue;
                }
                let reply = song(app, method, &path, shown).body(body.clone()).send().await;
                if reply.status >= 400 {
                    is_clean("an error", reply.text());
                    is_clean("an error's header", &format!("{:?}", reply.headers));
                }
            }
        }
    }
}

/// A request with canaries in its address and its headers.
fn song<'a>(app: &'a TestApp, method: &str, path: &str, token: &str) -> Ask<'a> {
    let parameters = if token == TOKEN { format!("access_token={TOKEN}&t={TOKEN}&since={PASSWORD_CANARY}") } else { String::new() };
    let lists = format!("in_team={TOKEN}&in_group={TOKEN}&role={TOKEN}&sort={TOKEN}&name={EMAIL}&limit={TOKEN}&iid={TOKEN}");
    let ask = app.ask(method, &format!("{path}?{parameters}&{lists}&canary={EMAIL}")).bearer(token).from(ADDRESS);
    let headers = [
        ("user-agent", format!("{TOKEN} {PASSWORD_CANARY} {EMAIL}")),
        ("x-forwarded-for", ADDRESS.to_owned()),
        ("cookie", format!("canary={TOKEN}; MMCSRF={TOKEN}")),
        ("x-csrf-token", TOKEN.to_owned()),
        ("x-request-id", TOKEN.to_owned()),
        ("referer", format!("https://canary.test/?{TOKEN}")),
        ("origin", "https://canary.test".to_owned()),
        ("if-none-match", TOKEN.to_owned()),
        ("x-canary", PASSWORD_CANARY.to_owned()),
    ];
    headers.into_iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

#[actix_web::test]
async fn what_is_sent_shows_nowhere() {
    let metrics = WATCHED.clone();
    let app = TestApp::hashing().await;
    let ada = app.somebody("ada").await;

    sing(&app, &ada.token).await;

    logs_and_metrics_are_clean(&metrics);
    app.service.refusals.flush().await;
    assert!(!app.keeps(PASSWORD_CANARY) && !app.keeps(TOKEN), "nor is it kept");
    assert!(!app.keeps(PASSWORD) && !app.keeps(&ada.token), "what is right is kept as hashes alone");
    let logs = String::from_utf8(LOGS.lock().unwrap().clone()).unwrap();
    assert!(!logs.contains(PASSWORD) && !logs.contains(&ada.token) && !logs.contains("ada@example.test"));
}

#[actix_web::test]
async fn what_is_sent_shows_nowhere_while_everything_fails() {
    let metrics = WATCHED.clone();
    let mut failing = None;
    let app = TestApp::on("", |_, ports| {
        let store = failing.insert(Arc::new(Failing::new(ports.store.clone()))).clone();
        Ports { store, ..ports }
    })
    .await;
    let (ada, failing) = (app.somebody("ada").await, failing.unwrap());
    for failure in [Failure::Away, Failure::ReadOnly] {
        failing.fails(failure);

        sing(&app, &ada.token).await;
    }

    logs_and_metrics_are_clean(&metrics);
}

/// A token has the form of an id, so who puts it into a path in an id's place must find it in no log.
#[actix_web::test]
async fn an_id_that_nobody_has_shows_in_no_log() {
    LazyLock::force(&WATCHED);
    let app = TestApp::new().await;
    let ada = app.somebody("ada").await;
    // No letter of it is in the other tests' canaries: their logs are looked through at the same time.
    let token = "zq9zq9zq9zq9zq9zq9zq9zq9zq";
    for (method, path) in [("GET", format!("/api/v4/users/{token}")), ("PUT", format!("/api/v4/users/{token}/patch"))] {
        app.ask(method, &path).body("{}").by(&ada).send().await;
    }

    let logs = String::from_utf8(LOGS.lock().unwrap().clone()).unwrap();

    assert!(logs.contains("db.users.by_id"));
    let shown = logs.lines().find(|line| line.contains(token));
    assert!(shown.is_none(), "{shown:?}");
}
