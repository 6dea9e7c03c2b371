//! Whatever is sent, the service answers, and never with a failure of its own.

use muster_http_actix::app::OPERATIONS;
use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::app::Somebody;
use crate::scene::Scene;

/// Some values of a strategy, the same in every run.
pub(crate) fn samples<S: Strategy>(count: usize, strategy: &S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Texts that a parameter or a field may hold: plausible, half broken, nonsense.
fn texts(scene: &Scene) -> BoxedStrategy<String> {
    let known = [&scene.team, &scene.room, &scene.cy.id, &scene.ada.id].map(ToOwned::to_owned).to_vec();
    let plausible = [
        "true",
        "false",
        "1",
        "0",
        "-1",
        "system_user",
        "system_admin",
        "team_admin,team_user",
        "channel_user",
        "create_at",
        "status",
        "last_activity_at",
        "admin",
        "display_name",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "",
        " ",
        "%",
        "_",
        "*",
        "@",
        "\\",
        "'",
        "\"",
        "\0",
        "a\0b",
        "ß",
        "İ",
        "𝒜",
        "\u{202e}",
        "me",
        "null",
    ];
    let plausible = plausible.map(str::to_owned).to_vec();
    prop_oneof![
        3 => prop::sample::select(known),
        4 => prop::sample::select(plausible),
        1 => "[ -~]{0,40}",
        1 => ".{0,20}",
    ]
    .boxed()
}

const PARAMETERS: [&str; 24] = [
    "page",
    "per_page",
    "in_team",
    "not_in_team",
    "in_channel",
    "not_in_channel",
    "in_group",
    "not_in_group",
    "group_constrained",
    "without_team",
    "active",
    "inactive",
    "role",
    "roles",
    "sort",
    "team_roles",
    "channel_roles",
    "name",
    "limit",
    "since",
    "permanent",
    "include_deleted",
    "team_id",
    "t",
];

const FIELDS: [&str; 34] = [
    "id",
    "username",
    "email",
    "password",
    "nickname",
    "first_name",
    "last_name",
    "position",
    "locale",
    "timezone",
    "props",
    "notify_props",
    "roles",
    "auth_service",
    "auth_data",
    "active",
    "term",
    "team_id",
    "not_in_team_id",
    "in_channel_id",
    "not_in_channel_id",
    "in_group_id",
    "not_in_group_id",
    "group_constrained",
    "allow_inactive",
    "without_team",
    "limit",
    "role",
    "team_roles",
    "channel_roles",
    "termsOfServiceId",
    "serviceTermsId",
    "accepted",
    "text",
];

fn values(texts: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    let single = prop_oneof![
        4 => texts.clone().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => Just(Value::Null),
    ];
    prop_oneof![
        6 => single.clone(),
        1 => prop::collection::vec(single.clone(), 0..5).prop_map(Value::from),
        1 => prop::collection::hash_map(texts, single, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
    ]
    .boxed()
}

/// The operations on accounts that can be called over and over: nobody is signed out or removed by them, nor is anybody's role
/// or password taken.
fn operations() -> Vec<(&'static str, &'static str)> {
    let others = [
        "/login",
        "/logout",
        "/mfa",
        "/roles",
        "/active",
        "/demote",
        "/promote",
        "/convert_to_bot",
        "/auth",
        "/image",
        "/password",
        "/send",
    ];
    let is_of_accounts = |path: &str| path.starts_with("/api/v4/users") && !path.contains("/preferences") && !path.contains("/teams");
    let is_tame = |method: &str, path: &str| method != "DELETE" && !others.iter().any(|end| path.ends_with(end));
    let all = OPERATIONS.iter().map(|(method, path, _)| (*method, *path));
    all.filter(|(method, path)| is_of_accounts(path) && is_tame(method, path)).collect()
}

fn filled(pattern: &str, id: &str) -> String {
    let mut parts = pattern.split('{');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |path, part| format!("{path}{id}{}", part.split_once('}').unwrap().1))
}

/// Sends a request, and fails if the service does.
async fn is_answered(scene: &Scene, by: &Somebody, method: &str, path: &str, body: &str) {
    let reply = scene.app.ask(method, path).by(by).body(body.to_owned()).send().await;

    assert!(reply.status < 500, "{} {method} {path} {body}: {}", by.name, String::from_utf8_lossy(&reply.body));
}

fn encoded(pairs: &[(&str, String)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(pairs.iter().map(|(name, value)| (name, value)));
    out.finish()
}

#[actix_web::test]
async fn no_query_makes_the_service_fail() {
    let scene = Scene::new().await;
    let pairs = prop::collection::vec((prop::sample::select(PARAMETERS.to_vec()), texts(&scene)), 0..6);
    let reads: Vec<_> = operations().into_iter().filter(|(method, _)| *method == "GET").collect();
    assert!(reads.len() > 8);
    for (number, pairs) in samples(400, &pairs).into_iter().enumerate() {
        let path = format!("{}?{}", filled(reads[number % reads.len()].1, &scene.cy.id), encoded(&pairs));
        if path.len() <= 2048 {
            is_answered(&scene, [&scene.ada, &scene.bob, &scene.gil][number % 3], "GET", &path, "").await;
        }
    }
}

#[actix_web::test]
async fn no_list_that_is_asked_for_makes_the_service_fail() {
    let scene = Scene::new().await;
    let pairs = prop::collection::vec((prop::sample::select(PARAMETERS.to_vec()), texts(&scene)), 1..5);
    for pairs in samples(300, &pairs) {
        is_answered(&scene, &scene.ada, "GET", &format!("/api/v4/users?{}", encoded(&pairs)), "").await;
    }
}

#[actix_web::test]
async fn no_body_makes_the_service_fail() {
    let scene = Scene::new().await;
    let objects = prop::collection::hash_map(prop::sample::select(FIELDS.to_vec()), values(texts(&scene)), 0..8);
    let lists = prop::collection::vec(values(texts(&scene)), 0..6);
    let bodies = prop_oneof![
        6 => objects.prop_map(|fields| Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()).to_string()),
        2 => lists.prop_map(|items| Value::from(items).to_string()),
        1 => ".{0,60}",
    ];
    let writes: Vec<_> = operations().into_iter().filter(|(method, _)| *method != "GET").collect();
    assert!(writes.len() > 8);
    for (number, body) in samples(500, &bodies).into_iter().enumerate() {
        let (method, pattern) = writes[number % writes.len()];

        is_answered(&scene, [&scene.ada, &scene.bob, &scene.gil][number % 3], method, &filled(pattern, &scene.cy.id), &body).await;
    }
}

#[actix_web::test]
async fn no_search_makes_the_service_fail() {
    let scene = Scene::new().await;
    let keys = [&FIELDS[16..30], &["term"]].concat();
    let fields = prop::collection::hash_map(prop::sample::select(keys), values(texts(&scene)), 0..6);
    for (fields, term) in samples(400, &(fields, texts(&scene))) {
        let mut body: serde_json::Map<_, _> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        body.entry("term").or_insert(Value::from(term));

        is_answered(&scene, &scene.ada, "POST", "/api/v4/users/search", &Value::Object(body).to_string()).await;
    }
}
